"""The built-in rules pass the check that users run over their own."""

import pytest
from rule_judge import builtin_judge

from monei_guard.detection.patterns import compile_pattern
from monei_guard.lints.example_project import codes_in_example
from monei_guard.model.rule import Rule, RuleKind
from monei_guard.ruleset.bundled import bundled_rules
from monei_guard.ruleset.rule_check import RuleRunner, check_rules
from monei_guard.ruleset.rule_files import load_directory

RULES = load_directory(bundled_rules())
CREDENTIALS = tuple(rule for rule in RULES if rule.kind is RuleKind.CREDENTIAL)


@pytest.fixture(scope="module")
def judge() -> RuleRunner:
    return builtin_judge()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.vendor}-{rule.id}")
def test_every_built_in_rule_keeps_its_promises(rule: Rule, judge: RuleRunner) -> None:
    assert [str(problem) for problem in check_rules([rule], judge, compile_pattern, codes_in_example)] == []
