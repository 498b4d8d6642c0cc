"""The commits of a repository as arrays: who is whose parent, and what that says about where content lived."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from monei_guard.git.pack_entries import Flags
from monei_guard.git.pack_index import Ids, IdTable

_HEAD = re.compile(
    rb"tree ([0-9a-f]+)\n((?:parent [0-9a-f]+\n)*)(?:(?!committer )[^\n]+\n)*committer [^\n]*> *(-?[0-9]+)"
)
_PARENT = b"parent "
_LATEST = 1 << 40  # seconds; beyond are dates that somebody made up
_LATEST_DIGITS = 14

Numbers: TypeAlias = NDArray[np.int64]


@dataclass(slots=True)
class CommitRows:
    """Commits as they come from the object store, a row each; ids are raw and joined."""

    ids: bytes = b""
    trees: bytes = b""
    parents: bytes = b""
    parent_counts: bytes = b""  # one byte each
    times: bytes = b""  # eight bytes each


class CommitCollector:
    """Gathers rows from commit contents; a commit without a tree or a committer is left out."""

    def __init__(self) -> None:
        self._ids: list[bytes] = []
        self._trees: list[bytes] = []
        self._parents: list[bytes] = []
        self._counts: list[int] = []
        self._times: list[int] = []

    def add(self, raw_id: bytes, content: bytes) -> None:
        """Take one commit. Never raises, whatever stands in it."""
        digits = 2 * len(raw_id)
        head = _HEAD.match(content)
        if head is None:
            return
        tree, lines, committed = head.groups()
        count, rest = divmod(len(lines), len(_PARENT) + digits + 1)
        if rest or len(tree) != digits:
            return
        time = int(committed[:_LATEST_DIGITS])
        if count > 255 or not 0 <= time < _LATEST:  # noqa: PLR2004 - one byte holds the count
            lines, count = lines[: 255 * (len(_PARENT) + digits + 1)], min(count, 255)
            time = min(max(time, 0), _LATEST - 1)
        self._ids.append(raw_id)
        self._trees.append(tree)
        self._parents.append(lines)
        self._counts.append(count)
        self._times.append(time)

    def rows(self) -> CommitRows:
        """Return what was gathered."""
        parents = b"".join(self._parents).replace(_PARENT, b"")
        return CommitRows(
            b"".join(self._ids), bytes.fromhex(b"".join(self._trees).decode()),
            bytes.fromhex(parents.decode()),  # which passes over line ends
            bytes(self._counts), np.array(self._times, dtype=np.int64).tobytes(),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class CommitGraph:
    """All commits, oldest first and parents before children. `first[i]:first[i + 1]` bounds i's parents in `parents`.

    `children[j]` has the parent `parents[j]`. A parent that is not stored (the edge of a shallow clone) is left out.
    """

    ids: Ids
    trees: Ids
    parents: Numbers
    children: Numbers
    first: Numbers
    by_id: Numbers  # commit numbers in the order of their ids

    def __len__(self) -> int:
        return len(self.ids)

    def numbers(self, ids: Ids) -> Numbers:
        """Return the numbers of commits given by raw ids, -1 for those not stored."""
        return IdTable(self.ids[self.by_id], self.by_id).numbers(ids)

    def hex_id(self, number: int, id_length: int) -> str:
        """Return the hex id of a commit."""
        return bytes(self.ids[number]).ljust(id_length, b"\0").hex()

    def any_parent(self, flags: Flags) -> Flags:
        """Return for each commit whether a parent of it is marked."""
        marked = np.zeros(len(self), dtype=bool)
        marked[self.children[flags[self.parents]]] = True
        return marked

    def carried(self, own: dict[int, int]) -> list[int]:
        """Return for each commit the union of the bit sets `own` of itself and of all its ancestors."""
        bits = [0] * len(self)
        first, parents = self.first.tolist(), self.parents.tolist()
        for number in range(len(self)):
            held = own.get(number, 0)
            for parent in parents[first[number] : first[number + 1]]:
                held |= bits[parent]
            bits[number] = held
        return bits


def commit_graph(rows: Sequence[CommitRows], id_length: int) -> CommitGraph:
    """Return the graph of the commits in `rows`, each id once."""
    kind = f"S{id_length}"
    ids = np.frombuffer(b"".join(row.ids for row in rows), dtype=kind)
    trees = np.frombuffer(b"".join(row.trees for row in rows), dtype=kind)
    named = np.frombuffer(b"".join(row.parents for row in rows), dtype=kind)
    counts = np.frombuffer(b"".join(row.parent_counts for row in rows), dtype=np.uint8).astype(np.int64)
    times = np.frombuffer(b"".join(row.times for row in rows), dtype=np.int64)
    ids, distinct = np.unique(ids, return_index=True)
    counts, first_of = counts[distinct], (np.cumsum(counts) - counts)[distinct]
    child = np.repeat(np.arange(len(ids)), counts)
    rows_of = np.repeat(first_of - (np.cumsum(counts) - counts), counts) + np.arange(int(counts.sum()))
    parent = IdTable(ids, np.arange(len(ids))).numbers(named[rows_of])
    child, parent = child[parent >= 0], parent[parent >= 0]
    order = np.argsort(_corrected(times[distinct], child, parent), kind="stable")
    rank = np.empty(len(ids), dtype=np.int64)
    rank[order] = np.arange(len(ids))
    child, parent = rank[child], rank[parent]
    by_child = np.argsort(child, kind="stable")
    first = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(np.bincount(child, minlength=len(ids)))))
    return CommitGraph(
        ids=ids[order], trees=trees[distinct][order], parents=parent[by_child], children=child[by_child], first=first,
        by_id=rank,
    )  # fmt: skip


def _corrected(times: Numbers, child: Numbers, parent: Numbers) -> Numbers:
    """Return times that rise from every parent to its child, whatever the clocks said (as `gitformat-commit-graph`)."""
    if not (times[child] <= times[parent]).any():
        return times
    corrected = times.tolist()
    by_parent = np.argsort(parent, kind="stable")
    first = np.searchsorted(parent[by_parent], np.arange(len(times) + 1)).tolist()
    children = child[by_parent].tolist()
    waits_for = np.bincount(child, minlength=len(times)).tolist()
    ready = np.nonzero(np.bincount(child, minlength=len(times)) == 0)[0].tolist()
    while ready:  # commits of forged ids that stood in a circle would never be ready
        number = ready.pop()
        least = corrected[number] + 1
        for other in children[first[number] : first[number + 1]]:
            corrected[other] = max(corrected[other], least)
            waits_for[other] -= 1
            if not waits_for[other]:
                ready.append(other)
    return np.array(corrected, dtype=np.int64)
