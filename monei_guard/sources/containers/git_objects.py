"""Git objects in files: packs and bundles (gitformat-pack(5), gitformat-bundle(5)), and loose objects.

Read from front to back, without an index: a bundle has none, and what stands in a folder need not belong to its pack.
"""

import hashlib
import re
import struct
import zlib
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from monei_guard.git.delta_application import ApplyDeltaError, apply_delta
from monei_guard.git.tree_objects import tree_entries
from monei_guard.sources.containers.budget import BROKEN_OFF, Budget, Member

PACK_SIGN = b"PACK\0\0\0"
BUNDLE_SIGN = re.compile(rb"# v[23] git bundle\n")
LOOSE_HEADER = re.compile(rb"(blob|tree|commit|tag) (\d{1,15})\0")
_SHA256 = b"@object-format=sha256\n"
_HEADER_END = b"\n\n"
_PACK_HEADER = struct.Struct(">4sII")
_TYPES = {1: "commit", 2: "tree", 3: "blob", 4: "tag"}
_OFS_DELTA, _REF_DELTA = 6, 7
_SHOWN = 12  # digits of an id


class _Entry(NamedTuple):
    """One object as packed: its size in bytes, of a delta that of the delta; `base` is an offset, an id, or None."""

    offset: int
    data: int
    kind: int
    size: int
    base: int | bytes | None


class _Object(NamedTuple):
    kind: str
    content: bytes


def loose_members(content: bytes, budget: Budget) -> Iterator[Member]:
    """Yield the object in a loose file. Raises LimitError."""
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(content, budget.limits.member + 1)
    except zlib.error as error:
        yield Member(b"", content, f"{BROKEN_OFF} ({error})", incomplete=False)
        return
    budget.spend(len(data))
    header = LOOSE_HEADER.match(data)
    plain = data[header.end() :] if header else data
    name = b"(git %b)" % (header[1] if header else b"object")
    if len(data) > budget.limits.member:
        yield Member(name, plain, f"larger than {budget.limits.member} bytes: read in part")
    elif not stream.eof:
        yield Member(name, plain, f"{BROKEN_OFF} (it ends too early)", incomplete=False)
    else:
        yield Member(name, plain)


def bundle_members(content: bytes, budget: Budget) -> Iterator[Member]:
    """Yield the references that a bundle names, then what its pack holds. Raises LimitError."""
    end = content.find(_HEADER_END) + len(_HEADER_END)
    if end < len(_HEADER_END) or not content.startswith(PACK_SIGN, end):
        yield Member(b"", content, f"{BROKEN_OFF} (there is no pack in it)", incomplete=False)
        return
    head = content[:end]
    yield Member(b"", head)
    yield from _packed(content[end:], budget, "sha256" if _SHA256 in head else "sha1")


def pack_members(content: bytes, budget: Budget) -> Iterator[Member]:
    """Yield the blobs and messages of a pack. Raises LimitError."""
    return _packed(content, budget, "sha1")


def _packed(content: bytes, budget: Budget, hash_name: str) -> Iterator[Member]:
    entries, problem = _entries(content, budget, hashlib.new(hash_name).digest_size)
    children: dict[int | bytes, list[_Entry]] = defaultdict(list)
    for entry in entries:
        if entry.base is not None:
            children[entry.base].append(entry)
    names: dict[bytes, bytes] = {}
    width = hashlib.new(hash_name).digest_size
    # Trees first, for they know what the others are called.
    roots = [entry for entry in entries if entry.base is None]
    for root in sorted(roots, key=lambda entry: _TYPES[entry.kind] != "tree"):
        for object_id, item in _family(content, root, children, hash_name, budget):
            if isinstance(item, Member):
                yield item
            elif item.kind == "tree":
                names.update((raw_id, name) for _, name, raw_id in tree_entries(item.content, width))
            else:
                shown = object_id.hex()[:_SHOWN].encode()
                name = names.get(object_id)
                yield Member(shown if name is None else shown + b"/" + name, item.content)
    for orphans in children.values():
        for entry in orphans:
            # What a delta inserts stands in it as it is; all else was in an object that is not here.
            yield Member(
                b"delta-at-%d" % entry.offset, _inflated(content, entry),
                "a delta of an object that is not in it: what it adds was scanned", incomplete=False,
            )  # fmt: skip
    if problem:
        yield Member(b"", reason=f"{BROKEN_OFF} ({problem})", incomplete=False)


def _entries(content: bytes, budget: Budget, id_length: int) -> tuple[list[_Entry], str]:
    """Return the entries of a pack as far as they can be told, and why not further. Raises LimitError."""
    entries: list[_Entry] = []
    try:
        _, _, count = _PACK_HEADER.unpack_from(content)
        position = _PACK_HEADER.size
        for _ in range(count):
            budget.count()
            entry = _entry(content, position, id_length)
            budget.spend(entry.size)
            stream, made = zlib.decompressobj(), 0
            position = entry.data
            while not stream.eof:
                if position >= len(content):
                    entries.append(entry)
                    return entries, "it ends too early"
                piece = content[position : position + (1 << 16)]
                made += len(stream.decompress(piece, entry.size - made + 1))
                if made > entry.size or stream.unconsumed_tail:
                    return entries, "an object is larger than it says"
                position += len(piece) - len(stream.unused_data)
            entries.append(entry)
    except (zlib.error, struct.error, IndexError, KeyError) as error:
        return entries, str(error) or "an entry that is none"
    return entries, ""


def _entry(content: bytes, start: int, id_length: int) -> _Entry:
    """Return the entry whose header starts there. Raises IndexError, KeyError."""
    byte = content[start]
    kind, size, shift, position = byte >> 4 & 7, byte & 15, 4, start + 1
    while byte & 0x80:
        byte = content[position]
        size |= (byte & 0x7F) << shift
        shift += 7
        position += 1
    if kind == _OFS_DELTA:
        byte = content[position]
        distance, position = byte & 0x7F, position + 1
        while byte & 0x80:
            byte = content[position]
            distance, position = (distance + 1) << 7 | byte & 0x7F, position + 1
        return _Entry(start, position, kind, size, start - distance)
    if kind == _REF_DELTA:
        return _Entry(start, position + id_length, kind, size, content[position : position + id_length])
    if kind not in _TYPES:
        raise KeyError(f"an object of type {kind}")
    return _Entry(start, position, kind, size, None)


def _family(
    content: bytes, root: _Entry, children: dict[int | bytes, list[_Entry]], hash_name: str, budget: Budget
) -> Iterator[tuple[bytes, _Object | Member]]:
    """Yield an object and all that are made of it by deltas, taking these out of `children`. Raises LimitError."""
    kind = _TYPES[root.kind]
    waiting: list[tuple[_Entry, bytes]] = [(root, b"")]
    while waiting:
        entry, base = waiting.pop()
        name = b"object-at-%d" % entry.offset
        if max(entry.size, 0 if entry.base is None else _target_size(content, entry)) > budget.limits.member:
            yield b"", Member(name, reason=f"larger than {budget.limits.member} bytes: not opened")
            continue
        data = _inflated(content, entry)
        if entry.base is not None:
            try:
                data = apply_delta(base, data)[0]
            except (ApplyDeltaError, ValueError) as error:
                yield b"", Member(name, data, f"{BROKEN_OFF} ({error})", incomplete=False)
                continue
            budget.spend(len(data))
        digest = hashlib.new(hash_name, b"%b %d\0" % (kind.encode(), len(data)))
        digest.update(data)
        yield digest.digest(), _Object(kind, data)
        made_of_it = [*children.pop(entry.offset, ()), *children.pop(digest.digest(), ())]
        waiting += [(child, data) for child in made_of_it]


def _inflated(content: bytes, entry: _Entry) -> bytes:
    """Return what an entry holds, of a damaged one what can be read."""
    try:
        return zlib.decompressobj().decompress(memoryview(content)[entry.data :], max(entry.size, 1))
    except zlib.error:
        return b""


def _target_size(content: bytes, entry: _Entry) -> int:
    """Return how large the object is that a delta makes: the second number in it, which follows its base's size."""
    try:
        head = zlib.decompressobj().decompress(memoryview(content)[entry.data : entry.data + 64], 20)
    except zlib.error:
        return 0
    position = numbers = size = shift = 0
    while numbers < 2 and position < len(head):  # noqa: PLR2004 - the base's size, its own
        byte = head[position]
        size |= (byte & 0x7F) << shift
        shift += 7
        position += 1
        if not byte & 0x80:
            numbers += 1
            if numbers == 1:
                size = shift = 0
    return size
