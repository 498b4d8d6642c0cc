"""What is a key is said by the kind of the rule that found it, whatever its code looks like."""

import pytest
from report_values import finding

from monei_guard.application.hygiene import by_path
from monei_guard.model.rule import RuleKind


@pytest.mark.parametrize("code", ["MG101", "ZK101", "MG250", "MG350", "MG950"])
def test_what_a_credential_rule_finds_is_a_key_for_the_checks_of_the_repository(code: str) -> None:
    found = finding(code=code)
    assert by_path([found], b"") == {b"src/pay.js": (found,)}


@pytest.mark.parametrize("kind", [RuleKind.HYGIENE, RuleKind.LINT, RuleKind.SUPPRESSION])
def test_what_code_or_a_directive_does_with_a_key_is_none(kind: RuleKind) -> None:
    assert by_path([finding(code="MG101", kind=kind)], b"") == {}
