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

from monei_guard.git.delta_instructions import (
    COPY_LENGTH,
    LONGEST_COPY,
    DeltaSizes,
    InflatedDeltas,
    Instructions,
)
from monei_guard.git.pack_index import Offsets

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


@dataclass(frozen=True, slots=True)
class News:
    """Stretches `[low[i], high[i])` of objects, `owner[i]` being the place of each in a list, in that order.

    One without bytes is a seam: what stands on both sides of it stands in the base, but not next to each other.
    """

    owner: Offsets
    low: Offsets
    high: Offsets


def delta_news(read: InflatedDeltas) -> News:
    """Return what the results of deltas have and their bases do not."""
    found = read.instructions(np.arange(len(read.end)))
    inserts = found.source < 0
    seams = ~inserts
    seams[:1] = False
    seams[1:] &= ~inserts[:-1] & (found.owner[1:] == found.owner[:-1])
    kept = np.nonzero(inserts | seams)[0]
    low = found.low[kept]
    return News(found.owner[kept], low, np.where(inserts[kept], found.high[kept], low))


def delta_sizes(deltas: list[bytes]) -> DeltaSizes:
    """Return the sizes that inflated deltas announce."""
    return InflatedDeltas(deltas).sizes


def delta_windows(deltas: list[bytes], margin: int) -> DeltaWindows:
    """Return the windows of inflated deltas, for literals of at most `margin` + 1 bytes."""
    read = InflatedDeltas(deltas)
    sizes = read.sizes
    head = np.where((read.at < read.end) & (sizes.result >= 0), read.copied(read.at), 0)
    tail = _tails(read)
    sparse = np.nonzero(sizes.result - head - tail > _SPARSE * (read.end - read.start))[0]
    return DeltaWindows(sizes, head, tail, _insides(read.instructions(sparse), sizes.result, margin))


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
    firsts = np.nonzero(np.diff(owner, prepend=-1))[0].tolist()
    stretches = list(zip(low[kept].tolist(), high[kept].tolist(), strict=True))
    rows = owner[firsts].tolist()
    return {
        row: tuple(stretches[begin:after])
        for row, begin, after in zip(rows, firsts, [*firsts[1:], len(stretches)], strict=True)
    }


def _tails(read: InflatedDeltas) -> Offsets:
    """Return the length of the copy of the base's end that the last bytes of each delta look like, 0 for none."""
    tail = np.zeros(len(read.end), dtype=np.int64)
    length = np.where(read.sizes.base >= 0, read.end - read.at, 0)
    for size in range(2, LONGEST_COPY + 1):
        at = read.end - size
        rows = np.nonzero((COPY_LENGTH.take(read.opcodes(at)) == size) & (length >= size))[0]
        if len(rows):
            copied = read.copied(at[rows])
            fits = read.sources(at[rows]) + copied == read.sizes.base[rows]
            tail[rows[fits]] = np.maximum(tail[rows[fits]], copied[fits])
    return tail
