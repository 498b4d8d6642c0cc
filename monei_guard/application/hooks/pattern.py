r"""The hook's prefilter as one POSIX extended regular expression, made from the tables of the stages themselves.

It is matched against `git diff --cached` of whole files in which NUL and newline have become tabs, so that the text is
one line and UTF-16 shows itself. Whatever `staged` would report matches (tests/hooks/test_hook_prefilter.py); what
matches without need costs a commit the time of a proper look.
"""

from collections.abc import Iterator, Sequence

from monei_guard.decoding.signatures.keywords import Signature, caseless, escaped, shortest
from monei_guard.decoding.signatures.registry import SIGNATURES
from monei_guard.hygiene.selection import IN_NAME, IN_PATH, NAME_STARTS
from monei_guard.ruleset.bundled import credential_keywords
from monei_guard.sources.containers.signatures import (
    ARCHIVE_POSIX,
    ARCHIVE_SUFFIXES,
    EXPORT_SIGNS,
    MAIL_SUFFIXES,
)

_HEADER = "diff --git [^\t]*"  # both paths follow, quoted where they hold control characters
_PATH_END = '[ "\t]'


def hook_pattern(signatures: Sequence[Signature] = SIGNATURES) -> bytes:
    """Return the expression, without a newline. Raises GuardError where the rules are missing."""
    return "|".join((*_in_text(credential_keywords(), signatures), *_in_paths(), *ARCHIVE_POSIX)).encode("ascii")


def _in_text(keywords: tuple[str, ...], signatures: Sequence[Signature]) -> Iterator[str]:
    yield from map(caseless, shortest(keywords))
    for signature in signatures:
        yield from signature.posix(keywords)
    yield "\t From "  # a mailbox begins with it
    for suffixes, signs in EXPORT_SIGNS:
        paths = "|".join(caseless(suffix.decode()) for suffix in suffixes)
        found = "|".join(escaped(sign.decode()) for sign in signs)
        yield f"{_HEADER}({paths}){_PATH_END}.*({found})"


def _in_paths() -> Iterator[str]:
    inside, starts, ends = (
        "|".join(caseless(word.decode()) for word in words)
        for words in ((*IN_NAME, *IN_PATH), NAME_STARTS, (*MAIL_SUFFIXES, *ARCHIVE_SUFFIXES, b"env"))
    )
    yield f"{_HEADER}({inside}|/({starts})|({ends}){_PATH_END})"
