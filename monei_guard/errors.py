"""Exit codes and the root of every expected failure."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process tells its caller (design contract; `docs/exit-codes.md`)."""

    CLEAN = 0
    FINDINGS = 1
    MISUSE = 2
    INCOMPLETE = 3
    INTERRUPTED = 130


class GuardError(Exception):
    """An expected failure, shown as one line: what went wrong, where, and what to do next.

    Subclasses are declared beside the code that raises them. `exit_code` says which kind of failure it is.
    """

    exit_code = ExitCode.MISUSE

    def __init__(self, what: str, *, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what}; {self.hint}" if self.hint else self.what


class IncompleteError(GuardError):
    """Something that should have been scanned could not be."""

    exit_code = ExitCode.INCOMPLETE
