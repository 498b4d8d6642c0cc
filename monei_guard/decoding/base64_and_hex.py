"""Base64 and hexadecimal: encodings that leave nothing of the text to see.

Both are looked for in runs of their alphabet, and a run is only decoded if part of it decodes to ASCII text, which
random data (checksums, images, keys) practically never does: a base64 quad of ASCII has three fixed bits, so four in a
row pass by chance once in 4096 times, and a hexadecimal byte of text begins with 2 to 7.
"""

import binascii
import re
from collections.abc import Iterator, Sequence

from monei_guard.decoding.decoder import AcrossLines, Decoder, Fragment, Replacement, matches
from monei_guard.decoding.signatures.base64_and_hex import (
    BASE64_AND_HEX,
    BYTE_LIST_HINTS,
    BYTE_LISTS,
    HEX_TEXT,
    QUADS,
    SHORTEST,
    has_base64_or_hex,
    has_byte_list,
)
from monei_guard.decoding.signatures.compressed import HEADERS
from monei_guard.decoding.signatures.keywords import compiled
from monei_guard.model.location import Span

_ALPHABET = rb"A-Za-z0-9+/_\-"  # RFC 4648 sections 4 and 5 together: a text uses one or the other

_RUN = rb"[%s]{%d,}" % (_ALPHABET, SHORTEST)
_NEXT_LINE = re.compile(rb"[ \t]*(?:\r?\n|\r)[ \t>#*|]*([%s]++)={0,2}+(?![%s=])" % (_ALPHABET, _ALPHABET))
_PADDING = re.compile(rb"={0,2}")
_STANDARD = bytes.maketrans(b"-_", b"+/")
_READABLE = re.compile(rb"[\t\r\n\x20-\x7e]{12}|(?:[\t\r\n\x20-\x7e]\x00){6}|(?:[\t\r\n\x20-\x7e]\x00\x00\x00){4}")

_QUADS = re.compile(QUADS)
_HEX_TEXT = re.compile(HEX_TEXT)
_HEX_RUN = re.compile(rb"[0-9a-fA-F]+")
_HEX_LEAD = re.compile(rb"(?:0[xX]|\\x|[xX](?=['\"]))$")

# Base and pattern of each kind of list that `BYTE_LIST_HINTS` has a hint for, in its order.
_LISTS = (
    (16, rb"0[xX][0-9a-fA-F]{2}(?:\s{0,20},\s{0,20}0[xX][0-9a-fA-F]{2}){7,}"),
    (16, rb"(?<![0-9a-fA-F])[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){9,}(?![0-9a-fA-F])"),
    (16, rb"(?<![0-9a-fA-F])[0-9a-fA-F]{2}(?: [0-9a-fA-F]{2}){9,}(?![0-9a-fA-F])"),
    (10, rb"(?<![0-9.])[0-9]{1,3}(?:\s{0,20},\s{0,20}[0-9]{1,3}){7,}(?![0-9.])"),
)
_BYTE = 0xFF
_NUMBER = re.compile(rb"(?:0[xX])?([0-9a-fA-F]{1,3})")


def readable(data: bytes) -> bool:
    """Return whether there is text in `data`, narrow or wide: at least 12 characters in a row, or nothing else."""
    return _READABLE.search(data) is not None or (len(data) < 12 and data.isascii() and data.isalnum())  # noqa: PLR2004


def base64_lines(data: bytes, ranges: Sequence[Span]) -> Iterator[Replacement]:
    """Yield base64 texts, each within one line."""
    for run in matches(_RUN, data, ranges):
        first, last = run.span()
        begin = _beginning(data, first, last)
        if begin is None:
            continue
        text, padding_end = data[begin:last], _padding_end(data, last)
        decoded = decode_base64(text)
        if decoded is not None and _worth_showing(text, decoded):
            yield begin, padding_end, ((decoded, begin, last, (3, 4)),), ""


def base64_wrapped(data: bytes, ranges: Sequence[Span]) -> Iterator[Replacement]:
    """Yield base64 texts wrapped over lines of one length (MIME, PEM, YAML block scalars, quoted mail, comments)."""
    done = 0
    for run in matches(_RUN, data, ranges):
        if run.start() < done:
            continue
        lines, padding_end = _wrapped_lines(data, *run.span())
        done = padding_end
        if len(lines) == 1 or not any(_beginning(data, *line) is not None for line in lines):
            continue
        text = b"".join(data[first:last] for first, last in lines)
        decoded = decode_base64(text)
        if decoded is None or not _worth_showing(text, decoded):
            continue
        yield lines[0][0], padding_end, _line_fragments(lines, decoded), ""


def hexadecimal(data: bytes, ranges: Sequence[Span]) -> Iterator[Replacement]:
    r"""Yield hexadecimal texts, with the `0x` or `\x` that introduces them."""
    for run in matches(_RUN, data, ranges):
        at = run.start()
        while text := _HEX_TEXT.search(data, at, run.end()):
            first, last = _hex_bounds(data, *text.span())
            at = max(last, text.end())
            decoded = binascii.unhexlify(data[first:last])
            if readable(decoded):
                lead = _HEX_LEAD.search(data, max(0, first - 2), first)
                yield lead.start() if lead else first, last, ((decoded, first, last, (1, 2)),), ""


def byte_lists(data: bytes, ranges: Sequence[Span]) -> Iterator[Replacement]:
    """Yield text written as a list of numbers: `0x6d, 0x6e`, `6d:6e`, `109, 110`."""
    found = [
        (match.start(), match.end(), base)
        for hint, (base, pattern) in zip(BYTE_LIST_HINTS, _LISTS, strict=True)
        if compiled(hint).search(data)
        for match in matches(pattern, data, ranges)
    ]
    done = 0
    for first, last, base in sorted(found):
        if first < done:
            continue
        pairs = base == 16 and data[first + 2 : first + 3] in {b":", b" "}  # noqa: PLR2004 - hexadecimal
        fragments = _pairs(data, first, last) if pairs else _numbers(data, first, last, base)
        if readable(b"".join(text for text, *_ in fragments)):
            done = last
            yield first, last, fragments, ""


def _pairs(data: bytes, first: int, last: int) -> tuple[Fragment, ...]:
    return ((bytes.fromhex(data[first:last].replace(b":", b" ").decode()), first, last, (1, 3)),)


def _numbers(data: bytes, first: int, last: int, base: int) -> tuple[Fragment, ...]:
    numbers = [(int(number[1], base), *number.span()) for number in _NUMBER.finditer(data, first, last)]
    if any(value > _BYTE for value, _, _ in numbers):
        return ()
    return tuple((bytes((value,)), start, end, None) for value, start, end in numbers)


def decode_base64(text: bytes) -> bytes | None:
    """Return the bytes of a base64 text in either alphabet, padded or not; None if it is none."""
    usable = text[: len(text) - (len(text) % 4 == 1)]
    try:
        return binascii.a2b_base64(usable.translate(_STANDARD) + b"=" * (-len(usable) % 4))
    except binascii.Error:
        return None


def _beginning(data: bytes, first: int, last: int) -> int | None:
    """Return where the base64 text in a run of its alphabet begins, or None if there is none."""
    if data.startswith(HEADERS, first, last):
        return first
    lengths = [0, 0, 0, 0]
    starts: list[int | None] = [None, None, None, None]
    for quads in _QUADS.finditer(data, first, last):
        phase = (quads.start() - first) % 4
        lengths[phase] += quads.end() - quads.start()
        if starts[phase] is None:
            starts[phase] = quads.start()
    phase = max(range(4), key=lengths.__getitem__)
    begin = starts[phase]
    if begin is None:
        return None
    # `prefix-<base64>`, `path/<base64>`: what stands before belongs to another word.
    return begin if begin > first and data[begin - 1] in b"-_/+" else first + phase


def _worth_showing(text: bytes, decoded: bytes) -> bool:
    return readable(decoded) or text.startswith(HEADERS)


def _padding_end(data: bytes, end: int) -> int:
    padding = _PADDING.match(data, end)
    return padding.end() if padding else end


def _wrapped_lines(data: bytes, first: int, last: int) -> tuple[list[tuple[int, int]], int]:
    """Return the lines of the text that begins with the run `[first, last)`, and where its padding ends."""
    lines, end, width = [(first, last)], _padding_end(data, last), last - first
    while end == lines[-1][1] and (found := _NEXT_LINE.match(data, end)):
        line = found.span(1)
        if line[1] - line[0] > width:
            break
        lines.append(line)
        end = found.end()
        if line[1] - line[0] < width:
            break
    return lines, end


def _line_fragments(lines: list[tuple[int, int]], decoded: bytes) -> tuple[Fragment, ...]:
    if (lines[0][1] - lines[0][0]) % 4:
        return ((decoded, lines[0][0], lines[-1][1], None),)
    fragments: list[Fragment] = []
    offset = 0
    for first, last in lines:
        size = (last - first) * 3 // 4
        fragments.append((decoded[offset : offset + size], first, last, (3, 4)))
        offset += size
    return tuple(fragment for fragment in fragments if fragment[0])


def _hex_bounds(data: bytes, first: int, last: int) -> tuple[int, int]:
    """Return the largest range of whole hexadecimal bytes around `[first, last)`."""
    head = first
    while head > 0 and data[head - 1] in b"0123456789abcdefABCDEF":
        head -= 1
    if (first - head) % 2:
        head += 1
    tail = _HEX_RUN.match(data, head)
    end = tail.end() if tail else last
    return head, end - (end - head) % 2


_OPEN_RUN = _RUN + rb"={0,2}[ \t]*\r?$"
_OPEN_LIST = rb"(?:0[xX][0-9a-fA-F]{2}|(?<![0-9])[0-9]{1,3})\s{0,20},?\s{0,20}$"
BASE64 = Decoder("base64", base64_lines, BASE64_AND_HEX, None, test=has_base64_or_hex)
BASE64_WRAPPED = Decoder(
    "base64",
    base64_wrapped,
    BASE64_AND_HEX,
    AcrossLines(_OPEN_RUN, rb"[ \t>#*|]*[A-Za-z0-9+/_\-]"),
    (b"\n", b"\r"),
    has_base64_or_hex,
)
HEXADECIMAL = Decoder("hex", hexadecimal, BASE64_AND_HEX, None, test=has_base64_or_hex)
BYTE_LIST = Decoder(
    "byte-list", byte_lists, BYTE_LISTS, AcrossLines(_OPEN_LIST, rb"\s{0,20},?\s{0,20}[0-9]"), test=has_byte_list
)
