"""Reading objects by their ids through a `git cat-file` that stays open, and is ended if it stops to answer."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event, Thread
from typing import IO

from monei_guard.errors import GuardError
from monei_guard.git.repository import GitError, Repository, hanging


class _Watch:
    """Ends a git process that has not answered for `timeout` seconds although it was asked."""

    def __init__(self, process: "subprocess.Popen[bytes]", timeout: float) -> None:
        self._process = process
        self.timeout = timeout
        self._asked: float | None = None
        self._done = Event()
        self.has_ended_it = False
        Thread(target=self._look, daemon=True).start()

    def asked(self) -> None:
        """Begin to wait."""
        self._asked = time.monotonic()

    def answered(self) -> None:
        """Stop to wait."""
        self._asked = None

    def close(self) -> None:
        """Let the process be."""
        self._done.set()

    def _look(self) -> None:
        while not self._done.wait(min(self.timeout, 1)):
            asked = self._asked
            if asked is not None and time.monotonic() - asked >= self.timeout:
                self.has_ended_it = True
                self._process.kill()
                return


@contextmanager
def open_git(
    repository: Repository, *arguments: str, wants_input: bool = True
) -> Iterator[tuple["subprocess.Popen[bytes]", _Watch]]:
    """Start a git process that answers little by little, with what ends it if it stops to. It ends with the context."""
    with subprocess.Popen(
        [repository.program, *arguments],
        cwd=repository.folder, env=repository.environment(),
        stdin=subprocess.PIPE if wants_input else subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        watch = _Watch(process, repository.timeout)
        try:
            yield process, watch
        finally:
            watch.close()
            for pipe in (process.stdin, process.stdout):
                with suppress(BrokenPipeError):
                    if pipe is not None:
                        pipe.close()
            process.terminate()


@contextmanager
def cat_file(repository: Repository) -> Iterator["ObjectReader"]:
    """Open one `git cat-file --batch` for the repository; objects are read by id."""
    with open_git(repository, "cat-file", "--batch") as (process, watch):
        if process.stdin is None or process.stdout is None:
            raise GitError("git cat-file could not be started")
        yield ObjectReader(process.stdin, process.stdout, watch)


class ObjectTooLargeError(GuardError):
    """An object over the size limit; it was passed over."""


@dataclass(frozen=True, slots=True)
class ObjectReader:
    """Reads objects through an open `git cat-file --batch`."""

    requests: IO[bytes]
    answers: IO[bytes]
    watch: _Watch

    def read(self, object_id: str | bytes, limit: int | None = None) -> tuple[str, bytes]:
        """Return type and content of one object.

        Raises GitError when it is missing or damaged, ObjectTooLargeError when it has more than `limit` bytes.
        """
        self.watch.asked()
        try:
            return self._read(object_id, limit)
        except GitError as error:
            if self.watch.has_ended_it:
                raise hanging("cat-file", self.watch.timeout) from error
            raise
        finally:
            self.watch.answered()

    def _read(self, object_id: str | bytes, limit: int | None) -> tuple[str, bytes]:
        name = object_id if isinstance(object_id, bytes) else object_id.encode()
        shown = name.decode("utf-8", "replace")
        try:
            self.requests.write(name + b"\n")
            self.requests.flush()
        except BrokenPipeError as error:
            raise GitError(f"git stopped before object {shown} was read", hint="run 'git fsck'") from error
        header = self.answers.readline().split()
        if len(header) != 3:  # noqa: PLR2004 - id, type, size
            raise GitError(f"object {shown} is missing from the repository", hint="run 'git fsck'")
        size = int(header[2])
        if limit is not None and size > limit:
            self._pass_over(size + 1)
            raise ObjectTooLargeError(f"it has {size} bytes, the limit is {limit}", hint="raise --max-size")
        content = self.answers.read(size + 1)
        if len(content) != size + 1:
            raise GitError(f"object {shown} is damaged", hint="run 'git fsck'")
        return header[1].decode(), content[:-1]

    def _pass_over(self, count: int) -> None:
        while count > 0:
            piece = self.answers.read(min(count, 1 << 20))
            if not piece:
                return
            count -= len(piece)
