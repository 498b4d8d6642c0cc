"""Members of Windows cabinets (Microsoft Cabinet Format, [MS-CAB]), stored or compressed with MSZIP ([MS-MCI]).

LZX and Quantum are not opened. Own code: the library (cabarchive) is LGPL and unpacks all of a block, whatever it says.
"""

import io
import struct
import zlib
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from monei_guard.sources.containers.budget import BROKEN_OFF, Budget, Member, read_member
from monei_guard.sources.containers.streams import LimitError

SIGN = b"MSCF\0\0\0\0"
_HEADER = struct.Struct("<4s4xI4xI4xBBHHHHH")
_HAS_PREVIOUS, _HAS_NEXT, _HAS_RESERVE = 1, 2, 4
_FOLDER = struct.Struct("<IHH")
_FILE = struct.Struct("<IIHHHH")
_BLOCK = struct.Struct("<4xHH")
_BLOCK_LIMIT = 32768
_METHODS = {0: "", 1: "MSZIP", 2: "Quantum", 3: "LZX"}
_MSZIP_SIGN = b"CK"
_LARGEST = 1 << 28  # bytes of one folder, which is held in memory
_CONTINUED = frozenset({0xFFFD, 0xFFFE, 0xFFFF})  # folder numbers of files that go on in another cabinet


class _Folder(NamedTuple):
    """A stream of blocks in which the files stand one behind the other: where it starts, and how it is compressed."""

    start: int
    blocks: int
    method: int


class _File(NamedTuple):
    name: bytes
    size: int
    offset: int
    folder: int


def cab_members(content: bytes, budget: Budget) -> Iterator[Member]:
    """Yield the cabinet's files. Raises LimitError."""
    try:
        folders, files, reserve = _directory(content, budget)
    except (struct.error, ValueError, IndexError) as error:
        yield Member(b"", content, f"{BROKEN_OFF} ({error})", incomplete=False)
        return
    of_folder: dict[int, list[_File]] = defaultdict(list)
    for file in files:
        of_folder[file.folder].append(file)
    for number, folder in enumerate(folders):
        yield from _of_folder(content, folder, of_folder[number], reserve, budget)
    for number in of_folder.keys() & _CONTINUED:
        yield from (
            Member(file.name, reason="goes on in another cabinet", incomplete=False) for file in of_folder[number]
        )


def _of_folder(content: bytes, folder: _Folder, files: list[_File], reserve: int, budget: Budget) -> Iterator[Member]:
    method = _METHODS.get(folder.method & 0xF, "an unknown method")
    if method not in ("", "MSZIP"):
        yield from (Member(file.name, reason=f"compressed with {method}, which is not opened") for file in files)
        return
    data, problem = _unpacked(content, folder, reserve, budget)
    for file in files:
        part = io.BytesIO(data[file.offset : file.offset + file.size])
        member = read_member(part, file.name, budget, budget.spend)  # they may overlap: what is read counts
        if file.offset + file.size > len(data) and not member.reason:
            member = Member(file.name, member.content, f"{BROKEN_OFF} ({problem})", incomplete=False)
        yield member


def _directory(content: bytes, budget: Budget) -> tuple[list[_Folder], list[_File], int]:
    """Return folders, files and the bytes reserved in each block. Raises struct.error, ValueError, LimitError."""
    _, _, files_at, _, _, folder_count, file_count, flags, _, _ = _HEADER.unpack_from(content)
    position, folder_reserve, block_reserve = _HEADER.size, 0, 0
    if flags & _HAS_RESERVE:
        header_reserve, folder_reserve, block_reserve = struct.unpack_from("<HBB", content, position)
        position += 4 + header_reserve
    for flag in (_HAS_PREVIOUS, _HAS_NEXT):
        for _ in range(2 if flags & flag else 0):  # the other cabinet's name, and its disk's
            position = content.index(b"\0", position) + 1
    folders = []
    for _ in range(folder_count):
        folders.append(_Folder(*_FOLDER.unpack_from(content, position)))
        position += _FOLDER.size + folder_reserve
    files, position = [], files_at
    for _ in range(file_count):
        budget.count()
        size, offset, folder, *_ = _FILE.unpack_from(content, position)
        end = content.index(b"\0", position + _FILE.size)
        files.append(_File(content[position + _FILE.size : end].replace(b"\\", b"/"), size, offset, folder))
        position = end + 1
    return folders, files, block_reserve


def _unpacked(content: bytes, folder: _Folder, reserve: int, budget: Budget) -> tuple[bytes, str]:
    """Return a folder's stream as far as it can be read, and why not further. Raises LimitError."""
    made = bytearray()
    position = folder.start
    for _ in range(folder.blocks):
        try:
            size, unpacked_size = _BLOCK.unpack_from(content, position)
            position += _BLOCK.size + reserve
            packed = content[position : position + size]
            position += size
            block = packed if not folder.method & 0xF else _mszip(packed, bytes(made[-_BLOCK_LIMIT:]))
        except (struct.error, ValueError, zlib.error) as error:
            return bytes(made), str(error)
        budget.spend(len(block))
        made += block
        if len(made) > _LARGEST:
            raise LimitError(f"unpacks to more than {_LARGEST >> 20} MiB: the rest was not opened")
        if len(block) != unpacked_size:
            return bytes(made), "a block has another size than it says"
    return bytes(made), "it ends too early"


def _mszip(packed: bytes, window: bytes) -> bytes:
    if not packed.startswith(_MSZIP_SIGN):
        raise ValueError("a block that is none")
    stream = zlib.decompressobj(-zlib.MAX_WBITS, zdict=window) if window else zlib.decompressobj(-zlib.MAX_WBITS)
    return stream.decompress(packed[len(_MSZIP_SIGN) :], _BLOCK_LIMIT)
