"""What a delta leaves unchanged at both ends of its result, for many deltas at once.

A delta rebuilds an object from its base by copy and insert instructions (`gitformat-pack`, "Deltified
representation"). Where the first or the last instruction copies, that stretch of the result stands in the base as it
is, so a literal inside it was already looked for there. What is left to search is the stretch between the two, plus
as many bytes on either side as a literal that straddles the border could take.

Between the two, all instructions are followed only where they are few for what they leave to search: there the inside
of each long copy needs no search either. Elsewhere following them costs more than it saves (measured: 120 instructions
a delta on average, but 15 in the half of the deltas that leave nine tenths to search).
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from monei_guard.git_access.pack_entries import Bytes, Flags
from monei_guard.git_access.pack_index import Offsets

_MAX_SIZE_BYTES = 9
_DEFAULT_COPY = 0x10000  # a copy of size zero copies this much
_LONGEST_COPY = 8  # an opcode, four bytes of offset, three of size
# Bytes to search for each byte of the delta from which on its instructions are followed, and the shortest inside of a
# copy that is worth a cut.
_SPARSE = 40
_SHORTEST_INSIDE = 512

_OFFSET_BYTES = np.array([(op & 0x0F).bit_count() for op in range(256)], dtype=np.int64)
_COPY_LENGTH = np.array([1 + (op & 0x7F).bit_count() if op & 0x80 else 0 for op in range(256)], dtype=np.int64)
# How far behind an opcode the next one stands; the opcode 0 has no meaning, and no delta that has it applies.
_STEP = bytes([1 + (op & 0x7F).bit_count() if op & 0x80 else 1 + op for op in range(256)])

# Stretches of a delta's result, in order and apart from each other, as (start, end).
Stretches: TypeAlias = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class DeltaSizes:
    """For each delta the size of its base and of its result in bytes; -1 where the delta is cut short."""

    base: Offsets
    result: Offsets


@dataclass(frozen=True, slots=True)
class DeltaWindows:
    """For each delta: how many bytes its first instruction copies, and how many its last one seems to.

    `head` is certain. `tail` is a guess from the delta's last bytes, which could be part of an insertion: it holds
    only where the result really ends like the base. `insides` are, for the deltas given by their place in the list
    whose instructions were followed, the stretches of a valid delta's result that stand in its base with at least as
    many bytes on either side as a literal could reach over.
    """

    sizes: DeltaSizes
    head: Offsets
    tail: Offsets
    insides: dict[int, Stretches]


def delta_sizes(deltas: list[bytes]) -> DeltaSizes:
    """Return the sizes that inflated deltas announce."""
    return _Deltas(deltas).sizes


def delta_windows(deltas: list[bytes], margin: int) -> DeltaWindows:
    """Return the windows of inflated deltas, for literals of at most `margin` + 1 bytes."""
    read = _Deltas(deltas)
    head = np.where(read.at < read.end, read.copied(read.at), 0)
    head[read.sizes.result < 0] = 0
    tail = _tails(read)
    left = read.sizes.result - head - tail
    length = read.end - read.at
    sparse = np.nonzero((length > 0) & (left > _SPARSE * length))[0]
    return DeltaWindows(read.sizes, head, tail, _insides(read, sparse, margin))


def _insides(read: "_Deltas", rows: Offsets, margin: int) -> dict[int, Stretches]:
    """Return where the results of some deltas, none without an instruction, need no search."""
    if not len(rows):
        return {}
    buffer, step = read.data.tobytes(), _STEP
    places: list[int] = []
    counts: list[int] = []
    add = places.append
    for start, after in zip(read.at[rows].tolist(), read.end[rows].tolist(), strict=True):
        before, place = len(places), start
        while place < after:
            add(place)
            place += step[buffer[place]]
        counts.append(len(places) - before)
    count: Offsets = np.array(counts, dtype=np.int64)
    at, owner = np.array(places, dtype=np.int64), np.repeat(np.arange(len(rows)), count)
    copied = read.copied(at)
    size = np.where(copied > 0, copied, read.data[at])
    end = np.cumsum(size)
    first = np.cumsum(count) - count  # of each delta's instructions; none has no instruction
    start_of = (end - size)[first]
    result = read.sizes.result[rows]
    # what stands before the first byte and behind the last reaches into nothing
    low = end - size - start_of[owner]
    high = low + size
    low = np.where(low > 0, low + margin, 0)
    high = np.where(high < result[owner], high - margin, high)
    kept = np.nonzero((copied > 0) & (high - low >= _SHORTEST_INSIDE))[0]
    kept = kept[(np.add.reduceat(size, first) == result)[owner[kept]]]
    cuts = np.searchsorted(owner[kept], np.arange(len(rows) + 1)).tolist()
    stretches = list(zip(low[kept].tolist(), high[kept].tolist(), strict=True))
    return {
        row: tuple(stretches[begin:after])
        for row, begin, after in zip(rows.tolist(), cuts[:-1], cuts[1:], strict=True)
        if after > begin
    }


class _Deltas:
    """Inflated deltas in one buffer; `at` is where the instructions of each start, `end` where they end."""

    def __init__(self, deltas: list[bytes]) -> None:
        lengths = np.fromiter(map(len, deltas), dtype=np.int64, count=len(deltas))
        # the padding lets every gather read past the last delta without a test
        self.data: Bytes = np.frombuffer(b"".join((*deltas, bytes(2 * _MAX_SIZE_BYTES))), dtype=np.uint8)
        self.end: Offsets = np.cumsum(lengths)
        self.at: Offsets = self.end - lengths
        base, bad = self._number()
        result, worse = self._number()
        base[bad | worse] = -1
        result[bad | worse] = -1
        self.sizes = DeltaSizes(base=base, result=result)

    def _number(self) -> tuple[Offsets, Flags]:
        """Return the little-endian base-128 numbers at `at`, moving it behind them, and which were cut short."""
        value = np.zeros(len(self.at), dtype=np.int64)
        more = np.arange(len(self.at))
        for step in range(_MAX_SIZE_BYTES):
            if not len(more):
                break
            byte = self.data[np.minimum(self.at[more], len(self.data) - 1)]
            value[more] |= (byte & 0x7F).astype(np.int64) << (7 * step)
            self.at[more] += 1
            more = more[(byte & 0x80) != 0]
        bad: NDArray[np.bool_] = self.at > self.end
        bad[more] = True
        return value, bad

    def copied(self, at: Offsets) -> Offsets:
        """Return how many bytes the instruction at each place copies, 0 where it does not copy."""
        op = self.data[np.minimum(at, len(self.data) - 1)]
        size = self.operand(at + 1 + _OFFSET_BYTES[op], op, ((0x10, 0), (0x20, 8), (0x40, 16)))
        size[size == 0] = _DEFAULT_COPY
        return np.where(op & 0x80, size, 0)

    def operand(self, place: Offsets, op: Bytes, parts: tuple[tuple[int, int], ...]) -> Offsets:
        """Return the number whose bytes, where the opcode says that they are there, start at each place."""
        value = np.zeros(len(place), dtype=np.int64)
        for bit, shift in parts:
            present = (op & bit) != 0
            byte = self.data[np.minimum(place, len(self.data) - 1)].astype(np.int64)
            value |= np.where(present, byte << shift, 0)
            place = place + present
        return value


def _tails(read: _Deltas) -> Offsets:
    """Return the length of the copy of the base's end that the last bytes of each delta look like, 0 for none."""
    tail = np.zeros(len(read.end), dtype=np.int64)
    for length in range(2, _LONGEST_COPY + 1):
        at = read.end - length
        op = read.data[np.maximum(at, 0)]
        rows = np.nonzero((_COPY_LENGTH[op] == length) & (at >= read.at) & (read.sizes.base >= 0))[0]
        if len(rows):
            offset = read.operand(at[rows] + 1, op[rows], ((0x01, 0), (0x02, 8), (0x04, 16), (0x08, 24)))
            size = read.copied(at[rows])
            fits = offset + size == read.sizes.base[rows]
            tail[rows[fits]] = np.maximum(tail[rows[fits]], size[fits])
    return tail
