r"""Escapes, and UTF-16 and UTF-32: notations in which every character shows by itself.

Escapes are told by several ASCII characters in a row that had no need of one, or by a credential's prefix of which
some characters are spelled out.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from monei_guard.decoding.signatures.base64_and_hex import in_base64_and_hex
from monei_guard.decoding.signatures.keywords import (
    LENGTH,
    Around,
    EncodingTest,
    Keywords,
    Signature,
    beginning,
    caseless,
    compiled,
    distinct,
    posix,
    prefixes,
    shortest,
    single_bytes,
    spelled,
    stems,
    wide,
)

_Run = tuple[tuple[bytes, ...], bytes]

# Eight characters or more in a row that are spelled out without need (fewer stand in every test of a parser): what such
# a run begins with, and how it goes on. Each beginning has three certain bytes or more, since one that is shorter makes
# Hyperscan look at all content twice as long. Caseless; both `re` and Hyperscan read them.
_BACKSLASH_RUNS: tuple[_Run, ...] = (
    ((rb"\\u00",), rb"[2-7][0-9a-f](?:\\{1,8}u00[02-7][0-9a-f]){7}"),
    ((rb"\\u\{",), rb"0{0,4}[2-7][0-9a-f]\}(?:\\{1,8}u\{0{0,4}[2-7][0-9a-f]\}){7}"),
    ((rb"\\U000000",), rb"[2-7][0-9a-f](?:\\{1,4}U000000[2-7][0-9a-f]){7}"),
    (tuple(rb"\\x%d" % lead for lead in range(2, 8)), rb"[0-9a-f](?:\\{1,4}x[02-7][0-9a-f]){11}"),
    (tuple(rb"\\%02o" % lead for lead in range(0o4, 0o20)), rb"[0-7](?:\\{1,4}[01][0-7][0-7]){7}"),
)
_REFERENCE_RUNS: tuple[_Run, ...] = (
    ((b"&#x",), rb"[0-9a-f]{2,4};(?:&#x?[0-9a-f]{2,4};){7}"),
    (tuple(b"&#%d" % lead for lead in range(10)), rb"[0-9]{1,3};(?:&#x?[0-9a-f]{2,4};){7}"),
)
# Escapes of which the one character that has need of it is escaped again.
_PERCENT_RUN: _Run = ((b"%25",), rb"(?:25){0,2}[2-7][0-9a-f](?:%25(?:25){0,2}[2-7][0-9a-f]){7}")
_AMPERSAND_RUN: _Run = ((b"&amp;",), rb"(?:amp;){0,2}#x?[0-9a-f]{2,4};(?:&amp;(?:amp;){0,2}#x?[0-9a-f]{2,4};){7}")
_RUNS = (*_BACKSLASH_RUNS, *_REFERENCE_RUNS, _PERCENT_RUN, _AMPERSAND_RUN)
# Addresses and mail hold these two, but not for letters and digits.
_LETTERS_AND_DIGITS = (*range(ord("0"), ord("9") + 1), *range(ord("A"), ord("Z") + 1), *range(ord("a"), ord("z") + 1))
_NEEDLESS_RUNS = tuple(
    (tuple(sign + b"%02x" % code for code in _LETTERS_AND_DIGITS), rb"(?:%b[2-7][0-9a-f]){7}" % sign)
    for sign in (b"%", b"=")
)
# What must stand in a text before a pattern is compiled and tried on it: most commits hold few of these signs.
# These find a run by three characters of it.
_SHORT_RUNS = (
    (b"&#", rb"&#[xX]?[0-9a-fA-F]{2,4};&#[xX]?[0-9a-fA-F]{2,4};&#"),
    (b"%", rb"%[2-7][0-9A-Fa-f]%[2-7][0-9A-Fa-f]%[2-7]"),
    (b"=", rb"=[2-7][0-9A-Fa-f]=[2-7][0-9A-Fa-f]=[2-7]"),
)

_SPELLINGS = (
    "%%%02x", "%%%02X", "=%02X", "\\u%04x", "\\u%04X", "\\x%02x", "\\%03o", "&#%d;", "&#x%x;", "\\U%08x", "\\u{%x}",
)  # fmt: skip
# Not looked for between two other layers.
_RARE_SPELLINGS = ("=%02x", "\\x%02X", "&#x%X;")
_PARTLY_SPELLED = (
    "%%%02x", "%%%02X", "=%02X", "=%02x", "\\u%04x", "\\u%04X", "\\x%02x", "\\x%02X", "\\%03o", "&#%d;", "&#x%x;",
    "&#x%X;", "\\u{%x}", "\\u{%X}", "\\u{00%x}", "\\u{00%X}", "\\U%08x", "\\U%08X",
)  # fmt: skip
_ESCAPED_UNDERSCORES = (
    b"%5F", b"%5f", b"%255F", b"%255f", b"=5F", b"\\u005f", b"\\u005F", b"\\x5f", b"\\x5F", b"\\137", b"&#95;",
    b"&#x5f;", b"&#x5F;", b"&lowbar;", b"&UnderBar;", b"\\_", b"\\u{5f}", b"\\u{5F}", b"\\u{005f}", b"\\u{005F}",
    b"\\U0000005f", b"\\U0000005F",
)  # fmt: skip
_UNDERSCORE_SIGNS = (b"5f", b"\\137", b"&#95;", b"&lowbar;", b"&underbar;", b"\\_")  # lower case

# Every byte as its kind: "a" for text, NUL, "x" for the rest. Byte searches then tell what no pattern has to look for.
_TEXT = b"\t\r\n" + bytes(range(ord(" "), ord("~") + 1))
KINDS = bytes(0 if code == 0 else ord("a") if code in _TEXT else ord("x") for code in range(256))


def _joined(runs: Iterable[_Run]) -> tuple[bytes, ...]:
    """Return the runs with all beginnings of each together: Hyperscan alone takes every beginning by itself."""
    return tuple(rb"(?:%b)%b" % (b"|".join(begins), rest) for begins, rest in runs)


def _forms(text: bytes) -> Iterator[bytes]:
    return (spelled(pattern, text) for pattern in (*_SPELLINGS, *_RARE_SPELLINGS))


def _between(head: bytes) -> Iterator[bytes]:
    return (spelled(pattern, head[:3])[:LENGTH] for pattern in _SPELLINGS)


def _literals(beginnings: tuple[bytes, ...], *_: object) -> Iterator[bytes]:
    for stem in beginnings:
        yield from _partly_escaped(stem)
        yield from _partly_spelled(stem)


def _partly_escaped(stem: bytes) -> Iterator[bytes]:
    """Yield a stem of which only the underscore is escaped."""
    heads = dict.fromkeys((stem.partition(b"_")[0], stem[:-1])) if stem.endswith(b"_") else ()
    for escape in _ESCAPED_UNDERSCORES:
        yield from (head + escape for head in heads)


def _partly_spelled(stem: bytes) -> Iterator[bytes]:
    """Yield what begins a credential's prefix of which one character or more, but not all, are escaped."""
    if not stem.endswith(b"_"):
        return
    for pattern in _PARTLY_SPELLED:
        for at in range(len(stem) - 1):
            head = stem[:at] + (pattern % stem[at]).encode()
            yield head + stem[at + 1 : at + 2]
            yield head + (pattern % stem[at + 1]).encode()


@cache
def _partly_escaped_prefixes(keywords: Keywords) -> tuple[bytes, ...]:
    """Return each credential's prefix with its underscore alone escaped, in every way, lower case."""
    forms = (form for keyword in shortest(keywords) for stem in stems(keyword) for form in _partly_escaped(stem))
    return distinct(form.lower() for form in forms)


def _spelled_letters(keywords: Keywords) -> Iterator[tuple[bytes, bytes]]:
    """Yield what matches one character of a prefix spelled out without need, before one that is not or another.

    Each pattern comes with the sign that it begins with.
    """
    letters = bytes(sorted(set(b"".join(prefixes(keywords)))))
    if not letters:
        return
    codes = "|".join(distinct(form for code in letters for form in (f"{code:02x}", f"{code:02X}"))).encode()
    decimal, octal = ("|".join(form % code for code in letters).encode() for form in ("%d", "%03o"))
    # What is a digit in hexadecimal too says nothing behind `=6d`.
    digits = bytes(code for code in letters if code in b"abcdef")
    others = bytes(code for code in letters if code not in digits)
    before = b"[%b]?" % digits if digits else b""
    yield b"&#", rb"&#(?:[xX](?:%b)|%b);(?:[%b]|&#)" % (codes, decimal, letters)
    yield b"%", rb"%%(?:%b)(?:[%b]|%%[2-7])" % (codes, letters)
    yield b"=", rb"=(?:%b)(?:%b[%b]|%b=[2-7])" % (codes, before, others, before)
    yield b"\\", rb"\\(?:[xX](?:%b)|u00(?:%b)|u\{0{0,4}(?:%b)\}|U000000(?:%b)|%b)(?:[%b]|\\)" % (
        *[codes] * 4, octal, letters,
    )  # fmt: skip


def _test(keywords: Keywords) -> EncodingTest:
    begin_less = _joined((tuple(begin[2:] for begin in begins), rest) for begins, rest in _BACKSLASH_RUNS)
    patterns = (
        (b"\\", rb"\\(?i:%b)" % b"|".join(begin_less)),
        (b"%25", rb"(?i:%b)" % _joined((_PERCENT_RUN,))[0]),
        (b"&amp;", rb"(?i:%b)" % _joined((_AMPERSAND_RUN,))[0]),
        *_SHORT_RUNS,
        *_spelled_letters(keywords),
    )

    def test(content: bytes) -> bool:
        if any(sign in content and compiled(pattern).search(content) for sign, pattern in patterns):
            return True
        lower = content.lower()
        if not any(sign in lower for sign in _UNDERSCORE_SIGNS):
            return False
        return any(form in lower for form in _partly_escaped_prefixes(keywords))

    return test


def _posix(keywords: Keywords) -> Iterator[str]:
    yield from (posix(pattern) for _, pattern in _SHORT_RUNS)
    yield from map(_caseless_posix, _joined(_RUNS))
    yield from (caseless(form.decode()) for form in _partly_escaped_prefixes(keywords))
    yield from (posix(pattern) for _, pattern in _spelled_letters(keywords))


def _caseless_posix(pattern: bytes) -> str:
    """Return a pattern of ours for a POSIX expression, which has no flag for case."""
    text = posix(pattern).replace("a-f", "a-fA-F")
    return re.sub(r"(?<![A-Za-z\[-])([uxU])(?![A-Za-z])", lambda match: f"[{match[1].lower()}{match[1].upper()}]", text)


def has_wide_text(data: bytes) -> bool:
    """Return whether there is text of twelve characters in UTF-16 or UTF-32, of either byte order."""
    if b"\0" not in data:
        return False
    kinds = data.translate(KINDS)
    return b"a\0" * 11 in kinds or b"a\0\0\0" * 11 in kinds  # the zeros outside are those of one byte order


def _test_wide(_: Keywords) -> EncodingTest:
    return has_wide_text


def _wide_posix(_: Keywords) -> Iterator[str]:
    yield "([ -~]\t{1,3}){12}"  # NUL is a tab there; what it says is not looked at


def _wide_forms(text: bytes) -> Iterator[bytes]:
    yield b"\0".join(single_bytes(text))
    yield b"\0\0\0".join(single_bytes(text))
    yield from in_base64_and_hex(wide(text))


def _wide_literals(beginnings: tuple[bytes, ...], once: tuple[bytes, ...], around: Around) -> Iterator[bytes]:
    for inner in (*beginnings, *once):
        if b"\0" not in inner:
            yield from map(beginning, around(wide(inner[:6])))
    for stem in beginnings:
        for inner in around(stem):
            for form in (inner, *around(inner)):
                yield b"\0".join(single_bytes(form[:6]))


WIDE = Signature(__file__, _test_wide, _wide_posix, forms=_wide_forms, literals=_wide_literals)
ESCAPES = Signature(
    __file__,
    _test,
    _posix,
    forms=_forms,
    between=_between,
    literals=_literals,
    # Every beginning by itself.
    patterns=tuple(begin + rest for begins, rest in (*_RUNS, *_NEEDLESS_RUNS) for begin in begins),
)
