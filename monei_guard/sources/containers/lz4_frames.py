"""LZ4 files, block by block (LZ4 frame format 1.6.2, block format of 2022; the legacy format of Linux kernels too).

Own code: the library for it (lz4) has no wheel for musl, and the one that has (cramjam) takes only whole frames,
whatever they unpack to.
"""

import struct
from collections.abc import Generator, Iterator

FRAME = b"\x04\x22\x4d\x18"
LEGACY = b"\x02\x21\x4c\x18"
_SKIPPABLE = range(0x184D2A50, 0x184D2A60)
_LARGEST_BLOCKS = {4: 1 << 16, 5: 1 << 18, 6: 1 << 20, 7: 1 << 22}
_LEGACY_BLOCK = 8 << 20
_WINDOW = 1 << 16
_STORED = 0x80000000
_LONG = 15
_LEAST_COPY = 4


def lz4_chunks(content: bytes) -> Iterator[bytes]:
    """Yield what the frames hold, 8 MiB at most at a time. Raises ValueError, struct.error behind what can be read."""
    position = 0
    while position + 4 <= len(content):
        sign = content[position : position + 4]
        (number,) = struct.unpack("<I", sign)
        if sign == FRAME:
            position = yield from _frame(content, position + 4)
        elif sign == LEGACY:
            position = yield from _legacy(content, position + 4)
        elif number in _SKIPPABLE:
            position += 8 + struct.unpack_from("<I", content, position + 4)[0]
        elif position:
            return  # what follows is no further frame
        else:
            raise ValueError("no LZ4 frame")


def _frame(content: bytes, position: int) -> Generator[bytes, None, int]:
    flags, size_code = content[position], content[position + 1] >> 4 & 7
    if flags >> 6 != 1 or size_code not in _LARGEST_BLOCKS:
        raise ValueError("no LZ4 frame of this version")
    linked, block_sums, sized, summed, dictionary = (not flags & 32, flags & 16, flags & 8, flags & 4, flags & 1)
    position += 3 + (8 if sized else 0) + (4 if dictionary else 0)
    window = b""
    while size := struct.unpack_from("<I", content, position)[0]:
        packed = content[position + 4 : position + 4 + (size & ~_STORED)]
        position += 4 + (size & ~_STORED) + (4 if block_sums else 0)
        block = packed if size & _STORED else _block(packed, window, _LARGEST_BLOCKS[size_code])
        yield block
        if position > len(content):
            raise ValueError("it ends too early")
        window = (window + block)[-_WINDOW:] if linked else b""
    return position + 4 + (4 if summed else 0)


def _legacy(content: bytes, position: int) -> Generator[bytes, None, int]:
    while position + 4 <= len(content) and content[position : position + 4] not in (FRAME, LEGACY):
        (size,) = struct.unpack_from("<I", content, position)
        if not size or size > _LEGACY_BLOCK * 2:
            break
        yield _block(content[position + 4 : position + 4 + size], b"", _LEGACY_BLOCK)
        position += 4 + size
    return position


def _block(packed: bytes, window: bytes, largest: int) -> bytes:
    """Return what a block holds. Raises ValueError."""
    made = bytearray(window)
    at, end, start = 0, len(packed), len(window)
    try:
        while at < end:
            token = packed[at]
            at, count = _length(packed, at + 1, token >> 4)
            made += packed[at : at + count]
            at += count
            if at >= end:
                break
            offset = packed[at] | packed[at + 1] << 8
            at, count = _length(packed, at + 2, token & _LONG)
            count += _LEAST_COPY
            source = len(made) - offset
            if not offset or source < 0 or len(made) + count - start > largest:
                raise ValueError("a block that is none")
            repeated = made[source : source + count]
            made += (repeated * (count // len(repeated) + 1))[:count]
    except IndexError as error:
        raise ValueError("it ends too early") from error
    return bytes(made[start:])


def _length(packed: bytes, at: int, count: int) -> tuple[int, int]:
    """Return where a length ends, and the length."""
    if count == _LONG:
        while True:
            more = packed[at]
            at += 1
            count += more
            if more != 255:  # noqa: PLR2004 - the largest byte says that another follows
                break
    return at, count
