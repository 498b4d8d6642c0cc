"""Finding some raw object ids in trees, with the names they have there."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from monei_guard.git_access.tree_objects import tree_entries

# Returns for each id in the data which one it is and where it ends.
FindIds: TypeAlias = Callable[[bytes], list[tuple[int, int]]]

_MODES = (b"100644 ", b"40000 ", b"100755 ", b"120000 ", b"160000 ", b"100664 ")
_LONGEST_NAME = 512


def id_finder(ids: Sequence[bytes]) -> FindIds:
    """Return a function that finds any of `ids` (raw, of one length) in bytes."""
    return _hyperscan_finder(ids) or _plain_finder(ids)


def _plain_finder(ids: Sequence[bytes]) -> FindIds:
    def find(data: bytes) -> list[tuple[int, int]]:
        found = []
        for number, raw_id in enumerate(ids):
            at = data.find(raw_id)
            while at >= 0:
                found.append((number, at + len(raw_id)))
                at = data.find(raw_id, at + 1)
        return found

    return find


def _hyperscan_finder(ids: Sequence[bytes]) -> FindIds | None:
    try:
        import hyperscan  # noqa: PLC0415 - only where something was found
    except ImportError:
        return None
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    expressions = [b"".join(b"\\x%02x" % byte for byte in raw_id) for raw_id in ids]
    try:
        database.compile(
            expressions=expressions, ids=list(range(len(ids))), elements=len(ids),
            flags=[hyperscan.HS_FLAG_DOTALL] * len(ids),
        )  # fmt: skip
    except hyperscan.HyperscanError:
        return None
    found: list[tuple[int, int]] = []

    def on_match(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
        found.append((number, end))

    def find(data: bytes) -> list[tuple[int, int]]:
        found.clear()
        database.scan(data, match_event_handler=on_match)
        return list(found)

    return find


def name_before(tree: bytes, end: int, id_length: int) -> bytes | None:
    """Return the name of the entry whose raw id ends at `end`, None where no entry's does."""
    zero = end - id_length - 1
    if zero < 0 or tree[zero]:
        return None
    start = max(zero - _LONGEST_NAME, 0)
    # the nearest mode before the name; a name that holds one itself, or a stray one in an id, needs the whole tree
    places = sorted((tree.rfind(mode, start, zero), mode) for mode in _MODES)
    at, mode = places[-1]
    name = tree[at + len(mode) : zero]
    if at >= 0 and name and b"\0" not in name and b" " not in name and (at == 0 or at > id_length):
        return name
    for _, listed, raw_id in tree_entries(tree, id_length):
        # ids are unique enough that the first entry with this name and id is meant
        if raw_id == tree[zero + 1 : end] and tree[zero - len(listed) : zero] == listed:
            return listed
    return None
