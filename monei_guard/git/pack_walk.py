"""Walking delta families: every entry inflated once, every delta applied once, what is new in each object looked at.

This is the hot loop. It is written flat, over plain lists, because at 1.7 million objects each attribute look-up and
each call costs a second.
"""

import mmap
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias

import numpy as np
from deflate import DeflateError, zlib_decompress

from monei_guard.git.delta_application import ApplyDeltaError, apply_delta
from monei_guard.git.delta_families import WalkOrder, walk_order
from monei_guard.git.delta_instructions import InflatedDeltas
from monei_guard.git.delta_windows import News, Stretches, delta_news, delta_windows
from monei_guard.git.pack_entries import BLOB, TREE, Bytes, Flags, PackEntries
from monei_guard.git.pack_index import Offsets

ContentTest: TypeAlias = Callable[[bytes], bool]
EachGroup: TypeAlias = Callable[[Offsets, list[bytes]], None]
EachNews: TypeAlias = Callable[[Offsets, list[bytes], News | None], None]

# Objects above this are not held in memory here: they are left to the caller, with everything that is a delta of them.
LARGE_OBJECT = 64 << 20
# libdeflate is faster than zlib, except on short streams that bring no code tables of their own: it makes the standard
# ones anew each time. There they meet at this size (measured, inflated bytes).
_SHORT_STREAM = 1024
# Deflate cannot expand more than this (zlib's technical notes: 1032:1).
_MAX_RATIO = 1032
# How the first block of a stream is coded stands behind the header, RFC 1951 (3.2.3): 0, 1 and 2 are stored, by the
# standard tables, by its own.
_ZLIB_HEADER = 2
_BLOCK_TYPE, _DYNAMIC = 0b110, 0b100
_BATCH_BYTES = 4 << 20
_BATCH_ENTRIES = 4096
# How much is rebuilt before one look: small enough to stay in the processor's cache.
_GROUP_BYTES = 192 << 10

_INFLATE_ERRORS = (zlib.error, DeflateError, ValueError, OverflowError, MemoryError)
_APPLY_ERRORS = (ApplyDeltaError, ValueError, TypeError, MemoryError, IndexError, OverflowError)


@dataclass(slots=True)
class Outcome:
    """What a walk came upon. Positions are those in pack order.

    `deferred` entries were not looked at here, because they, or a base of theirs, are large or could not be read;
    `damaged` says why for those that could not.
    """

    objects: int = 0
    size: int = 0
    deferred: list[int] = field(default_factory=list)
    damaged: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Walker:
    """Walks families of one pack.

    `content_test` says whether a buffer holds something to be found, which is at most `margin` + 1 bytes long whatever
    stands around it; with `margin` None that is not so, and it sees every object whole and alone. `found` is called
    with the position and the whole content of each selected object that passes the test. `each_group` is called with
    the positions and whole contents of all selected objects, some at a time; `each_news` as well, and for trees with
    the stretches that are not in their bases.
    """

    pack: mmap.mmap
    entries: PackEntries
    selected: Flags
    content_test: ContentTest | None
    margin: int | None
    found: Callable[[int, bytes], None]
    each_group: EachGroup | None = None
    each_news: EachNews | None = None

    def walk(self, members: Offsets) -> Outcome:
        """Walk whole families, given by the positions of their members."""
        order = walk_order(self.entries, members)
        outcome = Outcome()
        state = _State(self, order, outcome)
        sizes = np.cumsum(np.minimum(self.entries.size.take(order.position), LARGE_OBJECT))
        low = 0
        while low < len(members):
            before = int(sizes[low - 1]) if low else 0
            high = int(np.searchsorted(sizes, before + _BATCH_BYTES, side="right"))
            high = min(max(high, low + 1), low + _BATCH_ENTRIES, len(members))
            state.batch(low, high)
            low = high
        return outcome


@dataclass(frozen=True, slots=True)
class _Group:
    """Objects that were rebuilt: their rows in the walk's order, and of each delta the base."""

    rows: list[int]
    contents: list[bytes]
    bases: list[bytes | None]


@dataclass(frozen=True, slots=True)
class _Windows:
    """What of the objects of a batch need not be looked at where their bases are clean.

    `head` and `tail` count bytes, `insides` are stretches, all by indexes in the batch, which starts at `low`.
    """

    low: int
    parent: list[int]
    head: list[int]
    tail: list[int]
    insides: dict[int, Stretches]
    margin: int

    def pieces(self, group: _Group, unclean: bytearray) -> list[bytes | memoryview]:
        """Return what is to be looked at of some objects of the batch."""
        pieces: list[bytes | memoryview] = []
        add = pieces.append
        low, parent, heads, tails, insides, margin = (
            self.low, self.parent, self.head, self.tail, self.insides, self.margin
        )  # fmt: skip
        for row, content, base in zip(group.rows, group.contents, group.bases, strict=True):
            index = row - low
            if base is None or unclean[parent[index]]:
                add(content)
            elif index in insides:
                view, at = memoryview(content), 0
                for start, end in insides[index]:
                    add(view[at:start])
                    at = end
                add(view[at:])
            else:
                end, tail = len(content), tails[index]
                if tail and content.endswith(memoryview(base)[-tail - margin :]):
                    end -= tail
                add(memoryview(content)[heads[index] : end])
        return pieces


class _State:
    """One walk under way: the contents that later deltas need, and which objects were found to hold something.

    An object is clean when its window (what its base does not have) and its base are clean; objects whose base is not
    known to be clean are looked at whole.
    """

    def __init__(self, walker: Walker, order: WalkOrder, outcome: Outcome) -> None:
        self.walker = walker
        self.order = order
        self.outcome = outcome
        self.data: Bytes = np.frombuffer(walker.pack, dtype=np.uint8)
        self.selected = walker.selected.take(order.position)
        self.all_selected = bool(self.selected.all())
        self.contents: list[bytes | None] = [None] * len(order.position)
        self.unclean = bytearray(len(order.position))

    def batch(self, low: int, high: int) -> None:
        """Inflate, rebuild and look at the entries `[low, high)` of the order."""
        order, margin = self.order, self.walker.margin
        position = order.position[low:high]
        parent = order.parent[low:high]
        raw = self._inflate(position)
        rows = np.nonzero(parent >= 0)[0]
        deltas = [raw[row] or b"" for row in rows.tolist()]
        kind = self.walker.entries.kind[position[0]]
        windows = news = None
        if kind == BLOB and margin is not None:
            read = delta_windows(deltas, margin)
            sizes = read.sizes
            head, tail = np.zeros((2, high - low), dtype=np.int64)
            head[rows], tail[rows] = np.maximum(read.head - margin, 0), np.maximum(read.tail - margin, 0)
            insides = {int(rows[row]): stretches for row, stretches in read.insides.items()}
            windows = _Windows(low, parent.tolist(), head.tolist(), tail.tolist(), insides, margin)
        else:  # so small that to find the window costs more than it saves
            inflated = InflatedDeltas(deltas)
            sizes = inflated.sizes
            if kind == TREE and self.walker.each_news is not None:
                news = delta_news(inflated)
                news = News(low + rows[news.owner], news.low, news.high)
        size = self.walker.entries.size.take(position)
        size[rows] = sizes.result
        for row in rows[(sizes.result < 0) | (sizes.result > LARGE_OBJECT)].tolist():
            raw[row] = None
            size[row] = 0
        table = zip(
            range(low, high), raw, parent.tolist(), order.is_last[low:high].tolist(),
            order.has_children[low:high].tolist(), strict=True,
        )  # fmt: skip
        ends = np.cumsum(size)
        first = 0
        while first < len(raw):  # groups small enough to be looked at while they are in the cache
            goal = int(ends[first - 1]) + _GROUP_BYTES if first else _GROUP_BYTES
            after = max(int(np.searchsorted(ends, goal, side="right")), first + 1)
            self._search_group(self._rebuilt(islice(table, after - first)), windows, news)
            first = after

    def _inflate(self, position: Offsets) -> list[bytes | None]:
        """Return what each entry inflates to; None where that is too large or impossible, which is noted."""
        entries = self.walker.entries
        start, end, size = entries.start.take(position), entries.end.take(position), entries.size.take(position)
        # zlib holds whatever comes, whatever the header announces; libdeflate never more than that
        by_zlib = faster_by_zlib(self.data, start, size) & ((end - start) * _MAX_RATIO <= LARGE_OBJECT)
        raw: list[bytes | None] = []
        add = raw.append
        short, long, packed = zlib.decompress, zlib_decompress, memoryview(self.walker.pack)
        streams = zip(start.tolist(), end.tolist(), size.tolist(), by_zlib.tolist(), strict=True)
        for low, high, length, is_short in streams:
            try:
                if is_short:
                    add(short(packed[low:high], 15, length or 1))
                else:
                    add(bytes(long(packed[low:high], length)) if length <= LARGE_OBJECT else None)
            except _INFLATE_ERRORS as error:
                self.outcome.damaged[int(position[len(raw)])] = f"its data does not inflate ({_first_line(error)})"
                add(None)
        lengths = np.fromiter((-1 if r is None else len(r) for r in raw), dtype=np.int64, count=len(raw))
        for row in np.nonzero((lengths != size) & (lengths >= 0))[0].tolist():
            self.outcome.damaged[int(position[row])] = f"it inflates to {lengths[row]} bytes, not {size[row]}"
            raw[row] = None
        return raw

    def _rebuilt(self, rows: Iterable[tuple[int, bytes | None, int, bool, bool]]) -> "_Group":
        """Return the objects of some rows, each with its base."""
        contents = self.contents
        group = _Group([], [], [])
        add, add_content, add_base = group.rows.append, group.contents.append, group.bases.append
        for row, data, parent, is_last, has_children in rows:
            content, base = data, None
            if parent >= 0:
                base = contents[parent]
                if is_last:
                    contents[parent] = None
                try:
                    content = apply_delta(base, data)[0]  # type: ignore[arg-type] # None raises TypeError
                except _APPLY_ERRORS as error:
                    self._not_rebuilt(row, base, data, error)
                    continue
            if content is None:
                self._defer(row)
                continue
            if has_children:
                contents[row] = content
            add(row)
            add_content(content)
            add_base(base)
        return group if self.all_selected else self._selected_only(group)

    def _selected_only(self, group: "_Group") -> "_Group":
        """Return what is to be looked at; the deltas of the others are looked at whole."""
        for row in group.rows:
            self.unclean[row] = not self.selected[row]
        kept = [row for row in zip(group.rows, group.contents, group.bases, strict=True) if self.selected[row[0]]]
        return _Group(*map(list, zip(*kept, strict=True))) if kept else _Group([], [], [])

    def _search_group(self, group: "_Group", windows: "_Windows | None", news: News | None) -> None:
        """Look at the windows of some objects together; if that finds anything, at each object whole."""
        contents, position = group.contents, self.order.position
        self.outcome.objects += len(contents)
        self.outcome.size += sum(map(len, contents))
        content_test, each_group = self.walker.content_test, self.walker.each_group
        if each_group is not None and contents:
            each_group(position[group.rows], contents)
        if self.walker.each_news is not None and contents:
            self.walker.each_news(position[group.rows], contents, self._news_of(group, news) if news else None)
        if content_test is None or not contents:
            return
        pieces = contents if windows is None else windows.pieces(group, self.unclean)
        if self.walker.margin is None or content_test(b"".join(pieces)):
            for row, content in zip(group.rows, contents, strict=True):
                if content_test(content):
                    self.unclean[row] = 1
                    self.walker.found(int(position[row]), content)

    def _news_of(self, group: "_Group", news: News) -> News:
        """Return which stretches of some objects are new; `news` are those of the rows of a batch."""
        rows = np.array(group.rows, dtype=np.int64)
        begin, after = np.searchsorted(news.owner, (rows[0], rows[-1] + 1)).tolist()
        wanted = news.owner[begin:after]
        owner = np.searchsorted(rows, wanted)
        kept = np.nonzero(rows[owner] == wanted)[0]
        whole = np.nonzero(self.order.parent[rows] < 0)[0]
        lengths = np.fromiter((len(group.contents[row]) for row in whole.tolist()), dtype=np.int64, count=len(whole))
        return News(
            np.concatenate((owner[kept], whole)),
            np.concatenate((news.low[begin:after][kept], np.zeros(len(whole), dtype=np.int64))),
            np.concatenate((news.high[begin:after][kept], lengths)),
        )

    def _not_rebuilt(self, row: int, base: bytes | None, delta: bytes | None, error: Exception) -> None:
        """Note a delta that did not apply; one whose base or own data was given up before needs no second note."""
        if base is not None and delta is not None:
            self.outcome.damaged[int(self.order.position[row])] = f"its delta does not apply ({_first_line(error)})"
        self._defer(row)

    def _defer(self, row: int) -> None:
        """Leave an entry to the caller. Its deltas follow by themselves: they will not find their base."""
        if self.selected[row]:
            self.outcome.deferred.append(int(self.order.position[row]))


def faster_by_zlib(pack: Bytes, start: Offsets, size: Offsets) -> Flags:
    """Return which zlib streams of a pack zlib inflates faster than libdeflate; `size` is what they inflate to."""
    first: Bytes = pack.take(start + _ZLIB_HEADER, mode="clip")
    short: Flags = (size < _SHORT_STREAM) & ((first & _BLOCK_TYPE) != _DYNAMIC)
    return short


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
