"""Which content is an archive, mail or a chat export, by name and first bytes. Cheap, for it is asked of every blob."""

import zlib
from typing import NamedTuple

from monei_guard.model.blob import Blob
from monei_guard.sources.containers.zip_headers import holds_member

_TAR_MAGIC_AT = 257  # POSIX.1-1988 ustar header: the magic field; 512 bytes a header
_TAR_MAGIC_END = _TAR_MAGIC_AT + 5
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
    (b"!<arch>\n", "ar"),
    (b"\xed\xab\xee\xdb", "rpm"),
    (b"MSCF\0\0\0\0", "cab"),
    (b"%PDF-", "pdf"),
    (b"PACK\0\0\0\x02", "git pack"),
    (b"# v2 git bundle\n", "git bundle"),
    (b"# v3 git bundle\n", "git bundle"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\x02\x21\x4c\x18", "lz4"),
    # `compress` with codes of 12 to 16 bits, which it was ever built with.
    *((b"\x1f\x9d" + bytes((0x80 | bits,)), "compress") for bits in range(12, 17)),
)
_SIGNS = tuple(magic for magic, _ in _MAGIC)
_BZIP2_BLOCKS = (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")  # a block of data, and the end of an empty stream
_NEW_CPIO, _OLD_CPIO = (b"070701", b"070702"), b"070707"  # cpio(5); such a header is all digits, hex or octal
_ZLIB_HEADERS = (b"x\x01", b"x^", b"x\x9c", b"x\xda")
_GIT_OBJECTS = (b"blob ", b"tree ", b"commit ", b"tag ")
_OTHER_NAMES = (b".tar", b".TAR", b".lzma", b".br")

# Of these at least one stands in every archive that `archive_kind` knows without its name.
ARCHIVE_SIGNS = (
    *(magic for magic, _ in _MAGIC), *_BZIP2_BLOCKS, b"ustar", b"070701", b"070702", b"070707",
    b"\x78\x01",  # a loose object as git writes it
)  # fmt: skip

# The same for the shell hook, whose script is plain ASCII: a class stands for all other bytes, and NUL is a tab there.
_OTHER = "[^ -~]"
ARCHIVE_POSIX = (
    "PK\x03\x04", "PK\x05\x06", "Cr24", f"\x1f{_OTHER}\x08", "7zXZ", f"\\({_OTHER}/{_OTHER}", f"7z{_OTHER}", "Rar!",
    "BZh", "ustar", "!<arch>", "MSCF", "%PDF-", "PACK\t\t\t", " git bundle",
    "07070[127]", "x\x01",
)  # fmt: skip
# Of archives without such bytes, or with bytes only that are no ASCII.
ARCHIVE_SUFFIXES = (b".tar", b".lzma", b".br", b".rpm", b".lz4", b".Z")

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
    """Return which of the kinds in `formats.FORMATS` some content is, or None for content that is no archive."""
    head = bytes(content[:_TAR_MAGIC_END])
    if head.startswith(_SIGNS):
        return next(kind for magic, kind in _MAGIC if head.startswith(magic))
    if head[_TAR_MAGIC_AT:] == b"ustar":
        return "tar"
    if head.startswith(b"BZh") and head[4:10] in _BZIP2_BLOCKS:
        return "bzip2"
    if head.startswith(b"0707") and _is_cpio(head):
        return "cpio"
    if head.startswith(_ZLIB_HEADERS) and _is_git_object(head):
        return "git object"
    if path is not None and path.endswith(_OTHER_NAMES):
        if path.endswith(b".lzma") and content[:1] == b"]":
            return "xz"
        if path.endswith(b".br") and content:
            return "brotli"
        if not path.endswith(b".lzma") and _old_tar(bytes(content[:_TAR_HEADER])):
            return "tar"
    return "zip" if holds_member(content) else None


def _is_cpio(head: bytes) -> bool:
    is_new = head.startswith(_NEW_CPIO)
    digits = head[6:110] if is_new else head[6:76]
    return (is_new and len(digits) == 104 and not digits.strip(b"0123456789abcdefABCDEF")) or (  # noqa: PLR2004
        head.startswith(_OLD_CPIO) and len(digits) == 70 and not digits.strip(b"01234567")  # noqa: PLR2004
    )


def _is_git_object(head: bytes) -> bool:
    """Return whether content is a loose object: a zlib stream whose first bytes say so (gitformat-loose)."""
    try:
        return zlib.decompressobj().decompress(head, 32).startswith(_GIT_OBJECTS)
    except zlib.error:
        return False


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
