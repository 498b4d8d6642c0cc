"""Everything a repository ever stored: every pack, every loose object, its own and borrowed, reachable or not."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from monei_guard.git_access.delta_families import needed_entries, share_out
from monei_guard.git_access.object_store import StoredFiles, stored_files
from monei_guard.git_access.pack_entries import BLOB, COMMIT, TAG, TREE, Flags
from monei_guard.git_access.pack_index import ID_LENGTHS, Ids, PackFormatError, among
from monei_guard.git_access.pack_walk import LARGE_OBJECT
from monei_guard.git_access.packs import Pack, open_pack
from monei_guard.git_access.repository import GitError, Repository
from monei_guard.git_access.through_git import (
    MISSING,
    ObjectHeader,
    all_object_ids,
    object_headers,
    read_objects,
    read_windows,
)
from monei_guard.sources.object_scan import Examiner, Hit, Judge, LooseShare, PackShare, Seen
from monei_guard.sources.object_workers import WorkerDiedError, default_jobs, work_through
from monei_guard.sources.scanned_objects import ScannedObjects, joined, nothing_scanned, pack_mark

Look: TypeAlias = Callable[[bytes], bool]
# Called with the objects and bytes looked at so far, and how many objects there are.
Progress: TypeAlias = Callable[[int, int, int], None]

_LOOSE_SHARE = 256
# A pack with more objects that must be looked at again is opened again: git reads them one by one.
_MOST_AGAIN = 2000
# Below this many packed bytes a second process costs more than it saves.
_ALONE = 2 << 20
_SHARES_A_WORKER = 24
_LARGEST_SHARE = 8 << 20


@dataclass(slots=True)
class Stored:
    """What a pass over the object store came to.

    `ways` counts objects by who read them: "pack", "loose", "git". `damaged` maps ids to reasons;
    `gaps` are ids and what in those objects could not be looked at (with: is that bad). `unclean` are the ids of all
    objects that must be looked at again next time.
    """

    objects: int = 0
    size: int = 0
    hits: list[Hit] = field(default_factory=list)
    names: set[bytes] = field(default_factory=set)
    ways: Counter[str] = field(default_factory=Counter)
    damaged: dict[str, str] = field(default_factory=dict)
    problems: list[tuple[bytes, str]] = field(default_factory=list)
    gaps: list[tuple[str, str, bool]] = field(default_factory=list)
    unclean: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """How to look. `look` and `margin` as for `pack_walk.Walker`."""

    look: Look
    margin: int | None
    judge: Judge
    jobs: int | None = None
    progress: Progress = lambda _objects, _size, _total: None


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """An opened object store. `refused` says of packs that only git can read why that is so.

    `known` are the objects that need no look; packs that they cover are not opened. `marks` has an entry for each
    opened pack.
    """

    repository: Repository
    files: StoredFiles
    packs: tuple[Pack, ...]
    refused: tuple[tuple[bytes, str], ...]
    known: ScannedObjects
    marks: tuple[bytes, ...] = ()
    covered: frozenset[bytes] = frozenset()

    @property
    def id_length(self) -> int:
        """Bytes of a raw object id."""
        return ID_LENGTHS[self.repository.object_format]


def open_store(repository: Repository, known: ScannedObjects | None = None) -> ObjectStore:
    """Open every pack but those in which everything is known.

    Raises GitError where git cannot even say where the objects are.
    """
    files = stored_files(repository)
    known = known or nothing_scanned(ID_LENGTHS[repository.object_format])
    packs, refused, marks, covered = [], [], [], set()
    for stem in files.packs:
        try:
            mark = pack_mark(stem)
            if mark in known.packs:
                covered.add(mark)
                continue
            packs.append(open_pack(stem, repository.object_format))
            marks.append(mark)
        except (PackFormatError, OSError) as error:
            refused.append((stem + b".pack", str(error)))
    return ObjectStore(repository, files, tuple(packs), tuple(refused), known, tuple(marks), frozenset(covered))


def has_news(store: ObjectStore) -> bool:
    """Return whether there is anything to look at."""
    return bool(store.packs or store.refused or _new_loose(store))


def scan_store(store: ObjectStore, options: ScanOptions) -> Stored:
    """Look once at every object that is not known."""
    stored = Stored(problems=list(store.files.problems))
    wanted = _wanted(store)
    examiner = Examiner(store.packs, wanted, options.look, options.margin, options.judge)
    jobs = options.jobs or default_jobs()
    loose = _new_loose(store)
    tasks = _tasks(store.packs, wanted, loose, jobs)
    total = sum(int(mask.sum()) for mask in wanted) + len(loose)
    unread = _without_family(store, wanted, stored)
    with closing(work_through(tasks, examiner.examine, jobs)) as results:
        for task, seen in results:
            if isinstance(seen, WorkerDiedError):
                unread.update(dict.fromkeys(_ids(store, task), str(seen)))
                continue
            _add(stored, seen, "loose" if isinstance(task, LooseShare) else "pack")
            unread.update(dict.fromkeys(seen.unread, ""))
            unread.update(seen.damaged)
            options.progress(stored.objects, stored.size, total)
    if store.refused:
        read = _read_ids(store)
        unread.update((name, "") for name in all_object_ids(store.repository) if name not in read)
    stored.unclean.update(unread, stored.damaged)
    again = _again(store)
    unread.update(dict.fromkeys(again, ""))
    _read_rest(store.repository, unread, examiner, stored, again)
    stored.ways["cache"] = _count_known(store, wanted)
    return stored


def remember(store: ObjectStore, stored: Stored) -> ScannedObjects | None:
    """Return what is known after a complete pass, None when that is no more than before."""
    if not has_news(store):
        return None
    width = store.id_length
    unclean = np.array([bytes.fromhex(name) for name in stored.unclean], dtype=f"S{width}")
    loose = np.array([bytes.fromhex(name) for name, _ in _new_loose(store)], dtype=f"S{width}")
    covered, again = set(store.covered), np.isin(unclean, np.array(store.known.again, dtype=f"S{width}"))
    for mark, pack in zip(store.marks, store.packs, strict=True):
        inside = among(unclean, pack.index.ids)
        if int(inside.sum()) <= _MOST_AGAIN:
            covered.add(mark)
            again |= inside
    ids = joined([store.known.ids, *(pack.index.ids for pack in store.packs), np.sort(loose)], unclean.tolist(), width)
    looked_at_again = sorted(bytes(name).ljust(width, b"\0") for name in unclean[again].tolist())
    return ScannedObjects(ids, frozenset(covered), tuple(looked_at_again))


def _again(store: ObjectStore) -> frozenset[str]:
    """Return the ids of the objects in packs not opened that are to be looked at all the same."""
    if not store.known.again:
        return frozenset()
    ids = np.array(store.known.again, dtype=f"S{store.id_length}")
    elsewhere = np.zeros(len(ids), dtype=bool)
    for pack in store.packs:
        elsewhere |= among(ids, pack.index.ids)
    names = (raw_id.hex() for raw_id in store.known.again)
    return frozenset(
        name
        for name, known in zip(names, elsewhere.tolist(), strict=True)
        if not known and name not in store.files.loose
    )


def _wanted(store: ObjectStore) -> tuple[Flags, ...]:
    """Return for each pack the entries to look at: those no earlier pack has, and that are not known."""
    masks = []
    earlier: list[Ids] = []
    for pack in store.packs:
        mask = ~store.known.known(pack.index.ids)[pack.index.rank]
        for ids in earlier:
            mask &= ~among(pack.index.ids, ids)[pack.index.rank]
        earlier.append(pack.index.ids)
        masks.append(mask)
    return tuple(masks)


def _without_family(store: ObjectStore, wanted: Sequence[Flags], stored: Stored) -> dict[str, str]:
    """Return the ids of wanted entries whose chain of deltas leads to no whole object in the pack.

    Those that run in a circle are damaged for good: git itself would follow them for ever.
    """
    unread: dict[str, str] = {}
    for pack, mask in zip(store.packs, wanted, strict=True):
        entries = pack.entries
        for position in np.nonzero(mask & (entries.kind == 0))[0].tolist():
            name = pack.index.object_id(position)
            if entries.base[entries.root[position]] >= 0:
                stored.damaged[name] = "its deltas run in a circle"
            else:
                unread[name] = ""
    return unread


def _count_known(store: ObjectStore, wanted: Sequence[Flags]) -> int:
    """Return how many stored objects were not looked at because they are known."""
    return len(store.known.ids) if store.covered else sum(len(mask) - int(mask.sum()) for mask in wanted)


def _tasks(
    packs: Sequence[Pack], wanted: Sequence[Flags], files: Sequence[tuple[str, bytes]], jobs: int
) -> list[PackShare | LooseShare]:
    """Return the work in shares, the heaviest first."""
    tasks: list[PackShare] = []
    for number, pack in enumerate(packs):
        needed = needed_entries(pack.entries, wanted[number])
        packed = len(pack.data)
        target = packed if packed < _ALONE else min(packed // (jobs * _SHARES_A_WORKER) + 1, _LARGEST_SHARE)
        shares = share_out(pack.entries, needed, (BLOB, TREE, COMMIT, TAG), target)
        tasks.extend(PackShare(number, share) for share in shares)
    tasks.sort(key=lambda task: -task.share.weight)
    loose = [LooseShare(tuple(files[at : at + _LOOSE_SHARE])) for at in range(0, len(files), _LOOSE_SHARE)]
    return [*tasks, *loose]


def loose_only(store: ObjectStore) -> list[tuple[str, bytes]]:
    """Return id and path of the loose objects that no opened pack has."""
    names = sorted(store.files.loose)
    ids = np.array([bytes.fromhex(name) for name in names], dtype=f"S{store.id_length}")
    packed = np.zeros(len(names), dtype=bool)
    for pack in store.packs:
        packed |= among(ids, pack.index.ids)
    return [(name, store.files.loose[name]) for name, known in zip(names, packed.tolist(), strict=True) if not known]


def _new_loose(store: ObjectStore) -> list[tuple[str, bytes]]:
    files = loose_only(store)
    known = store.known.known(np.array([bytes.fromhex(name) for name, _ in files], dtype=f"S{store.id_length}"))
    return [one for one, is_known in zip(files, known.tolist(), strict=True) if not is_known]


def _ids(store: ObjectStore, task: PackShare | LooseShare) -> list[str]:
    if isinstance(task, LooseShare):
        return [name for name, _ in task.files]
    index = store.packs[task.pack].index
    return [index.object_id(at) for at in task.share.members.tolist()]


def _add(stored: Stored, seen: Seen, way: str) -> None:
    stored.objects += seen.objects
    stored.size += seen.size
    stored.hits.extend(seen.hits)
    stored.names |= seen.names
    stored.gaps.extend(seen.gaps)
    stored.damaged.update(seen.hopeless)
    stored.unclean.update(hit.object_id for hit in seen.hits)
    stored.unclean.update(name for name, _, _ in seen.gaps)
    stored.unclean.update(seen.named)
    stored.ways[way] += seen.objects


def _read_ids(store: ObjectStore) -> set[str]:
    """Return the ids of every object the fast reader has taken on."""
    read = set(store.files.loose)
    for pack in store.packs:
        width = pack.index.id_length
        read.update(bytes(name).ljust(width, b"\0").hex() for name in pack.index.ids.tolist())
    return read


def _read_rest(
    repository: Repository, unread: dict[str, str], examiner: Examiner, stored: Stored, may_be_gone: frozenset[str]
) -> None:
    """Read through git what the fast reader left; what git cannot read either is damaged, if it must be there."""
    small: dict[str, str] = {}
    seen = Seen()
    for header in object_headers(repository, unread):
        if not isinstance(header, ObjectHeader):
            if header[0] in may_be_gone and header[1] == MISSING:
                continue
            stored.damaged[header[0]] = unread.get(header[0]) or header[1]
        elif header.size <= LARGE_OBJECT:
            small[header.object_id] = header.kind
        else:
            _read_large(repository, header, examiner, stored)
    for object_id, kind, content in read_objects(repository, tuple(small), LARGE_OBJECT):
        del small[object_id]
        seen.objects += 1
        seen.size += len(content)
        if examiner.look(content):
            examiner.take(object_id, kind, content, seen)
    for object_id in small:
        stored.damaged[object_id] = unread[object_id] or "git cannot read it"
    _add(stored, seen, "git")


def _read_large(repository: Repository, header: ObjectHeader, examiner: Examiner, stored: Stored) -> None:
    seen = Seen(objects=1, size=header.size)
    secrets: dict[str, None] = {}
    try:
        for _, window in read_windows(repository, header):
            if examiner.look(window):
                secrets.update(dict.fromkeys(examiner.judge(window).secrets))
    except (GitError, MemoryError) as error:
        stored.damaged[header.object_id] = str(error)
    if secrets:
        seen.hits.append(Hit(header.object_id, header.kind, tuple(secrets)))
    _add(stored, seen, "git")
