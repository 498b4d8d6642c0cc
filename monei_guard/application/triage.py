"""Findings decided on one by one: what is asked, and what is written of the answers."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from itertools import groupby

from monei_guard.application.baseline_scan import BaselineScan, git_author, scan_for_baseline
from monei_guard.application.options import RunOptions
from monei_guard.application.verification import verify_as_asked
from monei_guard.errors import ExitCode
from monei_guard.filesystem.atomic_write import write_atomically
from monei_guard.git.blame import line_origins
from monei_guard.git.repository import GitError, GitMissingError, Repository, discover
from monei_guard.model.finding import Finding, Triaged
from monei_guard.policy.baseline import Baseline, Entry, with_findings
from monei_guard.policy.baseline_file import change
from monei_guard.policy.resolution import ResolvedFinding
from monei_guard.reporting.console import out
from monei_guard.reporting.escaping import visible
from monei_guard.reporting.redaction import without_keys
from monei_guard.reporting.report_redaction import triaged_without_keys
from monei_guard.reporting.rotation_list import rotation_list


@dataclass(frozen=True, slots=True)
class TriageQuestions:
    """What there is to decide. `history`: who brought a finding's line; `holds_secret`: whether a text holds one."""

    items: tuple[Triaged, ...]
    today: date
    history: Callable[[Finding], str]
    holds_secret: Callable[[str], bool]


# Asks a person: the decisions by the number of the item, None where the person left without any.
AskPerson = Callable[[TriageQuestions], Mapping[int, ResolvedFinding] | None]


@dataclass(frozen=True, slots=True)
class TriageOptions:
    """Where decisions go: `file` names the baseline (None: the repository's), `todo` the list of what to rotate."""

    file: str | None
    todo: str
    author: str | None
    codes: tuple[str, ...]


def triage(paths: Sequence[str], options: TriageOptions, verification: RunOptions, ask: AskPerson) -> int:
    """Let a person decide on each finding of a scan that the baseline does not accept; write what was decided."""
    review = scan_for_baseline(paths, options.file, options.codes)
    items: tuple[Triaged, ...] = tuple(Triaged(finding) for finding in review.new)
    if verification.verify:
        own_rules = bool(review.run.settings.extend_rules)
        items = tuple(verify_as_asked(items, verification, own_rules=own_rules))
    if not items:
        out("nothing to decide: no findings that the baseline does not accept")
        return ExitCode.CLEAN
    today = date.today()  # noqa: DTZ011 - the day on the wall
    decisions = ask(TriageQuestions(triaged_without_keys(items), today, _history(review), review.has_secret_in))
    if not decisions:
        out("nothing was written")
        return ExitCode.CLEAN
    write_decisions(review, items, decisions, options.todo, options.author)
    return ExitCode.CLEAN


def write_decisions(
    review: BaselineScan,
    items: tuple[Triaged, ...],
    decisions: Mapping[int, ResolvedFinding],
    todo: str,
    author: str | None,
) -> None:
    """Write the baseline and the list of what to rotate, and say what was written where."""
    today = date.today().isoformat()  # noqa: DTZ011 - the day on the wall
    accepted = {number: decision for number, decision in decisions.items() if decision.goes_into_baseline}
    if accepted:
        template = Entry("", "", None, "", author or git_author(os.path.dirname(review.path)), today)
        change(review.path, partial(_with_decisions, review=review, items=items, accepted=accepted, template=template))
        out(f"{len(accepted)} findings accepted in {visible(review.path)}")
    real = [(items[number], decision.reason) for number, decision in sorted(decisions.items())
            if not decision.goes_into_baseline]  # fmt: skip
    if real:
        shown = [(replace(triaged, finding=_located(triaged.finding, review)), reason) for triaged, reason in real]
        lines = rotation_list(shown, today).splitlines(keepends=True)
        write_atomically(todo, lambda file: file.writelines(map(without_keys, lines)), what="the to-do")
        out(f"{len(real)} findings to mend in {visible(todo)}")


def _with_decisions(
    before: Baseline,
    *,
    review: BaselineScan,
    items: tuple[Triaged, ...],
    accepted: dict[int, ResolvedFinding],
    template: Entry,
) -> Baseline:
    def key(item: tuple[int, ResolvedFinding]) -> ResolvedFinding:
        return item[1]

    after = before
    for decision, group in groupby(sorted(accepted.items(), key=lambda item: str(item[1])), key=key):
        findings = [items[number].finding for number, _ in group]
        after = with_findings(after, findings, decision.entry(template), review.path_of)
    return after


def _located(finding: Finding, review: BaselineScan) -> Finding:
    return replace(finding, location=replace(finding.location, path=review.path_of(finding)))


def _history(review: BaselineScan) -> Callable[[Finding], str]:
    """Return what tells who brought a finding's line, and when, asking git once a line."""
    origins: dict[tuple[str, int], str] = {}
    root = os.path.realpath(review.run.root)
    try:
        repository = discover(root)
    except (GitError, GitMissingError):
        repository = None

    def history(finding: Finding) -> str:
        location = finding.location
        if repository is None or location.path is None or location.commit is not None or "!/" in location.path:
            return ""
        key = (location.path, location.start_line)
        if key not in origins:
            origins[key] = _origin(repository, os.path.join(root, location.path), location.start_line)
        return origins[key]

    return history


def _origin(repository: Repository, path: str, line: int) -> str:
    if repository.work_tree is None:
        return ""
    below = os.path.relpath(os.fsencode(path), os.path.realpath(repository.work_tree))
    origin = line_origins(repository, below, [line]).get(line)
    if origin is None:
        return "not committed yet"
    day = datetime.fromtimestamp(origin.time, UTC).date().isoformat()
    return f"brought by {origin.author} on {day} in commit {origin.commit[:12]}"
