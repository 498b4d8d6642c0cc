"""Gzip and zlib streams inside decoded text: Helm releases, Terraform state, Kubernetes and cloud-init user data."""

import zlib
from collections.abc import Iterator, Sequence

from monei_guard.decoding.decoder import AcrossLines, Decoder, Replacement, matches
from monei_guard.decoding.signatures import compressed as signatures
from monei_guard.decoding.signatures.keywords import compiled
from monei_guard.model.location import Span

# RFC 1952: magic number, deflate, flags of which three are reserved. RFC 1950: 32 KiB window, deflate, header check.
_HEADER = rb"\x1f\x8b\x08[\x00-\x1f]|\x78[\x01\x5e\x9c\xda]"
_EITHER_HEADER = zlib.MAX_WBITS | 32
_LARGEST = 1 << 26  # bytes out of one stream
_STEEPEST = 256  # bytes out for one byte in, above the first MiB: text does not pack better than about 1:20
_FREE = 1 << 20
_FIRST_CHUNK = 256
_MOST_FAILURES = 50_000  # 64 MB of random data have 4,000


def compressed(data: bytes, ranges: Sequence[Span]) -> Iterator[Replacement]:
    """Yield gzip and zlib streams; `incomplete` is set on one that is longer than any honest text."""
    done = failed = 0
    for header in matches(_HEADER, data, ranges):
        first = header.start()
        if first < done:
            continue
        if failed > _MOST_FAILURES:
            yield first, first, (), f"more than {_MOST_FAILURES} headers of compressed streams that are none"
            return
        limit = min(_LARGEST, max(_FREE, (len(data) - first) * _STEEPEST))
        text, last = _inflate(data, first, limit)
        if not text:
            failed += 1
            continue
        done = last
        incomplete = f"a compressed stream gives more than {limit} bytes" if len(text) > limit else ""
        yield first, last, ((text, first, last, None),), incomplete


def _inflate(data: bytes, first: int, limit: int) -> tuple[bytes, int]:
    """Return what a stream at `first` holds, at most one byte over `limit`, and where it ends; a broken one in part."""
    stream = zlib.decompressobj(_EITHER_HEADER)
    parts: list[bytes] = []
    length, position, size = 0, first, _FIRST_CHUNK
    while not stream.eof and length <= limit and position < len(data):
        try:
            part = stream.decompress(data[position : position + size], limit + 1 - length)
        except zlib.error:
            break
        parts.append(part)
        length += len(part)
        position = min(len(data), position + size)
        size *= 2  # so that what lies behind the end of a short stream is never copied whole
    return b"".join(parts), position - len(stream.unused_data) - len(stream.unconsumed_tail)


def _headers(data: bytes) -> Iterator[int]:
    return (header.start() for header in compiled(_HEADER).finditer(data))


COMPRESSED = Decoder(
    "gzip",
    compressed,
    signatures.COMPRESSED,
    AcrossLines(elsewhere=_headers),
    (b"\x1f\x8b\x08", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"),
)
