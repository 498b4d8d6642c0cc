"""What stands in the streams of a PDF file (ISO 32000-1, 7.3.8 and 7.4): text, attachments, scripts, older versions.

Own code: what reads PDF files goes by their cross-reference table, and sees nothing that a later version took out of
it. Pictures are passed over.
"""

import base64
import binascii
import io
import re
from collections.abc import Iterator
from dataclasses import replace

from monei_guard.sources.containers.budget import BROKEN_OFF, Budget, Member, read_member
from monei_guard.sources.containers.streams import Unpacked

SIGN = b"%PDF-"
_STREAM = re.compile(rb">>[\s\0]*stream\r?\n")
_END = b"endstream"
_DICTIONARY = 4096  # bytes, at most, in front of a stream
_OBJECT = re.compile(rb"(\d{1,9})\s+\d{1,5}\s+obj")
_ENCRYPTED = re.compile(rb"/Encrypt\s*(?:\d+\s+\d+\s+R|<<)")
_FILTERS = re.compile(rb"/Filter\s*(\[[^\]]{0,200}\]|/\w+)")
_FILTER = re.compile(rb"/(\w+)")
_IMAGE = re.compile(rb"/Subtype\s*/Image\b")
_PICTURES = frozenset({b"DCTDecode", b"DCT", b"CCITTFaxDecode", b"CCF", b"JBIG2Decode", b"JPXDecode"})
_FLATE = frozenset({b"FlateDecode", b"Fl"})
_BASE85 = frozenset({b"ASCII85Decode", b"A85"})
_HEX = frozenset({b"ASCIIHexDecode", b"AHx"})
# `[(mn) -5 (i_)] TJ`: a text in parts, between them how far they are moved together.
_MOVED = re.compile(rb"\)\s*-?[\d.]{1,12}\s*\(")


def pdf_members(content: bytes, budget: Budget) -> Iterator[Member]:
    """Yield the file as it stands, then what each stream holds. Raises LimitError."""
    if _ENCRYPTED.search(content):
        yield Member(b"", content, "encrypted")
        return
    yield Member(b"", content)
    for found in _STREAM.finditer(content):
        head = content[max(0, found.start() - _DICTIONARY) : found.start()]
        objects = _OBJECT.findall(head)
        dictionary = head[head.rfind(b"obj") :]
        listed = _FILTERS.search(dictionary)
        filters = _FILTER.findall(listed[1]) if listed else []
        if not filters or _IMAGE.search(dictionary) or _PICTURES.intersection(filters):
            continue
        budget.count()
        yield _stream(content, found.end(), filters, b"object-" + (objects[-1] if objects else b"?"), budget)


def _stream(content: bytes, start: int, filters: list[bytes], name: bytes, budget: Budget) -> Member:
    end = content.find(_END, start)
    data = content[start : end if end >= 0 else len(content)]
    member = Member(name, data)
    for filter_name in filters:
        if filter_name in _FLATE:
            # The first one tells its end by itself: the word may stand in it.
            packed = memoryview(content)[start:] if member.content is data else member.content
            member = read_member(io.BufferedReader(Unpacked(packed, "zlib", budget.spend, alone=True)), name, budget)
            if member.reason:
                break
            continue
        try:
            plain = _plain_text(filter_name, member.content)
        except (ValueError, binascii.Error) as error:
            return Member(name, member.content, f"{BROKEN_OFF} ({error})", incomplete=False)
        if plain is None:
            known = filter_name.decode("ascii", "replace")
            return Member(name, member.content, f"compressed with {known}, which is not opened")
        member = Member(name, plain)
    if b"TJ" in member.content:
        return replace(member, content=_MOVED.sub(b"", member.content))
    return member


def _plain_text(filter_name: bytes, data: bytes) -> bytes | None:
    if filter_name in _BASE85:
        return base64.a85decode(data.strip().removeprefix(b"<~").partition(b"~")[0])
    if filter_name in _HEX:
        digits = b"".join(data.partition(b">")[0].split())
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii", "replace"))
    return None
