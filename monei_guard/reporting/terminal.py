"""The report people read: what, where, the masked line with a caret, and what to do. Plain text, colour if asked.

No line ever begins with text from a repository, and all such text goes through `plain_text.visible`.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from monei_guard.model.blob import Skipped
from monei_guard.model.finding import Finding, Life, Snippet, Triaged, Verification
from monei_guard.model.location import Location, Origin, display_path
from monei_guard.model.rule import Environment, Severity
from monei_guard.reporting.escaping import columns, visible, visible_code
from monei_guard.reporting.report import Report, Summary

_MAX_SKIPPED = 20  # lines; the machine formats carry them all
_RESET = "\x1b[0m"
_BOLD = "\x1b[1m"
_DIM = "\x1b[2m"
_BLUE = "\x1b[34m"
_GREEN = "\x1b[32m"
SEVERITY_COLOR = {
    Severity.CRITICAL: "\x1b[1;31m",
    Severity.HIGH: "\x1b[31m",
    Severity.MEDIUM: "\x1b[33m",
    Severity.LOW: "\x1b[36m",
    Severity.INFO: "\x1b[2m",
}
_MAX_REFS = 3
_UNIT_STEP = 1000
_UNITS = ("B", "kB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True)
class Style:
    """How to show it. `width` is in terminal columns; `reveal` prints values, for a person's terminal only."""

    color: bool = False
    width: int = 100
    quiet: bool = False
    reveal: bool = False

    def paint(self, text: str, color: str) -> str:
        """Return `text` in `color`, or as it is where colour is off."""
        return f"{color}{text}{_RESET}" if self.color and text else text


def write_terminal(report: Report, stream: TextIO, style: Style | None = None) -> None:
    """Write the findings in force, what could not be scanned, and one line of counts (none if quiet and clean)."""
    style = style or Style()
    for triaged in report.triaged:
        if triaged.suppression is None:
            stream.writelines(line + "\n" for line in finding_lines(triaged, style))
    stream.writelines(line + "\n" for line in problem_lines(report, style))
    if not style.quiet or report.summary.findings or not report.complete:
        stream.write(summary_line(report.summary, style) + "\n")
    if not style.quiet:
        stream.writelines(line + "\n" for line in configuration_lines(report.summary, style))


def finding_lines(triaged: Triaged, style: Style) -> Iterator[str]:
    """Yield the lines of one finding; the last one is empty."""
    finding = triaged.finding
    severity = style.paint(f"{finding.severity.label}[{finding.code}]", SEVERITY_COLOR[finding.severity])
    yield f"{severity}: {style.paint(visible(finding.message), _BOLD)}"
    gutter = _gutter(finding.snippet)
    yield f"{gutter[:-1]}{style.paint('-->', _BLUE)} {location_text(finding.location)}"
    if finding.snippet is not None:
        yield from _snippet_lines(finding.snippet, gutter, style, SEVERITY_COLOR[finding.severity])
    note = f"{gutter}{style.paint('=', _BLUE)}"
    yield f"{note} {_identity(finding)}"
    if style.reveal and finding.secret is not None:
        yield f"{note} value: {visible(finding.secret.reveal().decode('utf-8', 'backslashreplace'))}"
    history = _history(finding.location)
    if history:
        yield f"{note} {history}"
    for related in finding.related:
        yield f"{note} {visible(related.message)}: {location_text(related.location)}"
    if finding.life is not None:
        yield f"{note} {_life(finding.life)}"
    if triaged.verification is not None:
        yield from (f"{note} {line}" for line in _verification(triaged.verification))
    if finding.hint:
        yield f"{note} {style.paint('help:', _GREEN)} {visible(finding.hint)}"
    yield ""


def location_text(location: Location) -> str:
    """Return `path:line:column` (or what stands for the path), and how the text was encoded there."""
    if location.path is not None:
        name = visible(location.path)
    elif location.origin is Origin.STDIN:
        name = "standard input"
    elif location.origin is Origin.MESSAGE:
        name = "message"
    else:
        name = "content without a name"
    decoded = f" (in {visible(' > '.join(location.encoding_path))})" if location.encoding_path else ""
    return f"{name}:{location.start_line}:{location.start_column}{decoded}"


def summary_line(summary: Summary, style: Style) -> str:
    """Return the counts: `3 findings (1 suppressed), 2 skipped; 12 files, 3.4 MB scanned`."""
    if summary.findings:
        count = style.paint(_plural(summary.findings, "finding"), _BOLD)
    else:
        count = style.paint("no findings", _GREEN if not summary.incomplete else _BOLD)
    coverage = summary.coverage
    return (
        f"{count} ({summary.suppressed} suppressed), {summary.skipped} skipped; "
        f"{_plural(coverage.files, 'file')}, {size(coverage.bytes)} scanned"
    )


def size(count: int) -> str:
    """Return a number of bytes in decimal units with one digit after the point."""
    value = float(count)
    for unit in _UNITS:
        if value < _UNIT_STEP or unit == _UNITS[-1]:
            return f"{count} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= _UNIT_STEP
    raise AssertionError  # pragma: no cover - the last unit always returns


def _identity(finding: Finding) -> str:
    environment = "environment unknown" if finding.environment is Environment.UNKNOWN else finding.environment.value
    vendor = [] if finding.vendor is None else [f"vendor {finding.vendor}"]
    parts = [*vendor, environment, f"confidence {finding.confidence.label}"]
    if finding.secret is not None:
        parts.append(f"{visible(finding.secret.redacted)} ({_plural(finding.secret.length, 'byte')})")
    return visible(", ".join(parts))


def _history(location: Location) -> str:
    if location.commit is None:
        return ""
    author = f" by {visible(location.author)}" if location.author else ""
    date = f" on {visible(location.date)}" if location.date else ""
    return f"commit {visible(location.commit[:12])}{author}{date}"


def _life(life: Life) -> str:
    where = [name for name, there in (("HEAD", life.in_head), ("the work tree", life.in_worktree)) if there]
    still = f"still in {' and '.join(where)}" if where else "gone from HEAD and the work tree"
    refs = "unreachable"
    if life.reachable_from:
        more = len(life.reachable_from) - _MAX_REFS
        refs = f"reachable from {visible(', '.join(life.reachable_from[:_MAX_REFS]))}"
        refs += f" and {more} more" if more > 0 else ""
    first = f"first in {visible(life.first_commit[:12])}, " if life.first_commit else ""
    return f"life: {first}{_plural(life.versions, 'version')}, {still}, {refs}"


def _verification(verification: Verification) -> Iterator[str]:
    environment = "" if verification.environment is Environment.UNKNOWN else f" in {verification.environment.value}"
    lead = "not verified" if verification.verdict == "unknown" and verification.host is None else "the API says"
    yield visible(f"{lead}: {verification.verdict}{environment} ({verification.reason})")
    for name, value in verification.details:
        yield visible(f"{name.replace('_', ' ')}: {value}")


def _gutter(snippet: Snippet | None) -> str:
    widest = max((line.number for line in snippet.lines), default=1) if snippet is not None else 1
    return " " * (len(str(widest)) + 1)


def _snippet_lines(snippet: Snippet, gutter: str, style: Style, color: str) -> Iterator[str]:
    bar = style.paint("|", _BLUE)
    room = max(style.width - len(gutter) - 3, 20)
    for line in snippet.lines:
        number = style.paint(str(line.number).rjust(len(gutter) - 1), _BLUE)
        if line.number != snippet.focus:
            yield f"{number} {bar} {_window(line.text, 0, 0, room)[0]}".rstrip()
            continue
        text, start, end = _window(line.text, snippet.caret_start, snippet.caret_end, room)
        yield f"{number} {bar} {text}"
        yield f"{gutter}{bar} {' ' * start}{style.paint('^' * max(end - start, 1), color)}"


def _window(text: str, start: int, end: int, room: int) -> tuple[str, int, int]:
    """Return the part of a source line that shows `[start, end)` in `room` columns, and where the caret runs in it.

    `start` and `end` count characters of `text`; the results count terminal columns of the returned text.
    """
    if len(text) > room:
        first = max(min(start - room // 3, len(text) - room), 0)
        last = first + room
    else:
        first, last = 0, len(text)
    left = "…" if first else ""
    right = "…" if last < len(text) else ""
    before = left + visible_code(text[first:start])
    marked = visible_code(text[start : min(end, last)])
    after = visible_code(text[min(end, last) : last]) + right
    return before + marked + after, columns(before), columns(before + marked)


def problem_lines(report: Report, style: Style) -> Iterator[str]:
    """Yield what should have been scanned and was not, and the errors."""
    incomplete = [skipped for skipped in report.skipped if skipped.incomplete]
    label = style.paint("not scanned", SEVERITY_COLOR[Severity.MEDIUM])
    for skipped in incomplete[:_MAX_SKIPPED]:
        yield f"{label}: {_skipped(skipped)}"
    if len(incomplete) > _MAX_SKIPPED:
        reasons = Counter(skipped.reason for skipped in incomplete[_MAX_SKIPPED:]).most_common(3)
        why = ", ".join(f"{visible(reason)}: {count}" for reason, count in reasons)
        yield f"{label}: {len(incomplete) - _MAX_SKIPPED} more ({why}); --format json lists them all"
    for message in report.errors:
        yield f"{style.paint('error', SEVERITY_COLOR[Severity.CRITICAL])}: {visible(message)}"


def _skipped(skipped: Skipped) -> str:
    name = "content without a name" if skipped.path is None else visible(display_path(skipped.path))
    return f"{name}: {visible(skipped.reason)}"


def configuration_lines(summary: Summary, style: Style) -> Iterator[str]:
    """Yield the configuration in force and what it turns off."""
    configuration = summary.configuration
    if configuration.turned_off:
        off = visible(", ".join(configuration.turned_off))
        yield style.paint(f"configuration {visible(configuration.file or '(options)')} turns off: {off}", _DIM)
    elif configuration.file is not None:
        yield style.paint(f"configuration {visible(configuration.file)}", _DIM)


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
