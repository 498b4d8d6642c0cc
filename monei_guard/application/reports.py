"""The end of a scanning command: triage, reports, exit code."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from monei_guard import __version__
from monei_guard.application.options import RunOptions
from monei_guard.application.run import Run
from monei_guard.model.finding import Finding, Triaged
from monei_guard.model.rule import Rule
from monei_guard.policy.selection import exit_code, is_sure_enough
from monei_guard.reporting.formats import ReportError, write_report
from monei_guard.reporting.report import Configuration, Coverage, Report, make_report
from monei_guard.reporting.report_redaction import report_without_keys
from monei_guard.reporting.terminal import Style, write_terminal
from monei_guard.ruleset.rule_files import load_bundled
from monei_guard.scanning.result import ScanResult

TerminalWriter = Callable[[Report, TextIO, Style], None]
# Given the findings of a run: the same, those that a baseline accepts suppressed, or with what the API says of them.
Annotator = Callable[[Sequence[Triaged]], Sequence[Triaged]]
_WIDTH = 100


def report_and_exit_code(
    run: Run, result: ScanResult, annotators: Sequence[Annotator], terminal: TerminalWriter | None
) -> int:
    """Let the annotators have their say in turn, write every report that was asked for, return the exit code.

    `terminal` writes what standard output gets where no other format is asked for.
    """
    triaged: Sequence[Triaged] = [*map(Triaged, result.findings), *result.suppressed]
    triaged = [item for item in triaged if is_reported(item.finding, run)]
    for annotate in annotators:
        triaged = annotate(triaged)
    report = make_report(
        tuple(triaged),
        result.skipped,
        result.errors,
        version=__version__,
        rules=_rules_in_force(run),
        coverage=Coverage(result.files, result.blobs, result.bytes, run.started),
        configuration=Configuration(run.settings.source, run.settings.turned_off),
    )
    write_reports(run.options, report, terminal or write_terminal)
    return exit_code(triaged, run.settings.fail_on, complete=report.complete)


def is_reported(finding: Finding, run: Run) -> bool:
    """Return whether the run reports a finding: its rule is in force, and it is sure enough."""
    is_active = run.active is None or finding.code in run.active
    return is_active and is_sure_enough(finding, run.settings.selection)


def write_reports(options: RunOptions, report: Report, terminal: TerminalWriter = write_terminal) -> None:
    """Write the report in every form that was asked for, nothing secret in it; standard output comes last."""
    report = report_without_keys(report)
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


def _rules_in_force(run: Run) -> tuple[Rule, ...]:
    """Return the rules with their texts, for the formats that carry them; the terminal does not."""
    if {run.options.format, *(name for name, _ in run.options.reports)} == {"terminal"}:
        return ()
    everything = (*load_bundled(), *run.own_rules)
    return tuple(rule for rule in everything if run.active is None or rule.code in run.active)


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


def _style(options: RunOptions, stream: TextIO) -> Style:
    terminal = stream.isatty()
    colored = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Style(
        color=colored if options.color is None else options.color,
        width=shutil.get_terminal_size().columns if terminal else _WIDTH,
        quiet=options.quiet,
        reveal=options.reveal,
    )
