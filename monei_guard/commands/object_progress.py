"""How far a long scan of objects has come: one line on a terminal, nothing anywhere else."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from monei_guard.application.error_handler import say

_BETWEEN = 0.1  # seconds from one drawing to the next
_MEGABYTE = 1_000_000


@dataclass(slots=True)
class ObjectProgress:
    """What was done so far. Called after each share of objects."""

    draws: bool
    began: float = field(default_factory=time.monotonic)
    objects: int = 0
    total: int = 0
    drawn: float = 0.0

    def __call__(self, objects: int, size: int, total: int) -> None:
        """Take note, and draw if it is time to."""
        self.objects, self.total = objects, total
        now = time.monotonic()
        if not self.draws or now - self.drawn < _BETWEEN:
            return
        self.drawn = now
        took = max(now - self.began, 0.001)
        left = took / max(objects, 1) * max(total - objects, 0)
        line = (
            f"{objects:,} of {total:,} objects, {size / _MEGABYTE:,.0f} MB, {size / _MEGABYTE / took:,.0f} MB/s, "
            f"{left:.0f} s left"
        )
        sys.stderr.write(f"\r\x1b[K{line}")
        sys.stderr.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self.draws and self.drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


@contextmanager
def progress_line(*, quiet: bool) -> Iterator[ObjectProgress]:
    """Show progress while the block runs; when it is interrupted, say how far it came."""
    progress = ObjectProgress(draws=not quiet and sys.stderr.isatty())
    try:
        yield progress
    except KeyboardInterrupt:
        progress.clear()
        say(f"stopped: {progress.objects:,} of {progress.total:,} objects were scanned; nothing was reported")
        raise
    progress.clear()
