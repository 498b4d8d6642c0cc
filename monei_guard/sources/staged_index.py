"""What `git commit` would record: the index against HEAD, the staged bytes themselves.

The work tree is not read, except to tell the user that a staged key is no longer in it. In a merge, what any parent
already has is not new.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from monei_guard.git.object_reader import ObjectReader, ObjectTooLargeError, cat_file
from monei_guard.git.repository import GitError, Repository
from monei_guard.model.blob import Blob, Skipped
from monei_guard.model.location import Origin
from monei_guard.sources.files import read_quietly
from monei_guard.sources.source import SourceOptions

_SUBMODULE = b"160000"
_WITHOUT_MODE = frozenset({"D", "U"})
_NO_WAITING = getattr(os, "O_NONBLOCK", 0)  # for a pipe in the place of a file
_HUNK = re.compile(rb"^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class StagedEntry:
    """One changed path: `status` is git's letter, `old_id` None where the parent has no such content."""

    path: bytes
    status: str
    mode: bytes
    new_id: bytes
    old_id: bytes | None


@dataclass(frozen=True, slots=True)
class AddedLines:
    """Which lines of a staged blob none of the parents' versions has. Asked only where something was found."""

    repository: Repository
    content: bytes
    new_id: bytes
    old_ids: tuple[bytes, ...]
    cached: dict[bytes, frozenset[int]] = field(default_factory=dict, compare=False)

    def __call__(self, text: bytes, first: int, last: int) -> bool:
        """Return whether any of the lines is new."""
        if text.count(b"\n") != self.content.count(b"\n"):
            return True  # git splits UTF-16 at other places than we do: rather one finding too many
        return all(self._adds(old, range(first, last + 1)) for old in self.old_ids)

    def _adds(self, old_id: bytes, lines: range) -> bool:
        if old_id not in self.cached:
            try:
                self.cached[old_id] = _added_lines(self.repository, old_id, self.new_id)
            except GitError:  # the former version is not here (a partial clone): then every line may be new
                return True
        return not self.cached[old_id].isdisjoint(lines)


def staged_items(
    repository: Repository, options: SourceOptions, *, whole_files: bool = False
) -> Iterator[Blob | Skipped]:
    """Yield the blobs a commit would add. Raises GitError when the index cannot be read."""
    parents = [repository.head or repository.empty_tree, *_merge_heads(repository)]
    changes = [_changes(repository, parent) for parent in parents]
    if not all(map(_is_something, changes[0].values())):
        yield Skipped(None, "the index is damaged, and not all that is staged is in it: remove it and run 'git reset'")
    if not changes[0]:
        return
    with cat_file(repository) as objects:
        for path, entry in changes[0].items():
            versions = [change.get(path) for change in changes]
            if any(version is None for version in versions):
                continue  # one parent has exactly this
            if options.excluded is not None and options.excluded(path):
                yield Skipped(path, "excluded by the configuration", incomplete=False)
                continue
            old_ids = tuple(version.old_id for version in versions if version and version.old_id)
            yield from _entry(repository, objects, entry, () if whole_files else old_ids, options.max_size)


def _entry(
    repository: Repository, objects: ObjectReader, entry: StagedEntry, old_ids: tuple[bytes, ...], max_size: int
) -> Iterator[Blob | Skipped]:
    if not _is_something(entry):
        return  # which has been said
    if entry.status == "U":
        yield Skipped(entry.path, "unmerged: resolve the conflict, then stage it", incomplete=False)
        return
    renamed = entry.status in "ARC"
    if entry.mode == _SUBMODULE:
        if renamed:
            yield Blob(entry.path, Origin.INDEX, entry.path, is_name=True)
        return
    try:
        _, content = objects.read(entry.new_id, max_size)
    except (GitError, ObjectTooLargeError) as error:
        yield Skipped(entry.path, str(error))
        return
    yield Blob(
        content,
        Origin.INDEX,
        entry.path,
        object_id=entry.new_id.decode(),
        name_is_new=renamed,
        is_new_line=AddedLines(repository, content, entry.new_id, old_ids) if old_ids else None,
        note=lambda value: _work_tree_note(repository, entry, content, value),
    )


def _changes(repository: Repository, parent: str) -> dict[bytes, StagedEntry]:
    """Return the paths in which the index differs from `parent`, deletions left out.

    Plumbing, with everything off that configuration or attributes could change.
    """
    raw = _listed(repository, parent, "--no-renames")
    entries = _parsed(raw)
    letters = {entry.status for entry in entries.values()}
    if not (letters >= {"A", "D"} and all(map(_is_something, entries.values()))):
        return {path: entry for path, entry in entries.items() if entry.status != "D"}
    with suppress(GitError):  # it compares contents, which a partial clone may not have: each name is new then
        entries = _parsed(_listed(repository, parent, "-M", "-l400"))
    return {path: entry for path, entry in entries.items() if entry.status != "D"}


def _is_something(entry: StagedEntry) -> bool:
    """Whether an entry is one: where the index file was cut off, git reads nothing and takes that for entries."""
    return entry.status in _WITHOUT_MODE or bool(entry.mode.strip(b"0"))


def _parsed(raw: bytes) -> dict[bytes, StagedEntry]:
    """Return what git lists by path."""
    fields = raw.split(b"\0")
    entries: dict[bytes, StagedEntry] = {}
    at = 0
    while at + 1 < len(fields):
        _, mode, old_id, new_id, status = fields[at].split(b" ")
        letter = chr(status[0])
        at += 2 if letter in "RC" else 1
        path = fields[at]
        at += 1
        old = None if letter in "AT" or not old_id.strip(b"0") else old_id
        entries[path] = StagedEntry(path, letter, mode, new_id, old)
    return entries


def _listed(repository: Repository, parent: str, *renames: str) -> bytes:
    return repository.run(
        "diff-index", "--cached", "--raw", "-z", "-r", *renames, "--no-abbrev", "--ita-invisible-in-index",
        "--ignore-submodules=none", "--no-ext-diff", "--no-textconv", parent, "--",
    )  # fmt: skip


def _merge_heads(repository: Repository) -> list[str]:
    try:
        descriptor = os.open(os.path.join(repository.git_dir, b"MERGE_HEAD"), os.O_RDONLY | _NO_WAITING)
    except OSError:
        return []
    with open(descriptor, "rb", buffering=0) as file:
        return (file.read(1 << 16) or b"").decode("ascii", "replace").split()


def _added_lines(repository: Repository, old_id: bytes, new_id: bytes) -> frozenset[int]:
    """Return the numbers (from 1) of the lines of `new_id` that `old_id` has not."""
    patch = repository.run(
        "diff", "-U0", "--inter-hunk-context=0", "--text", "--no-color", "--no-ext-diff", "--no-textconv",
        "--no-renames", old_id, new_id, "--",
    )  # fmt: skip
    lines: set[int] = set()
    for start, count in _HUNK.findall(patch):
        lines.update(range(int(start), int(start) + int(count or 1)))
    return frozenset(lines)


def _work_tree_note(repository: Repository, entry: StagedEntry, content: bytes, value: bytes) -> str:
    """Return what to say when the work tree no longer holds what is staged."""
    present = read_quietly(os.path.join(repository.work_tree or b"", entry.path))
    # A value that does not stand in the staged bytes as it is (UTF-16, an encoding) cannot be looked for like this.
    if present is not None and (present == content or value in present or value not in content):
        return ""
    return "staged, although the work tree no longer holds it: stage the file again (git add)"
