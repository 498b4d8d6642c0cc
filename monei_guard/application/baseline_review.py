"""The baseline made, added to, pruned, explained, and filled from another scanner's file."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from monei_guard.application.baseline import baseline_context
from monei_guard.application.baseline_location import baseline_path
from monei_guard.application.baseline_scan import BaselineScan, git_author, scan_for_baseline
from monei_guard.application.options import RunOptions
from monei_guard.application.scan_paths import open_scan
from monei_guard.configuration.location import repository_folder
from monei_guard.errors import ExitCode, IncompleteError
from monei_guard.model.finding import Finding
from monei_guard.model.location import display_path
from monei_guard.policy.accepted_gaps import with_gaps
from monei_guard.policy.baseline import Baseline, BaselineError, Entry, pruned, with_findings
from monei_guard.policy.baseline_file import change, load
from monei_guard.policy.baseline_name import DEFAULT_NAME
from monei_guard.policy.foreign_baseline import read_foreign
from monei_guard.reporting.console import out, warn
from monei_guard.reporting.escaping import visible
from monei_guard.reporting.terminal import location_text

_LARGEST = 256 << 20  # bytes of another tool's file


class SecretInReasonError(BaselineError):
    """A reason that would write into the baseline what it hides."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A decision to accept findings. `until` is an ISO date, or None for ever; `author` None is git's user."""

    reason: str
    until: str | None = None
    author: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What is decided on: with `gaps` what could not be scanned, with `history` all the repository ever held."""

    gaps: bool = False
    history: bool = False


def create_baseline(
    paths: Sequence[str], file: str | None, codes: tuple[str, ...], acceptance: Acceptance, scope: Scope
) -> int:
    """Make a baseline that accepts every finding of a scan, or every gap in it."""
    scan = scan_for_baseline(paths, file, codes, history=scope.history)
    if scan.exists:
        raise BaselineError(f"there is a baseline at {scan.path}", hint="'baseline update' adds to it")
    return _accept_gaps(scan, acceptance) if scope.gaps else _accept(scan, scan.found, acceptance)


def update_baseline(
    paths: Sequence[str], file: str | None, codes: tuple[str, ...], acceptance: Acceptance, scope: Scope
) -> int:
    """Accept the findings of a scan, or the gaps in it, that the baseline does not accept yet."""
    scan = scan_for_baseline(paths, file, codes, history=scope.history)
    if not scan.exists:
        raise BaselineError(f"there is no baseline at {scan.path}", hint="'baseline create' makes one")
    return _accept_gaps(scan, acceptance) if scope.gaps else _accept(scan, scan.new, acceptance)


def import_baseline(
    foreign: str, paths: Sequence[str], file: str | None, codes: tuple[str, ...], acceptance: Acceptance
) -> int:
    """Accept what another scanner's file accepts, as far as a scan finds it."""
    try:
        with open(foreign, "rb") as stream:
            accepted = read_foreign(stream.read(_LARGEST), foreign)
    except OSError as error:
        raise BaselineError(f"cannot read {foreign}: {error.strerror}") from error
    scan = scan_for_baseline(paths, file, codes)
    covered = [finding for finding in scan.new if accepted.covers(finding, scan.path_of(finding))]
    out(f"{accepted.count} entries of {accepted.tool} in {visible(foreign)}")
    return _accept(scan, covered, acceptance)


def prune_baseline(file: str | None, *, dry_run: bool) -> int:
    """Drop entries that cover nothing any more or have expired; follow renamed files."""
    _, scan = _whole_scan(file)
    context = baseline_context(scan.path, scan.run)
    gone: tuple[Entry, ...] = ()

    def edit(before: Baseline) -> Baseline:
        nonlocal gone
        after, gone = pruned(before, scan.found, context)
        return after

    if dry_run:
        edit(load(scan.path))
    else:
        change(scan.path, edit)
    for entry in gone:
        out(f"{'would drop' if dry_run else 'dropped'} {_line(entry)}")
    out(f"{len(gone)} entries {'would be dropped' if dry_run else 'dropped'}")
    return ExitCode.CLEAN


def explain_baseline(what: str | None, file: str | None) -> int:
    """Show the entries (of a code, or of a path and below): what each covers, who decided it, why, until when."""
    baseline, scan = _whole_scan(file)
    context = baseline_context(scan.path, scan.run)
    _, gone = pruned(baseline, scan.found, context)
    covers = {id(entry): entry not in gone for entry in baseline.entries}
    chosen = [entry for entry in baseline.entries if what is None or entry.code == what or _is_below(entry.path, what)]
    for entry in sorted(chosen, key=lambda entry: (entry.path or "", entry.code)):
        expired = entry.until is not None and entry.until < context.today.isoformat()
        state = "expired" if expired else "in use" if covers[id(entry)] else "covers nothing"
        out(f"{_line(entry)} [{state}]")
        out(f"    {visible(entry.reason)} ({visible(entry.author)}, {visible(entry.date)})")
    out(f"{len(chosen)} of {len(baseline.entries)} entries in {visible(scan.path)}")
    return ExitCode.CLEAN


def _whole_scan(file: str | None) -> tuple[Baseline, BaselineScan]:
    """Return the baseline and a scan of its whole repository. Raises IncompleteError if something was not scanned."""
    path = _default_path(file)
    baseline = load(path)
    scan = scan_for_baseline((repository_folder(os.path.dirname(path)),), path, ())
    missed = scan.gaps
    if missed:
        first = visible((missed[0].path or b"-").decode("utf-8", "backslashreplace"))
        raise IncompleteError(
            f"{len(missed)} files could not be scanned, the first is {first} ({missed[0].reason})",
            hint="what covers nothing cannot be told; make them readable, exclude or accept them ('update --gaps')",
        )
    return baseline, scan


def _default_path(file: str | None) -> str:
    run, _ = open_scan((".",), RunOptions(baseline=file))
    return os.path.abspath(baseline_path(run) or os.path.join(run.folder or ".", DEFAULT_NAME))


def _template(scan: BaselineScan, acceptance: Acceptance) -> Entry:
    """Return an entry with all but what it is about. Raises SecretInReasonError."""
    if scan.has_secret_in(acceptance.reason + " " + (acceptance.author or "")):
        raise SecretInReasonError("the reason holds one of the secrets; describe it instead")
    author = acceptance.author or git_author(os.path.dirname(scan.path))
    today = date.today().isoformat()  # noqa: DTZ011 - the day on the wall
    return Entry("", "", None, acceptance.reason.strip(), author, today, acceptance.until)


def _accept_gaps(scan: BaselineScan, acceptance: Acceptance) -> int:
    gaps, template = scan.gaps, _template(scan, acceptance)
    for gap in gaps:
        out(f"accepted {visible(display_path(gap.path or b'-'))}: {visible(gap.reason)}")
    if gaps or not scan.exists:
        change(scan.path, lambda before: with_gaps(before, gaps, template, scan.relative))
    out(f"{len(gaps)} gaps accepted in {visible(scan.path)}")
    return ExitCode.CLEAN


def _accept(scan: BaselineScan, findings: Iterable[Finding], acceptance: Acceptance) -> int:
    findings, template = tuple(findings), _template(scan, acceptance)
    for finding in findings:
        out(f"accepted {finding.code} {location_text(replace(finding.location, path=scan.path_of(finding)))}")
    if findings or not scan.exists:
        change(scan.path, lambda before: with_findings(before, findings, template, scan.path_of))
    out(f"{len(findings)} findings accepted in {visible(scan.path)}")
    if scan.gaps:
        warn("some files could not be scanned; 'monei-guard scan' lists them, 'baseline update --gaps' accepts them")
        return ExitCode.INCOMPLETE
    return ExitCode.CLEAN


def _is_below(path: str | None, what: str) -> bool:
    folder = what.rstrip("/") + "/"
    return path is not None and (path == what or path.startswith(folder))


def _line(entry: Entry) -> str:
    until = f", until {entry.until}" if entry.until else ""
    return f"{visible(entry.code)} {visible(entry.path or '(message)')}{until}"
