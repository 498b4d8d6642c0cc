r"""Keywords, and what one encoding says of how they look in it: what all signatures are made of.

Nothing here decodes or compiles anything before it is asked to, for every commit imports this.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import NamedTuple, TypeVar

_T = TypeVar("_T")

# Enough to be rare, short enough that literals of many keywords fall together. In base64, which has four times as many
# characters, fewer are: one in 10^14 chances, and a multi-pattern search sorts no literal by more than eight.
LENGTH = 12
_LENGTH_IN_BASE64 = 8
_STEM = 8  # characters of a keyword that matter

SPACE = "[[:space:]]*"  # in a POSIX expression

EncodingTest = Callable[[bytes], bool]
Keywords = tuple[str, ...]
Around = Callable[[bytes], Iterator[bytes]]  # what of a text is certain in any layer around it


def none_of(*_: object) -> tuple[bytes, ...]:
    """Return nothing: what most encodings have to say to most questions."""
    return ()


class Signature(NamedTuple):
    """How the first stage knows that a keyword may stand in an encoding, or in some that are told by the same signs.

    The first three have no default, so that no encoding is forgotten by any of those who ask: `source` is the module
    that all this stands in (kept databases are named after its text), `test` makes the test for content too small to
    pay for a multi-pattern search, `posix` the alternatives of the shell hook's expression; a `test` of None means that
    another one's finds this too. Both have to let through all that the literals and patterns find, and may let through
    more. They are made from keywords, as are the `exact_patterns`.

    `forms` are the literals that a text leaves in the encoding. With `is_outer` these are certain whatever stands
    before the text, and so are looked for around other layers; `between` are those of a text's beginning that are
    looked for between two other layers, and `openings` how every text in the encoding begins whatever it says.
    `literals` are any further ones, looked for as they stand: made from how keywords begin, from how that looks in
    every encoding, and from what an outer layer leaves of a text.

    `patterns` match whatever the case, `exact_patterns` byte for byte. `is_parted` says that what decides whether these
    mean a key may stand far from them.
    """

    source: str
    test: Callable[[Keywords], EncodingTest | None]
    posix: Callable[[Keywords], Iterable[str]]
    forms: Callable[[bytes], Iterable[bytes]] = none_of
    is_outer: bool = False
    between: Callable[[bytes], Iterable[bytes]] = none_of
    openings: tuple[bytes, ...] = ()
    literals: Callable[[tuple[bytes, ...], tuple[bytes, ...], Around], Iterable[bytes]] = none_of
    patterns: tuple[bytes, ...] = ()
    exact_patterns: Callable[[Keywords], tuple[bytes, ...]] = none_of
    is_parted: bool = False


def shortest(keywords: Iterable[str]) -> Keywords:
    """Return the keywords in which no other keyword stands: one of these is in every text that holds any."""
    words = distinct(keywords)
    return tuple(word for word in words if not any(other != word and other in word for other in words))


def prefixes(keywords: Iterable[str]) -> tuple[bytes, ...]:
    """Return the keywords that are a credential's own prefix, as far as needed to find it."""
    return tuple(keyword.encode() for keyword in shortest(keywords) if keyword.endswith("_"))


def stems(keyword: str) -> tuple[bytes, ...]:
    """Return how a keyword begins, in every case it may have: a credential's own prefix has one."""
    stem = keyword[:_STEM]
    forms = (stem,) if keyword.endswith("_") else (stem, stem.upper(), stem.capitalize())
    return tuple(form.encode() for form in forms)


def distinct(items: Iterable[_T]) -> tuple[_T, ...]:
    """Return the items without those that came before, in order."""
    return tuple(dict.fromkeys(items))


def single_bytes(text: bytes) -> Iterator[bytes]:
    """Return each byte of `text` by itself."""
    return (text[at : at + 1] for at in range(len(text)))


def wide(text: bytes) -> bytes:
    """Return `text` in UTF-16-LE."""
    return b"".join(unit + b"\0" for unit in single_bytes(text))


def spelled(pattern: str, text: bytes) -> bytes:
    """Return each character of `text` as `pattern` spells it out by its code."""
    return "".join(pattern % code for code in text).encode()


def beginning(form: bytes) -> bytes:
    """Return as much of a literal as is looked for."""
    is_base64 = compiled(rb"[A-Za-z0-9+/_-]+").fullmatch(form) and not compiled(rb"[0-9a-f]+|[0-9A-F]+").fullmatch(form)
    return form[: _LENGTH_IN_BASE64 if is_base64 else LENGTH]


@cache
def compiled(pattern: bytes) -> re.Pattern[bytes]:
    """Return the pattern compiled, on its first use: most runs meet few encodings, and all take 10 ms."""
    return re.compile(pattern)


def posix(pattern: bytes) -> str:
    r"""Return one of our own regular expressions in POSIX's notation: no `(?:`, no `\s`."""
    return re.sub(r"\\s\{0,\d+\}", SPACE, pattern.decode().replace("(?:", "("))


def caseless(text: str) -> str:
    """Return what matches `text` in a POSIX expression whatever its case."""
    return "".join(f"[{char.lower()}{char.upper()}]" if char.isalpha() else escaped(char) for char in text)


def escaped(text: str) -> str:
    """Return what matches `text` in a POSIX expression."""
    return re.sub(r"([][\\.*+?(){}|^$])", r"\\\1", text)
