"""A time limit over the limits: whatever a file does to a stage, the run gets past it."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from monei_guard.errors import GuardError

_AGAIN = 1.0  # seconds: what takes a failed look for a suspicious one goes on, and has to be stopped once more


class FileTimeError(GuardError):
    """A file took more time than it may."""


@contextmanager
def watched(seconds: float) -> Iterator[None]:
    """Raise FileTimeError inside the block once it has taken so many seconds of this process's own time.

    Compiled code is not interrupted, but followed by the error. Only in the main thread, and not on Windows; elsewhere
    nothing is watched.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        raise FileTimeError(f"took longer than {seconds:g} s", hint="scan it by itself, with a longer --file-timeout")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
