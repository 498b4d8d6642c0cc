"""The signs by which base64, hexadecimal and lists of numbers are told from other runs of their alphabets."""

from collections.abc import Iterable, Iterator
from functools import partial

from monei_guard.decoding.signatures.compressed import HEADERS
from monei_guard.decoding.signatures.keywords import LENGTH, EncodingTest, Keywords, Signature, compiled, posix, spelled

SHORTEST = 16  # base64 characters: 12 bytes; the shortest credential with a prefix has 20
_QUAD = b"[A-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/_-]"
_HEX_CHARACTER = b"[2-7][0-9a-fA-F]|0[09aAdD]"
QUADS = rb"(?:%b){4,}" % _QUAD
HEX_TEXT = rb"(?:%b){10,}" % _HEX_CHARACTER

# Lists of numbers that look like characters. Each pattern begins with a literal, and so is quickly seen not to match:
# text is 0x20 to 0x7e, 32 to 126.
BYTE_LIST_HINTS = (
    rb"0[xX][2-7][0-9a-fA-F]\s{0,20},\s{0,20}0[xX][2-7]",
    rb":[2-7][0-9a-fA-F](?::[2-7][0-9a-fA-F]){6}",
    rb" [2-7][0-9a-fA-F](?: [2-7][0-9a-fA-F]){6}",
    rb",\s{0,20}(?:[3-9][0-9]|1[0-2][0-9])(?:,\s{0,20}(?:[3-9][0-9]|1[0-2][0-9])){8}",
)
_BYTE_LIST_RUN = rb"0x%d[0-9a-f](?:,\s{0,4}0x[2-7][0-9a-f]){7}"  # caseless, for each first digit
_BYTE_LISTS = ("0x%02x, ",)
# Not looked for between two other layers.
_RARE_BYTE_LISTS = ("0x%02x,", "0x%02X, ", "%02x ", "%02x:", "%02X ", "%02X:", "%d,", "%d, ")

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_ALPHABET = _BASE64 + b"_-"
_PIECE = 1 << 18
_OVERLAP = 64
_WORDS = bytes(code if code in _ALPHABET else ord(" ") for code in range(256))


def has_base64_or_hex(data: bytes) -> bool:
    """Return whether any run in `data` looks like base64 or hexadecimal of text, or of a compressed stream.

    Twice as fast as searching for the runs, for it looks at every byte of every small file. Large content is looked at
    in pieces, for its words as a list take ten times its size; pieces overlap by more than any sign is long.
    """
    return any(_has_base64_or_hex(data[start : start + _PIECE + _OVERLAP]) for start in range(0, len(data), _PIECE))


def _has_base64_or_hex(data: bytes) -> bool:
    words = [word for word in data.translate(_WORDS).split() if len(word) >= SHORTEST]
    if any(word.startswith(HEADERS) for word in words):
        return True
    together = b" ".join(words)
    return compiled(QUADS).search(together) is not None or compiled(HEX_TEXT).search(together) is not None


def has_byte_list(data: bytes) -> bool:
    """Return whether there are numbers in a row that look like characters."""
    return any(compiled(hint).search(data) for hint in BYTE_LIST_HINTS)


def in_base64_and_hex(text: bytes) -> Iterator[bytes]:
    """Yield what is certain of `text` in base64, at each alignment and in both alphabets, and in hexadecimal."""
    bits = "".join(f"{code:08b}" for code in text)
    for before in range(3):
        skip = -before * 8 % 6
        whole = bits[skip : len(bits) - (len(bits) - skip) % 6]
        form = bytes(_BASE64[int(whole[at : at + 6], 2)] for at in range(0, len(whole), 6))
        yield form
        if b"+" in form or b"/" in form:
            yield form.translate(_URL_SAFE)
    yield text.hex().encode()
    yield text.hex().upper().encode()


def _base64_posix(_: Keywords) -> Iterator[str]:
    yield f"({_QUAD.decode()}){{4}}"
    yield f"({_HEX_CHARACTER.decode()}){{10}}"


def _byte_lists(spellings: Iterable[str], text: bytes) -> Iterator[bytes]:
    return (spelled(pattern, text) for pattern in spellings)


def _test_base64(_: Keywords) -> EncodingTest:
    return has_base64_or_hex


def _test_byte_lists(_: Keywords) -> EncodingTest:
    return has_byte_list


def _between_byte_lists(head: bytes) -> Iterator[bytes]:
    return (form[:LENGTH] for form in _byte_lists(_BYTE_LISTS, head[:3]))


BASE64_AND_HEX = Signature(
    __file__,
    _test_base64,
    _base64_posix,
    forms=in_base64_and_hex,
    is_outer=True,
    between=in_base64_and_hex,
)
BYTE_LISTS = Signature(
    __file__,
    _test_byte_lists,
    lambda _: map(posix, BYTE_LIST_HINTS),
    forms=partial(_byte_lists, (*_BYTE_LISTS, *_RARE_BYTE_LISTS)),
    between=_between_byte_lists,
    patterns=tuple(_BYTE_LIST_RUN % lead for lead in range(2, 8)),
)
