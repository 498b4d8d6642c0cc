"""GitHub annotations: the workflow commands that mark lines in a pull request.

Format: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands. Values are escaped as
actions/toolkit does (`%`, line ends; in properties also `:` and `,`); all text from a repository is made visible first,
so that it can neither end a command nor begin one. GitHub shows ten errors and ten warnings a step.
"""

from typing import TextIO

from monei_guard.model.finding import Triaged
from monei_guard.model.levels import Severity
from monei_guard.reporting.escaping import visible
from monei_guard.reporting.report import Report
from monei_guard.reporting.terminal import Style, location_text, summary_line

_COMMAND = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
    Severity.INFO: "notice",
}


def write_github(report: Report, stream: TextIO) -> None:
    """Write an annotation for each finding in force and each thing not scanned, then the counts."""
    for triaged in report.triaged:
        if triaged.suppression is None:
            stream.write(_annotation(triaged) + "\n")
    for skipped in report.skipped:
        if skipped.incomplete:
            name = (skipped.path or b"content without a name").decode("utf-8", "backslashreplace")
            stream.write(f"::error title=not scanned by monei-guard::{_data(f'{name}: {skipped.reason}')}\n")
    stream.writelines(log_line("error", message) + "\n" for message in report.errors)
    stream.write(f"monei-guard: {summary_line(report.summary, Style())}\n")


def log_line(level: str, text: str) -> str:
    """Return the line that shows `text` above the log; `level` is error, warning or notice."""
    return f"::{level} title=monei-guard::{_data(text)}"


def _annotation(triaged: Triaged) -> str:
    finding, location = triaged.finding, triaged.finding.location
    properties = {"title": f"{finding.code} {finding.rule}"}
    if location.path is not None and location.commit is None and "!/" not in location.path:
        properties = {
            "file": location.path, "line": str(location.start_line), "endLine": str(location.end_line),
            "col": str(location.start_column), "endColumn": str(location.end_column),
        } | properties  # fmt: skip
    text = f"{finding.message} ({location_text(location)})"
    if finding.secret is not None:
        text += f" {finding.secret.redacted}"
    if triaged.verification is not None:
        text += f" The API says: {triaged.verification.verdict}."
    if finding.hint:
        text += f" {finding.hint}"
    named = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMAND[finding.severity]} {named}::{_data(text)}"


def _data(text: str) -> str:
    return visible(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
