"""Compressed files: one file each, or a tar or cpio archive whose members are read as they are unpacked."""

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from monei_guard.sources.containers.budget import Budget, Member, read_member
from monei_guard.sources.containers.container_image import IMAGE_START, image_members
from monei_guard.sources.containers.cpio_archive import cpio_members
from monei_guard.sources.containers.lz4_frames import lz4_chunks
from monei_guard.sources.containers.lzw import lzw_chunks
from monei_guard.sources.containers.signatures import archive_kind
from monei_guard.sources.containers.streams import BROKEN, KINDS, Chunks, Unpacked
from monei_guard.sources.containers.tar_archive import tar_members

try:
    from monei_guard.sources.containers.brotli_stream import brotli_chunks
except ImportError:  # the extra `archives` is not installed
    brotli_chunks = None  # type: ignore[assignment]

# Kinds that are unpacked by a decompressor are in `streams.KINDS`; these are by a generator.
CHUNKS: Mapping[str, Callable[[bytes], Iterator[bytes]] | None] = MappingProxyType({
    "lz4": lz4_chunks, "compress": lzw_chunks, "brotli": brotli_chunks,
})  # fmt: skip
_EXTRA = "is not opened without a library: pip install 'monei-guard[archives]'"

_SUFFIXES = (
    b".gz", b".bz2", b".xz", b".zst", b".lzma", b".lz4", b".z", b".br",
    b".tgz", b".tbz2", b".txz", b".tzst",
)  # fmt: skip
_IMAGE = 1 << 28  # bytes of a compressed container image that are held in memory to read its layers in order
_TAR_SUFFIXES = frozenset({b".tgz", b".tbz2", b".txz", b".tzst"})


def unpacked_members(kind: str, content: bytes, path: bytes, budget: Budget) -> Iterator[Member]:
    """Yield what a compressed file holds: the members of an archive, or one file. Raises LimitError."""
    if CHUNKS.get(kind, lz4_chunks) is None:
        yield Member(b"", content, f"{kind} {_EXTRA}")
        return

    def opened() -> io.BufferedReader:
        return io.BufferedReader(_stream(kind, content, budget), 1 << 16)

    stream = opened()
    name = _inner_name(path)
    try:
        head = stream.peek(512)[:512]
    except BROKEN as error:
        # nothing of it is an archive to anybody, and all that it is was looked at
        yield Member(b"", content, f"cannot be unpacked ({error}): its bytes were scanned as they stand", False)
        return
    inner = archive_kind(head, name)
    if inner == "tar":
        image = _image(stream, head, budget)
        yield from image or tar_or_whole(opened() if image is None else stream, opened, budget)
        return
    if inner == "cpio":
        yield from cpio_members(stream, budget)
        return
    budget.count()
    yield read_member(stream, name, budget)


def _stream(kind: str, content: bytes, budget: Budget) -> io.RawIOBase:
    if kind in KINDS:
        return Unpacked(content, kind, budget.spend)
    chunks = CHUNKS[kind]
    return Chunks(chunks(content) if chunks is not None else iter(()), budget.spend)


def tar_or_whole(stream: io.BufferedIOBase, again: Callable[[], io.BufferedIOBase], budget: Budget) -> Iterator[Member]:
    """Yield a tar archive's members; where one has no sound header, also the whole as it stands. Raises LimitError.

    Nothing in a tar is packed, so what other tools would read behind that header is looked at all the same.
    """
    for member in tar_members(stream, budget):
        if member.name or not member.reason:
            yield member
            continue
        whole = read_member(again(), b"", budget)
        is_cut = bool(whole.reason) and whole.incomplete
        more = whole.reason if is_cut else "its bytes were scanned as they stand"
        yield replace(whole, reason=f"{member.reason}; {more}", incomplete=is_cut)


def _image(stream: io.BufferedIOBase, head: bytes, budget: Budget) -> Iterator[Member] | None:
    """Return the members of a container image of moderate size, or None for anything else. Raises LimitError."""
    if not IMAGE_START.match(head):
        return None
    parts: list[bytes] = []
    size = 0
    try:
        while part := stream.read(1 << 20):  # not all at once: that would take the memory before there is so much
            parts.append(part)
            size += len(part)
            if size > _IMAGE:
                return None
    except BROKEN:
        return None
    return image_members(b"".join(parts), budget)


def _inner_name(path: bytes) -> bytes:
    """Return the name of what a compressed file holds: its own without the suffix."""
    name = path.rpartition(b"/")[2]
    for suffix in _SUFFIXES:
        if name.lower().endswith(suffix):
            stem = name[: -len(suffix)]
            return stem + b".tar" if suffix in _TAR_SUFFIXES else stem
    return name or b"content"
