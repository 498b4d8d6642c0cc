"""What a CI platform reads of a run: files it collects, lines of its log, its summary page."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TextIO

from monei_guard.application.options import RunOptions
from monei_guard.application.reports import TerminalWriter
from monei_guard.ci_platforms.event import Platform
from monei_guard.errors import GuardError
from monei_guard.git.object_reader import ObjectReader, cat_file
from monei_guard.git.repository import Repository
from monei_guard.git.revisions import blob_at
from monei_guard.model.finding import Triaged
from monei_guard.reporting.console import note
from monei_guard.reporting.formats import write_report
from monei_guard.reporting.github import log_line
from monei_guard.reporting.markdown import code
from monei_guard.reporting.redaction import without_keys
from monei_guard.reporting.report import Report
from monei_guard.reporting.terminal import Style, write_terminal

_SUMMARY = "summary"
_MOST_LOCATED = 50
_LARGEST_FILE = 10 << 20  # bytes


@dataclass(frozen=True, slots=True)
class RunNotes:
    """Sentences about the run itself: what its changes do to what judges them, and what they hide."""

    warnings: tuple[str, ...]
    notices: tuple[str, ...]


def platform_options(
    platform: Platform, options: RunOptions, top: str, variables: Mapping[str, str], folder: str
) -> tuple[RunOptions, list[str]]:
    """Return the options with the platform's reports added, and why one of them cannot be written.

    What goes to the summary is written to `folder` first.
    """
    reports = list(options.reports)
    asked = {name for name, _ in reports}
    problems = []
    for name, path in platform.reports:
        if name in asked:
            continue
        if not _is_plain(top, path):
            problems.append(f"no {name} report: {path} is, or lies behind, a symbolic link in the checkout")
        elif _is_writable(os.path.join(top, path)):
            reports.append((name, os.path.join(top, path)))
        else:
            note(f"no {name} report: {path} cannot be written here")
    if platform.summary_file is not None and variables.get(platform.summary_file):
        reports.append(("markdown", os.path.join(folder, _SUMMARY)))
    return replace(options, reports=tuple(reports)), problems


def log_writer(platform: Platform, repository: Repository, notes: RunNotes) -> TerminalWriter:
    """Return what writes the log: the report for people, and the lines that the platform reads.

    `notes` are sentences about the run itself. GitHub shows ten annotations a level and step, so notices, which may be
    many, come after the findings.
    """

    def write(report: Report, stream: TextIO, style: Style) -> None:
        write_terminal(report, stream, style)
        if platform.annotations is not None:
            stream.writelines(log_line("warning", without_keys(text)) + "\n" for text in notes.warnings)
            write_report(at_head(report, repository), platform.annotations, None, stream)
            stream.writelines(log_line("notice", without_keys(text)) + "\n" for text in notes.notices)
        stream.writelines(line + "\n" for line in platform.log_lines)

    return write


def at_head(report: Report, repository: Repository) -> Report:
    """Return the report with findings that stand in the checkout as they do in their commit placed in the checkout.

    Those are shown beside the code. Only the first few findings are: nobody sees more there.
    """
    with cat_file(repository) as objects:
        located = [_located_at_head(triaged, repository, objects) for triaged in report.triaged[:_MOST_LOCATED]]
    return replace(report, triaged=(*located, *report.triaged[_MOST_LOCATED:]))


def _located_at_head(triaged: Triaged, repository: Repository, objects: ObjectReader) -> Triaged:
    location = triaged.finding.location
    if triaged.suppression is not None or location.commit is None or location.path is None:
        return triaged
    path = location.path_bytes or location.path.encode()
    before, now = (
        _line(objects, blob_at(repository, revision, path), location.start_line)
        for revision in (location.commit, "HEAD")
    )
    if before is None or before != now:
        return triaged
    return replace(triaged, finding=replace(triaged.finding, location=replace(location, commit=None)))


def _line(objects: ObjectReader, object_id: str | None, number: int) -> bytes | None:
    """Return a line of a file (from 1), None where it has none or cannot be read."""
    if object_id is None:
        return None
    try:
        lines = objects.read(object_id, _LARGEST_FILE)[1].split(b"\n")
    except GuardError:
        return None
    return lines[number - 1] if number <= len(lines) else None


def write_summary(platform: Platform, variables: Mapping[str, str], folder: str, notes: RunNotes) -> None:
    """Append the report for the platform's summary page to what stands there."""
    page = _read(os.path.join(folder, _SUMMARY))
    if page and platform.summary_file is not None:
        noted = "".join(f"- ⚠️ {code(without_keys(text))}\n" for text in (*notes.warnings, *notes.notices))
        _append(variables[platform.summary_file], page + (b"\n" + noted.encode() if noted else b""))


def _is_plain(top: str, path: str) -> bool:
    """Whether a report is where it seems to be: a link of that name in a stranger's checkout could lead anywhere."""
    absolute = os.path.normpath(os.path.join(os.path.realpath(top), path))
    return os.path.realpath(absolute) == absolute


def _is_writable(path: str) -> bool:
    """Make the folder of a report; say whether the report can be written (a container's user may own nothing here)."""
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    except OSError:
        return False
    return os.access(os.path.dirname(path), os.W_OK) and not os.path.isdir(path)


def _read(path: str) -> bytes:
    if not os.path.exists(path):
        return b""
    with open(path, "rb") as file:
        return file.read()


def _append(path: str, content: bytes) -> None:
    try:
        with open(path, "ab") as file:
            file.write(content)
    except OSError as error:
        note(f"the summary was not written: {error.strerror}")
