"""What a delta leaves unchanged of its base, for many deltas at once.

Where the first or the last instruction copies, that stretch of the result stands in the base as it is, so a literal
inside it was already looked for there. What is left to search is the stretch between the two, plus as many bytes on
either side as a literal that straddles the border could take.

Between the two, all instructions are followed only where they are few for what they leave to search: there the inside
of each long copy needs no search either. Elsewhere following them costs more than it saves (measured: 120 instructions
a delta on average, but 15 in the half of the deltas that leave nine tenths to search).
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from monei_guard.git_access.delta_instructions import (
    COPY_LENGTH,
    LONGEST_COPY,
    LONGEST_HEADER,
    DeltaSizes,
    InflatedDeltas,
    InstructionBytes,
    Instructions,
)
from monei_guard.git_access.pack_index import Offsets

# Bytes to search for each byte of the delta from which on its instructions are followed, and the shortest inside of a
# copy that is worth a cut.
_SPARSE = 40
_SHORTEST_INSIDE = 512

# Stretches of a delta's result, in order and apart from each other, as (start, end).
Stretches: TypeAlias = tuple[tuple[int, int], ...]


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
    return InflatedDeltas(deltas).sizes


def delta_windows(deltas: list[bytes], margin: int) -> DeltaWindows:
    """Return the windows of inflated deltas, for literals of at most `margin` + 1 bytes."""
    begins = InflatedDeltas([delta[: LONGEST_HEADER + LONGEST_COPY] for delta in deltas])
    length = np.fromiter(map(len, deltas), dtype=np.int64, count=len(deltas))
    head = np.where(begins.at < begins.end, begins.copied(begins.at), 0)
    head[begins.sizes.result < 0] = 0
    header = begins.at - np.concatenate((np.zeros(1, dtype=np.int64), begins.end))[: len(deltas)]
    tail = _tails(deltas, length - header, begins.sizes.base)
    left = begins.sizes.result - head - tail
    sparse = np.nonzero(left > _SPARSE * length)[0]
    found = InflatedDeltas([deltas[row] for row in sparse.tolist()]).instructions()
    insides = _insides(found, begins.sizes.result[sparse], margin)
    rows = sparse.tolist()
    return DeltaWindows(begins.sizes, head, tail, {rows[row]: stretches for row, stretches in insides.items()})


def _insides(found: Instructions, result: Offsets, margin: int) -> dict[int, Stretches]:
    """Return the stretches worth a cut that deltas with results of these sizes copy with `margin` bytes on either side.

    What stands before the first byte of a result and behind its last reaches into nothing, and needs no margin there.
    """
    low = np.where(found.low > 0, found.low + margin, 0)
    high = np.where(found.high < result[found.owner], found.high - margin, found.high)
    kept = np.nonzero((found.source >= 0) & (high - low >= _SHORTEST_INSIDE))[0]
    if not len(kept):
        return {}
    owner = found.owner[kept]
    cuts = np.nonzero(np.diff(owner, prepend=-1))[0].tolist()
    stretches = list(zip(low[kept].tolist(), high[kept].tolist(), strict=True))
    rows = owner[cuts].tolist()
    return {
        row: tuple(stretches[begin:after])
        for row, begin, after in zip(rows, cuts, [*cuts[1:], len(stretches)], strict=True)
    }


def _tails(deltas: list[bytes], length: Offsets, base: Offsets) -> Offsets:
    """Return the length of the copy of the base's end that the last bytes of each delta look like, 0 for none.

    `length` is that of the instructions alone, `base` the size of the base, both in bytes.
    """
    ends = InstructionBytes([delta[-LONGEST_COPY:].rjust(LONGEST_COPY, b"\0") for delta in deltas])
    end = np.arange(1, len(deltas) + 1) * LONGEST_COPY
    tail = np.zeros(len(deltas), dtype=np.int64)
    for size in range(2, LONGEST_COPY + 1):
        at = end - size
        rows = np.nonzero((COPY_LENGTH[ends.opcodes(at)] == size) & (length >= size) & (base >= 0))[0]
        if len(rows):
            copied = ends.copied(at[rows])
            fits = ends.sources(at[rows]) + copied == base[rows]
            tail[rows[fits]] = np.maximum(tail[rows[fits]], copied[fits])
    return tail
