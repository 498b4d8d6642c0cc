"""What stands in archives, member by member, in memory: zip, tar and the compressions, inside one another.

Nothing is written to disk, nothing is followed. What cannot or must not be read is a Skipped with its reason.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import replace

from monei_guard.model.blob import Blob, Skipped
from monei_guard.model.location import Origin
from monei_guard.sources.containers.budget import Budget, Member, read_member
from monei_guard.sources.containers.container_image import IMAGE_START, image_members
from monei_guard.sources.containers.signatures import ArchiveLimits, archive_kind
from monei_guard.sources.containers.streams import BROKEN, KINDS, LimitError, Unpacked
from monei_guard.sources.containers.tar_archive import tar_members
from monei_guard.sources.containers.zip_archive import zip_members

_SUFFIXES = (b".gz", b".bz2", b".xz", b".zst", b".lzma", b".tgz", b".tbz2", b".txz", b".tzst")
_IMAGE = 1 << 28  # bytes of a compressed container image that are held in memory to read its layers in order
_TAR_SUFFIXES = frozenset({b".tgz", b".tbz2", b".txz", b".tzst"})


def members(blob: Blob, limits: ArchiveLimits | None = None) -> Iterator[Blob | Skipped]:
    """Yield the members of an archive, of archives in it, and so on; paths read `app.apk!/assets/config.json`.

    Nothing for content that is no archive. An archive that cannot be opened at all is yielded itself too: its bytes can
    be looked at as they stand.
    """
    limits = limits or ArchiveLimits()
    yield from _opened(blob, Budget(limits, len(blob.content)), 1)


def _opened(blob: Blob, budget: Budget, depth: int) -> Iterator[Blob | Skipped]:
    kind = archive_kind(blob.content, blob.path)
    if kind is None:
        return
    found = False
    try:
        for member in _members(kind, blob, budget):
            found = True
            yield from _member_blobs(blob, member, budget, depth)
    except LimitError as error:
        yield Skipped(blob.path, str(error))
        return
    if not found:
        yield replace(blob, origin=Origin.ARCHIVE)  # an empty archive, or none after all


def _member_blobs(archive: Blob, member: Member, budget: Budget, depth: int) -> Iterator[Blob | Skipped]:
    path = (archive.path or b"") + b"!/" + member.name if member.name else archive.path
    if member.reason:
        yield Skipped(path, member.reason, member.incomplete)
        if not member.content:
            return
    note = _note(member.note) or archive.note
    blob = replace(
        archive, content=member.content, origin=Origin.ARCHIVE, path=path, object_id=None, is_new_line=None, note=note
    )
    kind = archive_kind(member.content, member.name) if member.name else None  # no name: the archive itself, unopened
    if kind is None:
        yield blob
    elif depth >= budget.limits.depth:
        yield Skipped(path, f"archives inside one another more than {budget.limits.depth} deep: raise --archive-depth")
        yield blob
    else:
        yield from _opened(blob, budget, depth + 1)


def _note(note: str | Callable[[bytes], str]) -> Callable[[bytes], str] | None:
    if isinstance(note, str):
        return (lambda _value: note) if note else None
    return note


def _members(kind: str, blob: Blob, budget: Budget) -> Iterator[Member]:
    content = bytes(blob.content)
    if kind == "zip":
        return zip_members(content, budget)
    if kind == "tar":
        return image_members(content, budget) or _tar(io.BytesIO(content), lambda: io.BytesIO(content), budget)
    if kind in KINDS:
        return _decompressed(kind, content, blob.path or b"", budget)
    return iter((Member(b"", content, f"{kind} archives are not opened: unpack it and scan the folder"),))


def _decompressed(kind: str, content: bytes, path: bytes, budget: Budget) -> Iterator[Member]:
    """Yield what a compressed stream holds: a tar archive's members, or one file."""
    stream = io.BufferedReader(Unpacked(content, kind, budget.spend), 1 << 16)
    name = _inner_name(path)
    try:
        head = stream.peek(512)[:512]
    except BROKEN as error:
        # nothing of it is an archive to anybody, and all that it is was looked at
        yield Member(b"", content, f"cannot be unpacked ({error}): its bytes were scanned as they stand", False)
        return
    if archive_kind(head, name) == "tar":
        image = _image(stream, head, budget)
        if image is None:
            stream = io.BufferedReader(Unpacked(content, kind, budget.spend), 1 << 16)
        yield from image or _tar(stream, lambda: Unpacked(content, kind, budget.spend), budget)
        return
    budget.count()
    yield read_member(stream, name, budget)


def _tar(stream: io.BufferedIOBase, again: Callable[[], io.IOBase], budget: Budget) -> Iterator[Member]:
    """Yield a tar archive's members; where one has no sound header, also the whole as it stands.

    Nothing in a tar is packed, so what other tools would read behind that header is looked at all the same. Only
    where the compressed stream around it breaks off, something remains that nobody has seen.
    """
    for member in tar_members(stream, budget):
        if member.name or not member.reason:
            yield member
            continue
        content, whole = _all_of(again())
        reason = f"{member.reason}: its bytes were scanned as they stand" if whole else member.reason
        yield replace(member, content=content, reason=reason, incomplete=not whole)


def _all_of(stream: io.IOBase) -> tuple[bytes, bool]:
    """Return what can be read of a stream, and whether that is everything. Raises LimitError."""
    parts: list[bytes] = []
    try:
        while part := stream.read(1 << 20):
            parts.append(part)
    except BROKEN:
        return b"".join(parts), False
    return b"".join(parts), True


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
