"""Where in history a blob lived: under which paths, from which commit to which, and what still holds it.

Bottom up, the trees that name the blob are searched for; top down, from the root trees of all commits along the
paths in question, which commits those trees belong to. Paths are learnt from HEAD, whose folders have most versions
in common with the folders sought, and where that does not serve by searching upwards from some of the trees.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np

from monei_guard.git_access.commit_graph import CommitGraph, Numbers, commit_graph
from monei_guard.git_access.pack_entries import Flags
from monei_guard.git_access.repository import GitError, Repository
from monei_guard.sources.object_store import ObjectStore, loose_only
from monei_guard.sources.tree_search import Naming, TreeStore, commits_in, loose_trees_and_commits

Path: TypeAlias = tuple[bytes, ...]

_SAMPLE = 256  # trees to search upwards from at a time
_ROUNDS = 8
_MAX_DEPTH = 128
_PARENTS = 3  # folders of different names that one tree is followed to
_MAX_PATHS = 64


@dataclass(frozen=True, slots=True)
class Place:
    """One path a blob had, or a commit as the place of its own message (`path` is None).

    Commits are hex ids; None where no commit holds the blob under that path. `since` and `until` are their places
    in the order of all commits, oldest first. `in_index` says that the path is only staged.
    """

    path: bytes | None
    first_commit: str | None = None
    last_commit: str | None = None
    since: int = 0
    until: int = 0
    refs: tuple[str, ...] = ()
    in_head: bool = False
    in_index: bool = False


@dataclass(slots=True)
class _Lived:
    """A blob under a path and in which commits, or a commit (`path` is empty) in itself."""

    object_id: bytes
    path: Path
    commits: Flags


@dataclass(slots=True)
class _Search:
    """What is known so far. `naming` says which trees name a blob sought."""

    trees: TreeStore
    graph: CommitGraph
    roots: Numbers  # distinct root trees
    root_of: Numbers  # for each commit, which of the roots
    naming: Naming
    along: dict[Path, Numbers] = field(default_factory=dict)  # for each root, the tree at that path


def places(store: ObjectStore, blobs: Sequence[str], commits: Sequence[str], jobs: int) -> dict[str, list[Place]]:
    """Return the places of blobs and of commits, given by hex ids; none for a blob that no tree or index names."""
    trees, graph = _read_structure(store, jobs)
    roots, root_of = np.unique(trees.numbers(graph.trees), return_inverse=True)
    naming = trees.naming([bytes.fromhex(blob) for blob in blobs])
    search = _Search(trees, graph, roots, root_of, naming, {(): roots})
    if blobs:
        _follow(search, _folders_of_head(store.repository, search))
    for _ in range(_ROUNDS):
        missing = _unexplained(search)
        if not len(missing) or not _follow(search, _upwards(search, missing)):
            break
    described = _described(store.repository, search, [*_lives(search), *_themselves(graph, commits)])
    staged = _staged(store.repository, frozenset(blobs)) if blobs else {}
    for blob, paths in staged.items():
        if not any(place.first_commit for place in described[blob]):
            described[blob] = [Place(path, in_index=True) for path in paths]
    return described


def _themselves(graph: CommitGraph, commits: Sequence[str]) -> Iterable[_Lived]:
    for commit in commits:
        number = _number_of(graph, commit)
        if number >= 0:
            flags = np.zeros(len(graph), dtype=bool)
            flags[number] = True
            yield _Lived(bytes.fromhex(commit), (), flags)


def _staged(repository: Repository, blobs: frozenset[str]) -> dict[str, list[bytes]]:
    """Return the paths under which the index has any of the blobs."""
    if repository.work_tree is None:
        return {}
    try:
        raw = repository.run("ls-files", "--cached", "--stage", "-z", "--full-name")
    except GitError:
        return {}
    found: dict[str, list[bytes]] = defaultdict(list)
    for line in raw.split(b"\0"):
        head, _, path = line.partition(b"\t")
        if path and (blob := head.split(b" ")[1].decode()) in blobs:
            found[blob].append(path)
    return found


def _read_structure(store: ObjectStore, jobs: int) -> tuple[TreeStore, CommitGraph]:
    width = len(store.repository.empty_tree) // 2
    others, loose_commits = loose_trees_and_commits(loose_only(store))
    rows = [*commits_in(store.packs, jobs), loose_commits]
    return TreeStore(store.packs, others, width, jobs), commit_graph(rows, width)


def _folders_of_head(repository: Repository, search: _Search) -> set[Path]:
    """Return the folders of HEAD whose tree, or a relative of it in the packs, names a blob sought."""
    if repository.head is None:
        return set()
    try:
        raw = repository.run("ls-tree", "-r", "-t", "-d", "-z", "--full-tree", repository.head)
    except GitError:
        return set()
    paths, ids = [], []
    for line in raw.split(b"\0"):
        head, _, path = line.partition(b"\t")
        if path:
            paths.append(tuple(path.split(b"/")))
            ids.append(bytes.fromhex(head.split()[2].decode()))
    numbers = search.trees.numbers(np.array(ids, dtype=f"S{search.trees.id_length}"))
    related = np.isin(_families(search, numbers), _families(search, np.unique(search.naming.tree)))
    return {path for path, chosen in zip(paths, related.tolist(), strict=True) if chosen}


def _families(search: _Search, numbers: Numbers) -> Numbers:
    """Return for each tree a number that its delta family shares."""
    family = numbers.copy()
    base = 0
    for pack in search.trees.packs:
        count = len(pack.index.offsets)
        inside = (numbers >= base) & (numbers < base + count)
        family[inside] = pack.entries.root[numbers[inside] - base] + base
        base += count
    return family


def _follow(search: _Search, paths: Iterable[Path]) -> bool:
    """Find the tree at each of the paths in every commit; return whether any of them was new."""
    new = {path[:depth] for path in paths for depth in range(1, len(path) + 1)} - search.along.keys()
    for depth in range(1, max(map(len, new), default=0) + 1):
        level = sorted(path for path in new if len(path) == depth)
        names = sorted({path[-1] for path in level})
        nowhere = np.zeros(0, dtype=np.int64)
        above = np.unique(np.concatenate([nowhere, *(search.along[path[:-1]] for path in level)]))
        above = above[above >= 0]
        steps = dict(zip(names, search.trees.steps(above, names), strict=True))
        for path in level:
            parents, children = steps[path[-1]]
            here = search.along[path[:-1]]
            search.along[path] = _mapped(here, parents, children)
    return bool(new)


def _mapped(keys: Numbers, table: Numbers, values: Numbers) -> Numbers:
    if not len(table):
        return np.full(len(keys), -1, dtype=np.int64)
    row = np.minimum(np.searchsorted(table, keys), len(table) - 1)
    return np.where((keys >= 0) & (table[row] == keys), values[row], -1)


def _unexplained(search: _Search) -> Numbers:
    """Return the trees that name a blob sought and stand under none of the paths followed."""
    known = np.unique(np.concatenate(list(search.along.values())))
    naming = np.unique(search.naming.tree)
    return naming[~np.isin(naming, known)]


def _upwards(search: _Search, missing: Numbers) -> set[Path]:
    """Return paths from roots to some of the trees, found by searching for who names them."""
    sample = missing[:: max(len(missing) // _SAMPLE, 1)].tolist()
    above: dict[int, dict[bytes, int]] = {}  # tree -> name -> one folder that calls it so
    frontier = set(sample)
    for _ in range(_MAX_DEPTH):
        frontier = {tree for tree in frontier if tree not in above}
        if not frontier:
            break
        above.update((tree, {}) for tree in frontier)
        number_of = {search.trees.raw_id(tree): tree for tree in frontier}
        found = search.trees.naming(list(number_of))
        for folder, which in zip(found.tree.tolist(), found.which.tolist(), strict=True):
            name, child = found.entries[which]
            known = above[number_of[child]]
            if len(known) < _PARENTS:
                known.setdefault(name, folder)
        frontier = {parent for tree in frontier for parent in above[tree].values()}
    roots = set(search.roots.tolist())
    return {path for tree in sample for path in _paths_up(tree, above, roots)}


def _paths_up(tree: int, above: dict[int, dict[bytes, int]], roots: set[int]) -> list[Path]:
    paths: list[Path] = []
    pending: list[tuple[int, Path]] = [(tree, ())]
    while pending and len(paths) < _MAX_PATHS:
        here, below = pending.pop()
        parents = above.get(here, {})
        if below and (here in roots or not parents):
            paths.append(below)
        if len(below) < _MAX_DEPTH:
            pending.extend((parent, (name, *below)) for name, parent in parents.items())
    return paths


def _described(repository: Repository, search: _Search, lived: Sequence[_Lived]) -> dict[str, list[Place]]:
    graph = search.graph
    holders = _holders(graph, lived, _refs(repository, graph))
    head = _number_of(graph, repository.head) if repository.head else -1
    width = search.trees.id_length
    described: dict[str, list[Place]] = defaultdict(list)
    for one, refs in zip(lived, holders, strict=True):
        place = Place(b"/".join(one.path) or None, refs=refs)
        if one.commits.any():
            # the earliest commit that has the content while no parent of it has
            first = int(np.nonzero(one.commits & ~graph.any_parent(one.commits))[0][0])
            last = int(np.nonzero(one.commits)[0][-1])
            place = replace(
                place, first_commit=graph.hex_id(first, width), since=first,
                last_commit=graph.hex_id(last, width), until=last,
                in_head=head >= 0 and bool(one.commits[head]) and bool(one.path),
            )  # fmt: skip
        described[one.object_id.hex()].append(place)
    return described


def _number_of(graph: CommitGraph, commit: str) -> int:
    return int(graph.numbers(np.array([bytes.fromhex(commit)], dtype=graph.ids.dtype))[0])


def _lives(search: _Search) -> Iterable[_Lived]:
    """Yield each blob under each path at which any commit has it, or under its name where no commit has the tree."""
    naming = search.naming
    known: dict[tuple[bytes, Path], Flags] = {}
    for folder, at_root in search.along.items():
        for which in np.unique(naming.which[np.isin(naming.tree, at_root)]).tolist():
            name, blob = naming.entries[which]
            known[blob, (*folder, name)] = np.isin(at_root, naming.tree[naming.which == which])[search.root_of]
    placed = {blob for blob, _ in known}
    nowhere = np.zeros(len(search.graph), dtype=bool)
    for name, blob in naming.entries:
        if blob not in placed:
            known[blob, (name,)] = nowhere
    return [_Lived(blob, path, commits) for (blob, path), commits in known.items()]


def _refs(repository: Repository, graph: CommitGraph) -> list[tuple[str, int]]:
    """Return names of refs with the number of the commit each leads to."""
    raw = repository.run("for-each-ref", "--format=%(objectname) %(*objectname) %(refname)")
    names, ids = ["HEAD"] * bool(repository.head), [bytes.fromhex(repository.head)] if repository.head else []
    for line in raw.splitlines():
        own, peeled, name = line.split(b" ", 2)
        names.append(name.decode("utf-8", "backslashreplace"))
        ids.append(bytes.fromhex((peeled or own).decode()))
    numbers = graph.numbers(np.array(ids, dtype=graph.ids.dtype)).tolist()
    return [(name, number) for name, number in zip(names, numbers, strict=True) if number >= 0]


def _holders(graph: CommitGraph, lived: Sequence[_Lived], refs: Sequence[tuple[str, int]]) -> list[tuple[str, ...]]:
    """Return for each life the refs from which one of its commits can be reached."""
    own: dict[int, int] = defaultdict(int)
    for number, one in enumerate(lived):
        for commit in np.nonzero(one.commits & ~graph.any_parent(one.commits))[0].tolist():
            own[commit] |= 1 << number
    if not own:
        return [() for _ in lived]
    bits = graph.carried(own)
    holders: list[list[str]] = [[] for _ in lived]
    for name, commit in refs:
        held = bits[commit]
        while held:
            lowest = held & -held
            holders[lowest.bit_length() - 1].append(name)
            held ^= lowest
    return [tuple(names) for names in holders]
