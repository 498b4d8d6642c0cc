"""The one boundary for errors: what a command raises becomes a line or two and an exit code."""

import os
import sys
from collections.abc import Callable

from monei_guard import __version__
from monei_guard.errors import ExitCode, GuardError
from monei_guard.reporting.console import warn


def handle_errors(command: Callable[[], int]) -> int:
    """Run a command and return its exit code. The only place that catches what nobody expected."""
    try:
        code = _code_of(command)
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt:
        warn("interrupted")
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the boundary: no traceback, and nothing of the input, may leave
        return _failure(error)
    return code


def _code_of(command: Callable[[], int]) -> int:
    try:
        return command()
    except BrokenPipeError:
        # The reader of a report has gone, and there is none without something to say: no hook lets that through.
        _turn_output_away()
        return ExitCode.FINDINGS


def _failure(error: Exception) -> int:
    """Say what went wrong in one or two lines and return the exit code."""
    if isinstance(error, GuardError):
        warn(f"error: {error.what}")
        if error.hint:
            warn(f"help: {error.hint}")
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        _turn_output_away()
    elif isinstance(error, FileNotFoundError) and not _has_current_directory():
        warn("error: the current directory no longer exists; go to one that does")
        return ExitCode.MISUSE
    elif isinstance(error, MemoryError):
        warn("error: out of memory; scan less at once, or lower --max-size")
    else:
        _bug(error)
    return ExitCode.INCOMPLETE


def _turn_output_away() -> None:
    """Keep the interpreter from complaining once more at exit that nobody reads."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _has_current_directory() -> bool:
    """Return whether the current directory exists."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return False
    return True


def _bug(error: Exception) -> None:
    """Say that this is our fault, and where, without showing a value: a message may hold file content."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{os.path.basename(code.co_filename)}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    warn(f"error: this is a bug in monei-guard {__version__}: {type(error).__name__}; the scan is incomplete")
    warn(f"help: report it with this line: {' > '.join(frames[-6:])}")
