"""Which content is an archive, mail or a chat export, by name and first bytes. Cheap, for it is asked of every blob."""

import re
from typing import NamedTuple

from monei_guard.model.blob import Blob

_TAR_MAGIC_AT = 257  # POSIX.1-1988 ustar header: the magic field; 512 bytes a header
_TAR_HEADER = 512

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),  # an empty one
    (b"Cr24", "zip"),  # a browser extension: a zip archive behind a signature
    (b"\x1f\x8b\x08", "gzip"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
)
_KINDS = dict(_MAGIC)
_BZIP2_BLOCKS = (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")  # a block of data, and the end of an empty stream
# All of them in one look, for it is nearly always in vain.
_ANY = re.compile(
    rb"(?P<magic>%b)|(?P<bzip2>BZh.(?:%b))|.{%d}ustar"
    % (
        b"|".join(re.escape(magic) for magic, _ in _MAGIC),
        b"|".join(map(re.escape, _BZIP2_BLOCKS)),
        _TAR_MAGIC_AT,
    ),
    re.DOTALL,
).match
_OTHER_NAMES = (b".tar", b".TAR", b".lzma")

# Of these at least one stands in every archive that `archive_kind` knows without its name.
ARCHIVE_SIGNS = (*(magic for magic, _ in _MAGIC), *_BZIP2_BLOCKS, b"ustar")

# The same for the shell hook, whose script is plain ASCII: a class stands for all other bytes, and NUL is a tab there.
_OTHER = "[^ -~]"
ARCHIVE_POSIX = (
    "PK\x03\x04", "PK\x05\x06", "Cr24", f"\x1f{_OTHER}\x08", "7zXZ", f"\\({_OTHER}/{_OTHER}", f"7z{_OTHER}", "Rar!",
    "BZh", "ustar",
)  # fmt: skip
ARCHIVE_SUFFIXES = (b".tar", b".lzma")  # of archives without such bytes

MAIL_SUFFIXES = (b".eml", b".mbox", b".mbx", b".mht", b".mhtml", b".email", b".msg")
# What the first bytes of an export show: Slack, Telegram, Discord, Teams; WhatsApp; Telegram, Discord, Outlook.
EXPORT_SIGNS: tuple[tuple[tuple[bytes, ...], tuple[bytes, ...]], ...] = (
    ((b".json",), (b'"messages"', b'"ts"', b'"createdDateTime"')),
    ((b".txt",), (b": ",)),
    ((b".html", b".htm"), (b"chatlog", b"from_name", b"Sent:", b"Gesendet:", b"Enviado:", b"Date:")),
)
_ENDS = (*MAIL_SUFFIXES, *(end for ends, _ in EXPORT_SIGNS for end in ends))
_HEAD = 4096

ARCHIVE_DEPTH = 4


class ArchiveLimits(NamedTuple):
    """How far an archive is opened.

    `depth` archives inside one another; `members`, and `total` bytes, out of one outermost archive; `ratio` of unpacked
    to packed bytes, once there are more than 16 MiB; `member` bytes of one member.
    """

    depth: int = ARCHIVE_DEPTH
    members: int = 100_000
    total: int = 1 << 30
    ratio: int = 200
    member: int = 64_000_000


def is_container(blob: Blob) -> bool:
    """Return whether a blob is an archive, or may hold messages: nearly none is."""
    return archive_kind(blob.content, blob.path) is not None or may_hold_messages(blob)


def archive_kind(content: bytes | memoryview, path: bytes | None = None) -> str | None:
    """Return "zip", "tar", "gzip", "bzip2", "xz", "zstd", "7z" or "rar", or None for content that is no archive."""
    found = _ANY(content)
    if found is not None:
        return _KINDS[found["magic"]] if found["magic"] else "bzip2" if found["bzip2"] else "tar"
    if path is None or not path.endswith(_OTHER_NAMES):
        return None
    if path.endswith(b".lzma"):
        return "xz" if content[:1] == b"]" else None
    return "tar" if _old_tar(bytes(content[:_TAR_HEADER])) else None


def _old_tar(head: bytes) -> bool:
    """Return whether `head` is a tar header without a magic number: its checksum field says so."""
    if len(head) < _TAR_HEADER:
        return False
    try:
        stated = int(head[148:156].strip(b" \0") or b"-1", 8)
    except ValueError:
        return False
    return stated == sum(head[:148]) + 8 * 32 + sum(head[156:])


def may_hold_messages(blob: Blob) -> bool:
    """Return whether name and first bytes look like mail or a chat export."""
    path = (blob.path or b"").lower()
    if not path.endswith(_ENDS):
        return blob.content[:5] == b"From "
    if path.endswith(MAIL_SUFFIXES) or blob.content[:5] == b"From ":
        return True
    head = bytes(blob.content[:_HEAD])
    if path.endswith(b".txt") and not head[:4].lstrip(b"[\xe2\x80\x8e")[:1].isdigit():
        return False
    return any(path.endswith(ends) and any(sign in head for sign in signs) for ends, signs in EXPORT_SIGNS)
