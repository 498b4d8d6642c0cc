"""Walking delta families: every entry inflated once, every delta applied once, what is new in each object looked at.

This is the hot loop. It is written flat, over plain lists, because at 1.7 million objects each attribute look-up and
each call costs a second.
"""

import mmap
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from deflate import DeflateError, zlib_decompress

from monei_guard.git_access.delta_application import ApplyDeltaError, apply_delta
from monei_guard.git_access.delta_families import WalkOrder, walk_order
from monei_guard.git_access.delta_windows import Stretches, delta_sizes, delta_windows
from monei_guard.git_access.pack_entries import BLOB, Flags, PackEntries
from monei_guard.git_access.pack_index import Offsets

Look: TypeAlias = Callable[[bytes], bool]
EachGroup: TypeAlias = Callable[[Offsets, list[bytes]], None]

# Objects above this are not held in memory here: they are left to the caller, with everything that is a delta of them.
LARGE_OBJECT = 64 << 20
# zlib is faster on short streams, libdeflate on long ones; they meet here (measured, inflated bytes).
_SHORT_STREAM = 256
# Deflate cannot expand more than this (zlib's technical notes: 1032:1).
_MAX_RATIO = 1032
_BATCH_BYTES = 4 << 20
_BATCH_ENTRIES = 4096
# How much is rebuilt before one look: small enough to stay in the processor's cache.
_GROUP_BYTES = 192 << 10

_INFLATE_ERRORS = (zlib.error, DeflateError, ValueError, OverflowError, MemoryError)
_APPLY_ERRORS = (ApplyDeltaError, ValueError, TypeError, MemoryError, IndexError, OverflowError)


@dataclass(slots=True)
class Outcome:
    """What a walk came upon. Positions are places in the pack.

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

    `look` says whether a buffer holds something to be found, which is at most `margin` + 1 bytes long whatever stands
    around it; with `margin` None that is not so, and `look` sees every object whole and alone. `found` is called with
    the position and the whole content of each wanted object in which `look` finds something. `each_group` is called
    with the positions and whole contents of all wanted objects, some at a time.
    """

    pack: mmap.mmap
    entries: PackEntries
    wanted: Flags
    look: Look | None
    margin: int | None
    found: Callable[[int, bytes], None]
    each_group: EachGroup | None = None

    def walk(self, members: Offsets) -> Outcome:
        """Walk whole families, given by the positions of their members."""
        order = walk_order(self.entries, members)
        outcome = Outcome()
        state = _State(self, order, outcome)
        sizes = np.cumsum(np.minimum(self.entries.size[order.position], LARGE_OBJECT))
        low = 0
        while low < len(members):
            before = int(sizes[low - 1]) if low else 0
            high = int(np.searchsorted(sizes, before + _BATCH_BYTES, side="right"))
            high = min(max(high, low + 1), low + _BATCH_ENTRIES, len(members))
            state.batch(low, high)
            low = high
        return outcome


class _State:
    """One walk under way: the contents that later deltas need, and which objects were found to hold something.

    An object is clean when its window (what its base does not have) and its base are clean; objects whose base is not
    known to be clean are looked at whole.
    """

    def __init__(self, walker: Walker, order: WalkOrder, outcome: Outcome) -> None:
        self.walker = walker
        self.order = order
        self.outcome = outcome
        self.wanted = walker.wanted[order.position]
        self.contents: list[bytes | None] = [None] * len(order.position)
        self.hit = bytearray(len(order.position))

    def batch(self, low: int, high: int) -> None:
        """Inflate, rebuild and look at the entries `[low, high)` of the order."""
        position = self.order.position[low:high]
        raw = self._inflate(position)
        rows = np.nonzero(self.order.parent[low:high] >= 0)[0]
        deltas = [raw[row] or b"" for row in rows.tolist()]
        size = self.walker.entries.size[position]
        head = np.zeros(high - low, dtype=np.int64)
        tail = np.zeros(high - low, dtype=np.int64)
        insides: dict[int, Stretches] = {}
        if self.walker.entries.kind[position[0]] == BLOB and self.walker.margin is not None:
            windows = delta_windows(deltas, self.walker.margin)
            sizes, head[rows], tail[rows] = windows.sizes, windows.head, windows.tail
            insides = {low + int(rows[row]): stretches for row, stretches in windows.insides.items()}
        else:  # so small that to find the window costs more than it saves
            sizes = delta_sizes(deltas)
        size[rows] = sizes.result
        for row in rows[(sizes.result < 0) | (sizes.result > LARGE_OBJECT)].tolist():
            raw[row] = None
            size[row] = 0
        self._look_at_groups(low, raw, size, head, tail, insides)

    def _inflate(self, position: Offsets) -> list[bytes | None]:
        """Return what each entry inflates to; None where that is too large or impossible, which is noted."""
        entries = self.walker.entries
        start, end, size = entries.start[position], entries.end[position], entries.size[position]
        # zlib holds whatever comes, whatever the header announces; libdeflate never more than that
        by_zlib = (size < _SHORT_STREAM) & ((end - start) * _MAX_RATIO <= LARGE_OBJECT)
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

    def _look_at_groups(
        self, low: int, raw: list[bytes | None], size: Offsets, head: Offsets, tail: Offsets,
        insides: dict[int, Stretches],
    ) -> None:  # fmt: skip
        """Rebuild the objects of a batch in groups small enough to be looked at while they are in the cache."""
        order = self.order
        high = low + len(raw)
        margin = self.walker.margin or 0
        rows = list(
            zip(
                range(low, high), raw, order.parent[low:high].tolist(),
                np.maximum(head - margin, 0).tolist(), tail.tolist(),
                order.is_last[low:high].tolist(), order.has_children[low:high].tolist(),
                self.wanted[low:high].tolist(), strict=True,
            )
        )  # fmt: skip
        ends = np.cumsum(size)
        first = 0
        while first < len(rows):
            goal = int(ends[first - 1]) + _GROUP_BYTES if first else _GROUP_BYTES
            after = max(int(np.searchsorted(ends, goal, side="right")), first + 1)
            self._look_at(rows[first:after], insides)
            first = after

    def _look_at(  # noqa: C901, PLR0912 - one flat loop on purpose, see the module's docstring
        self, rows: list[tuple[int, bytes | None, int, int, int, bool, bool, bool]], insides: dict[int, Stretches]
    ) -> None:  # fmt: skip
        """Rebuild one group of objects and look at their windows together; if that finds anything, at each whole."""
        contents, hit, margin = self.contents, self.hit, self.walker.margin or 0
        pieces: list[bytes] = []
        group: list[tuple[int, bytes]] = []
        add_piece, add = pieces.append, group.append
        for here, data, parent, head, tail, is_last, has_children, wanted in rows:
            content = data
            if parent >= 0:
                base = contents[parent]
                if is_last:
                    contents[parent] = None
                try:
                    content = apply_delta(base, data)[0]  # type: ignore[arg-type] # None raises TypeError
                except _APPLY_ERRORS as error:
                    self._not_rebuilt(here, base, data, error)
                    continue
            if content is None:
                self._defer(here)
                continue
            if has_children:
                contents[here] = content
            if not wanted:
                hit[here] = 1  # not judged here, so its deltas are looked at whole
                continue
            add((here, content))
            if here in insides and not hit[parent]:
                at = 0
                for low, high in insides[here]:
                    add_piece(content[at:low])
                    at = high
                add_piece(content[at:])
            elif (head or tail) and not hit[parent]:
                end = len(content)
                if tail > margin and content.endswith(base[-tail:]):  # type: ignore[index] # a delta has a base
                    end -= tail - margin
                add_piece(content[head:end])
            else:
                add_piece(content)
        self.outcome.objects += len(group)
        self.outcome.size += sum([len(content) for _, content in group])
        look, each_group = self.walker.look, self.walker.each_group
        if each_group is not None and group:
            positions = self.order.position[[here for here, _ in group]]
            each_group(positions, [content for _, content in group])
        if look is not None and pieces and (self.walker.margin is None or look(b"".join(pieces))):
            for here, content in group:
                if look(content):
                    hit[here] = 1
                    self.walker.found(int(self.order.position[here]), content)

    def _not_rebuilt(self, here: int, base: bytes | None, delta: bytes | None, error: Exception) -> None:
        """Note a delta that did not apply; one whose base or own data was given up before needs no second note."""
        if base is not None and delta is not None:
            self.outcome.damaged[int(self.order.position[here])] = f"its delta does not apply ({_first_line(error)})"
        self._defer(here)

    def _defer(self, here: int) -> None:
        """Leave an entry to the caller. Its deltas follow by themselves: they will not find their base."""
        if self.wanted[here]:
            self.outcome.deferred.append(int(self.order.position[here]))


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
