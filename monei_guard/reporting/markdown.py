"""Markdown for $GITHUB_STEP_SUMMARY and pull-request comments.

All text from a repository stands in code spans, where GitHub and GitLab know no links, images, HTML, mentions or
references. The whole stays below the smaller of GitHub's limits (65,536 characters for a comment, 1 MiB for a step
summary: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands); what does not fit is
counted.
"""

from collections import Counter
from collections.abc import Iterator
from typing import TextIO

from monei_guard.model.finding import Triaged
from monei_guard.model.levels import Severity
from monei_guard.reporting.escaping import visible
from monei_guard.reporting.report import Report
from monei_guard.reporting.terminal import location_text, size

_LIMIT = 60_000  # characters, with room for what a CI template adds
_CELL = 300  # characters of one text
_MAX_SKIPPED = 20
_ICON = {
    Severity.CRITICAL: "🔴",
    Severity.HIGH: "🟠",
    Severity.MEDIUM: "🟡",
    Severity.LOW: "🔵",
    Severity.INFO: "⚪",
}


def write_markdown(report: Report, stream: TextIO) -> None:
    """Write a headline, the counts, a table of findings in force (worst first) and what was not scanned."""
    tail = "".join(_tail(report))
    head = "".join(_head(report))
    stream.write(head)
    left = _LIMIT - len(head) - len(tail) - len("\n… and 1,000,000 more; the JSON report has them all.\n")
    findings = [triaged for triaged in report.triaged if triaged.suppression is None]
    findings.sort(key=lambda triaged: (-triaged.finding.severity, -triaged.finding.confidence))
    for number, triaged in enumerate(findings):
        row = _row(triaged)
        left -= len(row)
        if left < 0:
            stream.write(f"\n… and {len(findings) - number:,} more; the JSON report has them all.\n")
            break
        stream.write(row)
    stream.write(tail)


def code(text: str) -> str:
    """Return `text` as a code span fit for a table cell: one line, no bar, no backtick run that could close it."""
    text = visible(text).replace("|", "\\x7c").replace("`", "\\x60")
    if len(text) > _CELL:
        text = text[:_CELL] + "…"
    return f"` {text} `" if text.strip() else "-"


def _head(report: Report) -> Iterator[str]:
    summary = report.summary
    yield f"## monei-guard: {_state(report)}\n\n"
    if not report.complete:
        yield f"⚠️ **The scan is incomplete**: {summary.incomplete:,} could not be scanned.\n\n"
    counts = Counter(triaged.finding.severity for triaged in report.triaged if triaged.suppression is None)
    parts = [f"{_ICON[severity]} {counts[severity]:,} {severity.label}" for severity in _ICON if counts[severity]]
    parts.append(f"{summary.suppressed:,} suppressed, {summary.skipped:,} skipped")
    parts.append(f"{summary.coverage.files:,} files, {size(summary.coverage.bytes)} scanned")
    yield " · ".join(parts) + "\n\n"
    if summary.findings:
        yield "| severity | rule | where | what | key |\n|---|---|---|---|---|\n"


def _state(report: Report) -> str:
    count = report.summary.findings
    if not count:
        return "✅ no findings"
    if all(triaged.suppression or triaged.finding.severity is Severity.INFO for triaged in report.triaged):
        return f"✅ nothing that needs attention, {count:,} piece{'s' * (count != 1)} of information"
    return f"❌ {count:,} finding" + "s" * (count != 1)


def _row(triaged: Triaged) -> str:
    finding = triaged.finding
    secret = code(finding.secret.redacted) if finding.secret is not None else "-"
    answer = f" (the API says: {triaged.verification.verdict})" if triaged.verification is not None else ""
    return (
        f"| {_ICON[finding.severity]} {finding.severity.label} | {finding.code} "
        f"| {code(location_text(finding.location))} | {code(finding.message + answer)} | {secret} |\n"
    )


def _tail(report: Report) -> Iterator[str]:
    missed = [skipped for skipped in report.skipped if skipped.incomplete]
    if missed or report.errors:
        yield "\n**Not scanned**\n\n"
    for skipped in missed[:_MAX_SKIPPED]:
        name = (skipped.path or b"content without a name").decode("utf-8", "backslashreplace")
        yield f"- {code(name)}: {code(skipped.reason)}\n"
    if len(missed) > _MAX_SKIPPED:
        yield f"- … and {len(missed) - _MAX_SKIPPED:,} more\n"
    for message in report.errors[:_MAX_SKIPPED]:
        yield f"- {code(message)}\n"
    configuration = report.summary.configuration
    if configuration.file is not None:
        off = [code(text) for text in configuration.turned_off[:_MAX_SKIPPED]]
        yield f"\nConfiguration: {code(configuration.file)}" + (f", turns off {', '.join(off)}" if off else "") + "\n"
