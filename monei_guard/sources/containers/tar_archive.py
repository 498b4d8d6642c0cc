"""Members of tar archives, read once from front to back."""

import io
import tarfile
from collections.abc import Iterator
from typing import Self

from monei_guard.sources.containers.budget import BROKEN_OFF, Budget, Member, read_member
from monei_guard.sources.containers.streams import BROKEN, LimitError

_LONGEST_HEADER = 1 << 20  # bytes of a long name or a pax header, which tarfile reads at once
_HEADERS = frozenset({
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK
})  # fmt: skip
_BROKEN = (*BROKEN, tarfile.TarError, IndexError, KeyError, OverflowError, RecursionError, AttributeError)


class _Entry(tarfile.TarInfo):
    """A header that ends the reading when it is broken, which tarfile would pass over in silence."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Return the header in `buf`. Raises tarfile.ReadError for a broken one and for an immoderate extension."""
        try:
            entry = super().frombuf(buf, encoding, errors)
        except (tarfile.EOFHeaderError, tarfile.EmptyHeaderError):  # type: ignore[attr-defined] # not in the stubs
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(str(error)) from error
        if entry.type in _HEADERS and entry.size > _LONGEST_HEADER:
            raise tarfile.ReadError(f"a header of {entry.size} bytes")
        return entry


def tar_members(stream: io.BufferedIOBase, budget: Budget) -> Iterator[Member]:
    """Yield the archive's members, also of archives written one behind the other. Raises LimitError."""
    try:
        with tarfile.open(
            fileobj=stream, mode="r|", errors="surrogateescape", tarinfo=_Entry, ignore_zeros=True
        ) as archive:
            for entry in archive:
                budget.count()
                member = _member(archive, entry, budget)
                archive.members = []  # type: ignore[attr-defined] # tarfile would keep them all
                if member is not None:
                    yield member
    except LimitError:
        raise
    except _BROKEN as error:
        yield Member(b"", reason=f"{BROKEN_OFF} ({error})", incomplete=False)


def _member(archive: tarfile.TarFile, entry: tarfile.TarInfo, budget: Budget) -> Member | None:
    name = entry_name(entry)
    if entry.isdir():
        return None
    if entry.issym() or entry.islnk():
        return Member(name, reason="a link: not followed", incomplete=False)
    if not entry.isreg():
        return Member(name, reason="not a regular file (a device or a pipe)", incomplete=False)
    content = archive.extractfile(entry)
    if content is None:
        return None
    # The zeros of a sparse file are not in the stream.
    return read_member(content, name, budget, budget.spend if entry.issparse() else None)  # type: ignore[arg-type] # reads bytes


def entry_name(entry: tarfile.TarInfo) -> bytes:
    """Return an entry's name as stored, without a leading `./`."""
    return entry.name.encode("utf-8", "surrogateescape").removeprefix(b"./")
