"""One run of a scanning command: settings and rules in, reports and an exit code out."""

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TextIO

import click

from monei_guard import __version__
from monei_guard.commands.options import Options, read_settings
from monei_guard.errors import ExitCode
from monei_guard.model.blob import Blob, Skipped
from monei_guard.model.finding import Finding, Triaged
from monei_guard.model.rule import Rule, RuleKind
from monei_guard.pipeline import Detector, Scanned, scan
from monei_guard.policy.triage import exit_code, is_wanted, selected_rules
from monei_guard.reporting.formats import write_report
from monei_guard.reporting.report import Configuration, Coverage, Report, make_report
from monei_guard.reporting.terminal import Style, write_terminal
from monei_guard.ruleset.rule_files import (
    RuleError,
    load_bundled,
    load_credential_rules,
    load_evidence_rules,
    load_file,
)
from monei_guard.settings import Settings


@dataclass(frozen=True, slots=True)
class Session:
    """Everything one run needs. `active` holds the codes that may be reported, None for all of them."""

    options: Options
    settings: Settings
    detector: Detector
    own_rules: tuple[Rule, ...]
    active: frozenset[str] | None
    errors: tuple[str, ...] = ()

    def wants(self, finding: Finding) -> bool:
        """Return whether a finding is to be reported."""
        return (self.active is None or finding.code in self.active) and is_wanted(finding, self.settings.selection)


def open_session(options: Options, folder: str | None, manifests: Callable[[], bytes] = lambda: b"") -> Session:
    """Read configuration and rules. `folder` is where the configuration is looked for, None where none is trusted.

    Raises GuardError (misuse) for a configuration or rule that cannot be used, before anything is scanned.
    """
    if options.reveal and not (options.format == "terminal" and options.output is None and sys.stdout.isatty()):
        raise click.UsageError("--reveal shows secrets on a terminal only: not in a file, a pipe or another format.")
    settings = read_settings(options, folder)
    own = tuple(load_file(path) for path in settings.extend_rules)
    rules = (*load_credential_rules(), *(rule for rule in own if rule.kind is RuleKind.CREDENTIAL))
    active = None
    selection = settings.selection
    if selection.select or selection.ignore:
        active = frozenset(rule.code for rule in selected_rules((*load_bundled(), *own), selection))
        rules = tuple(rule for rule in rules if rule.code in active)
    _check_own_rules(own)
    evidence = tuple(rule for rule in own if rule.kind is RuleKind.EVIDENCE)
    detector = Detector(rules, lambda: (*load_evidence_rules(), *evidence), manifests)
    return Session(options, settings, detector, own, active)


def run_scan(session: Session, items: Iterable[Blob | Skipped]) -> int:
    """Scan the items, write the reports, return the exit code."""
    return finish(session, scan(items, session.detector))


def finish(session: Session, scanned: Scanned) -> int:
    """Triage what was found, write every report that was asked for, return the exit code."""
    triaged = tuple(Triaged(finding) for finding in scanned.findings if session.wants(finding))
    report = make_report(
        triaged,
        scanned.skipped,
        session.errors,
        version=__version__,
        rules=_reported_rules(session),
        coverage=Coverage(scanned.files, scanned.blobs, scanned.bytes),
        configuration=Configuration(session.settings.source, session.settings.turned_off),
    )
    write_reports(session.options, report)
    return exit_code(triaged, session.settings.fail_on, complete=report.complete)


def write_reports(options: Options, report: Report) -> None:
    """Write the report in every form that was asked for; standard output comes last."""
    for name, path in options.reports:
        write_report(report, name, path)
    if options.output is None and options.format == "terminal":
        with _standard_output() as stream:
            write_terminal(report, stream, _style(options, stream))
    elif options.output is None:
        with _standard_output() as stream:
            write_report(report, options.format, None, stream)
    else:
        write_report(report, options.format, options.output)


def _check_own_rules(own: tuple[Rule, ...]) -> None:
    """Refuse rules that would fail in the middle of a scan."""
    if not own:
        return
    from monei_guard.detection.patterns import PatternError, compile_rule  # noqa: PLC0415 - only with extend-rules

    for rule in own:
        try:
            compile_rule(rule)
        except PatternError as error:
            raise RuleError(str(error), hint=f"'monei-guard rules check {rule.source}' shows every problem") from error


def _reported_rules(session: Session) -> tuple[Rule, ...]:
    """Return the rules with their texts, for the formats that carry them."""
    names = {session.options.format, *(name for name, _ in session.options.reports)}
    if names == {"terminal"}:
        return ()
    everything = (*load_bundled(), *session.own_rules)
    return tuple(rule for rule in everything if session.active is None or rule.code in session.active)


class _standard_output:  # noqa: N801 - a context manager used like a function
    """Standard output as UTF-8 with line ends as written, whatever the locale; flushed, never closed."""

    def __enter__(self) -> TextIO:
        sys.stdout.flush()
        self.stream = open(
            sys.stdout.fileno(), "w", encoding="utf-8", errors="backslashreplace", newline="", closefd=False
        )
        return self.stream

    def __exit__(self, *_: object) -> None:
        self.stream.close()


def _style(options: Options, stream: TextIO) -> Style:
    terminal = stream.isatty()
    color = terminal and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    width = 100
    if terminal:
        import shutil  # noqa: PLC0415 - a terminal only

        width = shutil.get_terminal_size().columns
    return Style(
        color=color if options.color is None else options.color, width=width, quiet=options.quiet, reveal=options.reveal
    )


def repository_folder(path: str) -> str:
    """Return the folder whose configuration governs `path`: the nearest one upwards that has one or is a repository."""
    folder = os.path.abspath(path if os.path.isdir(path) else os.path.dirname(path) or ".")
    while True:
        if any(os.path.lexists(os.path.join(folder, name)) for name in (".git", ".monei-guard.toml")):
            return folder
        above = os.path.dirname(folder)
        if above == folder:
            return os.path.abspath(path if os.path.isdir(path) else os.path.dirname(path) or ".")
        folder = above


__all__ = ["ExitCode", "Session", "finish", "open_session", "repository_folder", "run_scan", "write_reports"]
