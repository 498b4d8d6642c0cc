"""In which order to walk the entries of a pack so that every delta finds its base in memory, and how to share them out.

A family is a whole object and everything that is a delta of it, of a delta of it, and so on. Families are independent
of each other, so they can go to different processes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monei_guard.git.pack_entries import Flags, PackEntries
from monei_guard.git.pack_index import Offsets

_POSITION_BITS = 24  # as many as an index can hold, see pack_index
_POSITION = (1 << _POSITION_BITS) - 1
# What an entry costs beside its packed bytes, in the same unit.
_ENTRY_COST = 150
# A family whose members, each as large as its root, stay below this may keep them all in memory.
_SMALL_FAMILY = 16 << 20


@dataclass(frozen=True, slots=True)
class Share:
    """Whole families of one object type: `members` are positions in the pack, family by family."""

    kind: int
    members: Offsets
    weight: int


@dataclass(frozen=True, slots=True)
class WalkOrder:
    """Entries in an order in which bases come before their deltas.

    `parent` is the place in this order of an entry's base, -1 for a whole object. `is_last` marks the last delta of
    its base, after which the base is not needed; `has_children` an entry that has deltas.
    """

    position: Offsets
    parent: Offsets
    is_last: Flags
    has_children: Flags


def needed_entries(entries: PackEntries, selected: Flags) -> Flags:
    """Return `selected` and every entry that a selected one is a delta of, directly or not."""
    needed = selected & (entries.kind > 0)
    if selected.all():
        return needed
    new = np.nonzero(needed)[0]
    while len(new):
        bases = entries.base[new]
        bases = np.unique(bases[bases >= 0])
        new = bases[~needed[bases]]
        needed[new] = True
    return needed


def share_out(entries: PackEntries, needed: Flags, kinds: tuple[int, ...], target: int) -> list[Share]:
    """Return the needed entries of the given object types in shares of about `target` packed bytes, heaviest first.

    A family is never split, so a share can be larger than `target`.
    """
    shares = []
    for kind in kinds:
        chosen = np.nonzero(needed & (entries.kind == kind))[0]
        if not len(chosen):
            continue
        key = (entries.root.take(chosen) << _POSITION_BITS) | chosen
        key.sort()
        members = key & _POSITION
        root = key >> _POSITION_BITS
        weight = np.cumsum(entries.end.take(members) - entries.start.take(members) + _ENTRY_COST)
        starts = np.append(np.nonzero(np.diff(root, prepend=-1))[0], len(members))
        before = np.concatenate((np.zeros(1, dtype=np.int64), weight))
        goals = np.arange(target, int(weight[-1]) + target, target)
        boundaries = starts[np.minimum(np.searchsorted(before[starts], goals), len(starts) - 1)]
        low = 0
        for high in boundaries.tolist():
            if high > low:
                shares.append(Share(kind, members[low:high], int(before[high] - before[low])))
            low = high
    return sorted(shares, key=lambda share: -share.weight)


def walk_order(entries: PackEntries, members: Offsets) -> WalkOrder:
    """Return the order in which to walk the entries of one share.

    Pack order serves where every base stands before its deltas, as git writes them, and the families are small;
    otherwise each family is walked depth first, the largest branch last, so that of each chain only as many
    contents stay in memory as the logarithm of the family's size.
    """
    parent = _local(members, entries.base)
    ascending = bool((parent < np.arange(len(members))).all())
    if not ascending or _keeps_much(entries, members):
        members = members[_depth_first(parent)]
        parent = _local(members, entries.base)
    children = np.nonzero(parent >= 0)[0]
    last = np.full(len(members), -1, dtype=np.int64)
    np.maximum.at(last, parent[children], children)
    is_last = np.zeros(len(members), dtype=bool)
    is_last[last[last >= 0]] = True
    return WalkOrder(position=members, parent=parent, is_last=is_last, has_children=last >= 0)


def _keeps_much(entries: PackEntries, members: Offsets) -> bool:
    """Say whether any family, at its root's size for each member, would be large."""
    starts = np.nonzero(np.diff(entries.root.take(members), prepend=-1))[0]
    counts = np.diff(np.append(starts, len(members)))
    return bool((entries.size[entries.root[members[starts]]] * counts > _SMALL_FAMILY).any())


def _local(members: Offsets, base: Offsets) -> Offsets:
    """Return for each member the row in `members` of its base, -1 for a whole object."""
    row = np.empty(len(base), dtype=np.int64)  # as long as the pack, but only the members' pages are touched
    row[members] = np.arange(len(members))
    bases = base.take(members)
    return np.where(bases >= 0, row.take(bases, mode="clip"), -1)


def _depth_first(parent: Offsets) -> Offsets:
    """Return rows in depth-first order, siblings by the size of their branch, the largest last."""
    count = len(parent)
    levels = _levels(parent)
    branch = np.ones(count, dtype=np.int64)
    for level in reversed(levels[1:]):
        np.add.at(branch, parent[level], branch[level])
    by_family = np.lexsort((branch, parent))
    total = np.cumsum(branch[by_family])
    first = np.diff(parent[by_family], prepend=-2) != 0
    group = np.maximum.accumulate(np.where(first, np.arange(count), 0))
    before = np.empty(count, dtype=np.int64)
    before[by_family] = total - branch[by_family] - (total[group] - branch[by_family][group])
    rank = np.zeros(count, dtype=np.int64)
    rank[levels[0]] = before[levels[0]]
    for level in levels[1:]:
        rank[level] = rank[parent[level]] + 1 + before[level]
    order = np.empty(count, dtype=np.int64)
    order[rank] = np.arange(count)
    return order


def _levels(parent: Offsets) -> list[Offsets]:
    """Return the rows at each depth, roots first."""
    depth = (parent >= 0).astype(np.int64)
    ancestor = np.where(parent >= 0, parent, np.arange(len(parent)))
    while True:
        further = ancestor[ancestor]
        if np.array_equal(further, ancestor):
            break
        depth += depth[ancestor]
        ancestor = further
    by_depth = np.argsort(depth, kind="stable")
    boundaries = np.searchsorted(depth[by_depth], np.arange(1, int(depth.max()) + 1))
    levels: list[NDArray[np.int64]] = np.split(by_depth, boundaries)
    return levels
