"""The built-in rules pass the check that users run over their own, and say what users' rules may not say."""

from pathlib import Path

import pytest
from rule_judge import builtin_judge

from monei_guard.detection.patterns import compile_pattern
from monei_guard.lints.example_project import codes_in_example
from monei_guard.model.rule import Rule, RuleKind, VerifyScheme
from monei_guard.ruleset.bundled import bundled_rules
from monei_guard.ruleset.rule_check import RuleRunner, check_rules
from monei_guard.ruleset.rule_files import RuleError, load_directory, load_file, load_verify_policies
from monei_guard.verification.eligibility import NEVER_SHAPES

RULES = load_directory(bundled_rules())
CREDENTIALS = tuple(rule for rule in RULES if rule.kind is RuleKind.CREDENTIAL)


@pytest.fixture(scope="module")
def judge() -> RuleRunner:
    return builtin_judge()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.vendor}-{rule.id}")
def test_every_built_in_rule_keeps_its_promises(rule: Rule, judge: RuleRunner) -> None:
    assert [str(problem) for problem in check_rules([rule], judge, compile_pattern, codes_in_example)] == []


def test_every_built_in_credential_says_whether_it_may_be_sent() -> None:
    assert {rule.code: rule.verify for rule in CREDENTIALS} == load_verify_policies()
    assert all(rule.verify is None for rule in RULES if rule.kind is not RuleKind.CREDENTIAL)


def test_what_the_rules_never_send_is_never_sent_by_its_shape_either() -> None:
    for rule in CREDENTIALS:
        if rule.verify is None or rule.verify.scheme is not VerifyScheme.NEVER:
            continue
        for prefix in (*rule.keywords, *rule.prefixes):
            # Monigo's keys are told apart by their rule alone.
            if prefix.endswith("_") and not prefix.startswith("mk_"):
                assert (prefix.encode(), rule.verify.because) in NEVER_SHAPES


@pytest.mark.parametrize("extra", ['[verify]\nscheme = "api-key"\n', 'prefixes = ["zork_"]\n'])
def test_a_rule_of_somebody_s_own_may_not_say_what_only_built_in_rules_say(tmp_path: Path, extra: str) -> None:
    path = tmp_path / "zork-key.toml"
    path.write_text(f'code = "ZK101"\nid = "zork-key"\ntitle = "Zork key"\nkeywords = ["zork_"]\n{extra}')
    name = extra.strip("[").partition("]" if "verify" in extra else " ")[0]
    with pytest.raises(RuleError, match=f"zork-key.toml: only a built-in rule may have '{name}'"):
        load_file(str(path))
