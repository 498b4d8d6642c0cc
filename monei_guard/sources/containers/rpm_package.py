"""RPM packages (RPM file format 4): the headers with their scripts and texts, and the files.

Own code: the library (rpmfile) unpacks a zstd payload whole, whatever it unpacks to, and others more than once.
"""

import io
import struct
from collections.abc import Iterator

from monei_guard.sources.containers.budget import BROKEN_OFF, Budget, Member
from monei_guard.sources.containers.compressed_file import unpacked_members
from monei_guard.sources.containers.cpio_archive import cpio_members
from monei_guard.sources.containers.signatures import archive_kind

SIGN = b"\xed\xab\xee\xdb"
_LEAD = 96
_HEADER_SIGN = b"\x8e\xad\xe8\x01"
_HEADER = struct.Struct(">4s4xII")  # signature, number of index entries of 16 bytes, bytes of data
_ENTRY = 16
_BOUNDARY = 8  # the first header, which holds signatures, is padded to


def rpm_members(content: bytes, budget: Budget) -> Iterator[Member]:
    """Yield the package's header, then its files. Raises LimitError."""
    try:
        signatures_end = _end_of_header(content, _LEAD)
        start = signatures_end + -(signatures_end - _LEAD) % _BOUNDARY
        end = _end_of_header(content, start)
    except (ValueError, struct.error) as error:
        yield Member(b"", content, f"{BROKEN_OFF} ({error})", incomplete=False)
        return
    budget.count()
    yield Member(b"(header)", content[_LEAD:end])
    payload = content[end:]
    kind = archive_kind(payload)
    if kind is None:
        yield Member(b"payload", payload)
    elif kind == "cpio":
        yield from cpio_members(io.BytesIO(payload), budget)
    else:
        yield from unpacked_members(kind, payload, b"payload", budget)


def _end_of_header(content: bytes, start: int) -> int:
    sign, entries, size = _HEADER.unpack_from(content, start)
    end: int = start + _HEADER.size + entries * _ENTRY + size
    if sign != _HEADER_SIGN or end > len(content):
        raise ValueError("a header that is none")
    return end
