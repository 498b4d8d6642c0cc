"""What a push or a pull request adds: the blobs, names and messages of its commits.

Each commit is compared with its parents, a merge with all of them, so that only what no parent has is new.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monei_guard.errors import GuardError, IncompleteError
from monei_guard.git.commit_authors import author_and_date
from monei_guard.git.object_reader import ObjectReader, ObjectTooLargeError, cat_file
from monei_guard.git.ref_tips import shallow_edge
from monei_guard.git.repository import GitError, Repository
from monei_guard.git.revisions import is_shallow
from monei_guard.model.blob import Blob, Skipped
from monei_guard.model.location import Origin
from monei_guard.sources.containers.signatures import archive_kind
from monei_guard.sources.source import SourceOptions
from monei_guard.sources.staged_index import AddedLines

_SUBMODULE = b"160000"
_MOST_PARENTS = 16  # an octopus's versions beyond these are not compared line by line
_TOGETHER = 2000  # commits whose changes are listed at once: what a push of a whole history lists is large
_HEX = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class RangeError(GuardError):
    """A range that cannot be read."""


class ShallowError(IncompleteError):
    """A range that begins before the history this clone has."""


@dataclass(frozen=True, slots=True)
class CommitRange:
    """Commits to look at, parents before children, as hex ids; `tags` are annotated tags that lead to them.

    `shallow` are those whose parents this shallow clone does not have.
    """

    commits: tuple[str, ...]
    tags: tuple[str, ...] = ()
    shallow: frozenset[str] = frozenset()


def read_range(repository: Repository, text: str, remotes: Sequence[str] = ("--remotes",)) -> CommitRange:
    """Return the commits of `BASE..HEAD`, `A...B` (what B has beyond their merge base) or of a push.

    In the push form, an id of zeros as base is a new branch (all that no remote branch has), as head a deleted one;
    `remotes` are rev-list's options for the branches of remotes.
    Raises RangeError for a range that names nothing, ShallowError for one that this clone is too shallow for.
    """
    base, dots, head = _sides(text)
    if _is_zero(head):
        return CommitRange(())
    tip = _commit(repository, head or "HEAD", text)
    tags = _tags(repository, head)
    if _is_zero(base):
        return _listed(repository, (tip, "--not", *remotes), tags)
    start = _commit(repository, base or "HEAD", text)
    if dots == "...":
        start = _merge_base(repository, start, tip, text)
    return _listed(repository, (tip, f"^{start}"), tags)


def read_added(repository: Repository, tip: str, excluded: Sequence[str], tag: str = "") -> CommitRange:
    """Return the commits that the commit `tip` leads to and `excluded` do not, and the annotated tags of the ref `tag`.

    All are names that `revisions.local_commit` has found.
    """
    tags = _tags(repository, tag) if tag else ()
    return _listed(repository, (tip, *(f"^{name}" for name in excluded)), tags)


def read_listed(
    repository: Repository,
    tips: Sequence[str],
    excluded: Sequence[str],
    options: Sequence[str],
    tags: tuple[str, ...] = (),
) -> CommitRange:
    """Return the commits that `tips` lead to and neither `excluded` nor the refs of `options` (--all) do, and `tags`.

    All are ids of objects that are here, any number of them.
    """
    if not tips:
        return CommitRange((), tags)
    revisions = "\n".join((*tips, *(f"^{name}" for name in excluded), "")).encode()
    # Before --not: older versions of git would turn what they read around as well.
    return _listed(repository, ("--stdin", "--not", *options), tags, stdin=revisions)


def read_since(repository: Repository, date: str) -> CommitRange:
    """Return the commits that HEAD has since a date. Raises RangeError for what git does not take for a date."""
    if repository.head is None:
        return CommitRange(())
    since = repository.run("rev-parse", f"--since={date}").strip().removeprefix(b"--max-age=")
    # git takes what it does not understand for "now"
    if abs(int(since) - datetime.now().timestamp()) < 2 and date.strip() != "now":  # noqa: DTZ005, PLR2004
        raise RangeError(f"{date!r} is not a date", hint="write it as 2026-01-31 or '2 weeks ago'")
    return _listed(repository, (f"--max-age={int(since)}", repository.head), ())


def range_items(repository: Repository, commits: CommitRange, options: SourceOptions) -> Iterator[Blob | Skipped]:
    """Yield what the commits add. Raises GitError when their trees cannot be read."""
    versions = _Versions()
    who: tuple[str | None, str | None] = (None, None)
    with cat_file(repository) as objects:
        for tag in commits.tags:
            yield from _message(objects, tag, is_tag=True)
        for commit in commits.commits:
            if commit in commits.shallow:
                yield Skipped(
                    None,
                    f"commit {commit[:12]} has parents that this shallow clone lacks, so what it adds is not known: "
                    f"fetch at least {len(commits.commits) + 1} commits (fetch-depth: 0 fetches all)",
                )
        for change in _changes(repository, [commit for commit in commits.commits if commit not in commits.shallow]):
            if isinstance(change, str):
                message = list(_message(objects, change))
                yield from message
                first = message[0]
                who = (first.author, first.date) if isinstance(first, Blob) else (None, None)
            elif (told := versions.told(change)) is not None:
                for item in _changed(objects, change, who, options):
                    if isinstance(item, Skipped):
                        versions.give_up(change)
                        yield item
                    elif not told or archive_kind(item.content, item.path) is None:  # of an archive all counts at once
                        yield replace(item, is_new_line=_new_lines(repository, item.content, change, told, versions))


@dataclass(frozen=True, slots=True)
class _Change:
    """A path that a commit changes, against each of its parents."""

    commit: str
    path: bytes
    mode: bytes
    new_id: bytes
    old_ids: tuple[bytes, ...]
    is_new_path: bool


class _Versions:
    """What several commits that bring the same version of a path add together, in whatever order they come.

    A commit may bring it without a new line (a change of mode): what another adds with it has to be told then.
    """

    def __init__(self) -> None:
        self._told: dict[tuple[bytes, bytes], dict[tuple[bytes, ...], None]] = {}
        self._diffs: dict[tuple[bytes, bytes], dict[bytes, frozenset[int]]] = {}

    def told(self, change: _Change) -> tuple[tuple[bytes, ...], ...] | None:
        """Return the former versions against which this one has been told; None where nothing of it is left to tell."""
        told = self._told.setdefault((change.path, change.new_id), {})
        if change.new_id in change.old_ids or () in told or change.old_ids in told:
            return None
        before = tuple(told)
        told[change.old_ids] = None
        return before

    def give_up(self, change: _Change) -> None:
        """Take a version as told: what cannot be read is said once."""
        self._told[change.path, change.new_id] = {(): None}

    def diffs(self, change: _Change) -> dict[bytes, frozenset[int]]:
        """Return where the added lines of a version are kept, by its former versions."""
        return self._diffs.setdefault((change.path, change.new_id), {})


@dataclass(frozen=True, slots=True)
class _NewLines:
    """Which lines of a version are new, and were not when it was told before."""

    added: AddedLines | None
    told: tuple[AddedLines, ...]

    def __call__(self, text: bytes, first: int, last: int) -> bool:
        is_new = self.added is None or self.added(text, first, last)
        return is_new and not any(told(text, first, last) for told in self.told)


def _sides(text: str) -> tuple[str, str, str]:
    for dots in ("...", ".."):
        base, found, head = text.partition(dots)
        if found:
            if base.startswith("-") or head.startswith("-") or ".." in head or not (base or head):
                break
            return base, dots, head
    raise RangeError(f"{text!r} is not a range", hint="write BASE..HEAD or BASE...HEAD")


def _is_zero(name: str) -> bool:
    return bool(name) and not name.strip("0") and _HEX.fullmatch(name.encode()) is not None


def _commit(repository: Repository, name: str, text: str) -> str:
    try:
        found = repository.run("rev-parse", "--verify", "-q", "--end-of-options", f"{name}^{{commit}}")
    except GitError as error:
        if is_shallow(repository):
            raise ShallowError(
                f"{name} is not in this shallow clone, so {text} cannot be told",
                hint="fetch more of the history: in GitHub Actions 'fetch-depth: 0', else 'git fetch --unshallow'",
            ) from error
        raise RangeError(f"{name!r} in {text!r} names no commit here", hint="fetch it first") from error
    return found.decode().strip()


def _tags(repository: Repository, head: str) -> tuple[str, ...]:
    """Return the annotated tags that the range's head names, one inside the other."""
    tags: list[str] = []
    name = head or "HEAD"
    while len(tags) < _MOST_PARENTS:
        try:
            found = repository.run("rev-parse", "--verify", "-q", "--end-of-options", f"{name}^{{tag}}")
        except GitError:
            break
        tags.append(found.decode().strip())
        content = repository.run("cat-file", "tag", tags[-1])
        name = content.partition(b"\n")[0].removeprefix(b"object ").decode("ascii", "replace")
    return tuple(tags)


def _merge_base(repository: Repository, start: str, tip: str, text: str) -> str:
    try:
        return repository.run("merge-base", start, tip).decode().strip()
    except GitError as error:
        if is_shallow(repository):
            raise ShallowError(
                f"the common ancestor of {text} is not in this shallow clone",
                hint="fetch more of the history: in GitHub Actions 'fetch-depth: 0', else 'git fetch --unshallow'",
            ) from error
        raise RangeError(f"the two sides of {text!r} have no common ancestor") from error


def _listed(
    repository: Repository, revisions: Sequence[str], tags: tuple[str, ...], stdin: bytes | None = None
) -> CommitRange:
    # Whatever the clocks of those who committed said: a child never comes before its parent.
    listed = repository.run("rev-list", "--topo-order", "--reverse", *revisions, stdin=stdin)
    commits = tuple(listed.decode().split())
    edge = shallow_edge(repository) if is_shallow(repository) else frozenset()
    return CommitRange(commits, tags, edge.intersection(commits))


def _changes(repository: Repository, commits: Sequence[str]) -> Iterator[str | _Change]:
    """Yield each commit's id, then its changes: of a merge only paths that differ from every parent."""
    for start in range(0, len(commits), _TOGETHER):
        raw = repository.run(
            "diff-tree", "--stdin", "-r", "-c", "--root", "--raw", "-z", "--no-abbrev", "--no-renames", "--always",
            "--ignore-submodules=none", "--no-ext-diff", "--no-textconv",
            stdin="\n".join(commits[start : start + _TOGETHER]).encode() + b"\n",
        )  # fmt: skip
        yield from _parsed(raw)


def _parsed(raw: bytes) -> Iterator[str | _Change]:
    fields = iter(raw.split(b"\0"))
    commit = ""
    for field in fields:
        if not field.startswith(b":"):
            if field:
                commit = field.decode()
                yield commit
            continue
        parents = len(field) - len(field.lstrip(b":"))
        parts = field[parents:].split(b" ")
        modes, ids, letters = parts[: parents + 1], parts[parents + 1 : -1], parts[-1]
        path = next(fields)
        if letters != b"D" * parents and ids[-1].strip(b"0"):
            old = tuple(old_id for old_id in ids[:-1] if old_id.strip(b"0"))[:_MOST_PARENTS]
            yield _Change(commit, path, modes[-1], ids[-1], old, letters == b"A" * parents)


def _message(objects: ObjectReader, name: str, *, is_tag: bool = False) -> Iterator[Blob | Skipped]:
    try:
        _, content = objects.read(name)
    except GitError as error:
        yield Skipped(None, f"{'tag' if is_tag else 'commit'} {name[:12]}: {error}")
        return
    author, date = author_and_date(content)
    header, blank, message = content.partition(b"\n\n")
    for part in (header + blank[:1], message):
        yield Blob(part, Origin.MESSAGE, None, None if is_tag else name, author, date, name)


def _changed(
    objects: ObjectReader,
    change: _Change,
    who: tuple[str | None, str | None],
    options: SourceOptions,
) -> Iterator[Blob | Skipped]:
    author, date = who
    if options.excluded is not None and options.excluded(change.path):
        yield Skipped(change.path, "excluded by the configuration", incomplete=False)
        return
    if change.mode == _SUBMODULE:
        if change.is_new_path:
            yield Blob(change.path, Origin.HISTORY, change.path, change.commit, author, date, is_name=True)
        return
    try:
        _, content = objects.read(change.new_id, options.max_size)
    except (GitError, ObjectTooLargeError) as error:
        yield Skipped(change.path, str(error))
        return
    yield Blob(
        content, Origin.HISTORY, change.path, change.commit, author, date, change.new_id.decode(),
        name_is_new=change.is_new_path,
    )  # fmt: skip


def _new_lines(
    repository: Repository,
    content: bytes | memoryview,
    change: _Change,
    told: tuple[tuple[bytes, ...], ...],
    versions: _Versions,
) -> _NewLines | None:
    """Return what tells the lines that count, None where all do."""
    if not change.old_ids and not told:
        return None
    against = [
        AddedLines(repository, bytes(content), change.new_id, old_ids, versions.diffs(change)) if old_ids else None
        for old_ids in (change.old_ids, *told)
    ]
    return _NewLines(against[0], tuple(lines for lines in against[1:] if lines is not None))
