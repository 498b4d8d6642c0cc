"""Where in some content the first stage sees something encoded: the passages that are decoded before the whole is.

Most content that the first stage lets through holds no keyword as such but something that could be an encoded one, and
decoding all of it for that would cost more than everything else together. A passage reaches as far around the sign as
what the sign may belong to: some lines, and of a compressed stream, which cannot be read from its middle, all of it.
"""

import binascii
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from monei_guard.decoding.signatures.compressed import GZIP_INITIALS, STREAM_OPENING
from monei_guard.decoding.signatures.keywords import compiled
from monei_guard.detection.prefilter import ContentTest

_BLOCK = 1 << 16  # bytes that are looked at in one piece before a sign in them is searched for
_SMALL = 256  # bytes to which a suspicious part is narrowed down
_BEFORE = 512  # bytes before it that belong to it, and on to a line's border
_AFTER = 1024
_BORDER = 512  # bytes: the line's end if it is this near, else the end of a word, else there
# The same of what holds a keyword indeed: a name's value may be as far away for every rule.
_WIDE_BEFORE = 2048
_WIDE_AFTER = 4096
_WIDE_BORDER = 4096

_HEAD = rb"e[JNA][A-Za-z0-9+/_\-]{2,64}"
_LEAST_HEAD = 24  # characters: no key packs into fewer, unless the text goes on in the next line
_STANDARD = bytes.maketrans(b"-_", b"+/")
# A base64 text over lines, in quotation marks, comments or quoted mail.
_STREAM = (
    rb"""[A-Za-z0-9+/_\-]++={0,2}+(?:[ \t\r\n"'`,+\\>#*|]{1,40}+[A-Za-z0-9+/_\-]{16,}+={0,2}+)*+"""
    rb"""(?:[ \t\r\n"'`,+\\>#*|]{1,40}+[A-Za-z0-9+/_\-]++={0,2}+)?+"""
)


class Passage(NamedTuple):
    """A part of some content; `whole` says that a compressed text which begins in it also ends in it."""

    start: int
    end: int
    whole: bool = False


def passages(content: bytes, may_hold: ContentTest, reach: int) -> Iterator[Passage]:
    """Yield the parts of the content in which `may_hold`, no match of which is longer than `reach`, finds something."""
    start = end = 0
    whole = False
    stream_end = 0
    for at in _candidates(content, may_hold, reach):
        last = min(len(content), at + _SMALL + reach)
        if last <= stream_end:
            continue
        streams = _stream_ends(content, max(at, stream_end), last)
        stream_end = max(streams, default=stream_end)
        first, last = _line_start(content, at - _BEFORE), _line_end(content, max(last, stream_end) + _AFTER)
        if end and first <= end:
            end, whole = last, whole or bool(streams)
            continue
        if end:
            yield Passage(start, end, whole)
        start, end, whole = first, last, bool(streams)
    if end:
        yield Passage(start, end, whole)


def widened(content: bytes, passage: Passage) -> bytes:
    """Return a passage with all around it that could belong to it."""
    start = _line_start(content, passage.start - _WIDE_BEFORE, _WIDE_BORDER)
    return content[start : _line_end(content, passage.end + _WIDE_AFTER, _WIDE_BORDER)]


def _stream_ends(content: bytes, start: int, end: int) -> list[int]:
    """Return where the compressed texts end that begin in a part of the content; it is read once whatever they are."""
    ends = [start]
    for sign in compiled(STREAM_OPENING).finditer(content, start, end):
        if sign.start() >= ends[-1] and _may_be_compressed(content, sign.start()):
            text = compiled(_STREAM).match(content, sign.start() + (sign[0][:1] not in GZIP_INITIALS))
            ends.append(max(sign.end(), text.end() if text else 0))
    return ends[1:]


def _candidates(content: bytes, may_hold: ContentTest, reach: int) -> Iterator[int]:
    """Yield, in order, the beginnings of pieces of `_SMALL` bytes in which something begins that `may_hold` finds."""
    seen = memoryview(content)
    pending = [(at, min(at + _BLOCK, len(content))) for at in range(0, len(content), _BLOCK)][::-1]
    while pending:
        start, end = pending.pop()
        if not may_hold(seen[start : end + reach]):
            continue
        if end - start <= _SMALL:
            yield start
        else:
            middle = (start + end) // 2
            pending += [(middle, end), (start, middle)]


def _may_be_compressed(content: bytes, start: int) -> bool:
    """Return whether what looks like the beginning of a compressed stream is one; of zlib's, some bytes decide."""
    if content[start : start + 1] in GZIP_INITIALS:
        return True
    head = compiled(_HEAD).match(content, start + 1)
    if head is None or len(head[0]) < _LEAST_HEAD:
        return head is not None and content[head.end() : head.end() + 1] in {b"\r", b"\n"}
    text = head[0][: len(head[0]) // 4 * 4].translate(_STANDARD)
    try:
        zlib.decompressobj().decompress(binascii.a2b_base64(text))
    except (zlib.error, binascii.Error):
        return False
    return True


def _line_start(content: bytes, near: int, border: int = _BORDER) -> int:
    if near <= 0:
        return 0
    least = max(0, near - border)
    found = content.rfind(b"\n", least, near)
    if found < 0:
        found = max(content.rfind(mark, least, near) for mark in (b" ", b'"', b"'"))
    return found + 1 if found >= 0 else least


def _line_end(content: bytes, near: int, border: int = _BORDER) -> int:
    if near >= len(content):
        return len(content)
    most = min(len(content), near + border)
    found = content.find(b"\n", near, most)
    if found < 0:
        words = (content.find(mark, near, most) for mark in (b" ", b'"', b"'"))
        found = min((at for at in words if at >= 0), default=most)
    return found
