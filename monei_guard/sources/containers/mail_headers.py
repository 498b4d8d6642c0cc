"""Of one mail in RFC 5322 form: who sent it, when, and the archives attached to it."""

import binascii
import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime

_HEADERS_END = re.compile(rb"\r?\n\r?\n")
_LONGEST = 1 << 16  # bytes of headers that are read
_FIELD = re.compile(
    rb"^(?P<name>From|Sender|Date):[ \t]*(?P<value>[^\r\n]{0,998}(?:\r?\n[ \t][^\r\n]{0,998}){0,10})",
    re.IGNORECASE | re.MULTILINE,
)
# The first characters of an archive's magic number in base64: zip, gzip, bzip2, xz, zstd, 7z.
_ATTACHED = re.compile(rb"(?<=\n)(?:\r?\n)(?P<text>(?:UEsD|H4sI|Qlpo|/Td6|KLUv|N3q8)[A-Za-z0-9+/\r\n]{16,}={0,2})")
_FILENAME = re.compile(rb"""(?:file)?name\*?=\s{0,20}["']?(?:UTF-8'')?([^"';\r\n]{1,200})""", re.IGNORECASE)
_NEAR = 2048


def sender_and_date(content: bytes) -> tuple[str, str]:
    """Return the sender (decoded) and the date (ISO 8601 where it can be read) of a mail; "" for what it lacks."""
    end = _HEADERS_END.search(content, 0, _LONGEST)
    headers = content[: end.start() if end else _LONGEST]
    found: dict[bytes, bytes] = {}
    for field in _FIELD.finditer(headers):
        found.setdefault(field["name"].lower(), field["value"])
    return _decoded(found.get(b"from", found.get(b"sender", b""))), _date(found.get(b"date", b""))


def attachments(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and bytes of each archive that is attached in base64."""
    for number, match in enumerate(_ATTACHED.finditer(content), 1):
        text = match["text"].translate(None, b"\r\n")
        try:
            data = binascii.a2b_base64(text.rstrip(b"=") + b"==")  # too much padding is ignored, too little is not
        except binascii.Error:
            continue
        names = _FILENAME.findall(content, max(0, match.start() - _NEAR), match.start())
        name = names[-1].strip().replace(b"/", b"_").replace(b"\\", b"_") if names else b""
        yield name or b"attachment-%d" % number, data


def _decoded(value: bytes) -> str:
    text = " ".join(value.decode("utf-8", "replace").split())
    try:
        return str(make_header(decode_header(text)))[:200]
    except (HeaderParseError, ValueError, LookupError):
        return text[:200]


def _date(value: bytes) -> str:
    text = " ".join(value.decode("ascii", "replace").split())
    try:
        return parsedate_to_datetime(text).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return text[:60]
