"""Keys that a format puts together from literals: `'%s%s' % ('a', 'b')`, `'{}{}'.format('a', 'b')`, `sprintf`.

Textual, like `split_strings`; the format has nothing but its places and characters of a key.
"""

import re
from collections.abc import Iterator, Sequence

from monei_guard.decoding.decoder import AcrossLines, Decoder, Fragment, Replacement, matches
from monei_guard.model.location import Span

_LITERAL = rb"""(?:"[^"\\\n]{0,200}"|'[^'\\\n]{0,200}')"""
_LITERALS = rb"\s{0,40}%(l)b(?:\s{0,40},\s{0,40}%(l)b){0,20}+\s{0,40},?\s{0,40}" % {b"l": _LITERAL}
_PLACE = rb"(?:%s|%v|\{[0-9]?\})"
_FORMAT = rb"""(?P<q>["'])(?P<format>(?:[A-Za-z0-9_]{0,200}%b){1,20}[A-Za-z0-9_]{0,200})(?P=q)""" % _PLACE
# '…' % ('a', 'b')   '…' % 'a'   '…'.format('a')   sprintf('…', 'a')   fmt.Sprintf("…", "a")   String.format("…", "a")
_FORMATTED = _FORMAT + (
    rb"""(?:\s{0,20}%%\s{0,20}\((?P<tuple>%(s)b)\)|\s{0,20}%%\s{0,20}(?P<one>%(l)b)|\.format\((?P<method>%(s)b)\)"""
    rb"""|(?<=[,"'])\s{0,20},(?P<call>%(s)b)\))""" % {b"s": _LITERALS, b"l": _LITERAL}
)
_EACH_LITERAL = re.compile(_LITERAL)
_EACH_PART = re.compile(_PLACE + rb"|[A-Za-z0-9_]+")
_PLACES = (b"%", b"{")


def formats(data: bytes, ranges: Sequence[Span]) -> Iterator[Replacement]:
    """Yield formats whose values are literals, as the text that they make."""
    for match in matches(_FORMATTED, data, ranges):
        values = [
            (found.start() + 1, found.end() - 1)
            for found in _EACH_LITERAL.finditer(data, *match.span(match.lastgroup or 0))
        ]
        made = b"".join(_filled(data, match.span("format"), values))
        start, end = match.span()
        if made:
            fragments: tuple[Fragment, ...] = ((match["q"] + made + match["q"], start, end, None),)
            yield start, end, fragments, ""


def _filled(data: bytes, span: tuple[int, int], values: list[tuple[int, int]]) -> Iterator[bytes]:
    number = 0
    for part in _EACH_PART.finditer(data, *span):
        if not part[0].startswith(_PLACES):
            yield part[0]
            continue
        at = int(part[0][1:2]) if part[0][1:2].isdigit() else number
        number += 1
        if at < len(values):
            yield data[slice(*values[at])]


FORMATS = Decoder(
    "joined-strings", formats, None, AcrossLines(rb"[%(,]\s*$", b""), (b"%s", b"%v", b"{}", b"{0}"), reach=512
)
