"""The table of formats, and the safe way to put a report into a file."""

import os
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, TextIO

from monei_guard.errors import GuardError

if TYPE_CHECKING:
    from monei_guard.reporting.report import Report

Writer = Callable[["Report", TextIO], None]

# Format name -> where its `write(report, stream)` lives. Names, not functions: a hook must not pay for nine others.
FORMATS = MappingProxyType({
    "terminal": "monei_guard.reporting.terminal:write_terminal",
    "json": "monei_guard.reporting.json_report:write_json",
    "jsonl": "monei_guard.reporting.json_report:write_jsonl",
    "sarif": "monei_guard.reporting.sarif:write_sarif",
})  # fmt: skip


class ReportError(GuardError):
    """A report that could not be written. What stood at its place before still stands there."""


def writer(name: str) -> Writer:
    """Return the writer of a format. Raises ReportError for a name that is not in the table."""
    if name not in FORMATS:
        raise ReportError(f"unknown report format {name!r}", hint=f"one of: {', '.join(FORMATS)}")
    module, function = FORMATS[name].split(":")
    found: Writer = getattr(import_module(module), function)
    return found


def write_report(report: "Report", name: str, path: str | None, stream: TextIO | None = None) -> None:
    """Write `report` as format `name` to the file `path`, or to `stream` (standard output) if `path` is None or "-".

    Raises ReportError (unknown format, unwritable place, full disk) with any older file untouched.
    """
    write = writer(name)
    if path is None or path == "-":
        write(report, stream or sys.stdout)
        return
    write_atomically(path, lambda file: write(report, file))


def write_atomically(path: str, write: Callable[[TextIO], None], *, what: str = "the report") -> None:
    """Let `write` fill a new file beside `path`, then put it in place in one step.

    A new file gets the rights the umask gives (a report holds no secret, and the next CI step has to read it); an
    existing one keeps its own. Links are followed; a pipe or device is written to as it is. Raises ReportError.
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
        raise ReportError(f"cannot write {what} to {path}: {error.strerror or error}", hint=_advice(error)) from error


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
