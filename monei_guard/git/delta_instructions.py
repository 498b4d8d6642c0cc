"""The instructions of many inflated deltas at once (`gitformat-pack`, "Deltified representation").

A delta rebuilds an object from its base by copy and insert instructions. Where each instruction stands is found by
following them, in all deltas at once; what they say is then read from all of them together, as arrays.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monei_guard.git.pack_entries import Bytes, Flags
from monei_guard.git.pack_index import Offsets

_MAX_SIZE_BYTES = 9
LONGEST_HEADER = 2 * _MAX_SIZE_BYTES  # the sizes of base and result
LONGEST_COPY = 8  # an opcode, four bytes of offset, three of size
_DEFAULT_COPY = 0x10000  # a copy of size zero copies this much

_OFFSET_BYTES = np.array([(op & 0x0F).bit_count() for op in range(256)], dtype=np.int64)
# How many bytes a copy with each opcode has, 0 for what is no copy.
COPY_LENGTH = np.array([1 + (op & 0x7F).bit_count() if op & 0x80 else 0 for op in range(256)], dtype=np.int64)
# How far behind an opcode the next one stands; the opcode 0 has no meaning, and no delta that has it applies.
_STEP = bytes([length or 1 + op for op, length in enumerate(COPY_LENGTH.tolist())])
_STEPS_OF = np.frombuffer(_STEP, dtype=np.uint8).astype(np.int64)
# Instructions of all deltas that are followed together; the few deltas that have more are then followed by themselves.
_STEPS = 64


@dataclass(frozen=True, slots=True)
class DeltaSizes:
    """For each delta the size of its base and of its result in bytes; -1 where the delta is cut short."""

    base: Offsets
    result: Offsets


@dataclass(frozen=True, slots=True)
class Instructions:
    """What some deltas do, one after the other: instruction `i` makes the bytes `[low[i], high[i])` of a result.

    It belongs to the delta of the place `owner[i]` in the list that was asked for. `source[i]` is where in the base it
    copies them from, -1 where it inserts them. Deltas whose instructions do not make what they announce have none.
    """

    owner: Offsets
    low: Offsets
    high: Offsets
    source: Offsets


class InflatedDeltas:
    """Inflated deltas, one after the other.

    Each stands at `[start, end)`; `at` is where its instructions start.
    """

    def __init__(self, deltas: Sequence[bytes]) -> None:
        # the padding lets every gather read past the last delta without a test
        self._buffer = b"".join((*deltas, bytes(LONGEST_HEADER)))
        self._data: Bytes = np.frombuffer(self._buffer, dtype=np.uint8)
        lengths = np.fromiter(map(len, deltas), dtype=np.int64, count=len(deltas))
        self.end: Offsets = np.cumsum(lengths)
        self.start: Offsets = self.end - lengths
        self.at: Offsets = self.start.copy()
        base, bad = self._number()
        result, worse = self._number()
        base[bad | worse] = -1
        result[bad | worse] = -1
        self.sizes = DeltaSizes(base=base, result=result)

    def opcodes(self, at: Offsets) -> Bytes:
        """Return the byte at each offset."""
        return self._data.take(at, mode="clip")

    def copied(self, at: Offsets) -> Offsets:
        """Return how many bytes the instruction at each place copies, 0 where it does not copy."""
        op = self.opcodes(at)
        size = self._operand(at + 1 + _OFFSET_BYTES.take(op), op, ((0x10, 0), (0x20, 8), (0x40, 16)))
        size[size == 0] = _DEFAULT_COPY
        return np.where(op & 0x80, size, 0)

    def sources(self, at: Offsets) -> Offsets:
        """Return where in its base the copy instruction at each place starts."""
        return self._operand(at + 1, self.opcodes(at), ((0x01, 0), (0x02, 8), (0x04, 16), (0x08, 24)))

    def _operand(self, offset: Offsets, op: Bytes, parts: tuple[tuple[int, int], ...]) -> Offsets:
        """Return the number whose bytes, where the opcode says that they are there, start at each offset."""
        value = np.zeros(len(offset), dtype=np.int64)
        for bit, shift in parts:
            present = (op & bit) != 0
            value |= np.where(present, self.opcodes(offset).astype(np.int64) << shift, 0)
            offset = offset + present
        return value

    def _number(self) -> tuple[Offsets, Flags]:
        """Return the little-endian base-128 numbers at `at`, moving it behind them, and which were cut short."""
        value = np.zeros(len(self.at), dtype=np.int64)
        more = np.arange(len(self.at))
        for step in range(_MAX_SIZE_BYTES):
            if not len(more):
                break
            byte = self.opcodes(self.at[more])
            value[more] |= (byte & 0x7F).astype(np.int64) << (7 * step)
            self.at[more] += 1
            more = more[(byte & 0x80) != 0]
        bad: NDArray[np.bool_] = self.at > self.end
        bad[more] = True
        return value, bad

    def instructions(self, rows: Offsets) -> Instructions:
        """Return the instructions of some of the deltas, given by their places in the list, in their order."""
        rows = rows[self.at[rows] < self.end[rows]]
        at, owner = self._followed(rows)
        if not len(at):
            return Instructions(*(np.zeros(0, dtype=np.int64) for _ in range(4)))
        count: Offsets = np.bincount(owner, minlength=len(rows))
        copied = self.copied(at)
        size = np.where(copied > 0, copied, self._data[at])
        first = np.cumsum(count) - count  # of each delta's instructions; none has no instruction
        high = np.cumsum(size)
        high -= (high[first] - size[first])[owner]
        kept = (np.add.reduceat(size, first) == self.sizes.result[rows])[owner]
        source = np.where(copied > 0, self.sources(at), -1)
        return Instructions(rows[owner[kept]], (high - size)[kept], high[kept], source[kept])

    def _followed(self, rows: Offsets) -> tuple[Offsets, Offsets]:
        """Return where each instruction of some deltas stands, and of which of them, as its place in `rows`, it is."""
        where = []
        at, end = self.at[rows], self.end[rows]
        for _ in range(_STEPS):
            where.append(at)
            at = at + _STEPS_OF.take(self._data.take(at))
            going = at < end
            at, end = at[going], end[going]
            if not len(at):
                break
        for start, after in zip(at.tolist(), end.tolist(), strict=True):
            where.append(np.array(self._one_by_one(start, after), dtype=np.int64))
        offsets = np.concatenate(where)
        offsets.sort()  # deltas stand one after the other, and so do the instructions of each
        return offsets, np.searchsorted(self.end[rows], offsets, side="right")

    def _one_by_one(self, offset: int, after: int) -> list[int]:
        """Return where the instructions of one delta from an offset on stand: of one that has very many."""
        buffer, step = self._buffer, _STEP
        offsets: list[int] = []
        add = offsets.append
        while offset < after:
            add(offset)
            offset += step[buffer[offset]]
        return offsets
