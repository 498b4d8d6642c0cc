"""Looking through stored objects, a share at a time: what a worker does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeAlias, TypeVar

from monei_guard.git.delta_families import Share
from monei_guard.git.object_directories import NotAFileError, is_content_of, read_loose
from monei_guard.git.object_names import NameReader, Unstored
from monei_guard.git.pack import Pack
from monei_guard.git.pack_entries import BLOB, TYPE_NAMES, Flags
from monei_guard.git.pack_index import Offsets, StoredIds
from monei_guard.git.pack_walk import LARGE_OBJECT, ContentTest, Walker
from monei_guard.git.tree_objects import tree_entries
from monei_guard.model.blob import Skipped

Rows_co = TypeVar("Rows_co", covariant=True)


@dataclass(frozen=True, slots=True)
class ObjectMatches:
    """Which secrets stand in some content, as digests, and what in it could not be looked at.

    The path of a gap is what follows the object's own: a member's, or None.
    """

    secrets: tuple[str, ...] = ()
    gaps: tuple[Skipped, ...] = ()


# Given contents, says of each what was found in it; of several at once, for they have most of their lines in common.
ObjectMatcher: TypeAlias = Callable[[Sequence[bytes]], Sequence[ObjectMatches]]

_TOGETHER = 1 << 20  # bytes of suspicious objects that are matched at once


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
class MatchedObject:
    """An object in which secrets stand."""

    object_id: str
    kind: str  # "blob", "commit", "tag"
    secrets: tuple[str, ...]


@dataclass(slots=True)
class ShareResult:
    """What came of a share.

    `unread` objects were left to git; `damaged` says of some of them why; `hopeless` ones must not be left to it.

    `names` are names in trees that hold secrets, `named` those trees. `gaps` tell of objects that were read but could
    not be looked at everywhere: id, kind, and what that was (as in `ObjectMatches`). `unstored` and `submodules` as of
    `NameReader`.
    """

    objects: int = 0
    size: int = 0
    matched_objects: list[MatchedObject] = field(default_factory=list)
    names: set[bytes] = field(default_factory=set)
    named: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    damaged: dict[str, str] = field(default_factory=dict)
    gaps: list[tuple[str, str, Skipped]] = field(default_factory=list)
    hopeless: dict[str, str] = field(default_factory=dict)
    unstored: list[Unstored] = field(default_factory=list)
    submodules: set[bytes] = field(default_factory=set)

    def add(self, other: "ShareResult") -> None:
        """Count what came of other objects as well."""
        self.objects += other.objects
        self.size += other.size
        self.matched_objects += other.matched_objects
        self.names |= other.names
        self.named += other.named
        self.unread += other.unread
        self.damaged |= other.damaged
        self.gaps += other.gaps
        self.hopeless |= other.hopeless
        self.unstored += other.unstored
        self.submodules |= other.submodules


class Collector(Protocol[Rows_co]):
    """Collects something from the objects of a share: it is given them some at a time, then asked for the rows."""

    def take(self, pack: int, positions: Offsets, contents: list[bytes]) -> None:
        """Take some objects, given by their pack's number, their places in it and their contents."""

    def rows(self) -> Rows_co:
        """Return what was collected since the last time."""


@dataclass(frozen=True, slots=True)
class Examiner:
    """Everything a worker needs. `selected` tells for each pack which of its entries are to be looked at.

    `prefilter` and `margin` as `content_test` and `margin` for `pack_walk.Walker`; of what objects name, all that is
    not among the `stored` is told.
    """

    packs: tuple[Pack, ...]
    selected: tuple[Flags, ...]
    prefilter: ContentTest
    margin: int | None
    matcher: ObjectMatcher
    stored: StoredIds

    def examine(self, task: PackShare | LooseShare, collector: Collector[object] | None = None) -> ShareResult:
        """Look through one share; the collector gets what of a pack's share is selected."""
        if isinstance(task, PackShare):
            return self._packed(task, collector)
        result = ShareResult()
        for object_id, path in task.files:
            result.add(self._loose(object_id, path))
        return result

    def match(self, kind: str, objects: Sequence[tuple[str, bytes]]) -> ShareResult:
        """Return the secrets of objects of one kind, ids and contents, in which the prefilter found something."""
        result = ShareResult()
        if kind == "tree":
            for object_id, content in objects:
                result.add(self._match_names(object_id, content))
            return result
        for (object_id, _), matches in zip(objects, self.matcher([content for _, content in objects]), strict=True):
            if matches.secrets:
                result.matched_objects.append(MatchedObject(object_id, kind, matches.secrets))
            result.gaps += ((object_id, kind, gap) for gap in matches.gaps)
        return result

    def _match_names(self, object_id: str, content: bytes) -> ShareResult:
        width = len(object_id) // 2
        names = sorted({name for _, name, _ in tree_entries(content, width) if self.prefilter(name)})
        held = {name for name, matches in zip(names, self.matcher(names), strict=True) if matches.secrets}
        return ShareResult(names=held, named=[object_id]) if held else ShareResult()

    def names(self, object_id: str, kind: str, content: bytes) -> ShareResult:
        """Return what an object names and is not stored."""
        reader = NameReader(self.stored, len(object_id) // 2)
        reader.read(kind, object_id, content)
        return ShareResult(unstored=reader.unstored(), submodules=reader.submodules)

    def _packed(self, task: PackShare, collector: Collector[object] | None) -> ShareResult:
        pack = self.packs[task.pack]
        kind = TYPE_NAMES[task.share.kind]
        result = ShareResult()

        waiting: list[tuple[str, bytes]] = []
        size = 0

        def found(position: int, content: bytes) -> None:
            nonlocal size
            waiting.append((pack.index.object_id(position), content))
            size += len(content)
            if size > _TOGETHER:
                result.add(self.match(kind, waiting))
                waiting.clear()
                size = 0

        each_group = partial(collector.take, task.pack) if collector is not None else None
        reader = NameReader(self.stored, pack.index.id_length, pack)
        each_news = partial(reader.take, task.share.kind) if task.share.kind != BLOB else None
        walker = Walker(
            pack.data, pack.entries, self.selected[task.pack], self.prefilter, self.margin, found, each_group, each_news
        )
        outcome = walker.walk(task.share.members)
        result.add(self.match(kind, waiting))
        result.objects = outcome.objects
        result.size = outcome.size
        result.unstored, result.submodules = reader.unstored(), reader.submodules
        result.unread = [pack.index.object_id(at) for at in outcome.deferred]
        result.damaged = {pack.index.object_id(at): reason for at, reason in outcome.damaged.items()}
        return result

    def _loose(self, object_id: str, path: bytes) -> ShareResult:
        try:
            read = read_loose(path, LARGE_OBJECT)
        except NotAFileError as error:
            return ShareResult(hopeless={object_id: str(error)})
        except (OSError, ValueError, MemoryError) as error:
            return ShareResult(unread=[object_id], damaged={object_id: str(error)})
        if isinstance(read, int):
            return ShareResult(unread=[object_id])
        kind, content = read
        result = self.match(kind, [(object_id, content)]) if self.prefilter(content) else ShareResult()
        result.add(self.names(object_id, kind, content))
        if not is_content_of(object_id, kind, content):
            result.hopeless[object_id] = "its content is not what its id stands for"
        result.objects = 1
        result.size = len(content)
        return result
