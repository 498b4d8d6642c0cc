"""The first stage: does this content hold any keyword at all, plain or encoded? Most does not, and is done with.

Two implementations let the same secrets through. Plain byte search starts in no time; Hyperscan (15 ms to import, then
several GB/s whatever the number of keywords) takes over once there is enough to read to pay for it.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

from monei_guard.decoding.signatures.keyword_forms import encoded_literals, encoded_text_test, sources
from monei_guard.decoding.signatures.keywords import Signature, shortest
from monei_guard.decoding.signatures.registry import SIGNATURES
from monei_guard.deferred import load

# Bytes that plain search (30 MB/s with all encoded forms) handles before Hyperscan takes over: soon where its compiled
# patterns were kept by an earlier run (8 ms of processor time, and it lets far less through to be decoded), later where
# they have to be compiled (350 ms).
_SWITCH_AT = 1 << 16
_COMPILE_AT = 1 << 23

# No match of the Hyperscan test is longer (tests/unit/test_prefilter_reach.py measures them all).
REACH = 160

ContentTest = Callable[[bytes | memoryview], bool]
_DATABASE = "monei_guard.detection.hyperscan_cache:database"  # imports Hyperscan: 15 ms, where it is there at all


class Prefilter:
    """Tells content that may hold a secret from content that cannot.

    Keywords are lower-case ASCII and matched whatever their case, also with NUL bytes between their characters
    (UTF-16 and UTF-32). `extra` holds further literals that are matched byte for byte. Content that may hold a keyword
    in an encoding that one of the `signatures` knows passes too (`decoding.signatures`). Hyperscan takes over after
    `switch_at` bytes; `cache_folder` is where its compiled patterns are kept between runs, None for nowhere.
    """

    def __init__(
        self,
        keywords: Iterable[str],
        extra: Iterable[bytes] = (),
        *,
        signatures: Sequence[Signature] = SIGNATURES,
        switch_at: int = _SWITCH_AT,
        cache_folder: str | None = None,
    ) -> None:
        self.keywords = tuple(dict.fromkeys(keywords))
        self.extra = tuple(dict.fromkeys(extra))
        self.signatures = tuple(signatures)
        self.cache_folder = cache_folder
        self._test: ContentTest | FastTest = plain_test(self.keywords, self.extra, self.signatures)
        self._seen = 0
        self._switch_at: int | None = switch_at
        self._compile_at = switch_at if switch_at != _SWITCH_AT or not signatures else _COMPILE_AT

    def with_literals(self, literals: Iterable[bytes]) -> "Prefilter":
        """Return a prefilter that lets content with one of these literals pass too."""
        extra = (*self.extra, *literals)
        return Prefilter(self.keywords, extra, signatures=self.signatures, cache_folder=self.cache_folder)

    @cached_property
    def names(self) -> ContentTest:
        """Return the test for a keyword that is not encoded."""
        return plain_test(self.keywords, self.extra)

    @property
    def fast(self) -> "FastTest | None":
        """Return the test for much content once it is in use."""
        return self._test if isinstance(self._test, FastTest) else None

    def is_named(self, content: bytes | memoryview) -> bool:
        """Return whether a keyword may stand unencoded in content that `hits` let through."""
        test = self.fast
        return test is None or test.unencoded(content)

    def fast_test(self, *, compile_it: bool = True) -> "FastTest | None":
        """Change to the test for much content, whose matches REACH bounds, and return it.

        None where Hyperscan does not run, or would have to compile first.
        """
        test = hyperscan_test(
            self.keywords, self.extra, self.signatures, cache_folder=self.cache_folder, compile_it=compile_it
        )
        if test is not None:
            self._test, self._switch_at = test, None
        return test

    def hits(self, data: bytes | memoryview) -> bool:
        """Return whether any keyword stands in `data`."""
        if self._switch_at is not None:
            self._seen += len(data)
            if self._seen >= self._switch_at:
                self._switch()
        return self._test(data)

    def _switch(self) -> None:
        final = self._seen >= self._compile_at
        fast = self.fast_test(compile_it=final)
        self._switch_at = None if final or fast else self._compile_at
        self._test = fast or self._test


class FastTest:
    """One Hyperscan pass over some content.

    `unencoded` holds the numbers of the patterns of no encoding, `divided` those of a
    prefix in parts.
    """

    def __init__(self, database: Any, unencoded: frozenset[int], divided: frozenset[int]) -> None:
        self._scan = database.scan
        self._unencoded = unencoded
        self._divided = divided
        self._matched: list[int] = []
        self._on_match = lambda number, _start, _end, _flags, _context: self._matched.append(number)

    def __call__(self, data: bytes | memoryview) -> bool:
        """Return whether any pattern matches."""
        if not data:
            return False
        self._scan(data, match_event_handler=self._on_match)
        if not self._matched:
            return False
        self._matched.clear()
        return True

    def unencoded(self, data: bytes | memoryview) -> bool:
        """Return whether any keyword stands in `data` that is not encoded."""
        return self._finds(data, self._unencoded)

    def divided(self, data: bytes | memoryview) -> bool:
        """Return whether a credential's prefix stands in `data` that is divided between two strings."""
        return self._finds(data, self._divided)

    def _finds(self, data: bytes | memoryview, numbers: frozenset[int]) -> bool:
        self._scan(data, match_event_handler=self._on_match)
        found = not numbers.isdisjoint(self._matched)
        self._matched.clear()
        return found


def plain_forms(keyword: str) -> tuple[bytes, ...]:
    """Return the keyword as bytes in narrow text, in UTF-16 and in UTF-32 (either byte order: no outer zeros)."""
    units = [char.encode() for char in keyword]
    return b"".join(units), b"\0".join(units), b"\0\0\0".join(units)


def plain_test(
    keywords: tuple[str, ...], extra: tuple[bytes, ...], signatures: tuple[Signature, ...] = ()
) -> ContentTest:
    """Return a test made of byte searches."""
    needed = shortest(keywords)
    narrow = tuple(keyword.encode() for keyword in needed)
    wide = tuple(form for keyword in needed for form in plain_forms(keyword)[1:])
    holds_encoded = encoded_text_test(needed, signatures)

    def test(data: bytes | memoryview) -> bool:
        content = bytes(data)
        lower = content.lower()
        if any(needle in lower for needle in narrow) or any(literal in content for literal in extra):
            return True
        if b"\0" in content and any(needle in lower for needle in wide):
            return True
        return holds_encoded(content)

    return test


def hyperscan_test(
    keywords: tuple[str, ...],
    extra: tuple[bytes, ...],
    signatures: tuple[Signature, ...] = (),
    *,
    cache_folder: str | None = None,
    compile_it: bool = True,
) -> FastTest | None:
    """Return the same test as one Hyperscan pass.

    None where Hyperscan does not run (an old processor), or where its patterns are not kept and not to be compiled.
    """
    try:
        open_database = load(_DATABASE)
    except ImportError:
        return None
    needed = shortest(keywords)
    signed = [
        (signature.is_outer, signature.openings, signature.patterns, signature.exact_patterns(needed))
        for signature in signatures
    ]
    database = open_database(
        repr((needed, extra, signed)).encode(),
        (__file__, *sources(signatures)),
        (lambda: _expressions(needed, extra, signatures)) if compile_it else None,
        cache_folder,
    )
    if database is None:
        return None
    # The numbers are those of `_expressions`; each keyword has three forms.
    unencoded = [*range(3 * len(needed))]
    number = len(unencoded) + sum(len(signature.patterns) for signature in signatures)
    unencoded += range(number, number + len(extra))
    number += len(extra)
    divided: list[int] = []
    for signature in signatures:
        count = len(signature.exact_patterns(needed))
        divided += range(number, number + count if signature.is_parted else number)
        number += count
    return FastTest(database, frozenset(unencoded), frozenset(divided))


def _expressions(
    keywords: tuple[str, ...], extra: tuple[bytes, ...], signatures: tuple[Signature, ...]
) -> tuple[list[bytes], list[bytes]]:
    """Return the patterns to match whatever their case, and those to match byte for byte."""
    caseless = [_escape(form) for keyword in keywords for form in plain_forms(keyword)]
    exact = [_escape(literal) for literal in extra]
    for signature in signatures:
        caseless += signature.patterns
        exact += signature.exact_patterns(keywords)
    return caseless, [*exact, *map(_escape, encoded_literals(keywords, signatures))]


def _escape(literal: bytes) -> bytes:
    return b"".join(b"\\x%02x" % byte for byte in literal)
