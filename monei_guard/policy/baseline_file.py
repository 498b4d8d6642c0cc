"""The baseline on disk: read whole, changed under a lock, put in place in one step."""

import os
from collections.abc import Callable
from contextlib import suppress

from filelock import FileLock, Timeout

from monei_guard.filesystem.atomic_write import write_atomically
from monei_guard.policy.baseline import Baseline, BaselineError, new_baseline, parse, read, render

_WAIT = 30.0  # seconds


def load(path: str) -> Baseline:
    """Return the baseline in the file `path`. Raises BaselineError."""
    return parse(read(path), path)


def change(path: str, edit: Callable[[Baseline], Baseline]) -> Baseline:
    """Replace the baseline in `path` (a new one if there is none) by what `edit` makes of it, and return that.

    The file is read, edited and written under a lock: of two writers the second edits what the first has written.
    Raises BaselineError (unreadable, locked for 30 s) and UnwritableError; the old file then still stands.
    """
    target = os.path.realpath(path)
    lock = f"{target}.lock"
    try:
        with FileLock(lock, timeout=_WAIT):
            try:
                changed = edit(load(path) if os.path.exists(target) else new_baseline())
                lines = render(changed).splitlines(keepends=True)
                write_atomically(path, lambda file: file.writelines(lines), what="the baseline")
            finally:
                # Deleted while it is held: whoever waits for it sees that its name is gone and takes a new one.
                with suppress(OSError):
                    os.unlink(lock)
    except Timeout as error:
        raise BaselineError(
            f"the baseline {path} has been locked for {_WAIT:.0f} s", hint=f"wait, or delete {lock} if nothing runs"
        ) from error
    except OSError as error:
        raise BaselineError(f"cannot lock the baseline {path}: {error.strerror or error}") from error
    return changed
