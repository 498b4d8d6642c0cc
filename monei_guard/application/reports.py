"""The end of a scanning command: triage, reports, exit code."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from monei_guard import __version__
from monei_guard.application.baseline import with_baseline
from monei_guard.application.options import Options
from monei_guard.commands.session import Run
from monei_guard.model.finding import Finding, Triaged
from monei_guard.model.rule import Rule
from monei_guard.policy.selection import exit_code, is_wanted
from monei_guard.reporting.formats import ReportError, write_report
from monei_guard.reporting.report import Configuration, Coverage, Report, make_report
from monei_guard.reporting.report_redaction import report_without_keys
from monei_guard.reporting.terminal import Style, write_terminal
from monei_guard.ruleset.rule_files import load_bundled
from monei_guard.scanning.result import ScanResult

TerminalWriter = Callable[[Report, TextIO, Style], None]
_WIDTH = 100


def report_and_exit_code(session: Run, scanned: ScanResult, terminal: TerminalWriter = write_terminal) -> int:
    """Triage what was found, write every report that was asked for, return the exit code.

    `terminal` writes what standard output gets where no other format is asked for.
    """
    triaged = with_baseline([*map(Triaged, scanned.findings), *scanned.suppressed], session)
    triaged = tuple(one for one in triaged if _is_reported(one.finding, session))
    if session.options.verify:
        # The HTTP library is for those who ask for it.
        from monei_guard.application.verification import verified_as_asked  # noqa: PLC0415 - imports HTTP

        triaged = verified_as_asked(triaged, session.options, own_rules=bool(session.own_rules))
    report = make_report(
        triaged,
        scanned.skipped,
        session.errors,
        version=__version__,
        rules=_rules_in_force(session),
        coverage=Coverage(scanned.files, scanned.blobs, scanned.bytes, session.started),
        configuration=Configuration(session.settings.source, session.settings.turned_off),
    )
    write_reports(session.options, report_without_keys(report), terminal)
    return exit_code(triaged, session.settings.fail_on, complete=report.complete)


def write_reports(options: Options, report: Report, terminal: TerminalWriter = write_terminal) -> None:
    """Write the report in every form that was asked for; standard output comes last."""
    for name, path in options.reports:
        write_report(report, name, path)
    if options.output is not None:
        write_report(report, options.format, options.output)
        return
    with _standard_output() as stream:
        if options.format == "terminal":
            terminal(report, stream, _style(options, stream))
        else:
            write_report(report, options.format, None, stream)


def _is_reported(finding: Finding, session: Run) -> bool:
    is_active = session.active is None or finding.code in session.active
    return is_active and is_wanted(finding, session.settings.selection)


def _rules_in_force(session: Run) -> tuple[Rule, ...]:
    """Return the rules with their texts, for the formats that carry them; the terminal does not."""
    if {session.options.format, *(name for name, _ in session.options.reports)} == {"terminal"}:
        return ()
    everything = (*load_bundled(), *session.own_rules)
    return tuple(rule for rule in everything if session.active is None or rule.code in session.active)


@contextmanager
def _standard_output() -> Iterator[TextIO]:
    """Yield standard output as UTF-8 with line ends as written, whatever the locale; flushed, never closed."""
    if sys.stdout is None:
        raise ReportError("cannot write the report: standard output is closed", hint="choose a file with --output")
    sys.stdout.flush()
    with open(
        sys.stdout.fileno(), "w", encoding="utf-8", errors="backslashreplace", newline="", closefd=False
    ) as stream:
        yield stream


def _style(options: Options, stream: TextIO) -> Style:
    terminal = stream.isatty()
    wanted = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Style(
        color=wanted if options.color is None else options.color,
        width=shutil.get_terminal_size().columns if terminal else _WIDTH,
        quiet=options.quiet,
        reveal=options.reveal,
    )
