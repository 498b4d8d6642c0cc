"""Finding raw object ids, and names, in trees: with Hyperscan, or by Python alone where that has no wheel."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

try:
    import hyperscan
except ImportError:
    _HAS_HYPERSCAN = False  # a platform without a wheel
else:
    _HAS_HYPERSCAN = True

from monei_guard.git.commit_graph import Numbers
from monei_guard.git.tree_objects import tree_entries

# Returns for each literal in the data which one it is and where it ends, in two arrays, by where they end.
FindLiterals: TypeAlias = Callable[[bytes], tuple[Numbers, Numbers]]

_WHICH_BITS = 20
_MODES = (b"100644 ", b"40000 ", b"100755 ", b"120000 ", b"160000 ", b"100664 ")
_LONGEST_NAME = 512


def literal_finder(literals: Sequence[bytes]) -> FindLiterals:
    """Return a function that finds any of `literals` in bytes."""
    return _hyperscan_finder(literals) or _plain_finder(literals)


def _plain_finder(literals: Sequence[bytes]) -> FindLiterals:
    def find(data: bytes) -> tuple[Numbers, Numbers]:
        found = []
        for number, literal in enumerate(literals):
            at = data.find(literal)
            while at >= 0:
                found.append((at + len(literal)) << _WHICH_BITS | number)
                at = data.find(literal, at + 1)
        return _unpacked(sorted(found))

    return find


def _unpacked(found: Sequence[int]) -> tuple[Numbers, Numbers]:
    both = np.array(found, dtype=np.int64)
    return both & ((1 << _WHICH_BITS) - 1), both >> _WHICH_BITS


def _hyperscan_finder(literals: Sequence[bytes]) -> FindLiterals | None:
    if not _HAS_HYPERSCAN:
        return None
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    expressions = [b"".join(b"\\x%02x" % byte for byte in literal) for literal in literals]
    try:
        database.compile(
            expressions=expressions, ids=list(range(len(literals))), elements=len(literals),
            flags=[hyperscan.HS_FLAG_DOTALL] * len(literals),
        )  # fmt: skip
    except hyperscan.HyperscanError:
        return None
    found: list[int] = []
    add = found.append

    def on_match(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
        add(end << _WHICH_BITS | number)

    def find(data: bytes) -> tuple[Numbers, Numbers]:
        found.clear()
        database.scan(data, match_event_handler=on_match)
        return _unpacked(found)

    return find


def name_before(tree: bytes, end: int, id_length: int) -> bytes | None:
    """Return the name of the entry whose raw id ends at `end`, None where no entry's does."""
    zero = end - id_length - 1
    if zero < 0 or tree[zero]:
        return None
    start = max(zero - _LONGEST_NAME, 0)
    # the nearest mode before the name; a name that holds one itself, or a stray one in an id, needs the whole tree
    candidates = sorted((tree.rfind(mode, start, zero), mode) for mode in _MODES)
    at, mode = candidates[-1]
    name = tree[at + len(mode) : zero]
    if at >= 0 and name and b"\0" not in name and b" " not in name and (at == 0 or _behind_id(tree, at, id_length)):
        return name
    at = 0
    for listed_mode, listed, raw_id in tree_entries(tree, id_length):
        at += len(listed_mode) + len(listed) + len(raw_id) + 2
        if at >= end:
            return listed if at == end else None
    return None


def _behind_id(tree: bytes, at: int, id_length: int) -> bool:
    """Return whether only an id can end at `at`: of a name that goes on there, the mode would stand in those bytes."""
    before = at - id_length
    return before > 0 and not tree[before - 1] and b" " not in tree[before:at]
