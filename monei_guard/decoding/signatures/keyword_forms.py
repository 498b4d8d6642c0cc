r"""How keywords look once they are encoded, so that the first stage passes over everything else.

Three ways, for three kinds of encodings. Base64 and hexadecimal leave a fixed literal for each keyword and alignment,
also inside one another, and literals cost a multi-pattern search nothing. Escapes show themselves by their notation:
several ASCII characters in a row that had no need of it. Compressed streams begin with their magic number.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from monei_guard.decoding.signatures.base64_and_hex import has_byte_list, has_packed_text, has_wide_text

_T = TypeVar("_T")

# Enough to be rare, short enough that literals of many keywords fall together. In base64, which has four times as many
# characters, fewer are: one in 10^14 chances, and a multi-pattern search sorts no literal by more than eight.
_LENGTH = 12
_LENGTH_IN_BASE64 = 8
_HEAD = 9  # characters of the innermost layer of three that literals of this length show
_MARKS = (b'"', b"'", b"`", b"\\")
_COMMON_HALVES = (b"test_",)
_GAP = 100  # bytes between two parts of a divided prefix, at most
_SHORTEST = 4
_STEM = 8  # characters of a keyword that matter

# Eight characters or more in a row that are spelled out without need (fewer stand in every test of a parser): what such
# a run begins with, and how it goes on. Each beginning has three certain bytes or more, since one that is shorter makes
# Hyperscan look at all content twice as long. Caseless; both `re` and Hyperscan read them.
_BACKSLASH_RUNS: tuple[tuple[tuple[bytes, ...], bytes], ...] = (
    ((rb"\\u00",), rb"[2-7][0-9a-f](?:\\{1,8}u00[02-7][0-9a-f]){7}"),
    ((rb"\\u\{",), rb"0{0,4}[2-7][0-9a-f]\}(?:\\{1,8}u\{0{0,4}[2-7][0-9a-f]\}){7}"),
    ((rb"\\U000000",), rb"[2-7][0-9a-f](?:\\{1,4}U000000[2-7][0-9a-f]){7}"),
    (tuple(rb"\\x%d" % lead for lead in range(2, 8)), rb"[0-9a-f](?:\\{1,4}x[02-7][0-9a-f]){11}"),
    (tuple(rb"\\%02o" % lead for lead in range(0o4, 0o20)), rb"[0-7](?:\\{1,4}[01][0-7][0-7]){7}"),
)
_OTHER_RUNS: tuple[tuple[tuple[bytes, ...], bytes], ...] = (
    ((b"&#x",), rb"[0-9a-f]{2,4};(?:&#x?[0-9a-f]{2,4};){7}"),
    (tuple(b"&#%d" % lead for lead in range(10)), rb"[0-9]{1,3};(?:&#x?[0-9a-f]{2,4};){7}"),
    (tuple(b"0x%d" % lead for lead in range(2, 8)), rb"[0-9a-f](?:,\s{0,4}0x[2-7][0-9a-f]){7}"),
)
# Escapes of which the one character that has need of it is escaped again.
_PERCENT_RUN = ((b"%25",), rb"(?:25){0,2}[2-7][0-9a-f](?:%25(?:25){0,2}[2-7][0-9a-f]){7}")
_AMPERSAND_RUN = ((b"&amp;",), rb"(?:amp;){0,2}#x?[0-9a-f]{2,4};(?:&amp;(?:amp;){0,2}#x?[0-9a-f]{2,4};){7}")
# Addresses and mail hold these two, but not for letters and digits.
_LETTERS_AND_DIGITS = (*range(ord("0"), ord("9") + 1), *range(ord("A"), ord("Z") + 1), *range(ord("a"), ord("z") + 1))
_NEEDLESS_RUNS = tuple(
    (tuple(sign + b"%02x" % code for code in _LETTERS_AND_DIGITS), rb"(?:%b[2-7][0-9a-f]){7}" % sign)
    for sign in (b"%", b"=")
)
_RUNS = (*_BACKSLASH_RUNS, *_OTHER_RUNS, _PERCENT_RUN, _AMPERSAND_RUN)


def _joined(runs: Iterable[tuple[tuple[bytes, ...], bytes]]) -> tuple[bytes, ...]:
    return tuple(rb"(?:%b)%b" % (b"|".join(begins), rest) for begins, rest in runs)


# For Hyperscan every beginning by itself, and for everybody else all of them together; the needless ones are found by
# shorter patterns there.
ESCAPE_PATTERNS = tuple(begin + rest for begins, rest in (*_RUNS, *_NEEDLESS_RUNS) for begin in begins)
JOINED_ESCAPE_PATTERNS = _joined(_RUNS)
# In base64: gzip's magic number, and zlib's three headers, each with the two bits that follow.
_GZIP = b"H4sI"
_ZLIB = tuple(
    header + bytes([last]) for header, lasts in ((b"eJ", b"wxyz"), (b"eN", b"opqr"), (b"eA", b"EFGH")) for last in lasts
)
# Three characters are too few to be rare, except at the beginning of a value.
_BEFORE = (b'"', b"'", b"=", b":", b"(", b">", b",", b"`", b" ", b"\n")
_SPELLINGS = (
    "%%%02x", "%%%02X", "=%02X", "\\u%04x", "\\u%04X", "\\x%02x", "\\%03o", "&#%d;", "&#x%x;", "\\U%08x", "\\u{%x}",
    "0x%02x, ",
)  # fmt: skip
# Not looked for between two other layers.
_RARE_SPELLINGS = (
    "=%02x", "\\x%02X", "&#x%X;", "0x%02x,", "0x%02X, ", "%02x ", "%02x:", "%02X ", "%02X:", "%d,", "%d, ",
)  # fmt: skip

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_ONLY_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]+")
_ONLY_HEXADECIMAL = re.compile(rb"[0-9a-f]+|[0-9A-F]+")


def shortest(keywords: Iterable[str]) -> tuple[str, ...]:
    """Return the keywords in which no other keyword stands: one of these is in every text that holds any."""
    words = _distinct(keywords)
    return tuple(word for word in words if not any(other != word and other in word for other in words))


def encoded_literals(keywords: Iterable[str]) -> tuple[bytes, ...]:
    """Return literals of which one stands in text that holds one of the keywords encoded up to three times.

    Lower-case keywords stand for their upper-case and capitalised forms too, unless they end with "_": a credential's
    own prefix has one case. What is spelled out by the outermost layer is not among them: `ESCAPE_PATTERNS` find it.
    """
    stems = _distinct(stem for keyword in shortest(keywords) for stem in _stems(keyword))
    once = _distinct(form for stem in stems for form in (*_forms(stem), *_packed(_wide(stem))))
    twice = _distinct(form for inner in once for form in _packed(inner[: 2 * _LENGTH]))
    # What has three layers shows no more than the first characters of the innermost one.
    heads = _distinct(form[:_HEAD] for form in (*once, _GZIP, *_ZLIB) if b"\0" not in form)
    starts = _distinct(head[:3] for head in heads)
    spelled = (_spelled(pattern, start)[:_LENGTH] for start in starts for pattern in _SPELLINGS)
    middle = _distinct((*(form for head in heads for form in _packed(head)), *spelled))
    thrice = _distinct(form[:_LENGTH] for inner in middle for form in _packed(inner[:_LENGTH]))
    wide = (form for inner in (*stems, *once) if b"\0" not in inner for form in _packed(_wide(inner[:6])))
    partly = (form for stem in stems for form in (*_partly_escaped(stem), *_partly_spelled(stem)))
    packed = (form for stem in stems for inner in _packed(stem) for form in (inner, *_packed(inner)))
    found = _distinct(
        (
            *_compressed(),
            *partly,
            *(b"\0".join(_bytes(form[:6])) for form in packed),
            *(_beginning(form) for form in (*once, *twice, *thrice, *wide)),
        )
    )
    return tuple(form for form in found if len(form) >= _SHORTEST)


def _beginning(form: bytes) -> bytes:
    is_base64 = _ONLY_BASE64.fullmatch(form) and not _ONLY_HEXADECIMAL.fullmatch(form)
    return form[: _LENGTH_IN_BASE64 if is_base64 else _LENGTH]


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
            or (b"\0" in content and has_wide_text(content))
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
        (
            b"\\",
            rb"\\(?i:%b)"
            % b"|".join(_joined((tuple(begin[2:] for begin in begins), rest) for begins, rest in _BACKSLASH_RUNS)),
        ),
        (b"%25", rb"(?i:%b)" % _joined((_PERCENT_RUN,))[0]),
        (b"&amp;", rb"(?i:%b)" % _joined((_AMPERSAND_RUN,))[0]),
        (b"&#", rb"&#(?i:x?[0-9a-f]{2,4};&#x?[0-9a-f]{2,4};&#)"),
        (b"%", rb"%[2-7][0-9A-Fa-f]%[2-7][0-9A-Fa-f]%[2-7]"),
        (b"=", rb"=[2-7][0-9A-Fa-f]=[2-7][0-9A-Fa-f]=[2-7]"),
        (b"0x", rb"0x[2-7][0-9a-fA-F](?:\s{0,4},\s{0,4}0x[2-7][0-9a-fA-F]){4}"),
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
    prefixes = [keyword.encode() for keyword in shortest(keywords) if keyword.endswith("_")]
    return tuple((prefix[:at], prefix[at:]) for prefix in prefixes for at in range(1, len(prefix)))


def partly_escaped_prefixes(keywords: Iterable[str]) -> tuple[bytes, ...]:
    """Return each credential's prefix with its underscore alone escaped, in every way, lower case."""
    stems = (stem for keyword in shortest(keywords) for stem in _stems(keyword))
    return tuple(dict.fromkeys(form.lower() for stem in stems for form in _partly_escaped(stem)))


def _compressed() -> Iterator[bytes]:
    """Yield how compressed streams begin in base64, and that in one more layer or two."""
    yield _GZIP
    yield from (before + header for header in _ZLIB for before in _BEFORE)
    yield from (_wide(header) for header in (_GZIP, *_ZLIB))
    for header in (_GZIP, *_ZLIB):
        for form in _packed(header):
            if header == _GZIP or len(form) > len(header):
                yield form
            yield from _packed(form)


def _stems(keyword: str) -> tuple[bytes, ...]:
    stem = keyword[:_STEM]
    forms = (stem,) if keyword.endswith("_") else (stem, stem.upper(), stem.capitalize())
    return tuple(form.encode() for form in forms)


def _forms(stem: bytes) -> Iterator[bytes]:
    """Yield a stem in every encoding."""
    yield from _packed(stem)
    for pattern in (*_SPELLINGS, *_RARE_SPELLINGS):
        yield _spelled(pattern, stem)
    yield b"\0".join(_bytes(stem))
    yield b"\0\0\0".join(_bytes(stem))


def _spelled(pattern: str, text: bytes) -> bytes:
    return "".join(pattern % code for code in text).encode()


def _wide(text: bytes) -> bytes:
    """Return `text` in UTF-16-LE."""
    return b"".join(unit + b"\0" for unit in _bytes(text))


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


def _distinct(items: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(items))


def _bytes(text: bytes) -> Iterator[bytes]:
    return (text[at : at + 1] for at in range(len(text)))


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
