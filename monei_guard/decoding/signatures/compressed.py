"""How gzip and zlib streams begin once they stand in text, which is in base64."""

from collections.abc import Iterator

from monei_guard.decoding.signatures.keywords import Around, Keywords, Signature, wide

_GZIP = b"H4sI"  # gzip's magic number
_GZIP_TWICE = b"SDRzS"
# zlib's headers 789c, 78da and 7801, each with the two bits that follow.
_ZLIB = ((b"eJ", b"wxyz"), (b"eN", b"opqr"), (b"eA", b"EFGH"))
HEADERS = (_GZIP, *(header for header, _ in _ZLIB))
_OPENINGS = (_GZIP, *(header + bytes((last,)) for header, lasts in _ZLIB for last in lasts))
# Three characters are too few to be rare, except at the beginning of a value.
_BEFORE = (b'"', b"'", b"=", b":", b"(", b">", b",", b"`", b" ", b"\n")

GZIP_INITIALS = (_GZIP[:1], _GZIP_TWICE[:1])
STREAM_OPENING = rb"%b|%b|[%b](?:%b)" % (
    _GZIP,
    _GZIP_TWICE,
    b"".join(_BEFORE),
    b"|".join(b"%b[%b]" % header for header in _ZLIB),
)


def _literals(_stems: object, _once: object, around: Around) -> Iterator[bytes]:
    """Yield how compressed streams begin in base64, and that in one more layer or two."""
    yield _GZIP
    yield from (before + header for header in _OPENINGS[1:] for before in _BEFORE)
    yield from map(wide, _OPENINGS)
    for header in _OPENINGS:
        for form in around(header):
            if header == _GZIP or len(form) > len(header):
                yield form
            yield from around(form)


def _posix(_: Keywords) -> Iterator[str]:
    headers = "|".join(header.decode() for header in HEADERS)
    yield f"(^|[^A-Za-z0-9+/_-])({headers})[A-Za-z0-9+/_-]{{12}}"


def _tested_with_base64(_: Keywords) -> None:
    """Nothing: `has_base64_or_hex` looks at the beginning of every word, in the same pass."""


COMPRESSED = Signature(__file__, _tested_with_base64, _posix, openings=_OPENINGS, literals=_literals)
