"""Everything a repository ever stored: every pack, every loose object, its own and borrowed, reachable or not."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

import numpy as np

from monei_guard.git.cat_file import all_object_ids
from monei_guard.git.delta_families import needed_entries, share_out
from monei_guard.git.object_directories import ObjectFiles, object_files
from monei_guard.git.object_names import Unstored
from monei_guard.git.pack import Pack, open_pack
from monei_guard.git.pack_entries import BLOB, COMMIT, TAG, TREE, Flags
from monei_guard.git.pack_index import ID_LENGTHS, Ids, Offsets, PackFormatError, StoredIds, among
from monei_guard.git.pack_walk import ContentTest
from monei_guard.git.repository import Repository
from monei_guard.history.clean_objects import CleanObjects, are_stored, joined, no_clean_objects, pack_mark
from monei_guard.history.fallback import scan_through_git
from monei_guard.history.process_pool import WorkerDiedError, default_jobs, work_through
from monei_guard.history.worker import (
    Collector,
    Examiner,
    LooseShare,
    MatchedObject,
    ObjectMatcher,
    PackShare,
    ShareResult,
)
from monei_guard.model.blob import Skipped

# Called with the objects and bytes looked at so far, and how many objects there are.
Progress: TypeAlias = Callable[[int, int, int], None]

Collected = TypeVar("Collected")

_LOOSE_SHARE = 256
# A pack with more objects that must be looked at again is opened again: git reads them one by one.
_MOST_AGAIN = 2000
# Below this many packed bytes a second process costs more than it saves.
_ALONE = 2 << 20
_SHARES_A_WORKER = 24
_LARGEST_SHARE = 8 << 20
# What can wait until places are sought, in the order in which that reads it; and what has places.
_LATE = (COMMIT, TREE)
PLACED = ("blob", "commit")


@dataclass(slots=True)
class StoreResult:
    """What a pass over the object store came to.

    `ways` counts objects by who read them: "pack", "loose", "git". `damaged` maps ids to reasons;
    `gaps` as in `ShareResult`. `unclean` are the ids of all objects that must be looked at again next time.
    `unstored` and `submodules` as of `NameReader`.
    """

    objects: int = 0
    size: int = 0
    matched_objects: list[MatchedObject] = field(default_factory=list)
    names: set[bytes] = field(default_factory=set)
    ways: Counter[str] = field(default_factory=Counter)
    damaged: dict[str, str] = field(default_factory=dict)
    problems: list[tuple[bytes, str]] = field(default_factory=list)
    gaps: list[tuple[str, str, Skipped]] = field(default_factory=list)
    unclean: set[str] = field(default_factory=set)
    unstored: list[Unstored] = field(default_factory=list)
    submodules: set[bytes] = field(default_factory=set)

    def add(self, share: ShareResult, way: str) -> None:
        """Count what came of a share of the objects, read in that way."""
        self.objects += share.objects
        self.size += share.size
        self.matched_objects += share.matched_objects
        self.names |= share.names
        self.gaps += share.gaps
        self.damaged |= share.hopeless
        self.unstored += share.unstored
        self.submodules |= share.submodules
        self.unclean.update(matched.object_id for matched in share.matched_objects)
        self.unclean.update(name for name, _, _ in share.gaps)
        self.unclean.update(share.named)
        self.ways[way] += share.objects


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """How to look. `prefilter` and `margin` as for `Examiner`."""

    prefilter: ContentTest
    margin: int | None
    matcher: ObjectMatcher
    jobs: int | None = None
    progress: Progress = lambda _objects, _size, _total: None


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """An opened object store. `refused` says of packs that only git can read why that is so.

    `clean` are the objects that need no look; packs that they cover are not opened. `marks` has an entry for each
    opened pack.
    """

    repository: Repository
    files: ObjectFiles
    packs: tuple[Pack, ...]
    refused: tuple[tuple[bytes, str], ...]
    clean: CleanObjects
    marks: tuple[bytes, ...] = ()
    covered: frozenset[bytes] = frozenset()

    @property
    def id_length(self) -> int:
        """Bytes of a raw object id."""
        return ID_LENGTHS[self.repository.object_format]

    def stored_ids(self) -> StoredIds:
        """Return what is known to be stored: what is in a pack that only git can read is not among it."""
        loose = np.array([bytes.fromhex(name) for name in sorted(self.files.loose)], dtype=f"S{self.id_length}")
        return StoredIds((*(pack.index.ids for pack in self.packs), loose, self.clean.ids))


@dataclass(frozen=True, slots=True)
class Scan:
    """A pass over an object store under way: what it has come to, and the shares that can wait."""

    store: ObjectStore
    options: ScanOptions
    examiner: Examiner
    total: int
    result: StoreResult
    deferred: list[PackShare] = field(default_factory=list)

    @property
    def jobs(self) -> int:
        """How many processes look."""
        return self.options.jobs or default_jobs()

    def take(self, task: PackShare | LooseShare, outcome: ShareResult | WorkerDiedError) -> dict[str, str]:
        """Count what came of a share; return the ids that are left to git, with reasons."""
        if isinstance(outcome, WorkerDiedError):
            return dict.fromkeys(_ids(self.store, task), str(outcome))
        self.result.add(outcome, "loose" if isinstance(task, LooseShare) else "pack")
        self.options.progress(self.result.objects, self.result.size, self.total)
        return {**dict.fromkeys(outcome.unread, ""), **outcome.damaged}

    def read_through_git(self, unread: dict[str, str], again: frozenset[str] = frozenset()) -> None:
        """Look at what the fast reader left, and at what is looked at again, if it is still there."""
        self.result.unclean.update(unread)
        if unread or again:
            asked = {**unread, **dict.fromkeys(again, "")}
            self.result.add(scan_through_git(self.store.repository, self.examiner, asked, again), "git")


def open_store(repository: Repository, clean: CleanObjects | None = None) -> ObjectStore:
    """Open every pack but those in which everything is known to be clean.

    Nothing is known where something that was there before is gone: it may be missing.

    Raises GitError where git cannot even say where the objects are.
    """
    files = object_files(repository)
    if clean is None or not are_stored(clean, files):
        clean = no_clean_objects(ID_LENGTHS[repository.object_format])
    packs, refused, marks, covered = [], [], [], set()
    for stem in files.packs:
        try:
            mark = pack_mark(stem)
            if mark in clean.packs:
                covered.add(mark)
                continue
            packs.append(open_pack(stem, repository.object_format))
            marks.append(mark)
        except (PackFormatError, OSError) as error:
            refused.append((stem + b".pack", str(error)))
    return ObjectStore(repository, files, tuple(packs), tuple(refused), clean, tuple(marks), frozenset(covered))


def has_news(store: ObjectStore) -> bool:
    """Return whether there is anything to look at."""
    return bool(store.packs or store.refused or _new_loose(store))


def scan_store(store: ObjectStore, options: ScanOptions) -> StoreResult:
    """Look once at every object that is not known."""
    scan = begin_scan(store, options)
    finish_scan(scan)
    return scan.result


def begin_scan(store: ObjectStore, options: ScanOptions) -> Scan:
    """Look at the objects that are not known; once provenance is to be found, at no further commits and trees.

    For that, all commits and trees must be read: they can be looked at meanwhile.
    """
    selected = _selected(store)
    examiner = Examiner(store.packs, selected, options.prefilter, options.margin, options.matcher, store.stored_ids())
    loose = _new_loose(store)
    total = sum(int(mask.sum()) for mask in selected) + len(loose)
    scan = Scan(store, options, examiner, total, StoreResult(problems=list(store.files.problems)))
    unread, circular = _without_family(store, selected)
    scan.result.damaged |= circular
    tasks = dict(enumerate(_tasks(store.packs, selected, loose, scan.jobs)))

    def is_due(number: int) -> bool:
        if store.covered or not _is_late(tasks[number]):  # where places are sought in more packs than these
            return True
        return not scan.result.gaps and not any(matched.kind in PLACED for matched in scan.result.matched_objects)

    work = work_through(range(len(tasks)), lambda number: examiner.examine(tasks[number]), scan.jobs, is_due)
    with closing(work) as results:
        for number, outcome in results:
            unread |= scan.take(tasks.pop(number), outcome)
    scan.deferred.extend(task for task in tasks.values() if isinstance(task, PackShare))
    if store.refused:
        read = _read_ids(store)
        unread.update((name, "") for name in all_object_ids(store.repository) if name not in read)
    scan.result.unclean.update(scan.result.damaged)
    scan.read_through_git(unread, _again(store))
    scan.result.ways["cache"] = _count_clean(store, selected)
    return scan


def scan_deferred(scan: Scan, kind: int, collector: Collector[Collected]) -> tuple[list[Collected], tuple[Flags, ...]]:
    """Look at the commits or trees that are left.

    Returns what was collected meanwhile, and for each pack from which of its entries.
    """
    tasks = [task for task in scan.deferred if task.share.kind == kind]
    scan.deferred[:] = [task for task in scan.deferred if task.share.kind != kind]
    read = [np.zeros_like(mask) for mask in scan.examiner.selected]
    parts: list[Collected] = []
    unread: dict[str, str] = {}

    def work(task: PackShare) -> tuple[ShareResult, Collected]:
        return scan.examiner.examine(task, collector), collector.rows()

    with closing(work_through(tasks, work, scan.jobs)) as results:
        for task, outcome in results:
            if isinstance(outcome, WorkerDiedError):
                unread |= scan.take(task, outcome)
                continue
            share, rows = outcome
            unread |= scan.take(task, share)
            parts.append(rows)
            members = task.share.members
            read[task.pack][members] = scan.examiner.selected[task.pack][members]
    scan.read_through_git(unread)
    return parts, tuple(read)


def finish_scan(scan: Scan) -> None:
    """Look at all that is left."""
    for kind in _LATE:
        scan_deferred(scan, kind, _Nothing())


class _Nothing:
    """Collects nothing."""

    def take(self, pack: int, positions: Offsets, contents: list[bytes]) -> None:
        """Take no notice."""

    def rows(self) -> None:
        """Return nothing."""


def remember(store: ObjectStore, stored: StoreResult) -> CleanObjects | None:
    """Return what is known after a complete pass, None when that is no more than before."""
    if not has_news(store):
        return None
    width = store.id_length
    unclean = np.array([bytes.fromhex(name) for name in stored.unclean], dtype=f"S{width}")
    loose = np.array([bytes.fromhex(name) for name in store.files.loose], dtype=f"S{width}")
    covered, outside = set(store.covered), [np.sort(loose)]
    again = np.isin(unclean, np.array(store.clean.again, dtype=f"S{width}"))
    for mark, pack in zip(store.marks, store.packs, strict=True):
        inside = among(unclean, pack.index.ids)
        if int(inside.sum()) <= _MOST_AGAIN:
            covered.add(mark)
            again |= inside
        else:
            outside.append(pack.index.ids)
    ids = joined([store.clean.ids, *(pack.index.ids for pack in store.packs), np.sort(loose)], unclean.tolist(), width)
    rechecked = sorted(bytes(name).ljust(width, b"\0") for name in unclean[again].tolist())
    return CleanObjects(ids, frozenset(covered), tuple(rechecked), joined(outside, (), width))


def _again(store: ObjectStore) -> frozenset[str]:
    """Return the ids of the objects in packs not opened that are to be looked at all the same."""
    if not store.clean.again:
        return frozenset()
    ids = np.array(store.clean.again, dtype=f"S{store.id_length}")
    elsewhere = np.zeros(len(ids), dtype=bool)
    for pack in store.packs:
        elsewhere |= among(ids, pack.index.ids)
    names = (raw_id.hex() for raw_id in store.clean.again)
    return frozenset(
        name
        for name, is_elsewhere in zip(names, elsewhere.tolist(), strict=True)
        if not is_elsewhere and name not in store.files.loose
    )


def _selected(store: ObjectStore) -> tuple[Flags, ...]:
    """Return for each pack the entries to look at: those no earlier pack has, and that are not known."""
    masks = []
    earlier: list[Ids] = []
    for pack in store.packs:
        mask = ~store.clean.among(pack.index.ids)[pack.index.rank]
        for ids in earlier:
            mask &= ~among(pack.index.ids, ids)[pack.index.rank]
        earlier.append(pack.index.ids)
        masks.append(mask)
    return tuple(masks)


def _without_family(store: ObjectStore, selected: Sequence[Flags]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the ids of selected entries whose chain of deltas leads to no whole object in the pack.

    Those that run in a circle come second, with that reason, for they are damaged for good: git itself would follow
    them for ever.
    """
    unread: dict[str, str] = {}
    circular: dict[str, str] = {}
    for pack, mask in zip(store.packs, selected, strict=True):
        entries = pack.entries
        for position in np.nonzero(mask & (entries.kind == 0))[0].tolist():
            name = pack.index.object_id(position)
            if entries.base[entries.root[position]] >= 0:
                circular[name] = "its deltas run in a circle"
            else:
                unread[name] = ""
    return unread, circular


def _count_clean(store: ObjectStore, selected: Sequence[Flags]) -> int:
    """Return how many stored objects were not looked at because they are known to be clean."""
    return len(store.clean.ids) if store.covered else sum(len(mask) - int(mask.sum()) for mask in selected)


def _tasks(
    packs: Sequence[Pack], selected: Sequence[Flags], files: Sequence[tuple[str, bytes]], jobs: int
) -> list[PackShare | LooseShare]:
    """Return the work in shares, the heaviest first, but last what can be left for when places are sought."""
    tasks: list[PackShare] = []
    for number, pack in enumerate(packs):
        needed = needed_entries(pack.entries, selected[number])
        packed = len(pack.data)
        target = packed if packed < _ALONE else min(packed // (jobs * _SHARES_A_WORKER) + 1, _LARGEST_SHARE)
        shares = share_out(pack.entries, needed, (BLOB, TREE, COMMIT, TAG), target)
        tasks.extend(PackShare(number, share) for share in shares)
    tasks.sort(key=lambda task: -task.share.weight)
    loose = [LooseShare(tuple(files[at : at + _LOOSE_SHARE])) for at in range(0, len(files), _LOOSE_SHARE)]
    late = [task for kind in _LATE for task in tasks if task.share.kind == kind]
    return [*(task for task in tasks if not _is_late(task)), *loose, *late]


def _is_late(task: PackShare | LooseShare) -> bool:
    return isinstance(task, PackShare) and task.share.kind in _LATE


def loose_only(store: ObjectStore) -> list[tuple[str, bytes]]:
    """Return id and path of the loose objects that no opened pack has."""
    names = sorted(store.files.loose)
    ids = np.array([bytes.fromhex(name) for name in names], dtype=f"S{store.id_length}")
    packed = np.zeros(len(names), dtype=bool)
    for pack in store.packs:
        packed |= among(ids, pack.index.ids)
    return [
        (name, store.files.loose[name]) for name, is_packed in zip(names, packed.tolist(), strict=True) if not is_packed
    ]


def _new_loose(store: ObjectStore) -> list[tuple[str, bytes]]:
    files = loose_only(store)
    clean = store.clean.among(np.array([bytes.fromhex(name) for name, _ in files], dtype=f"S{store.id_length}"))
    return [file for file, is_clean in zip(files, clean.tolist(), strict=True) if not is_clean]


def _ids(store: ObjectStore, task: PackShare | LooseShare) -> list[str]:
    if isinstance(task, LooseShare):
        return [name for name, _ in task.files]
    index = store.packs[task.pack].index
    return [index.object_id(at) for at in task.share.members.tolist()]


def _read_ids(store: ObjectStore) -> set[str]:
    """Return the ids of every object the fast reader has taken on."""
    read = set(store.files.loose)
    for pack in store.packs:
        width = pack.index.id_length
        read.update(bytes(name).ljust(width, b"\0").hex() for name in pack.index.ids.tolist())
    return read
