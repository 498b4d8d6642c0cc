"""Where in history a blob lived: under which paths, from which commit to which, and what still holds it.

The folders in which blobs like these stand in some commits, spread over all of history, say which names are worth
following. One pass over all trees then finds who names the blobs and where those names lead, and from the root trees
of all commits the folders are followed down. Trees that name a blob and are not met on the way are looked for among
the same commits' folders, and if that does not serve by searching upwards from some of them.

Every blob gets at least one path, and each tree that names it. What can go unseen is a further path of a folder that
stood there exactly as at a path found, and in none of the commits listed.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from monei_guard.git.commit_graph import CommitGraph, Numbers, commit_graph
from monei_guard.git.pack_entries import Flags
from monei_guard.git.repository import GitError, Repository
from monei_guard.history.object_store import ObjectStore, Scan, loose_only
from monei_guard.history.path_search import Path, PathSearch, delta_families, folder_of, path_search
from monei_guard.history.tree_index import (
    Edges,
    Sought,
    TreeStore,
    commits_in,
    loose_trees_and_commits,
    nothing_named,
)

_COMMITS = 12  # of which all paths are listed
_RELATIVES = 8  # paths at which an object's nearest relatives in the packs stand
_LISTED = re.compile(rb"[0-7]+ (blob|tree) ([0-9a-f]+)\t([^\0]*)\0")


@dataclass(frozen=True, slots=True)
class Provenance:
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


@dataclass(frozen=True, slots=True)
class _Listing:
    """The paths of some commits: `numbers[i]` is the number of the object at `paths[i]`."""

    paths: list[bytes]
    is_tree: Flags
    numbers: Numbers


def provenance_of(
    store: ObjectStore, blobs: Sequence[str], commits: Sequence[str], jobs: int, scan: Scan | None = None
) -> dict[str, list[Provenance]]:
    """Return the places of blobs and of commits, given by hex ids; none for a blob that no tree or index names.

    What a scan of the same store has left is looked at on the way; commits with secrets that come to light so have
    places too.
    """
    trees, graph = _read_structure(store, jobs, scan)
    if scan is not None:
        late = (matched.object_id for matched in scan.result.matched_objects if matched.kind == "commit")
        commits = list(dict.fromkeys([*commits, *late]))
    listing = _listed(store.repository, trees, graph) if blobs else _nothing_listed()
    ids = [bytes.fromhex(blob) for blob in blobs]
    folders = {folder_of(path) for path in _like(trees, listing, trees.numbers(np.array(ids, dtype=graph.ids.dtype)))}
    names = tuple(sorted({name for path in folders for name in path}))
    edges = trees.search(Sought(tuple(ids), names), scan=scan) if blobs else Edges(nothing_named(), {})
    search = path_search(trees, graph, edges)
    search.explain(
        folders,
        lambda missing: {tuple(path.split(b"/")) for path in _like(trees, listing, missing, trees_only=True)},
    )
    described = _described(store.repository, search, [*_lives(search), *_themselves(graph, commits)])
    staged = _staged(store.repository, frozenset(blobs)) if blobs else {}
    for blob, paths in staged.items():
        if not any(lived.first_commit for lived in described[blob]):
            described[blob] = [Provenance(path, in_index=True) for path in paths]
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


def _read_structure(store: ObjectStore, jobs: int, scan: Scan | None) -> tuple[TreeStore, CommitGraph]:
    width = len(store.repository.empty_tree) // 2
    others, loose_commits = loose_trees_and_commits(loose_only(store))
    rows = [*commits_in(store.packs, jobs, scan), loose_commits]
    return TreeStore(store.packs, others, width, jobs), commit_graph(rows, width)


def _nothing_listed() -> _Listing:
    return _Listing([], np.zeros(0, dtype=bool), np.zeros(0, dtype=np.int64))


def _listed(repository: Repository, trees: TreeStore, graph: CommitGraph) -> _Listing:
    """Return what stands where in HEAD and in some commits, spread evenly over all of history."""
    some = np.unique(np.linspace(0, len(graph) - 1, _COMMITS).astype(np.int64)).tolist() if len(graph) else []
    commits = [graph.hex_id(number, trees.id_length) for number in some]
    entries: set[tuple[bytes, bytes, bytes]] = set()
    for commit in {*commits, repository.head} - {None}:
        try:
            raw = repository.run("ls-tree", "-r", "-t", "-z", "--full-tree", str(commit))
        except GitError:
            continue
        entries.update(_LISTED.findall(raw))
    listed = sorted(entries)
    ids = bytes.fromhex(b"".join(name for _, name, _ in listed).decode())
    return _Listing(
        [path for _, _, path in listed], np.array([kind == b"tree" for kind, _, _ in listed], dtype=bool),
        trees.numbers(np.frombuffer(ids, dtype=graph.ids.dtype)),
    )  # fmt: skip


def _like(trees: TreeStore, listing: _Listing, objects: Numbers, *, trees_only: bool = False) -> Iterable[bytes]:
    """Yield the paths at which objects stand in the listing; of those that stand nowhere, where relatives do.

    Relatives share a delta family, which git mostly makes of the versions of one file or folder; near in the pack is
    near in kin.
    """
    chosen = np.nonzero((listing.is_tree == trees_only) & (listing.numbers >= 0))[0]
    chosen = chosen[np.argsort(listing.numbers[chosen], kind="stable")]
    listed = listing.numbers[chosen]
    objects = objects[objects >= 0]
    at, after = np.searchsorted(listed, objects), np.searchsorted(listed, objects, side="right")
    for low, high in {*zip(at[after > at].tolist(), after[after > at].tolist(), strict=True)}:
        yield from (listing.paths[row] for row in chosen[low:high].tolist())
    strangers = objects[after == at]
    family, own = delta_families(trees, listed), delta_families(trees, strangers)
    by_family = np.argsort(family, kind="stable")
    lows, highs = (np.searchsorted(family[by_family], own, side=side) for side in ("left", "right"))
    rows: set[int] = set()
    for number, low, high in zip(strangers.tolist(), lows.tolist(), highs.tolist(), strict=True):
        relatives = by_family[low:high]
        nearest = np.argsort(np.abs(listed[relatives] - number), kind="stable")[:_RELATIVES]
        rows.update(relatives[nearest].tolist())
    yield from (listing.paths[row] for row in chosen[sorted(rows)].tolist())


def _described(repository: Repository, search: PathSearch, lived: Sequence[_Lived]) -> dict[str, list[Provenance]]:
    graph = search.graph
    # the commits that have the content while no parent of them has
    began = [np.nonzero(life.commits & ~graph.any_parent(life.commits))[0].tolist() for life in lived]
    holders = _holders(graph, began, _refs(repository, graph))
    head = _number_of(graph, repository.head) if repository.head else -1
    width = search.trees.id_length
    described: dict[str, list[Provenance]] = defaultdict(list)
    for life, first_of, refs in zip(lived, began, holders, strict=True):
        provenance = Provenance(b"/".join(life.path) or None, refs=refs)
        if first_of:
            first, last = first_of[0], int(np.nonzero(life.commits)[0][-1])
            provenance = replace(
                provenance, first_commit=graph.hex_id(first, width), since=first,
                last_commit=graph.hex_id(last, width), until=last,
                in_head=head >= 0 and bool(life.commits[head]) and bool(life.path),
            )  # fmt: skip
        described[life.object_id.hex()].append(provenance)
    return described


def _number_of(graph: CommitGraph, commit: str) -> int:
    return int(graph.numbers(np.array([bytes.fromhex(commit)], dtype=graph.ids.dtype))[0])


def _lives(search: PathSearch) -> Iterable[_Lived]:
    """Yield each blob under each path at which any commit has it, or under its name where no commit has the tree."""
    naming = search.naming
    lives: dict[tuple[bytes, Path], Flags] = {}
    names_any = search.marked(naming.tree)
    row_of = np.full(search.trees.count + 1, -1, dtype=np.int32)
    for folder, level in search.along.items():
        rows = np.nonzero(names_any[level.trees])[0]
        if not len(rows):
            continue
        row_of[level.trees[rows]] = rows
        row = row_of[naming.tree]
        for which in np.unique(naming.which[row >= 0]).tolist():
            name, blob = naming.entries[which]
            names_it = np.zeros(len(level.trees) + 1, dtype=bool)
            names_it[row[naming.which == which]] = True
            names_it[-1] = False
            lives[blob, (*folder, name)] = search.commits_with(folder, names_it)
        row_of[level.trees[rows]] = -1
    placed = {blob for blob, _ in lives}
    nowhere = np.zeros(len(search.graph), dtype=bool)
    for name, blob in naming.entries:
        if blob not in placed:
            lives[blob, (name,)] = nowhere
    return [_Lived(blob, path, commits) for (blob, path), commits in lives.items()]


def _refs(repository: Repository, graph: CommitGraph) -> list[tuple[str, int]]:
    """Return names of refs with the number of the commit each leads to."""
    targets: dict[bytes, bytes] = {b"HEAD": repository.head.encode()} if repository.head else {}
    try:
        raw = repository.run("show-ref", "--dereference")
    except GitError:  # what it says of a repository without refs
        raw = b""
    for line in raw.splitlines():
        name, ref = line.split(b" ", 1)
        targets[ref.removesuffix(b"^{}")] = name  # what a tag leads to stands behind the tag itself
    ids = np.frombuffer(bytes.fromhex(b"".join(targets.values()).decode()), dtype=graph.ids.dtype)
    numbers = graph.numbers(ids).tolist()
    names = (name.decode("utf-8", "backslashreplace") for name in targets)
    return [(name, number) for name, number in zip(names, numbers, strict=True) if number >= 0]


def _holders(
    graph: CommitGraph, began: Sequence[Sequence[int]], refs: Sequence[tuple[str, int]]
) -> list[tuple[str, ...]]:
    """Return for each life, given by the commits it began with, the refs from which one of them can be reached."""
    own: dict[int, int] = defaultdict(int)
    for number, commits in enumerate(began):
        for commit in commits:
            own[commit] |= 1 << number
    if not own:
        return [() for _ in began]
    bits = graph.carried(own)
    alike: dict[int, list[str]] = defaultdict(list)  # most refs of many hold the same
    for name, commit in refs:
        alike[bits[commit]].append(name)
    holders: list[list[str]] = [[] for _ in began]
    for held, names in alike.items():
        left = held
        while left:
            lowest = left & -left
            holders[lowest.bit_length() - 1] += names
            left ^= lowest
    return [tuple(names) for names in holders]
