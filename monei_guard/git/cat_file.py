"""Objects that the fast reader leaves to git: of formats it does not know, too large to hold, or damaged.

One `git cat-file` serves until it meets an object it dies of; then the next is started.
"""

import subprocess
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from monei_guard.git.object_reader import ObjectTooLargeError, cat_file, open_git
from monei_guard.git.repository import GitError, Repository, hanging

# A delta is rebuilt by git in memory: above this size one is not asked for at all.
_LARGEST_DELTA = 512 << 20
# Seconds that git may take: in all, and for each object.
_PATIENCE = 30
_PATIENCE_EACH = 0.01
_WINDOW = 8 << 20
# Windows of a large object share this much, so that what straddles a border stands whole in one of them.
OVERLAP = 64 << 10
MISSING = "it is missing"


@dataclass(frozen=True, slots=True)
class ObjectHeader:
    """Type and size in bytes of an object; `is_delta` says that it is stored as one."""

    object_id: str
    kind: str
    size: int
    is_delta: bool


def all_object_ids(repository: Repository) -> Iterator[str]:
    """Yield the id of every object that git sees in the repository's object directories."""
    listed = repository.run("cat-file", "--batch-all-objects", "--batch-check=%(objectname)", "--buffer", "--unordered")
    for line in listed.split():
        yield line.decode()


def object_headers(repository: Repository, object_ids: Iterable[str]) -> Iterator[ObjectHeader | tuple[str, str]]:
    """Yield the header of each object, or its id and what is wrong with it.

    Git dies of some damages and waits for ever at others (a circle of deltas, a pipe in the place of a file); the
    object it does not answer for is then named and the others are asked for again.
    """
    waiting = list(dict.fromkeys(object_ids))
    while waiting:
        answers, reason = _ask_for_headers(repository, waiting)
        for answer in answers:
            name, *rest = answer.split(" ")
            if len(rest) == 3:  # noqa: PLR2004 - type, size, base
                yield ObjectHeader(name, rest[0], int(rest[1]), bool(rest[2].strip("0")))
            else:
                yield name, MISSING
        waiting = waiting[len(answers) :]
        if waiting:
            yield waiting.pop(0), reason


def _ask_for_headers(repository: Repository, object_ids: Sequence[str]) -> tuple[list[str], str]:
    """Return git's answers, a line each, and what is to be said where there are fewer than questions."""
    try:
        done = subprocess.run(
            [repository.program, "cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize) %(deltabase)"],
            cwd=repository.folder, env=repository.environment(),
            input="\n".join(object_ids).encode() + b"\n", capture_output=True, check=False,
            timeout=min(repository.timeout, _PATIENCE + len(object_ids) * _PATIENCE_EACH),
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        output: bytes = error.stdout or b""
        return output[: output.rfind(b"\n") + 1].decode("ascii", "replace").splitlines(), "git does not come to an end"
    complaints = done.stderr.decode("utf-8", "replace").strip().splitlines()
    reason = complaints[0] if complaints else "git cannot read it"
    return done.stdout.decode("ascii", "replace").splitlines(), reason


def read_objects(repository: Repository, object_ids: Collection[str], limit: int) -> Iterator[tuple[str, str, bytes]]:
    """Yield id, type and content of each object of at most `limit` bytes that git can read; others are passed over."""
    waiting = iter(object_ids)
    going = bool(object_ids)  # else no process is needed
    while going:
        going = False
        with cat_file(repository) as objects:
            for object_id in waiting:
                try:
                    yield object_id, *objects.read(object_id, limit)
                except ObjectTooLargeError:
                    continue
                except (GitError, ValueError):
                    going = True  # with a fresh process
                    break


def read_windows(repository: Repository, header: ObjectHeader) -> Iterator[tuple[int, bytes]]:
    """Yield a large object piece by piece: where each piece starts, and its bytes. Raises GitError."""
    if header.is_delta and header.size > _LARGEST_DELTA:
        raise GitError(
            f"it is a delta that expands to {header.size} bytes, more than {_LARGEST_DELTA}", hint="look at it by hand"
        )
    with closing(_stream(repository, header)) as pieces:
        kept = b""
        start = 0
        count = 0
        for piece in pieces:
            count += len(piece)
            window = kept + piece
            yield start, window
            kept = window[-OVERLAP:]
            start += len(window) - len(kept)
        if count != header.size:
            raise GitError(f"it breaks off after {count} of {header.size} bytes", hint="run 'git fsck'")


def _stream(repository: Repository, header: ObjectHeader) -> Generator[bytes, None, None]:
    # above this size git hands a whole object on as it inflates it, instead of holding it
    command = ("-c", "core.bigFileThreshold=32m", "cat-file", header.kind, header.object_id)
    with open_git(repository, *command, wants_input=False) as (process, watch):
        if process.stdout is None:
            raise GitError("git cat-file could not be started")
        watch.asked()
        while piece := process.stdout.read(_WINDOW):
            watch.answered()
            yield piece
            watch.asked()
        if watch.has_ended_it:
            raise hanging("cat-file", watch.timeout)
