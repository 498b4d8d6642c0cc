"""The table of formats, and where a report goes."""

import sys
from collections.abc import Callable
from types import MappingProxyType
from typing import TYPE_CHECKING, TextIO

from monei_guard.deferred import load
from monei_guard.errors import GuardError
from monei_guard.filesystem.atomic_write import write_atomically

if TYPE_CHECKING:
    from monei_guard.reporting.report import Report

Writer = Callable[["Report", TextIO], None]

# Format name -> where its `write(report, stream)` lives. Names, not functions: a hook must not pay for nine others.
FORMATS = MappingProxyType({
    "terminal": "monei_guard.reporting.terminal:write_terminal",
    "json": "monei_guard.reporting.json_report:write_json",
    "jsonl": "monei_guard.reporting.json_report:write_jsonl",
    "sarif": "monei_guard.reporting.sarif:write_sarif",
    "gitlab": "monei_guard.reporting.gitlab:write_gitlab",
    "junit": "monei_guard.reporting.junit:write_junit",
    "github": "monei_guard.reporting.github:write_github",
    "markdown": "monei_guard.reporting.markdown:write_markdown",
    "html": "monei_guard.reporting.html_report:write_html",
    "csv": "monei_guard.reporting.csv_report:write_csv",
})  # fmt: skip


class ReportError(GuardError):
    """A report that cannot be written as asked."""


def writer(name: str) -> Writer:
    """Return the writer of a format. Raises ReportError for a name that is not in the table."""
    if name not in FORMATS:
        raise ReportError(f"unknown report format {name!r}", hint=f"one of: {', '.join(FORMATS)}")
    found: Writer = load(FORMATS[name])
    return found


def write_report(report: "Report", name: str, path: str | None, stream: TextIO | None = None) -> None:
    """Write `report` as format `name` to the file `path`, or to `stream` (standard output) if `path` is None or "-".

    Raises ReportError for an unknown format, UnwritableError for a bad place or a full disk; any older file stays.
    """
    write = writer(name)
    if path is None or path == "-":
        write(report, stream or sys.stdout)
        return
    write_atomically(path, lambda file: write(report, file))
