r"""How keywords look once they are encoded, so that the first stage passes over everything else.

Three ways, for three kinds of encodings. Base64 and hexadecimal leave a fixed literal for each keyword and alignment,
also inside one another, and literals cost a multi-pattern search nothing. Escapes show themselves by their notation:
several ASCII characters in a row that had no need of it. Compressed streams begin with their magic number.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from monei_guard.content.packed_signs import has_packed_text

# Enough to be rare, short enough that literals of many keywords fall together.
_LENGTH = 12
_MARKS = (b'"', b"'", b"`", b"\\")
_GAP = 100  # bytes between two parts of a divided prefix, at most
_STEM = 8  # characters of a keyword that matter

# Two or more characters in a row that are spelled out without need. Caseless; both `re` and Hyperscan read them.
ESCAPE_PATTERNS: tuple[bytes, ...] = (
    rb"\\u00[3-7][0-9a-f]\\u00[3-7]",
    rb"\\u\{0{0,4}[3-7][0-9a-f]\}\\u",
    rb"\\U000000[3-7][0-9a-f]\\U",
    rb"\\x[3-7][0-9a-f]\\x[3-7][0-9a-f]\\x[3-7]",
    rb"&#x?[0-9a-f]{2,4};&#x?[0-9a-f]{2,4};&#",
    rb"\\[01][0-7][0-7]\\[01][0-7][0-7]\\",
    rb"0x[2-7][0-9a-f],\s{0,4}0x[2-7][0-9a-f],\s{0,4}0x[2-7][0-9a-f],\s{0,4}0x[2-7][0-9a-f],\s{0,4}0x[2-7]",
)
# Gzip's magic number in base64, in base64 of that, and zlib's three headers at the beginning of a value.
COMPRESSED_LITERALS: tuple[bytes, ...] = (
    b"H4sI",
    b"SDRzS",
    *(
        before + header + last
        for header, lasts in ((b"eJ", b"wxyz"), (b"eN", b"opqr"), (b"eA", b"EFGH"))
        for last in (bytes([code]) for code in lasts)
        for before in (b'"', b"'", b"=", b":", b"(", b">", b",", b"`", b" ", b"\n")
    ),
)
# Doubly spelled out: the escape character of the inner layer, and the beginning of the next character.
_DOUBLE = tuple(
    outer + lead + outer + digit
    for outer, lead in ((b"%", b"25"), (b"=", b"3D"), (b"=", b"3d"), (b"%", b"3D"), (b"=", b"25"), (b"%", b"5C"))
    for digit in (b"3", b"4", b"6", b"7")
)

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def encoded_literals(keywords: Iterable[str]) -> tuple[bytes, ...]:
    """Return literals of which one stands in every text that holds one of the keywords encoded up to three times.

    Lower-case keywords stand for their upper-case and capitalised forms too, unless they end with "_": a credential's
    own prefix has one case. Layers outside the innermost one: base64 and hexadecimal.
    """
    found = dict.fromkeys((*COMPRESSED_LITERALS, *_DOUBLE))
    for stem in dict.fromkeys(stem for keyword in keywords for stem in _stems(keyword)):
        once = tuple(_forms(stem))
        twice = tuple(literal for form in once for literal in _packed(form))
        thrice = (literal for form in twice for literal in _packed(form))
        found.update(dict.fromkeys(_partly_escaped(stem)))
        found.update(dict.fromkeys(_around(once)))
        found.update(dict.fromkeys(form[:_LENGTH] for layer in (once, twice, thrice) for form in layer))
    return tuple(found)


def split_patterns(keywords: Iterable[str]) -> tuple[bytes, ...]:
    """Return patterns that match a credential's prefix divided between two string literals."""
    gap = rb"""["'`\\][^A-Za-z0-9]{0,40}(?:[a-zA-Z_]{1,10}[^A-Za-z0-9]{1,20})?"""
    return tuple(re.escape(first) + gap + re.escape(second) for first, second in _halves(keywords))


def encoded_text_test(keywords: Iterable[str]) -> Callable[[bytes], bool]:
    """Return a test for content too small to pay for a multi-pattern search: does it hold encoded text of any kind.

    It lets through all that `encoded_literals`, `ESCAPE_PATTERNS` and `split_patterns` find, and more.
    """
    stems = tuple(stem for keyword in keywords for stem in _stems(keyword))
    underscores = tuple(dict.fromkeys(form.lower() for stem in stems for form in _partly_escaped(stem)))
    halves = _halves(keywords)
    second_halves = re.compile(rb"""["'`](?:%b)""" % b"|".join(sorted({re.escape(second) for _, second in halves})))

    def divided(content: bytes, quote: int) -> bool:
        before = content[max(0, quote - _GAP) : quote]
        return any(
            content.startswith(second, quote + 1) and any(first + mark in before for mark in _MARKS)
            for first, second in halves
        )

    def test(content: bytes) -> bool:
        if has_packed_text(content) or any(sign in content and test(content) for sign, test in _ESCAPE_TESTS):
            return True
        lower = content.lower()
        if any(sign in lower for sign in _UNDERSCORES) and any(form in lower for form in underscores):
            return True
        return any(divided(content, found.start()) for found in second_halves.finditer(content))

    return test


# What must stand in a text before a pattern is tried on it: each pattern begins with a literal, so most cost little.
_ESCAPE_TESTS = tuple(
    (sign, re.compile(pattern).search)
    for sign, pattern in (
        (b"\\", rb"\\(?i:%b)" % b"|".join(pattern[2:] for pattern in ESCAPE_PATTERNS if pattern[:2] == rb"\\")),
        (b"&#", rb"&#(?i:x?[0-9a-f]{2,4};&#x?[0-9a-f]{2,4};&#)"),
        (b"%", rb"%[2-7][0-9A-Fa-f]%[2-7][0-9A-Fa-f]%[2-7]"),
        (b"=", rb"=[2-7][0-9A-Fa-f]=[2-7][0-9A-Fa-f]=[2-7]"),
        (b"0x", rb"0x[2-7][0-9a-fA-F](?:\s{0,4},\s{0,4}0x[2-7][0-9a-fA-F]){4}"),
        (b",", rb"1[0-2][0-9],\s{0,4}1[0-2][0-9],\s{0,4}(?:[1-9][0-9]{1,2},\s{0,4}){5}"),
        (b":", rb"6[0-9a-fA-F]:(?:[2-7][0-9a-fA-F]:){6}"),
        (b" ", rb"6[0-9a-fA-F] (?:[2-7][0-9a-fA-F] ){6}"),
        (b"\0", rb"(?:[\x20-\x7e]\x00{1,3}){12}"),
    )
)
_UNDERSCORES = (b"5f", b"\\137", b"&#95;", b"&lowbar;", b"&underbar;", b"\\_")


def _halves(keywords: Iterable[str]) -> tuple[tuple[bytes, bytes], ...]:
    """Return the two parts of each credential's prefix, divided at every place."""
    prefixes = dict.fromkeys(keyword.encode() for keyword in keywords if keyword.endswith("_"))
    return tuple((prefix[:at], prefix[at:]) for prefix in prefixes for at in range(1, len(prefix)))


def _stems(keyword: str) -> tuple[bytes, ...]:
    stem = keyword[:_STEM]
    forms = (stem,) if keyword.endswith("_") else (stem, stem.upper(), stem.capitalize())
    return tuple(form.encode() for form in forms)


def _forms(stem: bytes) -> Iterator[bytes]:
    """Yield a stem in every encoding."""
    yield from _packed(stem)
    for pattern in (
        "%%%02x", "%%%02X", "=%02X", "=%02x", "\\u%04x", "\\u%04X", "\\x%02x", "\\x%02X", "\\%03o", "&#%d;", "&#x%x;",
        "&#x%X;", "\\U%08x", "\\u{%x}", "0x%02x,", "0x%02x, ", "0x%02X, ", "%02x ", "%02x:", "%02X ", "%02X:", "%d,",
        "%d, ",
    ):  # fmt: skip
        yield "".join(pattern % code for code in stem).encode()
    yield b"\0".join(stem[at : at + 1] for at in range(len(stem)))
    yield b"\0\0\0".join(stem[at : at + 1] for at in range(len(stem)))


def _packed(text: bytes) -> Iterator[bytes]:
    """Yield what is certain of `text` in base64, at each alignment and in both alphabets, and in hexadecimal."""
    bits = "".join(f"{code:08b}" for code in text)
    for before in range(3):
        skip = -before * 8 % 6
        whole = bits[skip : len(bits) - (len(bits) - skip) % 6]
        form = bytes(_BASE64[int(whole[at : at + 6], 2)] for at in range(0, len(whole), 6))
        yield form
        if b"+" in form or b"/" in form:
            yield form.translate(_URL_SAFE)
    yield text.hex().encode()
    yield text.hex().upper().encode()


def _around(forms: tuple[bytes, ...]) -> Iterator[bytes]:
    """Yield base64 and hexadecimal forms inside the outer layers whose notation alone is too common to stop at."""
    for form in forms:
        if form.isalnum():
            start = form[: _LENGTH // 3]
            yield "".join(f"%{code:02x}" for code in start).encode()
            yield "".join(f"={code:02X}" for code in start).encode()
            yield b"\0".join(form[at : at + 1] for at in range(min(len(form), 6)))


def _partly_escaped(stem: bytes) -> Iterator[bytes]:
    """Yield a stem of which only the underscore is escaped."""
    head, mark, _ = stem.partition(b"_")
    if not mark:
        return
    for escape in (
        b"%5F", b"%5f", b"%255F", b"%255f", b"=5F", b"\\u005f", b"\\u005F", b"\\x5f", b"\\x5F", b"\\137", b"&#95;",
        b"&#x5f;", b"&#x5F;", b"&lowbar;", b"&UnderBar;", b"\\_",
    ):  # fmt: skip
        yield head + escape
