"""The first stage: does this content hold any keyword at all, plain or encoded? Most does not, and is done with.

Two implementations let the same secrets through. Plain byte search starts in no time; Hyperscan (15 ms to import, then
several GB/s whatever the number of keywords) takes over once there is enough to read to pay for it.
"""

from collections.abc import Callable, Iterable

from monei_guard.content.encoded_forms import (
    ESCAPE_PATTERNS,
    encoded_literals,
    encoded_text_test,
    split_patterns,
)

# Bytes that plain search handles before Hyperscan's start-up is paid back (measured: benchmarks/prefilter.py).
_SWITCH_AT = 1 << 20

# No match of the Hyperscan test is longer (tests/unit/test_prefilter_reach.py measures them all).
REACH = 160

Test = Callable[[bytes | memoryview], bool]


class Prefilter:
    """Tells content that may hold a secret from content that cannot.

    Keywords are lower-case ASCII and matched whatever their case, also with NUL bytes between their characters
    (UTF-16 and UTF-32). `extra` holds further literals that are matched byte for byte. With `encoded`, content that
    may hold a keyword in an encoded form passes too (`content.encoded_forms`).
    """

    def __init__(self, keywords: Iterable[str], extra: Iterable[bytes] = (), *, encoded: bool = True) -> None:
        self.keywords = tuple(dict.fromkeys(keywords))
        self.extra = tuple(dict.fromkeys(extra))
        self.encoded = encoded
        self._test: Test = plain_test(self.keywords, self.extra, encoded=encoded)
        self._left = _SWITCH_AT

    def fast_test(self) -> Test | None:
        """Return the test for much content, whose matches REACH bounds; None where Hyperscan does not run."""
        return hyperscan_test(self.keywords, self.extra, encoded=self.encoded)

    def hits(self, data: bytes | memoryview) -> bool:
        """Return whether any keyword stands in `data`."""
        if self._left >= 0:
            self._left -= len(data)
            if self._left < 0:
                self._test = hyperscan_test(self.keywords, self.extra, encoded=self.encoded) or self._test
        return self._test(data)


def keyword_forms(keyword: str) -> tuple[bytes, ...]:
    """Return the keyword as bytes in narrow text, in UTF-16 and in UTF-32 (either byte order: no outer zeros)."""
    units = [char.encode() for char in keyword]
    return b"".join(units), b"\0".join(units), b"\0\0\0".join(units)


def plain_test(keywords: tuple[str, ...], extra: tuple[bytes, ...], *, encoded: bool = False) -> Test:
    """Return a test made of byte searches."""
    narrow = tuple(keyword.encode() for keyword in keywords)
    wide = tuple(form for keyword in keywords for form in keyword_forms(keyword)[1:])
    holds_encoded = encoded_text_test(keywords) if encoded else None

    def test(data: bytes | memoryview) -> bool:
        content = bytes(data)
        lower = content.lower()
        if any(needle in lower for needle in narrow) or any(literal in content for literal in extra):
            return True
        if b"\0" in content and any(needle in lower for needle in wide):
            return True
        return holds_encoded is not None and holds_encoded(content)

    return test


def hyperscan_test(keywords: tuple[str, ...], extra: tuple[bytes, ...], *, encoded: bool = False) -> Test | None:
    """Return the same test as one Hyperscan pass, or None where Hyperscan does not run (an old processor)."""
    try:
        import hyperscan  # noqa: PLC0415 - 15 ms that a small commit must not pay
    except ImportError:
        return None
    caseless = [_escape(form) for keyword in keywords for form in keyword_forms(keyword)]
    exact = [_escape(literal) for literal in extra]
    if encoded:
        caseless += ESCAPE_PATTERNS
        exact += (*map(_escape, encoded_literals(keywords)), *split_patterns(keywords))
    expressions = caseless + exact
    flags = [hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_CASELESS] * len(caseless)
    flags += [hyperscan.HS_FLAG_SINGLEMATCH] * len(exact)
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        database.compile(
            expressions=expressions, ids=list(range(len(expressions))), elements=len(expressions), flags=flags
        )
    except hyperscan.HyperscanError:
        return None
    hits: list[int] = []

    def on_match(number: int, _start: int, _end: int, _flags: int, _context: object) -> None:
        hits.append(number)

    def test(data: bytes | memoryview) -> bool:
        if not data:
            return False
        database.scan(data, match_event_handler=on_match)  # type: ignore[type-var] # any buffer will do
        if not hits:
            return False
        hits.clear()
        return True

    return test


def _escape(literal: bytes) -> bytes:
    return b"".join(b"\\x%02x" % byte for byte in literal)
