"""One run of a scanning command: settings and rules in, reports and an exit code out."""

import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from monei_guard.application.options import Options, read_settings
from monei_guard.configuration.location import OWN_FILE
from monei_guard.configuration.settings import Settings
from monei_guard.deferred import load
from monei_guard.errors import ExitCode
from monei_guard.filesystem.user_directories import cache_folder
from monei_guard.ruleset.bundled import credential_keywords
from monei_guard.scanning.linter import Linter
from monei_guard.scanning.result import ScanResult
from monei_guard.scanning.scanner import Scanner

if TYPE_CHECKING:
    from monei_guard.application.reports import TerminalWriter
    from monei_guard.model.rule import Rule
    from monei_guard.policy.inline_suppression import InlinePolicy


@dataclass(frozen=True, slots=True)
class Run:
    """Everything one run needs. `active` holds the codes that may be reported, None for all of them.

    `folder` is where configuration and baseline were looked for (None: nothing there is trusted), `root` the folder
    that paths in findings are relative to; `started` is when it began, in seconds since 1970.
    """

    options: Options
    settings: Settings
    detector: Scanner
    own_rules: "tuple[Rule, ...]" = ()
    active: frozenset[str] | None = None
    errors: tuple[str, ...] = ()
    folder: str | None = None
    root: str = "."
    started: float = field(default_factory=time.time)


def open_run(
    options: Options, folder: str | None, manifests: Callable[[], bytes] = lambda: b"", *, root: str | None = None
) -> Run:
    """Read configuration and rules. `folder` is where the configuration is looked for, None where none is trusted.

    `root` is the folder that scanned paths are relative to (`folder` if not given). Suppressions in scanned files are
    honoured where the configuration is trusted.

    Raises GuardError (misuse) for a configuration or rule that cannot be used, before anything is scanned.
    """
    if options.reveal and not (options.format == "terminal" and options.output is None and sys.stdout.isatty()):
        raise _misuse("--reveal shows secrets on a terminal only: not in a file, a pipe or another format.")
    if options.verify:
        from monei_guard.application.verification import check_request  # noqa: PLC0415 - imports the HTTP library

        check_request(options)
    elif options.yes or options.api_urls:
        raise _misuse("--yes and --api-url are about verification: add --verify.")
    settings = read_settings(options, folder)
    if settings.selection.select or settings.selection.ignore or settings.extend_rules:
        from monei_guard.application.rule_selection import selected_session  # noqa: PLC0415 - parses every rule

        where = root or folder or "."
        session = selected_session(options, settings, manifests, trusted=folder is not None, root=where)
        return replace(session, folder=folder, root=root or folder or ".")
    suppressing = suppression_policy(settings) if folder is not None else None
    detector = Scanner(
        credential_keywords(),
        *rule_loaders(),
        manifests,
        suppressing,
        archives=settings.archives,
        cache_folder=cache_folder(),
        lint=Linter(root or folder or ".", None),
        foreign_markers=bool(settings.markers_of),
    )
    return Run(options, settings, detector, folder=folder, root=root or folder or ".")


def _misuse(what: str) -> Exception:
    import click  # noqa: PLC0415 - only to say that the command line is wrong

    return click.UsageError(what)


def suppression_policy(
    settings: Settings, own: "tuple[Rule, ...]" = (), active: frozenset[str] | None = None
) -> "Callable[[], InlinePolicy]":
    """Return what reads how directives in files are judged, when the first content with one comes."""

    def policy() -> "InlinePolicy":
        from monei_guard.commands.suppression_policy import inline_policy  # noqa: PLC0415 - not on a clean commit

        return inline_policy(settings, own, active)

    return policy


def rule_loaders() -> "tuple[Callable[[], tuple[Rule, ...]], Callable[[], tuple[Rule, ...]]]":
    """Return what loads the credential rules and the evidence, when the first suspicious blob asks for them."""

    def credentials() -> "tuple[Rule, ...]":
        from monei_guard.ruleset.rule_files import load_credential_rules  # noqa: PLC0415 - not on a clean commit

        return load_credential_rules()

    def evidence() -> "tuple[Rule, ...]":
        from monei_guard.ruleset.rule_files import load_evidence_rules  # noqa: PLC0415 - not on a clean commit

        return load_evidence_rules()

    return credentials, evidence


def finish(
    session: Run, scanned: ScanResult, *, silent_when_clean: bool = False, terminal: "TerminalWriter | None" = None
) -> int:
    """Triage what was found, write every report that was asked for, return the exit code.

    `silent_when_clean` is for hooks: nothing to say on the terminal means nothing is said, and nothing imported.
    `terminal` writes what standard output gets where no other format is asked for.
    """
    plain = session.options.format == "terminal" and session.options.output is None and not session.options.reports
    gaps = session.errors or any(one.incomplete for one in scanned.skipped)
    if silent_when_clean and plain and not scanned.findings and not gaps:
        return ExitCode.CLEAN
    from monei_guard.application.reports import report_and_exit_code  # noqa: PLC0415 - not on a clean commit

    if terminal is None:
        return report_and_exit_code(session, scanned)
    return report_and_exit_code(session, scanned, terminal)


def repository_folder(path: str) -> str:
    """Return the folder whose configuration governs `path`: the nearest one upwards that has one or is a repository."""
    folder = os.path.abspath(path if os.path.isdir(path) else os.path.dirname(path) or ".")
    while True:
        if any(os.path.lexists(os.path.join(folder, name)) for name in (".git", OWN_FILE)):
            return folder
        above = os.path.dirname(folder)
        if above == folder:
            return os.path.abspath(path if os.path.isdir(path) else os.path.dirname(path) or ".")
        folder = above


def excluder(patterns: Sequence[str]) -> Callable[[bytes], bool] | None:
    """Return a test for excluded paths (gitignore patterns), or None where nothing is."""
    if not patterns:
        return None
    made: Callable[[bytes], bool] = load("monei_guard.sources.exclusion:excluder")(patterns)
    return made
