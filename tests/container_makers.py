"""Containers that Python has no module to make, written by their specifications at run time."""

import struct
import zlib
from collections.abc import Sequence

from archive_makers import Files


def ar_of(files: Files) -> bytes:
    """Return an `ar` archive as dpkg-deb writes it."""
    parts = [b"!<arch>\n"]
    for name, content in files:
        head = f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode()
        parts += [head, content, b"\n" * (len(content) % 2)]
    return b"".join(parts)


def cpio_of(files: Files) -> bytes:
    """Return a cpio archive with new headers in ASCII."""
    parts = []
    for name, content in (*files, ("TRAILER!!!", b"")):
        fields = (0, 0o100644, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
        head = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
        parts += [head, b"\0" * (-len(head) % 4), content, b"\0" * (-len(content) % 4)]
    return b"".join(parts)


def rpm_of(payload: bytes, text: bytes = b"a scriptlet") -> bytes:
    """Return an RPM package: lead, an empty header of signatures, a header with one text, the payload."""
    signatures = b"\x8e\xad\xe8\x01\0\0\0\0" + struct.pack(">II", 0, 0)
    header = b"\x8e\xad\xe8\x01\0\0\0\0" + struct.pack(">II", 1, len(text) + 1)
    header += struct.pack(">IIII", 1023, 6, 0, 1) + text + b"\0"  # tag PREIN, a string
    return b"\xed\xab\xee\xdb\3\0" + bytes(90) + signatures + header + payload


def cab_of(files: Files, method: int = 1) -> bytes:
    """Return a cabinet with one folder: 0 is stored, 1 MSZIP, others claim a method they do not have."""
    listed = list(files)
    data = b"".join(content for _, content in listed)
    blocks, window = [], b""
    for start in range(0, len(data), 32768):
        plain = data[start : start + 32768]
        stream = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=window)
        packed = b"CK" + stream.compress(plain) + stream.flush() if method == 1 else plain
        blocks.append(struct.pack("<IHH", 0, len(packed), len(plain)) + packed)
        window = plain
    entries, offset = [], 0
    for name, content in listed:
        entries.append(struct.pack("<IIHHHH", len(content), offset, 0, 0, 0, 32) + name.encode() + b"\0")
        offset += len(content)
    files_at, data_at = 36 + 8, 36 + 8 + sum(map(len, entries))
    size = data_at + sum(map(len, blocks))
    head = b"MSCF" + struct.pack("<IIIIIBBHHHHH", 0, size, 0, files_at, 0, 3, 1, 1, len(listed), 0, 1, 0)
    return head + struct.pack("<IHH", data_at, len(blocks), method) + b"".join(entries) + b"".join(blocks)


def lz4_of(content: bytes, repeats: int = 0) -> bytes:
    """Return an LZ4 frame: the content as literals; with `repeats`, so many times its last byte behind it."""
    block = bytearray()
    block.append(min(len(content), 15) << 4 | (15 if repeats else 0))
    _count(block, len(content))
    block += content
    if repeats:
        block += struct.pack("<H", 1)
        _count(block, repeats - 4)
        block += b"\x00"
    return b"\x04\x22\x4d\x18\x60\x70\x73" + struct.pack("<I", len(block)) + bytes(block) + bytes(4)


def _count(block: bytearray, count: int) -> None:
    if count >= 15:
        count -= 15
        block += b"\xff" * (count // 255) + bytes((count % 255,))


def lzw_of(content: bytes) -> bytes:
    """Return what Unix `compress` makes of content: block mode, up to 16 bits."""
    table = {bytes((byte,)): byte for byte in range(256)}
    out, bits, group = bytearray(b"\x1f\x9d\x90"), 9, []
    free, word = 257, b""
    for byte in content:
        longer = word + bytes((byte,))
        if longer in table:
            word = longer
            continue
        group.append(table[word])
        if free < 1 << 16:
            table[longer] = free
            free += 1
        word = longer[-1:]
        if len(group) == 8:
            out += _packed(group, bits)
            group = []
            if bits < 16 and free > 1 << bits:
                bits += 1
    if word:
        group.append(table[word])
    if group:
        out += _packed(group, bits)[: (len(group) * bits + 7) // 8]
    return bytes(out)


def _packed(codes: Sequence[int], bits: int) -> bytes:
    number = sum(code << bits * at for at, code in enumerate(codes))
    return number.to_bytes(bits, "little")


def pdf_of(*streams: tuple[str, bytes], encrypted: bool = False) -> bytes:
    """Return a PDF file with a stream for each dictionary text and content as it stands in the file."""
    parts = [b"%PDF-1.7\n"]
    for number, (dictionary, content) in enumerate(streams, 1):
        head = f"{number} 0 obj\n<< /Length {len(content)} {dictionary} >>\nstream\n"
        parts.append(head.encode() + content + b"\nendstream\nendobj\n")
    parts.append(b"trailer << /Root 1 0 R %b>>\n%%%%EOF\n" % (b"/Encrypt 9 0 R " if encrypted else b""))
    return b"".join(parts)
