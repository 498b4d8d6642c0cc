"""Putting a file in place in one step: readers see the old one or the new one, never half of either."""

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

from monei_guard.errors import GuardError


class UnwritableError(GuardError):
    """A file that could not be written. What stood at its place before still stands there."""


def write_atomically(path: str, write: Callable[[TextIO], None], *, what: str = "the report") -> None:
    """Let `write` fill a new file beside `path`, then put it in place in one step; `what` names it in errors.

    A new file gets the rights the umask gives (no file of ours holds a secret, and the next CI step has to read a
    report); an existing one keeps its own. Links are followed; a pipe or device is written to as it is. Raises
    UnwritableError (missing folder, no permission, full disk).
    """
    target = os.path.realpath(path)
    try:
        mode = os.stat(target).st_mode if os.path.exists(target) else None
        if mode is not None and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            with open(target, "w", encoding="utf-8", newline="\n") as device:
                write(device)
            return
        _replace(target, mode, write)
    except OSError as error:
        hint = _advice(error)
        raise UnwritableError(f"cannot write {what} to {path}: {error.strerror or error}", hint=hint) from error


def _replace(target: str, mode: int | None, write: Callable[[TextIO], None]) -> None:
    if mode is not None and stat.S_ISDIR(mode):
        raise IsADirectoryError(21, "it is a directory")
    folder, name = os.path.split(target)
    temporary = os.path.join(folder, f".{name[:100]}.{os.urandom(8).hex()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())  # a full disk must show now, not after the old file is gone
        if mode is not None:
            os.chmod(temporary, stat.S_IMODE(mode))
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _advice(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "create the folder first"
    if isinstance(error, (PermissionError, IsADirectoryError, NotADirectoryError)):
        return "choose a file you may write"
    return "free some space or choose another place; the old file, if any, is untouched"
