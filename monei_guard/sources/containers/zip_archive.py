"""Members of zip archives: jar, war, apk, ipa, whl, nupkg, docx, xlsx, crx and plain zip, alone or inside other files.

The directory at the end is one list of the members, their own headers are another. Programs go by either, so both are
read, and what belongs to no member (a program in front, a picture, a signature) is looked at as it stands.
"""

import io
import stat
import struct
import zipfile
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from monei_guard.sources.containers.budget import BROKEN_OFF, Budget, Member, read_member
from monei_guard.sources.containers.streams import BROKEN, LimitError, Unpacked
from monei_guard.sources.containers.zip_headers import FIXED, LOCAL_SIGN, is_local_header, next_local_header

_ENTRY = b"PK\x01\x02"  # signature of one entry of the central directory (APPNOTE.TXT 4.3.12)
_END = b"PK\x05\x06"  # of the record behind the directory (4.3.16), which has 22 bytes and a comment
_END_LENGTH = 22
_DESCRIPTOR = b"PK\x07\x08"  # what may stand behind a member's content to tell its sizes (4.3.9)
_DESCRIPTOR_LENGTH = 24
_ENCRYPTED = 0x1
_STORED, _LZMA = 0, 14
_STREAMS = {8: "deflate", 12: "bzip2", _LZMA: "xz", 93: "zstd"}  # 4.4.5
_LZMA_PROPERTIES = slice(4, 9)  # behind a version and their size (5.8.8)
_LZMA_CONTENT = 9
_LZMA_END_MARKER = 0x2  # flag: the stream tells its own end
_UNIX = 3
_BROKEN = (*BROKEN, zipfile.BadZipFile, NotImplementedError, RuntimeError, IndexError, KeyError, OverflowError)


_HEADER = struct.Struct("<6xHH8xIIHH")
_SIZE_ELSEWHERE = 0x8  # flag: the sizes stand behind the content
_SIZE_IN_ZIP64 = 0xFFFFFFFF


class _Header(NamedTuple):
    """A member's own header: where it stands, where the content begins; sizes are None where it does not tell them."""

    start: int
    data: int
    name: bytes
    flags: int
    method: int
    size: int | None
    unpacked: int | None


class _Directory(NamedTuple):
    """The directory at the end of an archive: its entries, and the part of the file that it takes up itself."""

    entries: Sequence[zipfile.ZipInfo]
    comment: bytes
    start: int
    end: int


def zip_members(content: bytes, budget: Budget) -> Iterator[Member]:
    """Yield the archive's members, its comments, and what stands around them. Raises LimitError."""
    if content.count(_ENTRY) > budget.limits.members:  # before zipfile makes an object of each
        raise LimitError(f"has more than {budget.limits.members} members: it was not opened")
    problem, directory = "", _Directory((), b"", len(content), len(content))
    try:
        directory = _directory(content)
    except _BROKEN as error:
        problem = str(error)
    taken = [(directory.start, directory.end)]
    if directory.comment:
        yield Member(b"(comment)", directory.comment)
    for entry in directory.entries:
        budget.count()
        name = entry.orig_filename.encode("utf-8", "surrogateescape")
        if entry.comment:
            yield Member(name + b" (comment)", entry.comment)
        if not is_local_header(content, entry.header_offset):
            yield Member(name, reason="damaged: it does not stand where the directory says", incomplete=False)
            continue
        told = _header(content, entry.header_offset)._replace(
            name=name, flags=entry.flag_bits, method=entry.compress_type, size=entry.compress_size,
            unpacked=entry.file_size,
        )  # fmt: skip
        member, end = _read(content, told, budget)
        taken.append((told.start, end))
        if entry.create_system == _UNIX and stat.S_ISLNK(entry.external_attr >> 16):
            member = Member(name, member.content, "a link: not followed", incomplete=False)
        if member.content or member.reason or not name.endswith(b"/"):
            yield member
    yield from _around(content, taken, budget, problem)


def _directory(content: bytes) -> _Directory:
    """Return the directory. Raises the errors in _BROKEN."""
    archive = zipfile.ZipFile(io.BytesIO(content))
    start = archive.start_dir
    end = content.rfind(_END, start) + _END_LENGTH + len(archive.comment)
    return _Directory(archive.infolist(), archive.comment, start, end)


def _around(content: bytes, taken: list[tuple[int, int]], budget: Budget, problem: str) -> Iterator[Member]:
    """Yield members that no directory lists, and the bytes of no member; `problem` says why there is no directory."""
    found = len(taken) > 1
    rest: list[tuple[int, int]] = []
    for free_start, end in _free(taken, len(content)):
        start = free_start
        while (at := next_local_header(content, start, end)) >= 0:
            budget.count()
            found = True
            member, after = _read(content, _header(content, at), budget)
            yield member
            rest.append((start, at))
            start = min(after, end)
        rest.append((start, end))
    if not found:
        if problem:
            reason = f"cannot be opened ({problem}): its bytes were scanned as they stand"
            yield Member(b"", content, reason, incomplete=False)
        return
    if problem:
        yield Member(b"", reason=f"damaged ({problem}): its members were found one by one", incomplete=False)
    parts = [content[start:end] for start, end in rest if not _is_filler(content, start, end)]
    if parts and rest[0][0] == 0 and not _is_filler(content, *rest[0]):
        yield Member(b"", parts.pop(0))  # a program or a picture in front: its lines count as in the file
    if parts:
        yield Member(b"(outside its members)", b"\n".join(parts))


def _free(taken: list[tuple[int, int]], length: int) -> Iterator[tuple[int, int]]:
    """Yield what of `[0, length)` is not taken."""
    position = 0
    for start, end in sorted(taken):
        if start > position:
            yield position, start
        position = max(position, end)
    if position < length:
        yield position, length


def _is_filler(content: bytes, start: int, end: int) -> bool:
    """Return whether a stretch between members says nothing: a descriptor, the zeros that align what follows."""
    if content.startswith(_DESCRIPTOR, start) and end - start <= _DESCRIPTOR_LENGTH:
        return True
    return not content[start:end].strip(b"\0")


def _header(content: bytes, start: int) -> _Header:
    flags, method, packed, unpacked, name_length, extra_length = _HEADER.unpack_from(content, start)
    name = content[start + FIXED : start + FIXED + name_length]
    told = not flags & _SIZE_ELSEWHERE and _SIZE_IN_ZIP64 not in (packed, unpacked)
    data = start + FIXED + name_length + extra_length
    return _Header(start, data, name, flags, method, packed if told else None, unpacked if told else None)


def _read(content: bytes, header: _Header, budget: Budget) -> tuple[Member, int]:
    """Return a member, and where what belongs to it ends."""
    name, told_end = header.name, header.data + (header.size or 0)
    if header.flags & _ENCRYPTED:
        return Member(name, reason="encrypted"), told_end
    if header.method == _STORED:
        return _stored(content, header, budget)
    if header.method not in _STREAMS:
        return Member(name, reason=f"compressed in a way that is not opened (method {header.method})"), told_end
    packed, offset = memoryview(content)[header.data :], 0
    if header.method == _LZMA:
        packed, offset = _with_lzma_header(content, header)
    stream = Unpacked(packed, _STREAMS[header.method], budget.spend, alone=True)
    member = read_member(io.BufferedReader(stream), name, budget)
    if member.reason:
        # What was given up is the member's own; where its content is broken, nobody knows where the next one begins.
        return member, max(told_end, header.data) if member.incomplete else header.data
    return member, header.data + stream.consumed - offset


def _stored(content: bytes, header: _Header, budget: Budget) -> tuple[Member, int]:
    """Return a member that is not compressed; without a size it ends where anything of the archive's begins."""
    if header.size is not None:
        end = header.data + header.size
    else:
        signs = (content.find(sign, header.data) for sign in (_DESCRIPTOR, LOCAL_SIGN, _ENTRY, _END))
        end = min((at for at in signs if at >= 0), default=len(content))
    member = read_member(io.BytesIO(content[header.data : end]), header.name, budget, budget.spend)
    if end > len(content) and not member.reason:
        member = Member(header.name, member.content, f"{BROKEN_OFF} (it ends too early)", incomplete=False)
    return member, min(end, len(content))


def _with_lzma_header(content: bytes, header: _Header) -> tuple[memoryview, int]:
    """Return the stream as an .lzma file, and how many bytes its header is longer than the one in the archive."""
    size = -1 if header.flags & _LZMA_END_MARKER or header.unpacked is None else header.unpacked
    packed = content[header.data :]
    head = packed[_LZMA_PROPERTIES] + size.to_bytes(8, "little", signed=True)
    return memoryview(head + packed[_LZMA_CONTENT:]), len(head) - _LZMA_CONTENT
