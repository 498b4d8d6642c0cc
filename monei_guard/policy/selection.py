"""Which rules run, which findings count, and what that makes of the exit code."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from monei_guard.errors import ExitCode, GuardError
from monei_guard.model.levels import Confidence, Severity

if TYPE_CHECKING:
    from monei_guard.model.finding import Finding, Triaged
    from monei_guard.model.rule import Rule


class SelectionError(GuardError):
    """A selection that names no rule, or leaves none."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What the user asked for. `select` and `ignore` hold codes, prefixes of codes ("MG1"), rule ids or "ALL".

    The more specific of two entries wins: `select = ["MG101"], ignore = ["MG1"]` leaves MG101. Empty `select` is all.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    min_confidence: Confidence = Confidence.LOW


def selected_rules(rules: "Iterable[Rule]", selection: Selection) -> "tuple[Rule, ...]":
    """Return the rules that `selection` leaves active; evidence always stays, it is never reported.

    Raises SelectionError for an entry that matches no rule, and when no reportable rule is left: a run that looks for
    nothing must not be green.
    """
    rules = tuple(rules)
    reportable = [rule for rule in rules if rule.kind != "evidence"]
    for option, entries in (("select", selection.select), ("ignore", selection.ignore)):
        for entry in entries:
            if not any(_specificity(rule, entry) for rule in reportable):
                raise SelectionError(f"{option}: no rule matches {entry!r}", hint=_advice(entry, reportable))
    active = frozenset(rule.code for rule in reportable if _is_selected(rule, selection))
    looking = [rule for rule in reportable if rule.code in active and rule.kind != "suppression"]
    if not looking:
        raise SelectionError(
            "the selection leaves no rule active, so nothing would be looked for", hint="remove an entry from ignore"
        )
    return tuple(rule for rule in rules if rule.kind == "evidence" or rule.code in active)


def is_sure_enough(finding: "Finding", selection: Selection) -> bool:
    """Return whether a finding of an active rule is sure enough to be reported."""
    return finding.confidence >= selection.min_confidence


def exit_code(triaged: "Iterable[Triaged]", fail_on: Severity, *, complete: bool) -> ExitCode:
    """Return what the process tells its caller; an incomplete scan dominates findings."""
    if not complete:
        return ExitCode.INCOMPLETE
    if any(item.suppression is None and item.finding.severity >= fail_on for item in triaged):
        return ExitCode.FINDINGS
    return ExitCode.CLEAN


def _is_selected(rule: "Rule", selection: Selection) -> bool:
    selected = max((_specificity(rule, entry) for entry in selection.select), default=1)
    ignored = max((_specificity(rule, entry) for entry in selection.ignore), default=0)
    return selected > ignored


def _specificity(rule: "Rule", entry: str) -> int:
    """Return 0 for no match, more for a longer prefix; a rule's id is as specific as its whole code."""
    if entry == rule.id:
        return len(rule.code) + 2
    if entry == "ALL":
        return 1
    return len(entry) + 2 if entry and rule.code.startswith(entry) else 0


def _advice(entry: str, rules: "list[Rule]") -> str:
    names = [rule.code for rule in rules] + [rule.id for rule in rules]
    near = get_close_matches(entry.strip(), names, n=1) or get_close_matches(entry.strip().upper(), names, n=1)
    return f"did you mean {near[0]!r}?" if near else "`monei-guard rules list` shows the codes"
