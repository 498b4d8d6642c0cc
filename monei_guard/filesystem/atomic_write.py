"""Putting a file in place in one step: readers see the old one or the new one, never half of either."""

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from io import TextIOWrapper
from typing import BinaryIO, TextIO

from monei_guard.errors import GuardError
from monei_guard.filesystem.links import refuse_links


class UnwritableError(GuardError):
    """A file that could not be written. What stood at its place before still stands there."""


def write_atomically(path: str, write: Callable[[TextIO], None], *, what: str = "the report") -> None:
    """Let `write` fill a new file beside `path`, then put it in place in one step; `what` names it in errors.

    A new file gets the rights the umask gives (no file of ours holds a secret, and the next CI step has to read a
    report); an existing one keeps its own. The user's own links are followed; a pipe or device is written to as it is.
    Raises LinkInRepositoryError, and UnwritableError (missing folder, no permission, full disk).
    """
    refuse_links(path, what)
    target = os.path.realpath(path)
    try:
        mode = os.stat(target).st_mode if os.path.exists(target) else None
        if mode is not None and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            with open(target, "w", encoding="utf-8", newline="\n") as device:
                write(device)
            return
        if mode is not None and stat.S_ISDIR(mode):
            raise IsADirectoryError(21, "it is a directory")
        replace_file(target, lambda file: _write_text(file, write), None if mode is None else stat.S_IMODE(mode))
    except OSError as error:
        hint = _advice(error)
        raise UnwritableError(f"cannot write {what} to {path}: {error.strerror or error}", hint=hint) from error


def replace_file(path: str | bytes, write: Callable[[BinaryIO], object], mode: int | None = None) -> None:
    """Let `write` fill a new file beside `path`, then put it in place; `mode` is its permission bits, None the umask's.

    Raises OSError, whatever stood at `path` untouched and nothing left beside it.
    """
    folder, name = os.path.split(os.fsencode(path))
    temporary = os.path.join(folder, b".%b.%b.tmp" % (name[:100], os.urandom(8).hex().encode()))
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, 0o666 if mode is None else 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())  # a full disk must show now, not after the old file is gone
        if mode is not None:
            os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:  # Ctrl-C too must leave nothing half-written
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _write_text(file: BinaryIO, write: Callable[[TextIO], None]) -> None:
    text = TextIOWrapper(file, encoding="utf-8", newline="\n")
    write(text)
    text.flush()
    text.detach()  # the file stays open: its owner has yet to bring it to the disk


def _advice(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "create the folder first"
    if isinstance(error, (PermissionError, IsADirectoryError, NotADirectoryError)):
        return "choose a file you may write"
    return "free some space or choose another place; the old file, if any, is untouched"
