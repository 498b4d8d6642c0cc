"""Single lines for whoever runs the program, with nothing in them that steers a terminal."""

import sys

from monei_guard.reporting.escaping import visible
from monei_guard.reporting.redaction import without_keys


def warn(line: str) -> None:
    """Write one line to standard error, keys masked, control characters escaped."""
    if sys.stderr is not None:
        sys.stderr.write(f"{visible(without_keys(line))}\n")
        sys.stderr.flush()


def note(line: str) -> None:
    """Write a remark about the run to standard error, as `warn` does."""
    warn(f"note: {line}")


def out(line: str) -> None:
    """Write one line to standard output, keys masked, control characters escaped."""
    out_text(f"{visible(without_keys(line))}\n")


def out_text(text: str) -> None:
    """Write text of our own making to standard output as it stands: several lines, or JSON.

    Where the locale has not all its letters, it is UTF-8, as reports are.
    """
    if sys.stdout is None:
        return
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())
    sys.stdout.flush()
