"""The signs by which base64 and hexadecimal of text are told from other runs of their alphabets.

Apart from the decoders, since the first stage looks at every small file with them and a commit must not pay for more.
"""

import re

SHORTEST = 16  # base64 characters: 12 bytes; the shortest credential with a prefix has 20
QUADS = re.compile(rb"(?:[A-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/_\-]){4,}")
HEX_TEXT = re.compile(rb"(?:[2-7][0-9a-fA-F]|0[09aAdD]){10,}")
COMPRESSED = (b"H4sI", b"eJ", b"eN", b"eA")  # gzip's magic number, and zlib's headers 789c, 78da and 7801, in base64

# Lists of numbers that look like characters. Each pattern begins with a literal, and so is quickly seen not to match:
# text is 0x20 to 0x7e, 32 to 126.
BYTE_LIST_HINTS = tuple(
    re.compile(hint).search
    for hint in (
        rb"0[xX][2-7][0-9a-fA-F]\s{0,20},\s{0,20}0[xX][2-7]",
        rb":[2-7][0-9a-fA-F](?::[2-7][0-9a-fA-F]){6}",
        rb" [2-7][0-9a-fA-F](?: [2-7][0-9a-fA-F]){6}",
        rb",\s{0,20}(?:[3-9][0-9]|1[0-2][0-9])(?:,\s{0,20}(?:[3-9][0-9]|1[0-2][0-9])){8}",
    )
)

# Every byte as its kind: "a" for text, NUL, "x" for the rest. Byte searches then tell what no pattern has to look for.
_TEXT = b"\t\r\n" + bytes(range(ord(" "), ord("~") + 1))
KINDS = bytes(0 if code == 0 else ord("a") if code in _TEXT else ord("x") for code in range(256))

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-"
_PIECE = 1 << 18
_OVERLAP = 64
_WORDS = bytes(code if code in _ALPHABET else ord(" ") for code in range(256))


def has_packed_text(data: bytes) -> bool:
    """Return whether any run in `data` looks like base64 or hexadecimal of text, or of a compressed stream.

    Twice as fast as searching for the runs, for it looks at every byte of every small file. Large content is looked at
    in pieces, for its words as a list take ten times its size; pieces overlap by more than any sign is long.
    """
    return any(_has_packed_text(data[start : start + _PIECE + _OVERLAP]) for start in range(0, len(data), _PIECE))


def _has_packed_text(data: bytes) -> bool:
    words = [word for word in data.translate(_WORDS).split() if len(word) >= SHORTEST]
    if any(word.startswith(COMPRESSED) for word in words):
        return True
    together = b" ".join(words)
    return QUADS.search(together) is not None or HEX_TEXT.search(together) is not None


def has_wide_text(data: bytes) -> bool:
    """Return whether there is text of twelve characters in UTF-16 or UTF-32, of either byte order."""
    kinds = data.translate(KINDS)
    return b"a\0" * 11 in kinds or b"a\0\0\0" * 11 in kinds  # the zeros outside are those of one byte order


def has_byte_list(data: bytes) -> bool:
    """Return whether there are numbers in a row that look like characters."""
    return any(hint(data) for hint in BYTE_LIST_HINTS)
