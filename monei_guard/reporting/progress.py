"""How far a long scan has come: one line on a terminal's standard error, nothing anywhere else."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from monei_guard.model.blob import Blob, Skipped
from monei_guard.reporting.console import warn

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
def object_progress(*, quiet: bool) -> Iterator[ObjectProgress]:
    """Show progress while the block runs; when it is interrupted, say how far it came."""
    progress = ObjectProgress(draws=not quiet and sys.stderr.isatty())
    try:
        yield progress
    except KeyboardInterrupt:
        progress.clear()
        warn(f"stopped: {progress.objects:,} of {progress.total:,} objects were scanned; nothing was reported")
        raise
    progress.clear()


@dataclass(slots=True)
class KeyProgress:
    """How many keys the API was asked about so far."""

    began: float = field(default_factory=time.monotonic)
    drawn: float = 0.0

    def __call__(self, done: int, total: int) -> None:
        """Take note, and draw if it is time to; the end is always drawn."""
        now = time.monotonic()
        if now - self.drawn < _BETWEEN and done < total:
            return
        self.drawn = now
        line = f"asking the API: {done:,} of {total:,} keys, {100 * done // max(total, 1)}%"
        if done:
            line += f", {(now - self.began) / done * (total - done):.0f} s left"
        sys.stderr.write(f"\r\x1b[K{line}")
        sys.stderr.flush()

    def clear(self) -> None:
        """Take the line away."""
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


@contextmanager
def key_progress(keys: int, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show progress while the block runs and calls what it is given, unless standard error is no terminal."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    progress = KeyProgress()
    progress(0, keys)
    try:
        yield progress
    finally:
        progress.clear()
