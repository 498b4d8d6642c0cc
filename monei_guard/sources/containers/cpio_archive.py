"""Members of cpio archives with headers in ASCII (cpio(5): new, with checksums, and portable): RPM packages, initramfs.

Own code: what reads them on the registry is libarchive, or of 2011.
"""

import io
import re
import stat
from collections.abc import Iterator
from typing import NamedTuple

from monei_guard.sources.containers.budget import BROKEN_OFF, Budget, Member, read_member
from monei_guard.sources.containers.streams import BROKEN

_HEADER = re.compile(rb"0707(?:0[12][0-9A-Fa-f]{104}|07[0-7]{70})")
_MAGIC_LENGTH = 6
_NEW_LENGTH, _OLD_LENGTH = 110, 76
_LONGEST_NAME = 1 << 16
_END = b"TRAILER!!!"
_BOUNDARY = 4  # bytes: what new headers, names and contents are padded to


class _Entry(NamedTuple):
    name_length: int
    size: int
    mode: int
    boundary: int
    header_length: int


def cpio_members(stream: io.BufferedIOBase, budget: Budget) -> Iterator[Member]:
    """Yield the members of an archive, also of archives written one behind the other. Raises LimitError."""
    try:
        while (entry := _entry(stream)) is not None:
            name = _exactly(stream, entry.name_length).rstrip(b"\0")
            _exactly(stream, -(entry.header_length + entry.name_length) % entry.boundary)
            if name == _END:
                continue
            budget.count()
            content = _Part(stream, entry.size)
            member = read_member(content, name.removeprefix(b"./"), budget)
            content.pass_over()
            if content.left:
                member = Member(member.name, member.content, f"{BROKEN_OFF} (it ends too early)", incomplete=False)
            _exactly(stream, -entry.size % entry.boundary)
            yield from _described(member, entry)
    except (*BROKEN, IndexError) as error:
        yield Member(b"", reason=f"{BROKEN_OFF} ({error})", incomplete=False)


def _described(member: Member, entry: _Entry) -> Iterator[Member]:
    if stat.S_ISLNK(entry.mode):
        yield Member(member.name, member.content, "a link: not followed", incomplete=False)
    elif member.content or member.reason or stat.S_ISREG(entry.mode):
        yield member


def _entry(stream: io.BufferedIOBase) -> _Entry | None:
    """Return the next header, None at the end; zeros that fill a block are passed over. Raises ValueError."""
    first = stream.read(1)
    while first == b"\0":
        first = stream.read(1)
    if not first:
        return None
    head = first + _exactly(stream, _MAGIC_LENGTH - 1)
    is_new = head[:5] == b"07070" and head[5:] in (b"1", b"2")
    head += _exactly(stream, (_NEW_LENGTH if is_new else _OLD_LENGTH) - _MAGIC_LENGTH)
    if not _HEADER.fullmatch(head):
        raise ValueError("a header that is none")
    if is_new:
        fields = [int(head[at : at + 8], 16) for at in range(_MAGIC_LENGTH, _NEW_LENGTH, 8)]
        entry = _Entry(fields[11], fields[6], fields[1], _BOUNDARY, _NEW_LENGTH)
    else:
        entry = _Entry(int(head[59:65], 8), int(head[65:76], 8), int(head[18:24], 8), 1, _OLD_LENGTH)
    if entry.name_length > _LONGEST_NAME:
        raise ValueError(f"a name of {entry.name_length} bytes")
    return entry


def _exactly(stream: io.BufferedIOBase, count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError("it ends too early")
    return data


class _Part(io.BufferedIOBase):
    """The next `left` bytes of a stream."""

    def __init__(self, stream: io.BufferedIOBase, size: int) -> None:
        self._stream = stream
        self.left = size

    def read(self, size: int | None = -1, /) -> bytes:
        data = self._stream.read(self.left if size is None or size < 0 else min(size, self.left))
        self.left -= len(data)
        return data

    def pass_over(self) -> None:
        """Read to the end."""
        while self.read(1 << 20):
            pass
