"""Files of Unix `compress` (`.Z`): LZW with codes of 9 to 16 bits, as (N)compress 5 writes them.

Own code: one library has no wheels (ncompress), and the others (unlzw3, uncompresspy) keep each string of the table by
itself, which takes gigabytes for a file of zeros. Here a string is a place in what was unpacked.
"""

from collections.abc import Iterator

from monei_guard.sources.containers.streams import LimitError

SIGN = b"\x1f\x9d"
_LARGEST = 1 << 26  # bytes: six seconds
_CHUNK = 1 << 16
_CLEAR = 256
_LEAST_BITS, _MOST_BITS = 9, 16


def lzw_chunks(content: bytes) -> Iterator[bytes]:  # noqa: C901 - one loop, for it runs once a code
    """Yield what the file holds. Raises ValueError behind what can be read, LimitError for more than 64 MiB."""
    most, is_block = content[2] & 0x1F, bool(content[2] & 0x80)
    if not _LEAST_BITS <= most <= _MOST_BITS:
        raise ValueError("no such code width")
    first = 257 if is_block else 256
    made, given = bytearray(), 0
    starts: list[int] = []  # of the strings that codes from `first` on stand for
    lengths: list[int] = []
    bits, position, last = _LEAST_BITS, 3, None
    while position < len(content):
        group = content[position : position + bits]  # eight codes, as which all changes of width are aligned
        position += bits
        number, count = int.from_bytes(group, "little"), len(group) * 8 // bits
        for _ in range(count):
            code = number & (1 << bits) - 1
            number >>= bits
            if code == _CLEAR and is_block:
                starts, lengths, last, bits = [], [], None, _LEAST_BITS
                break
            here = len(made)
            if code < 256:  # noqa: PLR2004 - the bytes themselves
                made.append(code)
            elif code - first < len(starts):
                start, length = starts[code - first], lengths[code - first]
                made += made[start : start + length]
            elif last is not None and code - first == len(starts):
                made += made[last:here]
                made.append(made[here])
            else:
                yield bytes(made[given:])
                raise ValueError("a code that stands for nothing")
            if last is not None and first + len(starts) < 1 << most:
                starts.append(last)
                lengths.append(here - last + 1)
            last = here
            if bits < most and first + len(starts) >= 1 << bits:
                bits += 1
                break
        if len(made) - given > _CHUNK:
            yield bytes(made[given:])
            given = len(made)
            if given > _LARGEST:
                raise LimitError(f"unpacks to more than {_LARGEST >> 20} MiB: the rest was not opened")
    yield bytes(made[given:])
