"""Compressed content as readable streams that give out a bounded number of bytes.

All from memory, in steps: nothing is written to disk, and a stream is never unpacked further than its reader asks.
"""

import bz2
import io
import lzma
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_STEP = 1 << 16  # compressed bytes handed over at a time
_LZMA_MEMORY = 80 << 20  # bytes a dictionary size may claim: `xz -9` needs 65 MiB
_ZSTD_WINDOW = 27  # log2 of the largest window: zstd's own limit without --long

BROKEN = (zlib.error, lzma.LZMAError, zstd.ZstdError, OSError, EOFError, ValueError)


class LimitError(Exception):
    """An archive unpacks to more than it may, or needs more to be unpacked than it may."""


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes: ...


class _Zlib:
    """zlib's decompressor with the interface of the others."""

    def __init__(self, window: int = zlib.MAX_WBITS | 16) -> None:
        self._stream = zlib.decompressobj(window)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def needs_input(self) -> bool:
        return not self._stream.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._stream.decompress(self._stream.unconsumed_tail + data, max_length)


KINDS: dict[str, Callable[[], _Decompressor]] = {
    "gzip": _Zlib,
    "zlib": lambda: _Zlib(zlib.MAX_WBITS),
    "deflate": lambda: _Zlib(-zlib.MAX_WBITS),
    "bzip2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_AUTO, _LZMA_MEMORY),
    "zstd": lambda: zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW}),
}


class Unpacked(io.RawIOBase):
    """The unpacked bytes of `content`, all members of a multi-member stream one after the other.

    `spend` is called with the number of bytes before they are given out and raises LimitError when there are too many.
    Bytes behind the last member that are no member are ignored, as the tools do; with `alone` all that stands behind
    the first one is, and `consumed` tells where it ended.
    """

    def __init__(
        self, content: bytes | memoryview, kind: str, spend: Callable[[int], None], *, alone: bool = False
    ) -> None:
        self._content = memoryview(content)
        self._new = KINDS[kind]
        self._spend = spend
        self._stream: _Decompressor | None = None
        self._position = 0
        self._members = 0
        self._begun = False
        self._failure: BaseException | None = None
        self._alone = alone

    @property
    def consumed(self) -> int:
        """Bytes of the content that were read, of a stream that is `alone` no more than its own."""
        return self._position

    def readable(self) -> bool:
        """Return that this stream can be read."""
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override] # any writable buffer
        """Fill the buffer with the next unpacked bytes; 0 at the end. Raises LimitError and the errors in BROKEN.

        Before an error the stream ends once, so that a reader gets what there was.
        """
        if self._failure is not None:
            raise self._failure
        try:
            data = self._next(len(buffer))
        except BROKEN as error:
            if "memory" in str(error).lower():  # ours to give, so no fault of the stream
                raise LimitError("needs more memory to be unpacked than it may: it was not opened") from error
            if not self._begun:
                raise
            self._failure = error
            return 0
        self._begun = True
        if data:
            self._spend(len(data))
            buffer[: len(data)] = data
        return len(data)

    def _next(self, size: int) -> bytes:
        while self._stream is not None or self._position < len(self._content):
            if self._stream is None:
                self._stream = self._new()
            stream = self._stream
            piece = b""
            if stream.needs_input:
                piece = bytes(self._content[self._position : self._position + _STEP])
                self._position += len(piece)
            try:
                data = stream.decompress(piece, size)
            except BROKEN:
                if not self._members:
                    raise
                self._position, self._stream = len(self._content), None  # what follows is no further member
                break
            if stream.eof:
                self._members += 1
                self._position -= len(stream.unused_data)
                self._stream = None
                if self._alone:
                    self._content = self._content[: self._position]
            elif not data and not piece and stream.needs_input and self._position >= len(self._content):
                raise EOFError("it ends too early")
            if data:
                return data
        return b""


class Chunks(io.RawIOBase):
    """What a generator gives as a readable stream; `spend` as for `Unpacked`."""

    def __init__(self, chunks: Iterator[bytes], spend: Callable[[int], None]) -> None:
        self._chunks = chunks
        self._spend = spend
        self._left = memoryview(b"")
        self._begun = False
        self._failure: BaseException | None = None

    def readable(self) -> bool:
        """Return that this stream can be read."""
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override] # any writable buffer
        """Fill the buffer with the next unpacked bytes; 0 at the end. Raises LimitError and the errors in BROKEN."""
        if self._failure is not None:
            raise self._failure
        try:
            while not self._left and (chunk := next(self._chunks, None)) is not None:
                self._spend(len(chunk))
                self._begun = self._begun or bool(chunk)
                self._left = memoryview(chunk)
        except (*BROKEN, IndexError, struct.error) as error:
            self._failure = OSError(str(error))
            if not self._begun:
                raise self._failure from error
            return 0  # before an error the stream ends once, so that a reader gets what there was
        data = self._left[: len(buffer)]
        buffer[: len(data)] = data
        self._left = self._left[len(data) :]
        return len(data)
