"""Searching tree objects with several workers: which trees name an id, and what a name in a tree leads to."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from monei_guard.git_access.commit_graph import CommitCollector, CommitRows, Numbers, lookup
from monei_guard.git_access.delta_families import Share, needed_entries, share_out
from monei_guard.git_access.id_search import id_finder, name_before
from monei_guard.git_access.object_store import read_loose
from monei_guard.git_access.pack_entries import COMMIT, TREE, Flags
from monei_guard.git_access.pack_index import Ids
from monei_guard.git_access.pack_walk import LARGE_OBJECT, Walker
from monei_guard.git_access.packs import Pack
from monei_guard.sources.object_workers import WorkerDiedError, work_through

Task = TypeVar("Task")
Result = TypeVar("Result")

_SHARE = 4 << 20
_FOLDER = b"40000 "


@dataclass(frozen=True, slots=True)
class Naming:
    """Who names some objects: `tree[i]` (a tree number) has the entry `entries[which[i]]`.

    An entry is a name and the raw id of the object it leads to.
    """

    entries: tuple[tuple[bytes, bytes], ...]
    tree: Numbers
    which: Numbers


@dataclass(slots=True)
class _Steps:
    """Children found: tree numbers, which of the names, and the children's raw ids joined."""

    trees: list[int] = field(default_factory=list)
    names: list[int] = field(default_factory=list)
    children: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class _Namings:
    """Entries found in one share; `entries` numbers the distinct ones."""

    entries: dict[tuple[bytes, bytes], int] = field(default_factory=dict)
    tree: "array[int]" = field(default_factory=lambda: array("q"))
    which: "array[int]" = field(default_factory=lambda: array("q"))

    def add(self, tree: int, name: bytes, child: bytes) -> None:
        self.tree.append(tree)
        self.which.append(self.entries.setdefault((name, child), len(self.entries)))


def _merged(parts: Iterable[_Namings]) -> Naming:
    entries: dict[tuple[bytes, bytes], int] = {}
    trees, which = [], []
    for part in parts:
        numbers = np.array([entries.setdefault(entry, len(entries)) for entry in part.entries], dtype=np.int64)
        trees.append(np.array(part.tree, dtype=np.int64))
        which.append(numbers[np.array(part.which, dtype=np.int64)] if len(numbers) else numbers)
    return Naming(tuple(entries), np.concatenate(trees), np.concatenate(which))


@dataclass(frozen=True, slots=True)
class TreeStore:
    """The trees of some packs and, as contents by raw id, those that lie elsewhere.

    A tree has a number: packs one after the other in pack order, then the others in the order of their ids.
    """

    packs: tuple[Pack, ...]
    others: dict[bytes, bytes]
    id_length: int
    jobs: int

    def numbers(self, ids: Ids) -> Numbers:
        """Return the number of the object with each raw id, -1 where it is not stored."""
        kind = f"S{self.id_length}"
        found = np.full(len(ids), -1, dtype=np.int64)
        base = 0
        for pack in self.packs:
            count = len(pack.index.ids)
            position = np.empty(count, dtype=np.int64)
            position[pack.index.rank] = np.arange(count)
            here = lookup(pack.index.ids, ids, position + base)
            found = np.where(found >= 0, found, here)
            base += count
        extra = np.array(sorted(self.others), dtype=kind)
        here = lookup(extra, ids, np.arange(base, base + len(extra)))
        return np.where(found >= 0, found, here)

    def raw_id(self, number: int) -> bytes:
        """Return the raw id of the tree with a number."""
        for pack in self.packs:
            if number < len(pack.index.offsets):
                return _raw_id(pack, number)
            number -= len(pack.index.offsets)
        return sorted(self.others)[number]

    def naming(self, ids: Sequence[bytes]) -> Naming:
        """Return every tree entry that leads to one of `ids`."""
        width = self.id_length
        find = id_finder(ids)
        everywhere = [np.ones(len(pack.index.offsets), dtype=bool) for pack in self.packs]
        _, bases = self._masks(np.zeros(0, dtype=np.int64))

        def take(number: int, content: bytes, found: _Namings) -> None:
            for which, end in find(content):
                name = name_before(content, end, width)
                if name is not None:
                    found.add(number, name, ids[which])

        def work(task: tuple[int, Share]) -> _Namings:
            pack, base = self.packs[task[0]], bases[task[0]]
            found = _Namings()
            Walker(
                pack.data, pack.entries, everywhere[task[0]], lambda data: bool(find(data)), width - 1,
                lambda position, content: take(base + position, content, found),
            ).walk(task[1].members)  # fmt: skip
            return found

        rest = _Namings()
        for number, raw_id in enumerate(sorted(self.others), bases[-1]):
            take(number, self.others[raw_id], rest)
        return _merged([*_results(self._shares(everywhere), work, self.jobs), rest])

    def steps(self, trees: Numbers, names: Sequence[bytes]) -> Iterator[tuple[Numbers, Numbers]]:
        """Yield for each of `names` the numbers of the trees that have such a folder, ascending, and its numbers."""
        patterns = [_FOLDER + name + b"\0" for name in names]
        width = self.id_length
        masks, bases = self._masks(trees)

        def step(number: int, content: bytes, steps: _Steps) -> None:
            for which, pattern in enumerate(patterns):
                at = content.find(pattern)
                if at >= 0:
                    after = at + len(pattern)
                    steps.trees.append(number)
                    steps.names.append(which)
                    steps.children.append(content[after : after + width])

        def work(task: tuple[int, Share]) -> tuple[bytes, bytes, bytes]:
            pack, base = self.packs[task[0]], bases[task[0]]
            steps = _Steps()
            Walker(
                pack.data, pack.entries, masks[task[0]], lambda _data: True, 0,
                lambda position, content: step(base + position, content, steps),
            ).walk(task[1].members)  # fmt: skip
            return _joined(steps)

        rest = _Steps()
        wanted = set(trees[trees >= bases[-1]].tolist())
        for number, raw_id in enumerate(sorted(self.others), bases[-1]):
            if number in wanted:
                step(number, self.others[raw_id], rest)
        parts = [*_results(self._shares(masks), work, self.jobs), _joined(rest)]
        tree = np.frombuffer(b"".join(part[0] for part in parts), dtype=np.int64)
        which = np.frombuffer(b"".join(part[1] for part in parts), dtype=np.int64)
        child = self.numbers(np.frombuffer(b"".join(part[2] for part in parts), dtype=f"S{width}"))
        for one in range(len(names)):
            rows = np.nonzero((which == one) & (child >= 0))[0]
            rows = rows[np.argsort(tree[rows], kind="stable")]
            yield tree[rows], child[rows]

    def _masks(self, trees: Numbers) -> tuple[list[Flags], list[int]]:
        """Return which entries of each pack are among `trees`, and the first number of each pack and of the others."""
        masks, bases = [], [0]
        for pack in self.packs:
            count = len(pack.index.offsets)
            mask = np.zeros(count, dtype=bool)
            inside = trees[(trees >= bases[-1]) & (trees < bases[-1] + count)]
            mask[inside - bases[-1]] = True
            masks.append(mask)
            bases.append(bases[-1] + count)
        return masks, bases

    def _shares(self, wanted: Sequence[Flags]) -> list[tuple[int, Share]]:
        tasks: list[tuple[int, Share]] = []
        for number, pack in enumerate(self.packs):
            needed = needed_entries(pack.entries, wanted[number])
            tasks.extend((number, share) for share in share_out(pack.entries, needed, (TREE,), _SHARE))
        return tasks


def _joined(steps: _Steps) -> tuple[bytes, bytes, bytes]:
    numbers = np.array(steps.trees, dtype=np.int64).tobytes(), np.array(steps.names, dtype=np.int64).tobytes()
    return *numbers, b"".join(steps.children)


def _raw_id(pack: Pack, position: int) -> bytes:
    return bytes(pack.index.ids[pack.index.rank[position]]).ljust(pack.index.id_length, b"\0")


def _results(tasks: list[Task], work: Callable[[Task], Result], jobs: int) -> Iterator[Result]:
    with closing(work_through(tasks, work, jobs if len(tasks) > 1 else 1)) as results:
        for _, result in results:
            if isinstance(result, WorkerDiedError):
                raise result
            yield result


def commits_in(packs: Sequence[Pack], jobs: int) -> Iterator[CommitRows]:
    """Yield the rows of every commit in the packs."""

    def work(task: tuple[int, Share]) -> CommitRows:
        pack = packs[task[0]]
        collector = CommitCollector()
        everything = np.ones(len(pack.index.offsets), dtype=bool)
        Walker(
            pack.data, pack.entries, everything, lambda _data: True, 0,
            lambda position, content: collector.add(_raw_id(pack, position), content),
        ).walk(task[1].members)  # fmt: skip
        return collector.rows()

    tasks: list[tuple[int, Share]] = []
    for number, pack in enumerate(packs):
        everything = np.ones(len(pack.index.offsets), dtype=bool)
        needed = needed_entries(pack.entries, everything)
        tasks.extend((number, share) for share in share_out(pack.entries, needed, (COMMIT,), _SHARE))
    yield from _results(tasks, work, jobs)


def loose_trees_and_commits(files: Iterable[tuple[str, bytes]]) -> tuple[dict[bytes, bytes], CommitRows]:
    """Return the loose trees by raw id, and the rows of the loose commits."""
    trees: dict[bytes, bytes] = {}
    commits = CommitCollector()
    for name, path in files:
        try:
            read = read_loose(path, LARGE_OBJECT)
        except (OSError, ValueError, MemoryError):
            continue  # the scan itself has said so
        if isinstance(read, int):
            continue
        kind, content = read
        if kind == "tree":
            trees[bytes.fromhex(name)] = content
        elif kind == "commit":
            commits.add(bytes.fromhex(name), content)
    return trees, commits.rows()
