r"""How keywords look once they are encoded, so that the first stage passes over everything else.

Three ways, for three kinds of encodings. Base64 and hexadecimal leave a fixed literal for each keyword and alignment,
also inside one another, and literals cost a multi-pattern search nothing. Escapes show themselves by their notation:
several ASCII characters in a row that had no need of it. Compressed streams begin with their magic number.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from monei_guard.content.packed_signs import has_byte_list, has_packed_text

# Enough to be rare, short enough that literals of many keywords fall together.
_LENGTH = 12
_MARKS = (b'"', b"'", b"`", b"\\")
_COMMON_HALVES = (b"test_",)
_GAP = 100  # bytes between two parts of a divided prefix, at most
_SHORTEST = 4
_STEM = 8  # characters of a keyword that matter

# Eight characters or more in a row that are spelled out without need (fewer stand in every test of a parser). Caseless;
# both `re` and Hyperscan read them.
ESCAPE_PATTERNS: tuple[bytes, ...] = (
    rb"\\u00[2-7][0-9a-f](?:\\{1,8}u00[02-7][0-9a-f]){7}",
    rb"\\u\{0{0,4}[2-7][0-9a-f]\}(?:\\{1,8}u\{0{0,4}[2-7][0-9a-f]\}){7}",
    rb"\\U000000[2-7][0-9a-f](?:\\{1,4}U000000[2-7][0-9a-f]){7}",
    rb"\\x[2-7][0-9a-f](?:\\{1,4}x[02-7][0-9a-f]){11}",
    rb"&#x?[0-9a-f]{2,4};(?:&#x?[0-9a-f]{2,4};){7}",
    # a multi-pattern search is led by literals: with a first digit in the notation, these have one of two characters
    rb"\\0[0-7][0-7](?:\\{1,4}[01][0-7][0-7]){7}",
    rb"\\1[0-7][0-7](?:\\{1,4}[01][0-7][0-7]){7}",
    rb"0x[2-7][0-9a-f](?:,\s{0,4}0x[2-7][0-9a-f]){7}",
)
# In base64: gzip's magic number, and zlib's three headers, each with the two bits that follow.
_GZIP = b"H4sI"
_ZLIB = tuple(
    header + bytes([last]) for header, lasts in ((b"eJ", b"wxyz"), (b"eN", b"opqr"), (b"eA", b"EFGH")) for last in lasts
)
# Three characters are too few to be rare, except at the beginning of a value.
_BEFORE = (b'"', b"'", b"=", b":", b"(", b">", b",", b"`", b" ", b"\n")
# Percent-encoded or quoted-printable: another escape, spelled out.
_DOUBLE = tuple(
    outer + f"{outer}".join(pair)
    for outer in ("%", "=")
    for pair in (
        *((lead, digit) for lead in ("25", "3D", "3d") for digit in ("3", "4", "5", "6", "7")),
        *((lead, kind) for lead in ("5C", "5c") for kind in ("75", "78", "55", "30", "31")),
        ("26", "23"), ("30", "78"), ("30", "58"),
    )
)  # fmt: skip

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def encoded_literals(keywords: Iterable[str]) -> tuple[bytes, ...]:
    """Return literals of which one stands in text that holds one of the keywords encoded up to three times.

    Lower-case keywords stand for their upper-case and capitalised forms too, unless they end with "_": a credential's
    own prefix has one case. Outside the innermost layer: base64 and hexadecimal, also spelled out by percent-encoding
    or quoted-printable, and UTF-16 in base64.
    """
    found = dict.fromkeys((*_compressed(), *(form.encode() for form in _DOUBLE)))
    stems = dict.fromkeys(stem for keyword in _shortest(keywords) for stem in _stems(keyword))
    for stem in stems:
        once = tuple(_forms(stem))
        packed = tuple(_packed(stem))
        twice = [form for inner in packed for form in _packed(inner)]
        thrice = (form for inner in twice for form in _packed(inner))
        spelled = (form for inner in once[len(packed) :] for form in _packed(inner))
        wide = (form for inner in (stem, *once) for form in _packed(b"\0".join(_bytes(inner[:6])) + b"\0"))
        found.update(dict.fromkeys((*_partly_escaped(stem), *_partly_spelled(stem))))
        found.update(dict.fromkeys(_around((*packed, *twice))))
        found.update(dict.fromkeys(form[:_LENGTH] for form in (*once, *twice, *thrice, *spelled, *wide)))
    return tuple(form for form in found if len(form) >= _SHORTEST)


def split_patterns(keywords: Iterable[str]) -> tuple[bytes, ...]:
    """Return patterns that match a credential's prefix divided between two string literals."""
    gap = rb"""["'`\\][^A-Za-z0-9]{0,40}(?:[a-zA-Z_]{1,10}[^A-Za-z0-9]{1,20})?"""
    return tuple(re.escape(first) + gap + _second_half(second) for first, second in prefix_halves(keywords))


def _second_half(half: bytes) -> bytes:
    """Return a pattern for the end of a divided prefix.

    One that is a word of any program's text is spelled as ranges, in which a multi-pattern search sees no literal to
    stop at: it then waits for the first half, which is rare.
    """
    if half not in _COMMON_HALVES:
        return re.escape(half)
    return b"".join(b"[%c-%c]" % (code - 1, code + 1) if code != ord("_") else b"_" for code in half)


def encoded_text_test(keywords: Iterable[str]) -> Callable[[bytes], bool]:
    """Return a test for content too small to pay for a multi-pattern search: does it hold encoded text of any kind.

    It lets through all that `encoded_literals`, `ESCAPE_PATTERNS` and `split_patterns` find, and more.
    """
    underscores = partly_escaped_prefixes(keywords)
    halves = prefix_halves(keywords)
    second_halves = re.compile(rb"""["'`](?:%b)""" % b"|".join(sorted({re.escape(second) for _, second in halves})))

    def divided(content: bytes, quote: int) -> bool:
        before = content[max(0, quote - _GAP) : quote]
        return any(
            content.startswith(second, quote + 1) and any(first + mark in before for mark in _MARKS)
            for first, second in halves
        )

    def test(content: bytes) -> bool:
        if (
            has_packed_text(content)
            or has_byte_list(content)
            or any(sign in content and test(content) for sign, test in (*_ESCAPE_TESTS, *_SPELLED_TESTS))
        ):
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
        (b"\0", rb"(?:[\x20-\x7e]\x00{1,3}){12}"),
    )
)
# One character of a prefix spelled out that had no need of it, before one that is not, or another.
SPELLED = "_ceiklmnrstv"
_SPELLED_TESTS = tuple(
    (sign, re.compile(pattern).search)
    for sign, pattern in (
        (
            b"&#",
            rb"&#(?:[xX](?i:%(x)b)|%(d)b);(?:[%(c)b]|&#)",
        ),
        (b"%", rb"%%(?i:%(x)b)(?:[%(c)b]|%%[2-7])"),
        (b"=", rb"=(?i:%(x)b)(?:[ce]?[_iklmnrstv]|[ce]?=[2-7])"),
        (b"\\", rb"\\(?:[xX](?i:%(x)b)|u00(?i:%(x)b)|%(o)b)(?:[%(c)b]|\\)"),
    )
    for pattern in (
        pattern
        % {
            b"x": "|".join(f"{ord(char):02x}" for char in SPELLED).encode(),
            b"d": "|".join(str(ord(char)) for char in SPELLED).encode(),
            b"o": "|".join(f"{ord(char):03o}" for char in SPELLED).encode(),
            b"c": SPELLED.encode(),
        },
    )
)
_UNDERSCORES = (b"5f", b"\\137", b"&#95;", b"&lowbar;", b"&underbar;", b"\\_")


def prefix_halves(keywords: Iterable[str]) -> tuple[tuple[bytes, bytes], ...]:
    """Return the two parts of each credential's prefix, divided at every place."""
    prefixes = dict.fromkeys(keyword.encode() for keyword in keywords if keyword.endswith("_"))
    return tuple((prefix[:at], prefix[at:]) for prefix in prefixes for at in range(1, len(prefix)))


def partly_escaped_prefixes(keywords: Iterable[str]) -> tuple[bytes, ...]:
    """Return each credential's prefix with its underscore alone escaped, in every way, lower case."""
    stems = (stem for keyword in keywords for stem in _stems(keyword))
    return tuple(dict.fromkeys(form.lower() for stem in stems for form in _partly_escaped(stem)))


def _compressed() -> Iterator[bytes]:
    yield _GZIP
    yield from _around((_GZIP, *_ZLIB))
    yield from (before + header for header in _ZLIB for before in _BEFORE)
    for form in (*_packed(_GZIP), *(form for header in _ZLIB for form in _packed(header) if len(form) > len(header))):
        yield form
        yield from _packed(form)


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
    yield b"\0".join(_bytes(stem))
    yield b"\0\0\0".join(_bytes(stem))


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


def _around(forms: Iterable[bytes]) -> Iterator[bytes]:
    """Yield base64 and hexadecimal forms inside the outer layers whose notation alone is too common to stop at."""
    for form in forms:
        start = form[: _LENGTH // 3]
        for pattern in ("%%%02x", "%%%02X", "=%02X", "=%02x"):
            yield "".join(pattern % code for code in start).encode()
        yield b"\0".join(_bytes(form[:6]))


def _bytes(text: bytes) -> Iterator[bytes]:
    return (text[at : at + 1] for at in range(len(text)))


def _shortest(keywords: Iterable[str]) -> list[str]:
    """Return the keywords in which no other keyword stands."""
    words = list(dict.fromkeys(keywords))
    return [word for word in words if not any(other != word and other in word for other in words)]


def _partly_escaped(stem: bytes) -> Iterator[bytes]:
    """Yield a stem of which only the underscore is escaped."""
    heads = dict.fromkeys((stem.partition(b"_")[0], stem[:-1])) if stem.endswith(b"_") else ()
    for escape in (
        b"%5F", b"%5f", b"%255F", b"%255f", b"=5F", b"\\u005f", b"\\u005F", b"\\x5f", b"\\x5F", b"\\137", b"&#95;",
        b"&#x5f;", b"&#x5F;", b"&lowbar;", b"&UnderBar;", b"\\_",
    ):  # fmt: skip
        yield from (head + escape for head in heads)


def _partly_spelled(stem: bytes) -> Iterator[bytes]:
    """Yield what begins a credential's prefix of which one character or more, but not all, are escaped."""
    if not stem.endswith(b"_"):
        return
    for pattern in (
        "%%%02x", "%%%02X", "=%02X", "=%02x", "\\u%04x", "\\u%04X", "\\x%02x", "\\x%02X", "\\%03o", "&#%d;", "&#x%x;",
        "&#x%X;",
    ):  # fmt: skip
        for at in range(len(stem) - 1):
            head = stem[:at] + (pattern % stem[at]).encode()
            yield head + stem[at + 1 : at + 2]
            yield head + (pattern % stem[at + 1]).encode()
