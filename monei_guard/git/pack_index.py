"""Pack index, version 2: which object starts where in a pack (`gitformat-pack`, "Version 2 pack-*.idx files").

Everything is checked against the file's own size before it is believed; what does not hold is `PackFormatError`, and
the caller then asks git itself.
"""

import hashlib
import mmap
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Offsets: TypeAlias = NDArray[np.int64]
Ids: TypeAlias = NDArray[np.bytes_]

_MAGIC = b"\xfftOc\x00\x00\x00\x02"
_FANOUT = 256
_HEADER = len(_MAGIC) + 4 * _FANOUT
_LARGE = 1 << 31
_PACK_HEADER = 12
# An offset and a position share one 64-bit sort key: 40 bits of offset (1 TiB), 24 bits of position.
_KEY_BITS = 24
_BUCKET_STEPS = 8
ID_LENGTHS = {"sha1": 20, "sha256": 32}


class PackFormatError(ValueError):
    """A pack or index that the fast reader does not take: another version, or damaged."""


@dataclass(frozen=True, slots=True)
class PackIndex:
    """The objects of one pack in the order of the pack.

    `ids` are the raw object ids, sorted, as fixed-width byte strings; `offsets` ascend; `rank[i]` is the place in
    `ids` of the object that starts at `offsets[i]`. `id_length` is 20 or 32 bytes.
    """

    ids: Ids
    offsets: Offsets
    rank: Offsets
    id_length: int

    def object_id(self, position: int) -> str:
        """Return the hex id of the object at `position` in pack order."""
        # numpy strips trailing zero bytes from fixed-width strings
        return bytes(self.ids[self.rank[position]]).ljust(self.id_length, b"\0").hex()


def among(ids: Ids, table: Ids) -> NDArray[np.bool_]:
    """Return which of `ids` stand in the sorted `table`; a few against millions cost no pass over those."""
    if not len(table) or not len(ids):
        return np.zeros(len(ids), dtype=bool)
    row = np.minimum(np.searchsorted(table, ids), len(table) - 1)
    return np.equal(table[row], ids)


class NumberTable:
    """Ascending numbers that are not negative, and their range cut into buckets that hold one or two on average."""

    def __init__(self, numbers: Offsets) -> None:
        self.numbers = numbers
        self._shift = max(int(numbers[-1]) // (2 * len(numbers)), 1).bit_length() if len(numbers) else 1
        counts = np.bincount(numbers >> self._shift)
        self._before = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(counts)))

    def rows(self, target: Offsets) -> Offsets:
        """Return where each target stands or would stand: as `searchsorted`, but several times as fast."""
        found = self._before.take(target >> self._shift, mode="clip")
        behind = np.nonzero(self.numbers.take(found, mode="clip") < target)[0]
        for _ in range(_BUCKET_STEPS):
            if not len(behind):
                return found
            further = found.take(behind) + 1
            found[behind] = further
            behind = behind[self.numbers.take(further, mode="clip") < target.take(behind)]
        found[behind] = np.searchsorted(self.numbers, target.take(behind))  # those in a crowded bucket
        return found


class IdTable:
    """Raw ids, sorted and each once, with a number for each: made to be asked for millions.

    They are told apart by the beginning of their first eight bytes, which is found many times faster than a string.
    """

    def __init__(self, ids: Ids, numbers: Offsets) -> None:
        self._ids = ids
        self._keys = NumberTable(_keys(ids))
        self._numbers = numbers

    def numbers(self, ids: Ids) -> Offsets:
        """Return the number of each id, -1 for those not in the table."""
        if not len(self._ids) or not len(ids):
            return np.full(len(ids), -1, dtype=np.int64)
        want = _keys(ids)
        last = len(self._ids) - 1
        row = np.minimum(self._keys.rows(want), last)
        same = self._ids[row] == ids
        twins = np.nonzero(~same & (self._keys.numbers[row] == want))[0]  # only where ids were made to begin alike
        row[twins] = np.minimum(np.searchsorted(self._ids, ids[twins]), last)
        same[twins] = self._ids[row[twins]] == ids[twins]
        return np.where(same, self._numbers[row], -1)


class StoredIds:
    """Which objects are stored: some sorted tables of raw ids, each id once in each."""

    def __init__(self, tables: Iterable[Ids]) -> None:
        self._tables = [IdTable(ids, np.broadcast_to(np.int64(0), len(ids))) for ids in tables if len(ids)]

    def has(self, ids: Ids) -> NDArray[np.bool_]:
        """Return which of `ids` are stored."""
        found = np.zeros(len(ids), dtype=bool)
        for table in self._tables:
            rows = np.nonzero(~found)[0]
            found[rows] = table.numbers(ids[rows]) >= 0
        return found


def _keys(ids: Ids) -> Offsets:
    """Return the first 63 bits of each id as a number, in the same order."""
    width = ids.dtype.itemsize
    heads = np.frombuffer(ids.tobytes(), dtype=np.uint8).reshape(-1, width)[:, :8]
    return (np.ascontiguousarray(heads).view(">u8").ravel().astype(np.uint64) >> np.uint64(1)).astype(np.int64)


def map_file(path: bytes) -> mmap.mmap:
    """Return the regular file mapped for reading. Raises PackFormatError for any other or an empty one, OSError."""
    if not os.path.isfile(path):
        raise PackFormatError("it is not a regular file")
    with open(path, "rb") as file:
        try:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:  # an empty file cannot be mapped
            raise PackFormatError("it is empty") from error


def read_index(path: bytes, *, id_length: int, pack_size: int) -> PackIndex:
    """Return the index file at `path`; `pack_size` is the size of its pack in bytes.

    Raises PackFormatError when the file is not a sound version-2 index for such a pack.
    """
    data = map_file(path)
    if len(data) < _HEADER + 2 * id_length or data[: len(_MAGIC)] != _MAGIC:
        raise PackFormatError("its index is not a version 2 index")
    fanout = np.frombuffer(data, dtype=">u4", count=_FANOUT, offset=len(_MAGIC))
    count = int(fanout[-1])
    if (np.diff(fanout.astype(np.int64)) < 0).any():
        raise PackFormatError("its index has a fan-out table that falls")
    small_at = _HEADER + count * (id_length + 4)
    large_at = small_at + 4 * count
    if count >= 1 << _KEY_BITS or len(data) < large_at + 2 * id_length or (len(data) - large_at) % 4:
        raise PackFormatError(f"its index does not hold the {count} objects it announces")
    ids = np.frombuffer(data, dtype=f"S{id_length}", count=count, offset=_HEADER)
    small = np.frombuffer(data, dtype=">u4", count=count, offset=small_at).astype(np.int64)
    large = np.frombuffer(data, dtype=">u8", count=(len(data) - large_at - 2 * id_length) // 8, offset=large_at)
    offsets = _with_large(small, large.astype(np.int64))
    if count and (int(offsets.min()) < _PACK_HEADER or int(offsets.max()) >= pack_size - id_length):
        raise PackFormatError("its index points outside the pack")
    key = (offsets << _KEY_BITS) | np.arange(count, dtype=np.int64)
    key.sort()
    return PackIndex(ids=ids, offsets=key >> _KEY_BITS, rank=key & ((1 << _KEY_BITS) - 1), id_length=id_length)


def index_ids(path: bytes, id_length: int) -> Ids:
    """Return the raw ids in the index file at `path`, and nothing else of it. Raises PackFormatError, OSError."""
    data = map_file(path)
    if len(data) < _HEADER or data[: len(_MAGIC)] != _MAGIC:
        raise PackFormatError("its index is not a version 2 index")
    count = int.from_bytes(data[_HEADER - 4 : _HEADER], "big")
    if len(data) < _HEADER + count * id_length:
        raise PackFormatError(f"its index does not hold the {count} objects it announces")
    return np.frombuffer(data, dtype=f"S{id_length}", count=count, offset=_HEADER)


def index_agrees(path: bytes, id_length: int, pack_checksum: bytes) -> bool:
    """Whether the checksum at the end of an index is its own, and the one before that its pack's."""
    data = map_file(path)
    make = hashlib.sha1 if id_length == ID_LENGTHS["sha1"] else hashlib.sha256
    digest = make(memoryview(data)[:-id_length], usedforsecurity=False).digest()
    return data[-id_length:] == digest and data[-2 * id_length : -id_length] == pack_checksum


def _with_large(small: Offsets, large: Offsets) -> Offsets:
    """Replace the offsets that point into the table of 64-bit offsets by what stands there."""
    far = np.nonzero(small >= _LARGE)[0]
    if len(far):
        rows = small[far] - _LARGE
        if int(rows.max()) >= len(large) or (large[rows] < 0).any() or (large[rows] >= 1 << 39).any():
            raise PackFormatError("its index has a 64-bit offset that does not exist")
        small[far] = large[rows]
    return small
