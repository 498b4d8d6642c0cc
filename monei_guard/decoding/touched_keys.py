"""Keys that something which is no part of them touches: in binary files, and where invisible characters stand inside.

String tables of programs (Go, Rust, Hermes), records of databases and marshalled constants have no character between
two neighbours, and the word boundaries of prose reject a key there. Where content is binary, only a key's own length
and alphabet bound it. The form is that of `rules/monei/api-key.toml` and `api-secret.toml`, the only ones of a fixed
length.
"""

import re
from collections.abc import Iterator, Sequence

from monei_guard.decoding.decoder import Decoder, Replacement, matches
from monei_guard.model.location import Span

_KEY = rb"mni_(?:sk_)?[0-9a-f]{32}"
_WORD = re.compile(rb"[0-9A-Za-z_]")
# U+00AD, U+200B to U+200D, U+2060, U+FEFF in UTF-8.
_INVISIBLE = rb"(?<=[0-9A-Za-z_])(?:\xc2\xad|\xe2\x80[\x8b-\x8d]|\xe2\x81\xa0|\xef\xbb\xbf){1,8}+(?=[0-9A-Za-z_])"


def packed_keys(data: bytes, ranges: Sequence[Span]) -> Iterator[Replacement]:
    """Yield keys that a letter or digit of a neighbour touches, in lines of their own."""
    for match in matches(_KEY, data, ranges):
        start, end = match.span()
        if _WORD.match(data, start - 1, start) or _WORD.match(data, end):
            begin, close = (b"\n", start, start + 1, None), (b"\n", end - 1, end, None)
            yield start, end, (begin, (match[0], start, end, (1, 1)), close), ""


def invisible_characters(data: bytes, ranges: Sequence[Span]) -> Iterator[Replacement]:
    """Yield zero-width characters and soft hyphens between two characters of a word."""
    for match in matches(_INVISIBLE, data, ranges):
        yield match.start(), match.end(), (), ""


def _is_binary(data: bytes) -> bool:
    return b"\0" in data


PACKED_KEYS = Decoder("packed", packed_keys, None, None, (b"mni_",), _is_binary, layers=((),))
INVISIBLE_CHARACTERS = Decoder(
    "invisible", invisible_characters, None, None, (b"\xc2\xad", b"\xe2\x80", b"\xe2\x81\xa0", b"\xef\xbb\xbf")
)
