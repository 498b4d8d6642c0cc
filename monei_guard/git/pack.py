"""One pack opened for reading: its map, its index, the headers of its entries."""

import mmap
import os
from dataclasses import dataclass

from monei_guard.git.pack_entries import PackEntries, read_entries
from monei_guard.git.pack_index import ID_LENGTHS, PackFormatError, PackIndex, index_agrees, map_file, read_index


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack that the fast reader takes. `stem` is its path without suffix.

    `is_promised` says that it came from the remote of a partial clone, which has promised to have what it names.
    `flaw` says why it may hold more than its index names, "" where it does not.
    """

    stem: bytes
    data: mmap.mmap
    index: PackIndex
    entries: PackEntries
    is_promised: bool = False
    flaw: str = ""


def open_pack(stem: bytes, object_format: str) -> Pack:
    """Return the pack at `stem`. Raises PackFormatError for one that only git can read, if at all; OSError."""
    data = map_file(stem + b".pack")
    if len(data) < 12 + ID_LENGTHS[object_format]:
        raise PackFormatError("it is cut short")
    index = read_index(stem + b".idx", id_length=ID_LENGTHS[object_format], pack_size=len(data))
    entries = read_entries(data, index)
    if hasattr(data, "madvise") and hasattr(mmap, "MADV_DONTNEED"):
        data.madvise(mmap.MADV_DONTNEED)  # the headers have been read: let go of the pages around them
    is_promised = os.path.lexists(stem + b".promisor")
    return Pack(stem, data, index, entries, is_promised, _flaw(data, stem + b".idx", index))


def _flaw(data: mmap.mmap, index_path: bytes, index: PackIndex) -> str:
    """Return why the index of a pack is not to be trusted with being all of it, or ""."""
    announced = int.from_bytes(data[8:12], "big")
    if announced != len(index.ids):
        return f"its index names {len(index.ids)} of its {announced} objects"
    if not index_agrees(index_path, index.id_length, data[-index.id_length :]):
        return "its index is damaged, or belongs to another pack (checksum)"
    return ""
