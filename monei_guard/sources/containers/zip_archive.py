"""Members of zip archives: jar, war, apk, ipa, whl, nupkg, docx, xlsx, crx and plain zip."""

import io
import stat
import zipfile
from collections.abc import Iterator
from typing import IO

from monei_guard.sources.containers.budget import Budget, Member, name_problem, read_member
from monei_guard.sources.containers.streams import BROKEN, LimitError

_ENTRY = b"PK\x01\x02"  # signature of one entry of the central directory (APPNOTE.TXT 4.3.12)
_ENCRYPTED = 0x1
_UNIX = 3
_BROKEN = (*BROKEN, zipfile.BadZipFile, NotImplementedError, RuntimeError, IndexError, KeyError, OverflowError)


def zip_members(content: bytes, budget: Budget) -> Iterator[Member]:
    """Yield the archive's members, and its comment. Raises LimitError."""
    if content.count(_ENTRY) > budget.limits.members:  # before zipfile makes an object of each
        raise LimitError(f"has more than {budget.limits.members} members: it was not opened")
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        entries = archive.infolist()
    except _BROKEN as error:
        yield Member(b"", content, f"cannot be opened ({error}): its bytes were scanned as they stand", False)
        return
    if archive.comment:
        yield Member(b"(comment)", archive.comment)
    for entry in entries:
        budget.count()
        if not entry.filename.endswith("/"):  # is_dir() fails on an empty name
            yield _member(archive, entry, budget)


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: Budget) -> Member:
    name = entry.filename.encode("utf-8", "surrogateescape")
    problem = name_problem(entry.orig_filename.encode("utf-8", "surrogateescape"))
    if problem:
        return Member(name, reason=problem)
    if entry.flag_bits & _ENCRYPTED:
        return Member(name, reason="encrypted")
    if entry.create_system == _UNIX and stat.S_ISLNK(entry.external_attr >> 16):
        return Member(name, reason="a link: not followed", incomplete=False)
    try:
        with archive.open(entry) as stream:
            return read_member(_Counted(stream, budget), name, budget)
    except _BROKEN as error:
        return Member(name, reason=f"cannot be unpacked ({error})")


class _Counted(io.BufferedIOBase):
    """A member's stream whose bytes count against the budget."""

    def __init__(self, stream: IO[bytes], budget: Budget) -> None:
        self._stream = stream
        self._budget = budget

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as zipfile does. Raises OSError for everything it finds wrong, and LimitError."""
        try:
            data = self._stream.read(-1 if size is None else size)
        except _BROKEN as error:
            raise OSError(str(error)) from error
        self._budget.spend(len(data))
        return data
