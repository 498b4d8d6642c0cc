"""Looking through stored objects, a share at a time: what a worker does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeAlias, TypeVar

from monei_guard.git.delta_families import Share
from monei_guard.git.object_directories import NotAFileError, read_loose
from monei_guard.git.pack import Pack
from monei_guard.git.pack_entries import TYPE_NAMES, Flags
from monei_guard.git.pack_index import Offsets
from monei_guard.git.pack_walk import LARGE_OBJECT, Walker
from monei_guard.git.tree_objects import tree_entries

Rows_co = TypeVar("Rows_co", covariant=True)


@dataclass(frozen=True, slots=True)
class ObjectMatches:
    """Which secrets stand in some content, as digests, and what in it could not be looked at (with: is that bad)."""

    secrets: tuple[str, ...] = ()
    gaps: tuple[tuple[str, bool], ...] = ()


ObjectMatcher: TypeAlias = Callable[[bytes], ObjectMatches]


@dataclass(frozen=True, slots=True)
class PackShare:
    """A share of one pack."""

    pack: int
    share: Share


@dataclass(frozen=True, slots=True)
class LooseShare:
    """Loose objects: pairs of hex id and path."""

    files: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class ObjectHit:
    """An object in which secrets stand."""

    object_id: str
    kind: str  # "blob", "commit", "tag"
    secrets: tuple[str, ...]


@dataclass(slots=True)
class Seen:
    """What came of a share.

    `unread` objects were left to git; `damaged` says of some of them why; `hopeless` ones must not be left to it.

    `names` are names in trees that hold secrets, `named` those trees. `gaps` tell of objects that were read but could
    not be looked at everywhere (with: is that bad).
    """

    objects: int = 0
    size: int = 0
    hits: list[ObjectHit] = field(default_factory=list)
    names: set[bytes] = field(default_factory=set)
    named: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    damaged: dict[str, str] = field(default_factory=dict)
    gaps: list[tuple[str, str, bool]] = field(default_factory=list)
    hopeless: dict[str, str] = field(default_factory=dict)


class Collector(Protocol[Rows_co]):
    """Collects something from the objects of a share: it is given them some at a time, then asked for the rows."""

    def take(self, pack: int, positions: Offsets, contents: list[bytes]) -> None:
        """Take some objects, given by their pack's number, their places in it and their contents."""

    def rows(self) -> Rows_co:
        """Return what was collected since the last time."""


@dataclass(frozen=True, slots=True)
class Examiner:
    """Everything a worker needs. `wanted` tells for each pack which of its entries are to be looked at.

    `look` and `margin` as for `pack_walk.Walker`.
    """

    packs: tuple[Pack, ...]
    wanted: tuple[Flags, ...]
    look: Callable[[bytes], bool]
    margin: int | None
    judge: ObjectMatcher

    def examine(self, task: PackShare | LooseShare, collector: Collector[object] | None = None) -> Seen:
        """Look through one share; the collector gets what of a pack's share is wanted."""
        seen = Seen()
        if isinstance(task, LooseShare):
            for object_id, path in task.files:
                self._loose(object_id, path, seen)
        else:
            self._packed(task, seen, collector)
        return seen

    def take(self, object_id: str, kind: str, content: bytes, seen: Seen) -> None:
        """Judge an object in which the fast test found something."""
        if kind == "tree":
            width = len(object_id) // 2
            names = {name for _, name, _ in tree_entries(content, width) if self.look(name)}
            held = {name for name in names if self.judge(name).secrets}
            if held:
                seen.names |= held
                seen.named.append(object_id)
            return
        judgement = self.judge(content)
        seen.gaps.extend((object_id, reason, bad) for reason, bad in judgement.gaps)
        if judgement.secrets:
            seen.hits.append(ObjectHit(object_id, kind, judgement.secrets))

    def _packed(self, task: PackShare, seen: Seen, collector: Collector[object] | None) -> None:
        pack = self.packs[task.pack]
        kind = TYPE_NAMES[task.share.kind]

        def found(position: int, content: bytes) -> None:
            self.take(pack.index.object_id(position), kind, content, seen)

        each_group = partial(collector.take, task.pack) if collector is not None else None
        walker = Walker(pack.data, pack.entries, self.wanted[task.pack], self.look, self.margin, found, each_group)
        outcome = walker.walk(task.share.members)
        seen.objects += outcome.objects
        seen.size += outcome.size
        seen.unread.extend(map(pack.index.object_id, outcome.deferred))
        seen.damaged.update((pack.index.object_id(at), reason) for at, reason in outcome.damaged.items())

    def _loose(self, object_id: str, path: bytes, seen: Seen) -> None:
        try:
            read = read_loose(path, LARGE_OBJECT)
        except NotAFileError as error:
            seen.hopeless[object_id] = str(error)
            return
        except (OSError, ValueError, MemoryError) as error:
            seen.damaged[object_id] = str(error)
            read = 0
        if isinstance(read, int):
            seen.unread.append(object_id)
            return
        kind, content = read
        seen.objects += 1
        seen.size += len(content)
        if self.look(content):
            self.take(object_id, kind, content, seen)
