"""How a hook ends: what could not be looked at stops git, unless MONEI_GUARD_ON_ERROR=warn makes that a warning.

Findings stop it either way.
"""

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from monei_guard.application.finishing import finish
from monei_guard.application.run import Run
from monei_guard.errors import ExitCode, IncompleteError
from monei_guard.model.location import Location, display_path
from monei_guard.reporting.console import warn
from monei_guard.scanning.result import ScanResult

if TYPE_CHECKING:
    from monei_guard.application.reports import TerminalWriter
    from monei_guard.model.finding import Finding

VARIABLE = "MONEI_GUARD_ON_ERROR"
# What who pushes has to know.
AMEND = (
    "help: to take it out in a further commit is not enough: change the commit that adds it ('git commit --amend', "
    "'git rebase -i'), then push again"
)
RENAME = "help: a branch or tag with a secret in its name goes by another name: 'git push REMOTE LOCAL:OTHER-NAME'"
_MOST = 20  # lines; more of the same says no more


def fail_open_if_wished(scan: Callable[[], int], note: Callable[[str], None] = lambda _reason: None) -> int:
    """Return the exit code of `scan`; let git go on after what kept us from looking, where that is wished.

    `note` is then told what it was. Raises IncompleteError where it is not wished.
    """
    try:
        return scan()
    except IncompleteError as error:
        if not _is_wished():
            raise
        note(str(error))
        _warn(str(error))
        return ExitCode.CLEAN


def conclude(
    run: Run,
    result: ScanResult,
    note: Callable[[str], None] = lambda _reason: None,
    terminal: "TerminalWriter | None" = None,
) -> int:
    """Report what was found, on a terminal by `terminal`; return the exit code that git is to get.

    `note` is told each thing that was not looked at and goes through all the same.
    """
    return finish(run, _softened(result, note), silent_when_clean=True, terminal=terminal)


def advise(findings: "Sequence[Finding]") -> None:
    """Say what who pushes can do about what was found: in a commit, or in the name of a ref."""
    in_names = [finding for finding in findings if _is_ref(finding.location)]
    if len(in_names) < len(findings):
        warn(AMEND)
    if in_names:
        warn(RENAME)


def _is_ref(location: Location) -> bool:
    return location.commit is None and location.path is not None and location.path.startswith("refs/")


def _softened(result: ScanResult, note: Callable[[str], None]) -> ScanResult:
    """Return the result with its gaps as warnings, where that is wished."""
    if not _is_wished():
        return result
    gaps = [
        f"{'content without a name' if skipped.path is None else display_path(skipped.path)}: {skipped.reason}"
        for skipped in result.skipped
        if skipped.incomplete
    ]
    gaps += result.errors
    for number, reason in enumerate(gaps):
        note(reason)
        if number < _MOST:
            _warn(reason)
    if len(gaps) > _MOST:
        _warn(f"{len(gaps) - _MOST} more")
    return result._replace(skipped=tuple(skipped._replace(incomplete=False) for skipped in result.skipped), errors=())


def _is_wished() -> bool:
    return os.environ.get(VARIABLE) == "warn"


def _warn(reason: str) -> None:
    warn(f"warning: not looked at, and let through ({VARIABLE}=warn): {reason}")
