r"""Escapes: encodings that spell a text out character by character, or only the characters that need it.

Backslash escapes of programming languages and JSON, percent-encoding (RFC 3986), HTML character references,
quoted-printable (RFC 2045), UTF-16 and UTF-32 inside other data. Characters that are not escaped stay where they are.
"""

import re
from collections.abc import Iterator, Sequence

from monei_guard.decoding.decoder import AcrossLines, Decoder, Replacement, matches
from monei_guard.decoding.signatures.escapes import ESCAPES, KINDS, WIDE
from monei_guard.decoding.signatures.keywords import compiled
from monei_guard.model.location import Span

_HEX = rb"[0-9a-fA-F]"
# Runs of ASCII in one notation map in steps; everything else one by one.
_NUMERIC = (
    rb"\\(?<!\\\\)(?:"
    rb"(?P<u>u00[0-7]%(h)b(?:\\u00[0-7]%(h)b)*)|(?P<x>x[0-7]%(h)b(?:\\x[0-7]%(h)b)*)"
    rb"|(?P<o>[01][0-7]{2}(?:\\[01][0-7]{2})*)|(?P<U>U000000[0-7]%(h)b(?:\\U000000[0-7]%(h)b)*)"
    rb"|u\{(?P<braced>%(h)b{1,6})\}"
    rb"|u(?P<high>[dD][89abAB]%(h)b{2})\\u(?P<low>[dD][c-fC-F]%(h)b{2})"
    rb"|u(?P<four>%(h)b{4})|U(?P<eight>%(h)b{8})|x(?P<two>%(h)b{2})"
    rb")" % {b"h": _HEX}
)
_LEADS = {"u": b"\\u00", "x": b"\\x", "U": b"\\U000000"}

_JSON = rb"""\\(?:(?:["'\\/bfnrt_\-](?:\\["'\\/bfnrt_\-])*)|u%b{4})""" % _HEX
_SIMPLE = bytes.maketrans(b"bfnrt", b"\b\f\n\r\t")  # the others stand for themselves; `\_` and `\-` are Markdown's

_PAIRS = {b"\\%c" % code: bytes((code,)).translate(_SIMPLE) for code in b"\"'\\/bfnrt_-"}
_U = ord("u")

_PERCENT = rb"%%%(h)b{2}(?:%%%(h)b{2})*" % {b"h": _HEX}

_HTML = rb"&(?:\#(?:[xX](?P<hex>%b{1,6})|(?P<decimal>[0-9]{1,7}));?|(?P<name>[A-Za-z]{2,12});)" % _HEX
# The named references that stand for ASCII (HTML standard, section 13.5).
_NAMED = {
    b"quot": b'"', b"amp": b"&", b"apos": b"'", b"lt": b"<", b"gt": b">", b"lowbar": b"_", b"UnderBar": b"_",
    b"equals": b"=", b"colon": b":", b"period": b".", b"sol": b"/", b"plus": b"+", b"hyphen": b"-", b"nbsp": b" ",
    b"Tab": b"\t", b"NewLine": b"\n", b"comma": b",", b"semi": b";", b"lpar": b"(", b"rpar": b")", b"lsqb": b"[",
    b"rsqb": b"]", b"lcub": b"{", b"rcub": b"}", b"percnt": b"%", b"num": b"#", b"dollar": b"$", b"excl": b"!",
}  # fmt: skip

_QUOTED_PRINTABLE = rb"=[ \t]{0,20}(?P<soft>\r?\n)|(?P<bytes>=[0-9A-Fa-f]{2}(?:=[0-9A-Fa-f]{2})*)"
_SOFT_BREAK = re.compile(rb"=(?<=[^\s=]{20}=)\r?\n\S")
_SPELLED_OUT = re.compile(rb"=[0-9A-Fa-f]{2}=[0-9A-Fa-f]{2}=[0-9A-Fa-f]{2}=[0-9A-Fa-f]{2}")
_ANY_SIGN = rb"=3D|(?i:uoted-printable)|=(?<=[^\s=]{20}=)\r?(?:\n\S|\Z)|(?:=[0-9A-Fa-f]{2}){4}"

# A code unit's width, the offset of its low byte, and eight characters or more.
_UTF_16 = (
    (2, 0, rb"(?:[\t\r\n\x20-\x7e]\x00){8,}(?!\x00)"),
    (2, 1, rb"(?:\x00[\t\r\n\x20-\x7e]){8,}"),
)
_UTF_32 = (
    (4, 0, rb"(?:[\t\r\n\x20-\x7e]\x00\x00\x00){8,}"),
    (4, 3, rb"(?:\x00\x00\x00[\t\r\n\x20-\x7e]){8,}"),
)


_ASCII = tuple(bytes((code,)) for code in range(0x80))


def numeric_escapes(data: bytes, ranges: Sequence[Span]) -> Iterator[Replacement]:
    r"""Yield `\u006d`, `\u{6d}`, `\U0000006d`, `\x6d` and `\155`, each run of one notation as one replacement."""
    for match in matches(_NUMERIC, data, ranges):
        start, end = match.span()
        kind = match.lastgroup or ""
        lead = _LEADS.get(kind)
        if lead is not None:
            decoded = bytes.fromhex(match[0].replace(lead, b"").decode())
            yield start, end, ((decoded, start, end, (1, len(lead) + 2)),), ""
        elif kind == "o":
            decoded = bytes([int(code, 8) for code in match[0][1:].split(b"\\")])
            yield start, end, ((decoded, start, end, (1, 4)),), ""
        else:
            yield start, end, ((_code_point(match), start, end, None),), ""


def json_strings(data: bytes, ranges: Sequence[Span]) -> Iterator[Replacement]:
    r"""Yield the escapes of a JSON or source text that stands inside a string: `\"`, `\n`, `\\`, `\u0022`."""
    for match in matches(_JSON, data, ranges):
        start, end = match.span()
        text = match[0]
        if text[1] == _U:
            yield start, end, ((_utf8(int(text[-4:], 16)), start, end, None),), ""
        else:
            decoded = _PAIRS[text] if len(text) == 2 else text[1::2].translate(_SIMPLE)  # noqa: PLR2004 - one escape
            yield start, end, ((decoded, start, end, (1, 2)),), ""


def percent_encoding(data: bytes, ranges: Sequence[Span]) -> Iterator[Replacement]:
    """Yield `%6d`."""
    for match in matches(_PERCENT, data, ranges):
        start, end = match.span()
        yield start, end, ((bytes.fromhex(match[0].replace(b"%", b"").decode()), start, end, (1, 3)),), ""


def html_references(data: bytes, ranges: Sequence[Span]) -> Iterator[Replacement]:
    """Yield `&#109;`, `&#x6d;` and the named references of ASCII characters."""
    for match in matches(_HTML, data, ranges):
        if match["name"]:
            decoded = _NAMED.get(match["name"])
            if decoded is None:
                continue
        else:
            decoded = _utf8(int(match["hex"], 16) if match["hex"] else int(match["decimal"]))
        start, end = match.span()
        yield start, end, ((decoded, start, end, None),), ""


def quoted_printable(data: bytes, ranges: Sequence[Span]) -> Iterator[Replacement]:
    """Yield `=6D` and soft line breaks, in texts that show to be quoted-printable."""
    for match in matches(_QUOTED_PRINTABLE, data, ranges):
        start, end = match.span()
        if match["soft"]:
            yield start, end, (), ""
            continue
        decoded = bytes.fromhex(match["bytes"].replace(b"=", b"").decode())
        yield start, end, ((decoded, start, end, (1, 3)),), ""


def is_quoted_printable(data: bytes) -> bool:
    """Return whether anything besides single `=` signs says that a text is quoted-printable."""
    if b"=3D" in data or b"uoted-printable" in data.lower():
        return True
    return _SOFT_BREAK.search(data) is not None or _SPELLED_OUT.search(data) is not None


def _signs_of_quoted_printable(data: bytes) -> Iterator[int]:
    """Yield where anything says that the whole text is quoted-printable; a soft break's line says it alone."""
    return (sign.start() for sign in compiled(_ANY_SIGN).finditer(data))


def utf_16(data: bytes, ranges: Sequence[Span]) -> Iterator[Replacement]:
    """Yield ASCII text in UTF-16 of either byte order, without a byte order mark and among other data."""
    return _wide_text(_UTF_16, data, ranges)


def utf_32(data: bytes, ranges: Sequence[Span]) -> Iterator[Replacement]:
    """Yield ASCII text in UTF-32 of either byte order."""
    return _wide_text(_UTF_32, data, ranges)


def _has_utf_16(data: bytes) -> bool:
    kinds = data.translate(KINDS)
    return b"a\0" * 8 in kinds or b"\0a" * 8 in kinds


def _has_utf_32(data: bytes) -> bool:
    kinds = data.translate(KINDS)
    return b"a\0\0\0" * 8 in kinds or b"\0\0\0a" * 8 in kinds


def _wide_text(
    orders: tuple[tuple[int, int, bytes], ...], data: bytes, ranges: Sequence[Span]
) -> Iterator[Replacement]:
    found = sorted(
        (*match.span(), width, low) for width, low, pattern in orders for match in matches(pattern, data, ranges)
    )
    done = 0
    for first, last, width, low in found:
        if first < done:
            continue
        done = last
        yield first, last, ((data[first + low : last : width], first, last, (1, width)),), ""


def _code_point(match: re.Match[bytes]) -> bytes:
    if match["high"]:
        high, low = int(match["high"], 16), int(match["low"], 16)
        return _utf8(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    if match["two"]:
        return bytes([int(match["two"], 16)])
    return _utf8(int(match["braced"] or match["four"] or match["eight"], 16))


def _utf8(code: int) -> bytes:
    """Return a code point in UTF-8; U+FFFD for what is none."""
    if code < 0x80:  # noqa: PLR2004 - ASCII, and nearly all of them
        return _ASCII[code]
    return (chr(code) if code <= 0x10FFFF else "\ufffd").encode("utf-8", "surrogatepass")  # noqa: PLR2004 - last one


NUMERIC_ESCAPES = Decoder("escapes", numeric_escapes, ESCAPES, None, (b"\\u", b"\\x", b"\\U", b"\\0", b"\\1"))
# Where nothing but `\u006d` and its like stand, the numeric escapes say the same.
JSON_STRINGS = Decoder("json-string", json_strings, ESCAPES, None, (b'\\"', b"\\\\", b"\\n", b"\\/", b"\\_", b"\\-"))
PERCENT_ENCODING = Decoder("percent", percent_encoding, ESCAPES, None, (b"%",))
HTML_REFERENCES = Decoder("html", html_references, ESCAPES, None, (b"&",))
QUOTED_PRINTABLE = Decoder(
    "quoted-printable",
    quoted_printable,
    ESCAPES,
    AcrossLines(elsewhere=_signs_of_quoted_printable),
    (b"=",),
    is_quoted_printable,
)
UTF_16 = Decoder("utf-16", utf_16, WIDE, None, (b"\0",), _has_utf_16)
UTF_32 = Decoder("utf-32", utf_32, WIDE, None, (b"\0\0\0",), _has_utf_32)
