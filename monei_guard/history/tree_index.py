"""Searching tree objects with several workers: which trees name an id, and what a name in a tree leads to."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from monei_guard.git.commit_graph import CommitCollector, CommitRows, Numbers
from monei_guard.git.delta_families import needed_entries, share_out
from monei_guard.git.object_directories import read_loose
from monei_guard.git.pack import Pack
from monei_guard.git.pack_entries import COMMIT, TREE, Flags
from monei_guard.git.pack_index import Ids, IdTable, Offsets
from monei_guard.git.pack_walk import LARGE_OBJECT, Walker
from monei_guard.git.tree_id_search import literal_finder, name_before
from monei_guard.history.object_store import Scan, scan_deferred
from monei_guard.history.process_pool import WorkerDiedError, work_through
from monei_guard.history.worker import Collector, PackShare

Rows: TypeAlias = NDArray[np.int32]

Collected = TypeVar("Collected")

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


def nothing_named() -> Naming:
    """Return the answer where nothing was sought."""
    return Naming((), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Edges:
    """Who names what was sought, and for each folder name the trees with such a folder and that folder's number."""

    naming: Naming
    steps: dict[bytes, tuple[Rows, Rows]]


@dataclass(frozen=True, slots=True)
class Sought:
    """What to look for in trees: raw ids of objects, and names of folders."""

    ids: tuple[bytes, ...] = ()
    names: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class TreeRows:
    """What was found in some trees, packed for its way between processes.

    `entries` are the distinct names and raw ids sought, `namings` pairs of a tree number and an index into them;
    `steps` are tree numbers and then, for each, the number of the tree in it (32 bits each), by folder name; `counts`
    says how many there are of each name (64 bits each).
    """

    entries: tuple[tuple[bytes, bytes], ...]
    namings: bytes
    counts: bytes
    steps: bytes


class TreeReader:
    """Finds what is sought in the contents of trees; give it all of a share, then take the rows."""

    def __init__(self, sought: Sought, id_length: int) -> None:
        self._ids = sought.ids
        self._width = id_length
        literals = [*sought.ids, *(_FOLDER + name + b"\0" for name in sought.names)]
        self._find = literal_finder(literals) if literals else None
        self._lengths = np.array([len(literal) for literal in literals], dtype=np.int64)
        self._folders = len(sought.names)
        self._short = np.min_scalar_type(self._folders)  # numbers of up to 16 bits are sorted by radix
        self._begin()

    def _begin(self) -> None:
        self._entries: dict[tuple[bytes, bytes], int] = {}
        self._namings = array("q")
        self._trees: list[Numbers] = []
        self._names: list[Numbers] = []
        self._children: list[Ids] = []

    def read(self, numbers: Numbers, contents: Sequence[bytes]) -> None:
        """Take some trees, given by their numbers and contents."""
        if self._find is None:
            return
        joined = b"".join(contents)
        which, end = self._find(joined)
        if not len(which):
            return
        lengths = np.fromiter(map(len, contents), dtype=np.int64, count=len(contents))
        ends = np.cumsum(lengths)
        tree = np.searchsorted(ends, end)
        begin = ends[tree] - lengths[tree]
        start = end - self._lengths[which]
        inside = start >= begin  # else it straddles two trees
        id_count, width = len(self._ids), self._width
        for row in np.nonzero(inside & (which < id_count))[0].tolist():
            at = int(tree[row])
            name = name_before(contents[at], int(end[row] - begin[row]), width)
            if name is not None:
                entry = self._entries.setdefault((name, self._ids[which[row]]), len(self._entries))
                self._namings.extend((int(numbers[at]), entry))
        # a folder's entry begins the tree or stands behind an id, and has an id of its own
        data = np.frombuffer(joined, dtype=np.uint8)
        ids = np.ndarray(max(len(joined) - width + 1, 0), f"S{width}", joined, strides=(1,))  # one starts at each byte
        behind = start - width - 1
        entry_starts = (start == begin) | ((behind > begin) & (data[np.maximum(behind, 0)] == 0))
        rows = np.nonzero(inside & entry_starts & (which >= id_count) & (end + width <= ends[tree]))[0]
        self._trees.append(numbers[tree[rows]])
        self._names.append(which[rows] - id_count)
        self._children.append(ids[end[rows]])

    def rows(self, numbers_of: Callable[[Ids], Numbers]) -> TreeRows:
        """Return what was found since the last time."""
        nowhere = np.zeros(0, dtype=np.int64)
        tree, name = np.concatenate([nowhere, *self._trees]), np.concatenate([nowhere, *self._names])
        children = np.concatenate([np.zeros(0, dtype=f"S{self._width}"), *self._children])
        # relatives follow each other, and most have the same children: each is looked up once
        order = np.argsort(name.astype(self._short), kind="stable")
        children = children[order]
        words = children.view(np.uint32).reshape(len(order), self._width // 4)
        new = np.zeros(len(order), dtype=bool)
        new[:1] = True
        for word in words.T:
            new[1:] |= word[1:] != word[:-1]
        child = numbers_of(children[new]).astype(np.int32)[np.cumsum(new) - 1]
        stored = child >= 0
        order = order[stored]
        rows = TreeRows(
            tuple(self._entries), self._namings.tobytes(),
            np.bincount(name[order], minlength=self._folders).astype(np.int64).tobytes(),
            tree[order].astype(np.int32).tobytes() + child[stored].tobytes(),
        )  # fmt: skip
        self._begin()
        return rows


@dataclass(frozen=True)
class TreeStore:
    """The trees of some packs and, as contents by raw id, those that lie elsewhere.

    A tree has a number: packs one after the other in pack order, then the others in the order of their ids.
    """

    packs: tuple[Pack, ...]
    others: dict[bytes, bytes]
    id_length: int
    jobs: int

    @cached_property
    def _tables(self) -> list[IdTable]:
        """The numbers of all objects of each pack, and of the other trees, by id."""
        tables, base = [], 0
        for pack in self.packs:
            position = np.empty(len(pack.index.ids), dtype=np.int64)
            position[pack.index.rank] = np.arange(base, base + len(position))
            tables.append(IdTable(pack.index.ids, position))
            base += len(position)
        extra = np.array(sorted(self.others), dtype=f"S{self.id_length}")
        return [*tables, IdTable(extra, np.arange(base, base + len(extra)))]

    def numbers(self, ids: Ids) -> Numbers:
        """Return the number of the object with each raw id, -1 where it is not stored."""
        found = np.full(len(ids), -1, dtype=np.int64)
        for table in self._tables:
            missing = np.nonzero(found < 0)[0]
            found[missing] = table.numbers(ids[missing])
        return found

    def raw_id(self, number: int) -> bytes:
        """Return the raw id of the tree with a number."""
        for pack in self.packs:
            if number < len(pack.index.offsets):
                return raw_ids(pack, [number])[0]
            number -= len(pack.index.offsets)
        return sorted(self.others)[number]

    @property
    def count(self) -> int:
        """One more than the highest number."""
        return sum(len(pack.index.offsets) for pack in self.packs) + len(self.others)

    def search(self, sought: Sought, trees: Numbers | None = None, scan: Scan | None = None) -> "Edges":
        """Return where all trees, or those given by their numbers, hold what is sought.

        At those of all trees that a scan of the same packs has left it looks at the same time.
        """
        masks, bases = self._masks(trees)
        reader = TreeReader(sought, self.id_length)
        parts = list(_collected(self.packs, masks, TREE, _Trees(self, reader, bases), self.jobs, scan))
        selected = None if trees is None else set(trees[trees >= bases[-1]].tolist())
        return self.edges(sought, [*parts, self.rows_of_others(reader, selected)])

    def rows_of_others(self, reader: TreeReader, selected: set[int] | None = None) -> TreeRows:
        """Return what the reader finds in the trees that are in no pack, or in those of the selected numbers."""
        base = self.count - len(self.others)
        chosen = [
            (number, self.others[raw_id])
            for number, raw_id in enumerate(sorted(self.others), base)
            if selected is None or number in selected
        ]
        reader.read(np.array([number for number, _ in chosen], dtype=np.int64), [content for _, content in chosen])
        return reader.rows(self.numbers)

    def edges(self, sought: Sought, parts: Sequence[TreeRows]) -> "Edges":
        """Return what was found in all parts."""
        entries: dict[tuple[bytes, bytes], int] = {}
        namings = []
        for part in parts:
            numbers = np.array([entries.setdefault(entry, len(entries)) for entry in part.entries], dtype=np.int64)
            pairs = np.frombuffer(part.namings, dtype=np.int64).reshape(-1, 2)
            namings.append(np.stack((pairs[:, 0], numbers[pairs[:, 1]] if len(numbers) else pairs[:, 1])))
        tree, which = np.concatenate(namings, axis=1) if namings else np.zeros((2, 0), dtype=np.int64)
        return Edges(Naming(tuple(entries), tree, which), dict(zip(sought.names, _steps(sought, parts), strict=True)))

    def _masks(self, trees: Numbers | None) -> tuple[list[Flags], list[int]]:
        """Return which entries of each pack are among `trees` (all with None).

        And the first number of each pack and of the others.
        """
        masks, bases = [], [0]
        for pack in self.packs:
            count = len(pack.index.offsets)
            mask = np.ones(count, dtype=bool)
            if trees is not None:
                mask[:] = False
                mask[trees[(trees >= bases[-1]) & (trees < bases[-1] + count)] - bases[-1]] = True
            masks.append(mask)
            bases.append(bases[-1] + count)
        return masks, bases


@dataclass(frozen=True, slots=True)
class _Trees:
    """Collects what a reader finds in trees; `bases` are the first numbers of the packs."""

    store: TreeStore
    reader: TreeReader
    bases: Sequence[int]

    def take(self, pack: int, positions: Offsets, contents: list[bytes]) -> None:
        self.reader.read(self.bases[pack] + positions, contents)

    def rows(self) -> TreeRows:
        return self.reader.rows(self.store.numbers)


class _Commits:
    """Collects the rows of commits."""

    def __init__(self, packs: Sequence[Pack]) -> None:
        self._packs = packs
        self._collector = CommitCollector()

    def take(self, pack: int, positions: Offsets, contents: list[bytes]) -> None:
        for raw_id, content in zip(raw_ids(self._packs[pack], positions), contents, strict=True):
            self._collector.add(raw_id, content)

    def rows(self) -> CommitRows:
        rows = self._collector.rows()
        self._collector = CommitCollector()
        return rows


def _steps(sought: Sought, parts: Sequence[TreeRows]) -> Iterator[tuple[Rows, Rows]]:
    """Yield for each folder name the trees that have such a folder, and the number of that."""
    steps = [np.frombuffer(part.steps, dtype=np.int32).reshape(2, -1) for part in parts]
    up_to = [np.cumsum(np.frombuffer(part.counts, dtype=np.int64)).tolist() for part in parts]
    nothing = np.zeros((2, 0), dtype=np.int32)
    begins = [0] * len(parts)
    for which in range(len(sought.names)):
        ends = [number[which] for number in up_to]
        slices = zip(steps, begins, ends, strict=True)
        trees, children = np.concatenate([nothing, *(step[:, begin:end] for step, begin, end in slices)], axis=1)
        begins = ends
        yield trees, children


def raw_ids(pack: Pack, positions: Offsets | list[int]) -> list[bytes]:
    """Return the raw ids of the objects at some positions in pack order."""
    width = pack.index.id_length
    joined = pack.index.ids[pack.index.rank[positions]].tobytes()
    return [joined[at : at + width] for at in range(0, len(joined), width)]


def commits_in(packs: Sequence[Pack], jobs: int, scan: Scan | None = None) -> Iterator[CommitRows]:
    """Yield the rows of every commit in the packs. At those that a scan of them has left it looks at the same time."""
    everything = [np.ones(len(pack.index.offsets), dtype=bool) for pack in packs]
    yield from _collected(packs, everything, COMMIT, _Commits(packs), jobs, scan)


def _collected(
    packs: Sequence[Pack],
    selected: Sequence[Flags],
    kind: int,
    collector: Collector[Collected],
    jobs: int,
    scan: Scan | None,
) -> Iterator[Collected]:
    """Yield what the collector finds in the selected objects of a kind, looking at them where the scan has not."""
    if scan is not None:
        parts, read = scan_deferred(scan, kind, collector)
        yield from parts
        selected = [
            mask & ~flags & (pack.entries.kind == kind) if flags.any() else mask
            for pack, mask, flags in zip(packs, selected, read, strict=True)
        ]

    def work(task: PackShare) -> Collected:
        pack, take = packs[task.pack], partial(collector.take, task.pack)
        Walker(pack.data, pack.entries, selected[task.pack], None, None, lambda _position, _content: None, take).walk(
            task.share.members
        )
        return collector.rows()

    tasks: list[PackShare] = []
    for number, pack in enumerate(packs):
        needed = needed_entries(pack.entries, selected[number])
        tasks.extend(PackShare(number, share) for share in share_out(pack.entries, needed, (kind,), _SHARE))
    with closing(work_through(tasks, work, jobs)) as results:
        for _, rows in results:
            if isinstance(rows, WorkerDiedError):
                raise rows
            yield rows


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
