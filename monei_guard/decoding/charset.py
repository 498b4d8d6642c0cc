"""From a blob's bytes to one root view in an ASCII superset, without ever failing.

Rules match bytes. UTF-8, Latin-1 and binary content is matched as it stands; UTF-16 and UTF-32 are transcoded, with
lines and columns unchanged and byte offsets still those of the file (`View.original_offset`).
"""

import re

from monei_guard.model.blob import Blob, View

_SAMPLE = 4096
_MOSTLY = 0.4  # of the code units of ASCII-like UTF-16 text, far more than this have a zero high byte
_RARELY = 0.05

# A long word in narrow text does not occur in wide text. Content that holds both is matched as it stands, or a mark and
# some zeros at its head would hide what follows; `decoding.views` finds the wide parts of it.
_NARROW_WORD = re.compile(rb"[0-9A-Za-z_]{20}")

# Longest mark first: UTF-32-LE's begins with UTF-16-LE's.
_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32-le", 4),
    (b"\x00\x00\xfe\xff", "utf-32-be", 4),
    (b"\xff\xfe", "utf-16-le", 2),
    (b"\xfe\xff", "utf-16-be", 2),
)


def root_view(blob: Blob) -> View:
    """Return the blob as a view that rules can match on."""
    content = bytes(blob.content)
    wide = content.startswith(tuple(mark for mark, _, _ in _MARKS)) or guess_wide_encoding(content[:_SAMPLE])
    if not wide or _NARROW_WORD.search(content):
        return View(blob, content, text_encoding=narrow_encoding(content))
    for mark, encoding, width in _MARKS:
        if content.startswith(mark):
            return _transcoded(blob, content[len(mark) :], encoding, width)
    guess = guess_wide_encoding(content[:_SAMPLE])
    if guess is not None:
        return _transcoded(blob, content, *guess)
    return View(blob, content, text_encoding=narrow_encoding(content))


def guess_wide_encoding(sample: bytes) -> tuple[str, int] | None:
    """Return encoding and code unit width of text without a byte order mark, or None for narrow text and binaries."""
    if len(sample) < 4 or b"\0" not in sample:  # noqa: PLR2004 - one UTF-32 unit
        return None
    quarter = len(sample) // 4
    zeros = [sample[offset::4][:quarter].count(0) / quarter for offset in range(4)]
    for encoding, low in (("utf-32-le", 0), ("utf-32-be", 3)):
        others = [share for offset, share in enumerate(zeros) if offset != low]
        if zeros[low] <= _RARELY and min(others) > 1 - _RARELY:
            return encoding, 4
    even, odd = (zeros[0] + zeros[2]) / 2, (zeros[1] + zeros[3]) / 2
    if even <= _RARELY and odd > _MOSTLY:
        return "utf-16-le", 2
    if odd <= _RARELY and even > _MOSTLY:
        return "utf-16-be", 2
    return None


def narrow_encoding(content: bytes) -> str:
    """Return how to count characters: "latin-1", where each byte is one (ASCII, and what is no UTF-8), or "utf-8"."""
    if content.isascii():
        return "latin-1"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _transcoded(blob: Blob, units: bytes, encoding: str, width: int) -> View:
    whole = units[: len(units) - len(units) % width]
    try:
        text = whole.decode(encoding, "surrogatepass")
    except UnicodeDecodeError:  # UTF-32 beyond U+10FFFF: not text after all
        return View(blob, bytes(blob.content), text_encoding="latin-1")
    return View(blob, text.encode("utf-8", "surrogatepass"), transcoded_from=encoding)
