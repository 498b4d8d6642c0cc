"""How far a long scan of files has come: one line on a terminal's standard error, nothing anywhere else."""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from monei_guard.model.blob import Blob, Skipped

_PATIENCE = 0.5  # seconds before the first drawing: a short scan needs none
_BETWEEN = 0.1  # seconds from one drawing to the next
_MEGABYTE = 1_000_000


class FileProgress:
    """Counts the items that pass (`what` names them), and draws.

    `expect` is told how many there will be, as far as that is known.
    """

    def __init__(self, what: str = "files", *, draws: bool) -> None:
        self.what = what
        self.draws = draws
        self.began = time.monotonic()
        self.drawn = 0.0
        self.total = 0
        self.files = 0
        self.size = 0

    def expect(self, files: int) -> None:
        """Add to the number of files to come."""
        self.total += files

    def follow(self, items: Iterable[Blob | Skipped]) -> Iterator[Blob | Skipped]:
        """Yield the items, drawing now and then."""
        for item in items:
            if self.draws:
                self._draw(time.monotonic())
            yield item
            self.files += 1
            self.size += 0 if isinstance(item, Skipped) else len(item.content)

    def clear(self) -> None:
        """Take the line away."""
        if self.drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def _draw(self, now: float) -> None:
        took = now - self.began
        if took < _PATIENCE or now - self.drawn < _BETWEEN:
            return
        self.drawn = now
        line = f"{self.files:,}"
        if self.total:
            line += f" of {self.total:,}"
        line += f" {self.what}, {self.size / _MEGABYTE:,.0f} MB, {self.size / _MEGABYTE / took:,.0f} MB/s"
        if self.total and self.files:
            line += f", {took / self.files * max(self.total - self.files, 0):.0f} s left"
        sys.stderr.write(f"\r\x1b[K{line}")
        sys.stderr.flush()


@contextmanager
def file_progress(*, quiet: bool = False, what: str = "files") -> Iterator[FileProgress]:
    """Show progress while the block runs, unless standard error is no terminal."""
    progress = FileProgress(what, draws=not quiet and sys.stderr is not None and sys.stderr.isatty())
    try:
        yield progress
    finally:
        progress.clear()
