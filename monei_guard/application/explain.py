"""What the rules think of a file, value by value, and what a rule is: the run behind `monei-guard explain`."""

import os
import re
from functools import partial

from monei_guard.decoding.charset import root_view
from monei_guard.detection.assessment import Assessment
from monei_guard.detection.engine import Engine
from monei_guard.errors import ExitCode, GuardError
from monei_guard.model.blob import Blob, View
from monei_guard.model.location import Origin, Span
from monei_guard.model.masking import redact
from monei_guard.reporting.console import out, out_text
from monei_guard.reporting.escaping import visible
from monei_guard.reporting.redaction import without_keys
from monei_guard.reporting.rule_page import rule_page
from monei_guard.ruleset.lookup import find_rule
from monei_guard.ruleset.rule_files import load_credential_rules, load_evidence_rules
from monei_guard.sources.dependency_files import manifests_in
from monei_guard.sources.files import read_quietly
from monei_guard.sources.mentions import mentions_in


class NothingToExplainError(GuardError):
    """Neither a rule nor a file."""


def explain(what: str) -> int:
    """Print the page of a rule (code or id), or what any rule made of a file (FILE) or one of its lines (FILE:LINE).

    Raises NothingToExplainError for a file that is not there, RuleError for a rule that is not.
    """
    path, line = _path_and_line(what)
    if path is None:
        out_text(rule_page(find_rule(what)))
        return ExitCode.CLEAN
    content = read_quietly(os.fsencode(path))
    if content is None:
        raise NothingToExplainError(f"cannot read {path}", hint="give a file, FILE:LINE or a rule's code")
    folder = os.fsencode(os.path.dirname(os.path.abspath(path)))
    engine = Engine(
        load_credential_rules(), load_evidence_rules, lambda: manifests_in(folder), partial(mentions_in, folder)
    )
    view = root_view(Blob(content, Origin.WORKTREE, os.fsencode(path)))
    lines = sorted({_line(view, assessment) for assessment in engine.assessments(view)})
    shown = [text for number, text in lines if line is None or number == line]
    if not shown:
        where = f"line {line} of {visible(path)}" if line else visible(path)
        out(f"no rule looks at anything in {where}: it holds none of their keywords near a value of their form")
    for text in shown:
        out(text)
    return ExitCode.CLEAN


def _path_and_line(what: str) -> tuple[str | None, int | None]:
    """Return path and line if `what` is a file, else (None, None)."""
    if os.path.isfile(what):
        return what, None
    found = re.fullmatch(r"(.+?):(\d{1,9})(?::\d+)?", what)
    if found and os.path.isfile(found[1]):
        return found[1], int(found[2])
    if os.sep in what or "." in what:
        raise NothingToExplainError(f"there is no file {what!r}", hint="give a file, FILE:LINE or a rule's code")
    return None, None


def _line(view: View, assessment: Assessment) -> tuple[int, str]:
    candidate = assessment.candidate
    location = view.locate(Span(candidate.start, candidate.end))
    value = redact(candidate.value, guessable=candidate.rule.guessable)
    name = f" given to {assessment.around.name!r}" if assessment.around.name else ""
    if assessment.dropped:
        outcome = f"not reported: {assessment.dropped}"
    else:
        outcome = (
            f"matches: vendor {assessment.vendor}, environment {assessment.environment}, "
            f"severity {assessment.severity.label}, confidence {assessment.confidence.label}"
        )
    text = (
        f"{location.path}:{location.start_line}:{location.start_column} {candidate.rule.code} {value}{name}: {outcome}"
    )
    return location.start_line, visible(without_keys(text))
