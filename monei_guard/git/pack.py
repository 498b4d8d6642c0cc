"""One pack opened for reading: its map, its index, the headers of its entries."""

import mmap
from dataclasses import dataclass

from monei_guard.git.pack_entries import PackEntries, read_entries
from monei_guard.git.pack_index import ID_LENGTHS, PackFormatError, PackIndex, map_file, read_index


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack that the fast reader takes. `stem` is its path without suffix."""

    stem: bytes
    data: mmap.mmap
    index: PackIndex
    entries: PackEntries


def open_pack(stem: bytes, object_format: str) -> Pack:
    """Return the pack at `stem`. Raises PackFormatError for one that only git can read, if at all; OSError."""
    data = map_file(stem + b".pack")
    if len(data) < 12 + ID_LENGTHS[object_format]:
        raise PackFormatError("it is cut short")
    index = read_index(stem + b".idx", id_length=ID_LENGTHS[object_format], pack_size=len(data))
    entries = read_entries(data, index)
    if hasattr(data, "madvise") and hasattr(mmap, "MADV_DONTNEED"):
        data.madvise(mmap.MADV_DONTNEED)  # the headers have been read: let go of the pages around them
    return Pack(stem, data, index, entries)
