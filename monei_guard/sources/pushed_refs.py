"""What a push brings: the refs that it moves, as git tells hooks on standard input, and all that is new with them.

Commits are looked at as `commit_range` does. A ref's own name counts too, and what it leads to without being a commit:
annotated tags, and trees and blobs that were tagged as they are.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from monei_guard.errors import IncompleteError
from monei_guard.git.object_reader import ObjectTooLargeError, cat_file
from monei_guard.git.repository import GitError, Repository
from monei_guard.model.blob import Blob, Skipped
from monei_guard.model.location import Origin
from monei_guard.sources.commit_range import CommitRange, range_items, read_listed
from monei_guard.sources.source import SourceOptions

_Item = TypeVar("_Item")

_ID = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_MOST_TAGS = 64  # one inside the other


class PushError(IncompleteError):
    """What git, or who stood in for it, said of a push cannot be read."""


@dataclass(frozen=True, slots=True)
class Update:
    """A ref that a push moves from `old` to `new`: hex ids, zeros where there was none or will be none."""

    ref: bytes
    old: str
    new: str

    @property
    def is_deletion(self) -> bool:
        """Whether the ref goes away."""
        return not self.new.strip("0")


@dataclass(frozen=True, slots=True)
class Push:
    """What is new with some updates: commits and annotated tags, trees and blobs that a ref names, names of refs."""

    commits: CommitRange = field(default_factory=lambda: CommitRange(()))
    bare: tuple[str, ...] = ()
    names: tuple[bytes, ...] = ()


def sent_updates(lines: bytes) -> tuple[Update, ...]:
    """Return what git tells a pre-push hook: `<local ref> <local id> <remote ref> <remote id>` a line.

    The local ref is whatever the user wrote, spaces included. Raises PushError.
    """
    return tuple(_update(line.rsplit(b" ", 3)[1:], (1, 2, 0)) for line in lines.splitlines() if line.strip())


def received_updates(lines: bytes) -> tuple[Update, ...]:
    """Return what git tells a pre-receive hook: `<old id> <new id> <ref>` a line. Raises PushError."""
    return tuple(_update(line.split(b" ", 2), (2, 0, 1)) for line in lines.split(b"\n") if line.strip())


def read_push(
    repository: Repository, updates: Sequence[Update], excluded: Sequence[str], options: Sequence[str]
) -> Push:
    """Return what the updates bring that neither the commits `excluded` lead to nor the refs of `options`.

    `options` are those of `git rev-list` for sets of refs: --all, --remotes=origin. Commits that are not here are no
    part of `excluded`. Raises GitError.
    """
    moved = [update for update in updates if not update.is_deletion]
    kinds = _kinds(repository, dict.fromkeys((*(update.new for update in moved), *excluded)))
    tips, tags, bare = _tips(repository, list(dict.fromkeys(update.new for update in moved)), kinds)
    present = [name for name in excluded if kinds.get(name) in {"commit", "tag"}]
    commits = read_listed(repository, tips, present, options, tags)
    return Push(commits, tuple(bare), tuple(update.ref for update in moved if not update.old.strip("0")))


def without(push: Push, other: Push) -> Push:
    """Return what is new with one push and not with the other."""
    commits, others = push.commits, other.commits
    return Push(
        CommitRange(
            _less(commits.commits, others.commits), _less(commits.tags, others.tags), commits.shallow - others.shallow
        ),
        _less(push.bare, other.bare),
        _less(push.names, other.names),
    )


def push_items(repository: Repository, push: Push, options: SourceOptions) -> Iterator[Blob | Skipped]:
    """Yield all that a push brings. Raises GitError when it cannot be read."""
    for name in push.names:
        yield Blob(name, Origin.HISTORY, name, is_name=True)
    yield from range_items(repository, push.commits, options)
    if push.bare:
        yield from _bare_items(repository, push.bare, options)


def _less(some: Sequence[_Item], others: Sequence[_Item]) -> tuple[_Item, ...]:
    left_out = frozenset(others)
    return tuple(item for item in some if item not in left_out)


def _update(parts: Sequence[bytes], order: tuple[int, int, int]) -> Update:
    if len(parts) != 3:  # noqa: PLR2004 - ref and two ids
        raise PushError("what git says of this push cannot be read: a line has not all its parts")
    ref, old, new = (parts[index] for index in order)
    if not _ID.fullmatch(old) or not _ID.fullmatch(new):
        raise PushError("what git says of this push cannot be read: an object id is none")
    return Update(ref, old.decode(), new.decode())


def _kinds(repository: Repository, names: Sequence[str] | dict[str, None]) -> dict[str, str]:
    """Return the type of each object that is here."""
    asked = "\n".join(names).encode() + b"\n"
    if not names:
        return {}
    answer = repository.run("cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=asked).decode()
    pairs = (line.split(" ")[:2] for line in answer.splitlines())
    return {name: kind for name, kind in pairs if kind != "missing"}


def _tips(
    repository: Repository, names: Sequence[str], kinds: dict[str, str]
) -> tuple[list[str], tuple[str, ...], list[str]]:
    """Return the commits, the annotated tags, and the trees and blobs that `names` come to."""
    tips = [name for name in names if kinds.get(name) == "commit"]
    bare = [name for name in names if kinds.get(name) in {"tree", "blob"}]
    missing = next((name for name in names if name not in kinds), None)
    if missing is not None:
        raise GitError(f"object {missing}, which this push is about, is missing from the repository")
    tags: list[str] = []
    with cat_file(repository) as objects:
        for name in (name for name in names if kinds[name] == "tag"):
            target, kind = name, "tag"
            for _ in range(_MOST_TAGS):
                if target not in tags:
                    tags.append(target)
                target, kind = _target(objects.read(target)[1])
                if kind != "tag":
                    break
            else:
                raise PushError(f"a tag in this push names a tag that names a tag, {_MOST_TAGS} times")
            (tips if kind == "commit" else bare).append(target)
    return tips, tuple(tags), bare


def _target(content: bytes) -> tuple[str, str]:
    """Return id and type of what an annotated tag names."""
    first, second = (*content.split(b"\n", 2), b"", b"")[:2]
    target = first.removeprefix(b"object ")
    if not _ID.fullmatch(target):
        raise PushError("a tag in this push names nothing")
    return target.decode(), second.removeprefix(b"type ").decode("ascii", "replace")


def _bare_items(repository: Repository, names: Sequence[str], options: SourceOptions) -> Iterator[Blob | Skipped]:
    """Yield the files of trees and the blobs that a ref names without a commit."""
    with cat_file(repository) as objects:
        for name in names:
            for object_id, path in _files(repository, name):
                if path is not None and options.excluded is not None and options.excluded(path):
                    yield Skipped(path, "excluded by the configuration", incomplete=False)
                    continue
                try:
                    content = objects.read(object_id, options.max_size)[1]
                except (GitError, ObjectTooLargeError) as error:
                    yield Skipped(path, str(error))
                    continue
                yield Blob(content, Origin.HISTORY, path, object_id=object_id)


def _files(repository: Repository, name: str) -> Iterator[tuple[str, bytes | None]]:
    """Yield id and path of the blobs of a tree; of a blob its own, without a path."""
    if _kinds(repository, [name]).get(name) != "tree":
        yield name, None
        return
    for line in repository.run("ls-tree", "-r", "-z", name).split(b"\0"):
        entry, tab, path = line.partition(b"\t")
        kind, object_id = (*entry.split(b" "), b"", b"")[1:3]
        if tab and kind == b"blob":
            yield object_id.decode(), path
