r"""The hook's prefilter as one POSIX extended regular expression, made from the tables of the stages themselves.

It is matched against `git diff --cached` of whole files in which NUL and newline have become tabs, so that the text is
one line and UTF-16 shows itself. Whatever `staged` would report matches (tests/hooks/test_hook_prefilter.py); what
matches without need costs a commit the time of a proper look.
"""

import re
from collections.abc import Iterable, Iterator

from monei_guard.decoding.signatures.base64_and_hex import COMPRESSED, SHORTEST
from monei_guard.decoding.signatures.keyword_forms import (
    JOINED_ESCAPE_PATTERNS,
    SPELLED,
    partly_escaped_prefixes,
    prefix_halves,
    shortest,
)
from monei_guard.hygiene.selection import IN_NAME, IN_PATH, NAME_STARTS
from monei_guard.ruleset.bundled import credential_keywords
from monei_guard.sources.containers.signatures import EXPORT_SIGNS, MAIL_SUFFIXES

_SPACE = "[[:space:]]*"  # git writes one space before every line, and a tab stands for its end
_HEADER = "diff --git [^\t]*"  # both paths follow, quoted where they hold control characters
_PATH_END = '[ "\t]'
_WORD = "[A-Za-z0-9+/_-]"
_WIDE = "([ -~]\t{1,3}){12}"  # UTF-16 or UTF-32: what it says is not looked at here
# Base64 and hexadecimal of text, as `decoding.signatures.base64_and_hex` tells them from other runs of their alphabets.
_PACKED = (
    "([A-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/_-]){4}",
    "([2-7][0-9a-fA-F]|0[09aAdD]){10}",
    "(^|[^A-Za-z0-9+/_-])(" + "|".join(sign.decode() for sign in COMPRESSED) + f"){_WORD}{{{SHORTEST - 4}}}",
)
_BYTE_LISTS = (
    f"0[xX][2-7][0-9a-fA-F]{_SPACE},{_SPACE}0[xX][2-7]",
    ":[2-7][0-9a-fA-F](:[2-7][0-9a-fA-F]){6}",
    " [2-7][0-9a-fA-F]( [2-7][0-9a-fA-F]){6}",
    f",{_SPACE}([3-9][0-9]|1[0-2][0-9])(,{_SPACE}([3-9][0-9]|1[0-2][0-9])){{8}}",
)
_SHORT_ESCAPES = (
    "&#[xX]?[0-9a-fA-F]{2,4};&#[xX]?[0-9a-fA-F]{2,4};&#",
    "%[2-7][0-9A-Fa-f]%[2-7][0-9A-Fa-f]%[2-7]",
    "=[2-7][0-9A-Fa-f]=[2-7][0-9A-Fa-f]=[2-7]",
)
# `sources.containers.signatures` tells archives by their first bytes. The script is to be plain ASCII, so a class
# stands for the others.
_OTHER = "[^ -~]"
_ARCHIVES = (
    "PK\x03\x04", "PK\x05\x06", "Cr24", f"\x1f{_OTHER}\x08", "7zXZ", f"\\({_OTHER}/{_OTHER}", f"7z{_OTHER}", "Rar!",
    "BZh", "ustar",
)  # fmt: skip
_ARCHIVE_SUFFIXES = (".tar", ".lzma")


def hook_pattern() -> bytes:
    """Return the expression, without a newline. Raises GuardError where the rules are missing."""
    return "|".join((*_in_text(credential_keywords()), *_in_paths(), *_ARCHIVES)).encode("ascii")


def _in_text(keywords: tuple[str, ...]) -> Iterator[str]:
    yield from map(_caseless, shortest(keywords))
    yield _WIDE
    yield from (*_PACKED, *_BYTE_LISTS, *_SHORT_ESCAPES)
    yield from map(_caseless_pattern, JOINED_ESCAPE_PATTERNS)
    yield from (_caseless(form.decode()) for form in partly_escaped_prefixes(keywords))
    yield from _partly_spelled()
    yield _divided(prefix_halves(keywords))
    yield "\t From "  # a mailbox begins with it
    for suffixes, signs in EXPORT_SIGNS:
        paths = "|".join(_caseless(one.decode()) for one in suffixes)
        found = "|".join(_escaped(sign.decode()) for sign in signs)
        yield f"{_HEADER}({paths}){_PATH_END}.*({found})"


def _partly_spelled() -> Iterator[str]:
    """Yield what matches one character of a prefix spelled out before another, as the first stage does."""
    codes = [ord(char) for char in SPELLED]
    hexadecimal = "|".join(dict.fromkeys(form for code in codes for form in (f"{code:02x}", f"{code:02X}")))
    yield f"&#([xX]({hexadecimal})|{'|'.join(map(str, codes))});([{SPELLED}]|&#)"
    yield f"%({hexadecimal})([{SPELLED}]|%[2-7])"
    yield f"=({hexadecimal})([ce]?[_iklmnrstv]|[ce]?=[2-7])"
    yield f"\\\\([xX]({hexadecimal})|u00({hexadecimal})|{'|'.join(f'{code:03o}' for code in codes)})([{SPELLED}]|\\\\)"


def _divided(halves: Iterable[tuple[bytes, bytes]]) -> str:
    """Return what matches a prefix that is divided between two string literals, whatever stands between them."""
    by_first: dict[str, list[str]] = {}
    for first, second in halves:
        by_first.setdefault(second.decode(), []).append(first.decode())
    gap = "[^A-Za-z0-9]*([A-Za-z_]{1,10}[^A-Za-z0-9]+){0,4}"
    return "|".join(f"({'|'.join(firsts)})[\"`'\\\\]{gap}{second}" for second, firsts in by_first.items())


def _in_paths() -> Iterator[str]:
    inside = "|".join(_caseless(word.decode()) for word in (*IN_NAME, *IN_PATH))
    starts = "|".join(_caseless(word.decode()) for word in NAME_STARTS)
    ends = "|".join(_caseless(word.decode()) for word in (*MAIL_SUFFIXES, *map(str.encode, _ARCHIVE_SUFFIXES), b"env"))
    yield f"{_HEADER}({inside}|/({starts})|({ends}){_PATH_END})"


def _caseless(text: str) -> str:
    return "".join(f"[{char.lower()}{char.upper()}]" if char.isalpha() else _escaped(char) for char in text)


def _escaped(text: str) -> str:
    return re.sub(r"([][\\.*+?(){}|^$])", r"\\\1", text)


def _caseless_pattern(pattern: bytes) -> str:
    r"""Return one of our own regular expressions in POSIX's notation: no `(?:`, no `\s`, no flag for case."""
    text = pattern.decode().replace("(?:", "(").replace(r"\s{0,4}", _SPACE).replace("a-f", "a-fA-F")
    return re.sub(r"(?<![A-Za-z\[-])([uxU])(?![A-Za-z])", lambda match: f"[{match[1].lower()}{match[1].upper()}]", text)
