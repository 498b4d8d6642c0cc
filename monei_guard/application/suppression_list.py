"""Everything that is suppressed, in files and in the baseline, since when and until when."""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime

from monei_guard.application.baseline_location import baseline_path
from monei_guard.application.options import RunOptions
from monei_guard.application.run import Run
from monei_guard.application.scan_paths import open_scan
from monei_guard.decoding.charset import root_view
from monei_guard.errors import ExitCode
from monei_guard.git.blame import line_origins
from monei_guard.git.repository import discover
from monei_guard.model.blob import Blob, Skipped
from monei_guard.model.location import display_path
from monei_guard.model.rule import RuleKind
from monei_guard.policy.baseline_file import load
from monei_guard.policy.inline_suppression import MARKER, find_directives
from monei_guard.reporting.console import out, out_text
from monei_guard.reporting.escaping import visible
from monei_guard.reporting.progress import file_progress
from monei_guard.reporting.redaction import without_keys, without_secrets


@dataclass(frozen=True, slots=True)
class Listed:
    """One suppression. `since` and `until` are ISO dates; `since` is None for a line that is not committed."""

    kind: str  # "inline" | "baseline"
    place: str
    codes: tuple[str, ...]
    reason: str
    author: str | None
    since: str | None
    until: str | None
    state: str


def list_suppressions(paths: Sequence[str], file: str | None, *, as_json: bool) -> int:
    """List every suppression in files and in the baseline, with its age and its end."""
    run, items = open_scan(paths, RunOptions(baseline=file))
    with file_progress() as progress:
        listed = [_without_secrets(one) for one in (*_inline(run, progress.follow(items)), *_accepted(run))]
    if as_json:
        document = {"version": 1, "suppressions": [asdict(suppression) for suppression in listed]}
        out_text(json.dumps(document, indent=1) + "\n")
        return ExitCode.CLEAN
    today = date.today()  # noqa: DTZ011 - the day on the wall
    for suppression in listed:
        codes = ", ".join(suppression.codes) or "-"
        out(f"{visible(suppression.place)}: {visible(codes)} [{visible(suppression.state)}]")
        out(f"    {visible(suppression.reason) or '(no reason)'}")
        out(f"    {_age(suppression, today)}; {_end(suppression, today)}")
    out(f"{len(listed)} suppressions")
    return ExitCode.CLEAN


def _without_secrets(listed: Listed) -> Listed:
    return replace(
        listed,
        place=without_keys(listed.place),
        codes=tuple(map(without_keys, listed.codes)),
        reason=without_secrets(listed.reason),
        author=listed.author and without_secrets(listed.author),
    )


def _inline(run: Run, items: Iterable[Blob | Skipped]) -> Iterator[Listed]:
    for item in items:
        if isinstance(item, Blob) and not item.is_name and MARKER in bytes(item.content):
            yield from _with_origins(_in_blob(run, item), item, run.root)


def _in_blob(run: Run, blob: Blob) -> list[tuple[int, Listed]]:
    """Return line and suppression for each directive in one file."""
    policy = run.scanner.suppressions
    if policy is None:
        return []
    faults = {
        triaged.finding.location.start_line: triaged.finding.code
        for triaged in run.scanner.scan_blob(blob).triaged
        if triaged.finding.kind is RuleKind.SUPPRESSION
    }
    states = {"MG901": "expired", "MG902": "suppresses nothing", "MG903": "unknown code", "MG904": "malformed"}
    path = display_path(blob.path) if blob.path is not None else "-"
    return [
        (
            directive.line,
            Listed(
                "inline",
                f"{path}:{directive.line}",
                directive.codes,
                directive.reason,
                author=None,
                since=None,
                until=directive.until.isoformat() if directive.until else None,
                state=states.get(faults.get(directive.line, ""), "in use"),
            ),
        )
        for directive in find_directives(root_view(blob), policy)
        if directive.verb != "ignore-end"
    ]


def _with_origins(listed: Sequence[tuple[int, Listed]], blob: Blob, root: str) -> Iterator[Listed]:
    repository = discover(root) if listed and blob.path is not None else None
    origins = {}
    if repository is not None and repository.work_tree is not None and blob.path is not None:
        whole = os.path.join(os.path.realpath(os.fsencode(root)), blob.path)
        below = os.path.relpath(whole, os.path.realpath(repository.work_tree))
        origins = line_origins(repository, below, [line for line, _ in listed])
    for line, suppression in listed:
        origin = origins.get(line)
        if origin is None:
            yield suppression
        else:
            since = datetime.fromtimestamp(origin.time, UTC).date().isoformat()
            yield replace(suppression, author=origin.author, since=since)


def _accepted(run: Run) -> Iterator[Listed]:
    path = baseline_path(run)
    if path is None:
        return
    today = date.today().isoformat()  # noqa: DTZ011 - the day on the wall
    for entry in load(path).entries:
        state = "expired" if entry.until is not None and entry.until < today else "accepted"
        yield Listed(
            "baseline", entry.path or "(message)", (entry.code,), entry.reason, entry.author, entry.date, entry.until,
            state,
        )  # fmt: skip


def _age(suppression: Listed, today: date) -> str:
    if suppression.since is None:
        return "not committed"
    days = (today - date.fromisoformat(suppression.since)).days
    return f"{days} days old ({suppression.since}, {visible(suppression.author or 'unknown')})"


def _end(suppression: Listed, today: date) -> str:
    if suppression.until is None:
        return "no end"
    days = (date.fromisoformat(suppression.until) - today).days
    return (
        f"until {suppression.until} ({days} days left)"
        if days >= 0
        else f"ended {suppression.until} ({-days} days ago)"
    )
