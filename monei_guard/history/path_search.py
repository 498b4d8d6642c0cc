"""The search for the paths at which trees stand: down from the root trees of all commits, up from single trees.

Folders are followed by name. Trees that are not met on the way are looked for among their relatives' folders, and if
that does not serve by searching upwards from some of them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from monei_guard.git.commit_graph import CommitGraph, Numbers
from monei_guard.git.pack_entries import Flags
from monei_guard.history.tree_index import Edges, Naming, Rows, Sought, TreeStore

Path: TypeAlias = tuple[bytes, ...]

_SAMPLE = 256  # trees to search upwards from at a time
# Objects in pack order between a folder and what is in it: nine tenths stand within the first, half the others within
# the second.
_NEAR, _FAR = 1 << 8, 1 << 14
_ROUNDS = 8
_MAX_DEPTH = 128
_PARENTS = 3  # folders of different names that one tree is followed to
_MAX_PATHS = 64


@dataclass(frozen=True, slots=True)
class Level:
    """The folder at a path: its distinct `trees`, and for each of the folder above, by row, which of them it holds.

    That is -1 for none, and stands once more at the end of `inside`, where the row -1 leads.
    """

    trees: Rows
    inside: Rows


@dataclass(slots=True)
class PathSearch:
    """What is known so far of where trees stand.

    `edges` say which trees name a blob sought, and where some folder names lead.
    """

    trees: TreeStore
    graph: CommitGraph
    root_of: Numbers  # for each commit, which of the distinct root trees
    edges: Edges
    along: dict[Path, Level]
    nowhere: set[Path] = field(default_factory=set)  # paths at which no commit has a tree

    @property
    def naming(self) -> Naming:
        """Which trees name a blob sought."""
        return self.edges.naming

    @property
    def met(self) -> Flags:
        """A flag for each tree that stands at a path followed."""
        return self.marked(*(level.trees for level in self.along.values()))

    def marked(self, *numbers: NDArray[np.integer]) -> Flags:
        """Return a flag for each tree, and a last one that is never set, for the number -1."""
        flags = np.zeros(self.trees.count + 1, dtype=bool)
        for some in numbers:
            flags[some] = True
        flags[-1] = False
        return flags

    def commits_with(self, path: Path, some: Flags) -> Flags:
        """Return in which commits the folder at the path is one of some, flagged by row; a last flag is never set."""
        for depth in range(len(path), 0, -1):
            some = some[self.along[path[:depth]].inside]
        return some[self.root_of]

    def explain(self, folders: Iterable[Path], relatives: Callable[[Numbers], Iterable[Path]]) -> None:
        """Follow folders until each tree that names a blob sought is met, or nothing new comes up.

        `relatives` are the paths at which trees like the given ones stand.
        """
        self.follow(folders)
        for number in range(_ROUNDS):
            missing = self._unexplained()
            if not len(missing):
                break
            related = () if number else relatives(missing)
            # each costs more than the one before, and is tried only where that led nowhere new
            if not self.follow(related) and not any(
                self.follow(_upwards(self, missing, thorough=thorough)) for thorough in (False, True)
            ):
                break

    def follow(self, paths: Iterable[Path]) -> bool:
        """Find the tree at each of the paths in every commit; return whether any of them was new.

        And at the ends of each: what was merged in as a folder has a history in which it is none.
        """
        ends = {path[start:] for path in paths for start in range(len(path))}
        new = {path[:depth] for path in ends for depth in range(1, len(path) + 1)}
        new -= self.along.keys() | self.nowhere
        leads_to = np.full(self.trees.count + 1, -1, dtype=np.int32)
        any_row = np.empty_like(leads_to)
        for depth in range(1, max(map(len, new), default=0) + 1):
            by_name: dict[bytes, list[Path]] = defaultdict(list)
            for path in new:
                if len(path) == depth:
                    if path[:-1] in self.along:
                        by_name[path[-1]].append(path)
                    else:
                        self.nowhere.add(path)
            steps = self.edges.steps
            unknown = {name: level for name, level in by_name.items() if name not in steps}
            if unknown:
                holders = self.marked(*(self.along[path[:-1]].trees for level in unknown.values() for path in level))
                steps = steps | self.trees.search(Sought(names=tuple(unknown)), np.nonzero(holders)[0]).steps
            for name, level in by_name.items():
                parents, children = steps[name]
                leads_to[parents] = children
                for path in level:
                    below = _level(leads_to[self.along[path[:-1]].trees], any_row)
                    if len(below.trees):
                        self.along[path] = below
                    else:
                        self.nowhere.add(path)
                leads_to[parents] = -1
        return bool(new)

    def _unexplained(self) -> Numbers:
        """Return the trees that name a blob sought and stand under none of the paths followed."""
        met = self.met
        naming = np.unique(self.naming.tree)
        return naming[~met[naming]]


def path_search(trees: TreeStore, graph: CommitGraph, edges: Edges) -> PathSearch:
    """Return a search that has not followed anything yet: it knows the root trees of all commits."""
    roots, root_of = np.unique(trees.numbers(graph.trees), return_inverse=True)
    top = Level(roots.astype(np.int32), np.zeros(0, dtype=np.int32))
    return PathSearch(trees, graph, root_of, edges, {(): top})


def folder_of(path: bytes) -> Path:
    """Return the folder of a path, as the names that lead to it."""
    return tuple(path.split(b"/")[:-1])


def delta_families(trees: TreeStore, numbers: Numbers) -> Numbers:
    """Return for each object a number that its delta family shares."""
    family = numbers.copy()
    base = 0
    for pack in trees.packs:
        count = len(pack.index.offsets)
        inside = (numbers >= base) & (numbers < base + count)
        family[inside] = pack.entries.root[numbers[inside] - base] + base
        base += count
    return family


def _level(trees: Rows, any_row: Rows) -> Level:
    """Return the distinct ones of `trees`, which are -1 for none; `any_row` has room for a number for each tree."""
    rows = np.nonzero(trees >= 0)[0]
    held = trees[rows]
    some = np.arange(len(held), dtype=np.int32)
    any_row[held] = some  # of those alike one stays
    kept = any_row[held]
    distinct = kept == some
    inside = np.full(len(trees) + 1, -1, dtype=np.int32)
    inside[rows] = (np.cumsum(distinct, dtype=np.int32) - 1)[kept]
    return Level(held[distinct], inside)


def _upwards(search: PathSearch, missing: Numbers, *, thorough: bool) -> set[Path]:
    """Return paths to some of the trees, found by searching for who names them, up to where paths are known.

    Git writes what a commit brings together, a folder before what is in it: so those trees are looked at that stand
    near the one they may name, and, if `thorough`, all where that finds nothing.
    """
    sample = missing[:: max(len(missing) // _SAMPLE, 1)].tolist()
    above: dict[int, dict[bytes, int]] = {}  # tree -> name -> one folder that calls it so
    met = search.met
    frontier = set(sample)
    for _ in range(_MAX_DEPTH):
        frontier -= above.keys()
        if not frontier:
            break
        above.update((tree, {}) for tree in frontier)
        for reach in (_NEAR, _FAR, None) if thorough else (_NEAR,):
            orphans = [tree for tree in frontier if not above[tree]]
            if orphans:
                above.update(_parents_of(search, orphans, met, reach))
        frontier = {parent for tree in frontier for parent in above[tree].values() if not met[parent]}
    ends = {parent for folders in above.values() for parent in folders.values()} - above.keys()
    paths_of = _paths_of(search, np.array(sorted(ends), dtype=np.int64))
    return {path for tree in sample for path in _paths_up(tree, above, paths_of)}


def _parents_of(search: PathSearch, trees: Sequence[int], met: Flags, reach: int | None) -> dict[int, dict[bytes, int]]:
    """Return for each tree, by the name they give it, some of those that name it, ones that were met first.

    Looked at are those up to `reach` objects away, or all.
    """
    parents: dict[int, dict[bytes, int]] = {tree: {} for tree in trees}
    number_of = {search.trees.raw_id(tree): tree for tree in trees}
    found = search.trees.search(Sought(tuple(number_of)), _around(search, trees, reach)).naming
    for row in np.argsort(~met[found.tree], kind="stable").tolist():
        name, child = found.entries[found.which[row]]
        folders = parents[number_of[child]]
        if len(folders) < _PARENTS:
            folders.setdefault(name, int(found.tree[row]))
    return parents


def _around(search: PathSearch, trees: Iterable[int], reach: int | None) -> Numbers | None:
    if reach is None:
        return None
    near = np.zeros(search.trees.count, dtype=bool)
    for tree in trees:
        near[max(tree - reach, 0) : tree + reach + 1] = True
    return np.nonzero(near)[0]


def _paths_of(search: PathSearch, trees: Numbers) -> dict[int, list[Path]]:
    """Return for each of the trees the known paths at which it stands somewhere."""
    paths: dict[int, list[Path]] = defaultdict(list)
    sought = search.marked(trees)
    for path, level in search.along.items():
        for tree in level.trees[sought[level.trees]].tolist():
            paths[tree].append(path)
    return paths


def _paths_up(tree: int, above: dict[int, dict[bytes, int]], paths_of: dict[int, list[Path]]) -> list[Path]:
    paths: list[Path] = []
    pending: list[tuple[int, Path]] = [(tree, ())]
    while pending and len(paths) < _MAX_PATHS:
        current, below = pending.pop()
        parents = above.get(current, {})
        if below and not parents:
            paths.extend((*path, *below) for path in paths_of.get(current, [()]))
        if len(below) < _MAX_DEPTH:
            pending.extend((parent, (name, *below)) for name, parent in parents.items())
    return paths
