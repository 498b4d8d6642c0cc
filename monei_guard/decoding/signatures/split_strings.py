"""A credential's prefix divided between two parts of a string."""

import re
from collections.abc import Iterator

from monei_guard.decoding.signatures.keywords import EncodingTest, Keywords, Signature, prefixes

_MARKS = (b'"', b"'", b"`", b"\\")
_COMMON_HALVES = (b"test_",)
_GAP = 100  # bytes between two parts of a divided prefix, at most


def prefix_halves(keywords: Keywords) -> tuple[tuple[bytes, bytes], ...]:
    """Return the two parts of each credential's prefix, divided at every place."""
    return tuple((prefix[:at], prefix[at:]) for prefix in prefixes(keywords) for at in range(1, len(prefix)))


def _patterns(keywords: Keywords) -> tuple[bytes, ...]:
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


def _test(keywords: Keywords) -> EncodingTest | None:
    halves = prefix_halves(keywords)
    if not halves:
        return None
    second_halves = re.compile(rb"""["'`](?:%b)""" % b"|".join(sorted({re.escape(second) for _, second in halves})))

    def is_divided(content: bytes, quote: int) -> bool:
        before = content[max(0, quote - _GAP) : quote]
        return any(
            content.startswith(second, quote + 1) and any(first + mark in before for mark in _MARKS)
            for first, second in halves
        )

    return lambda content: any(is_divided(content, found.start()) for found in second_halves.finditer(content))


def _posix(keywords: Keywords) -> Iterator[str]:
    """Yield what matches a prefix that is divided between two string literals, whatever stands between them."""
    by_second: dict[str, list[str]] = {}
    for first, second in prefix_halves(keywords):
        by_second.setdefault(second.decode(), []).append(first.decode())
    gap = "[^A-Za-z0-9]*([A-Za-z_]{1,10}[^A-Za-z0-9]+){0,4}"
    for end, beginnings in by_second.items():
        yield f"({'|'.join(beginnings)})[\"`'\\\\]{gap}{end}"


SPLIT_STRINGS = Signature(__file__, _test, _posix, exact_patterns=_patterns, is_parted=True)
