"""Brotli (RFC 7932), which has no signature: a file is taken for it by its name. Needs the extra `archives`."""

from collections.abc import Iterator

import brotli

_STEP = 1 << 16  # bytes, in and out


def brotli_chunks(content: bytes) -> Iterator[bytes]:
    """Yield what the stream holds, about 64 KiB at a time. Raises ValueError behind what can be read."""
    stream = brotli.Decompressor()
    for start in range(0, len(content), _STEP):
        piece = content[start : start + _STEP]
        while True:
            try:
                data = stream.process(piece, output_buffer_limit=_STEP)
            except brotli.error as error:
                raise ValueError(str(error)) from error
            if data:
                yield data
            if stream.is_finished():
                return
            if stream.can_accept_more_data():
                break
            piece = b""
    raise ValueError("it ends too early")
