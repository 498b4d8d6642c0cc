"""How a hook ends: what could not be looked at stops git, unless MONEI_GUARD_ON_ERROR=warn makes that a warning.

Findings stop it either way.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from monei_guard.application.error_handler import say, stop
from monei_guard.commands.session import Run, finish
from monei_guard.errors import ExitCode, IncompleteError
from monei_guard.model.location import display_path
from monei_guard.scanning.result import ScanResult

if TYPE_CHECKING:
    from monei_guard.application.reports import TerminalWriter

VARIABLE = "MONEI_GUARD_ON_ERROR"
# What who pushes has to know.
AMEND = (
    "help: to take it out in a further commit is not enough: change the commit that adds it ('git commit --amend', "
    "'git rebase -i'), then push again"
)
_MOST = 20  # lines; more of the same says no more


@contextmanager
def fail_open_if_wished(note: Callable[[str], None] = lambda _reason: None) -> Iterator[None]:
    """Let git go on after what kept us from looking, where that is wished; `note` is then told what it was."""
    try:
        yield
    except IncompleteError as error:
        if not _is_wished():
            raise
        note(str(error))
        _warn(str(error))
        stop(ExitCode.CLEAN)


def conclude(
    session: Run,
    scanned: ScanResult,
    note: Callable[[str], None] = lambda _reason: None,
    terminal: "TerminalWriter | None" = None,
) -> int:
    """Report what was found, on a terminal by `terminal`; return the exit code that git is to get.

    `note` is told each thing that was not looked at and goes through all the same.
    """
    if _is_wished():
        gaps = [
            f"{'content without a name' if one.path is None else display_path(one.path)}: {one.reason}"
            for one in scanned.skipped
            if one.incomplete
        ]
        gaps += session.errors
        for number, reason in enumerate(gaps):
            note(reason)
            if number < _MOST:
                _warn(reason)
        if len(gaps) > _MOST:
            _warn(f"{len(gaps) - _MOST} more")
        scanned = replace(scanned, skipped=tuple(replace(one, incomplete=False) for one in scanned.skipped))
        session = replace(session, errors=())
    return finish(session, scanned, silent_when_clean=True, terminal=terminal)


def _is_wished() -> bool:
    return os.environ.get(VARIABLE) == "warn"


def _warn(reason: str) -> None:
    say(f"warning: not looked at, and let through ({VARIABLE}=warn): {reason}")
