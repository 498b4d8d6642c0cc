import pytest
from report_values import finding, rule

from monei_guard.errors import ExitCode
from monei_guard.model.finding import Suppression, Triaged
from monei_guard.model.rule import Confidence, RuleKind, Severity
from monei_guard.policy.selection import Selection, SelectionError, exit_code, is_sure_enough, selected_rules

RULES = (
    rule("MG101", id="api-key"),
    rule("MG102", id="api-secret"),
    rule("MG301", id="client-env-prefix", kind=RuleKind.LINT),
    rule("MG902", id="unused-suppression", kind=RuleKind.SUPPRESSION),
    rule("", id="stripe-key", kind=RuleKind.EVIDENCE),
)


def left(select: tuple[str, ...] = (), ignore: tuple[str, ...] = ()) -> list[str]:
    return [rule.code for rule in selected_rules(RULES, Selection(select, ignore)) if rule.code]


@pytest.mark.parametrize(
    ("select", "ignore", "codes"),
    [
        ((), (), ["MG101", "MG102", "MG301", "MG902"]),
        (("MG1",), (), ["MG101", "MG102"]),
        (("api-key",), (), ["MG101"]),
        ((), ("MG3", "MG902"), ["MG101", "MG102"]),
        (("MG101",), ("MG1",), ["MG101"]),
        (("MG1",), ("MG101",), ["MG102"]),
        (("MG101", "MG102"), ("MG101",), ["MG102"]),
        (("ALL",), ("MG1",), ["MG301", "MG902"]),
        (("MG301",), ("ALL",), ["MG301"]),
    ],
)
def test_the_more_specific_entry_wins(select: tuple[str, ...], ignore: tuple[str, ...], codes: list[str]) -> None:
    assert left(select, ignore) == codes


def test_evidence_stays_whatever_is_selected() -> None:
    assert RULES[-1] in selected_rules(RULES, Selection(("MG101",), ("ALL",)))


@pytest.mark.parametrize(("select", "ignore"), [((), ("ALL",)), ((), ("MG1", "MG3")), (("MG902",), ())])
def test_a_selection_that_looks_for_nothing_is_an_error(select: tuple[str, ...], ignore: tuple[str, ...]) -> None:
    with pytest.raises(SelectionError, match="leaves no rule active"):
        left(select, ignore)


@pytest.mark.parametrize(
    ("entry", "hint"), [("MG111", "did you mean 'MG1"), ("mg101", "did you mean 'MG101'"), ("api-keys", "'api-key'")]
)
def test_an_entry_that_matches_no_rule_is_an_error_with_the_nearest(entry: str, hint: str) -> None:
    for selection in (Selection((entry,)), Selection(("ALL",), (entry,))):
        with pytest.raises(SelectionError, match=f"no rule matches '{entry}'.*{hint}"):
            selected_rules(RULES, selection)


def test_an_empty_entry_matches_nothing() -> None:
    with pytest.raises(SelectionError, match="no rule matches ''"):
        left(("",))


def test_findings_below_the_least_confidence_are_not_wanted() -> None:
    low = finding(confidence=Confidence.LOW)
    assert is_sure_enough(low, Selection())
    assert not is_sure_enough(low, Selection(min_confidence=Confidence.MEDIUM))


def test_exit_codes_follow_the_contract() -> None:
    bad = Triaged(finding())
    low = Triaged(finding(severity=Severity.LOW))
    silenced = Triaged(finding(), Suppression("inline", "a"))
    assert exit_code([], Severity.INFO, complete=True) is ExitCode.CLEAN
    assert exit_code([bad], Severity.INFO, complete=True) is ExitCode.FINDINGS
    assert exit_code([low], Severity.MEDIUM, complete=True) is ExitCode.CLEAN
    assert exit_code([silenced], Severity.INFO, complete=True) is ExitCode.CLEAN
    assert exit_code([bad], Severity.INFO, complete=False) is ExitCode.INCOMPLETE
