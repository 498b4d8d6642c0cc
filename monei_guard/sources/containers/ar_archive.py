"""Members of `ar` archives: Debian packages (deb(5)) and static libraries."""

import io
from collections.abc import Iterator

import arpy

from monei_guard.sources.containers.budget import BROKEN_OFF, Budget, Member, read_member

SIGN = b"!<arch>\n"
_TABLES = frozenset({arpy.HEADER_GNU_TABLE, arpy.HEADER_GNU_SYMBOLS})


def ar_members(content: bytes, budget: Budget) -> Iterator[Member]:
    """Yield the archive's members. Raises LimitError."""
    start = len(SIGN)
    try:
        archive = arpy.Archive(fileobj=io.BytesIO(content))
        while (header := archive.read_next_header()) is not None:
            budget.count()
            start, end = header.file_offset or 0, (header.file_offset or 0) + header.size
            if header.type in _TABLES:
                continue
            member = read_member(io.BytesIO(content[start:end]), bytes(header.name).rstrip(b"\0"), budget, budget.spend)
            if end > len(content) and not member.reason:
                member = Member(member.name, member.content, f"{BROKEN_OFF} (it ends too early)", incomplete=False)
            yield member
            start = end
    except (arpy.ArchiveFormatError, ValueError, OSError) as error:
        # what stands behind the last sound header
        yield Member(b"", content[start:], f"{BROKEN_OFF} ({error})", incomplete=False)
