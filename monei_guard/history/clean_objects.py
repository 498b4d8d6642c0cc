"""Which objects earlier runs found clean under the same rules: a file of object ids, with no content and no secret.

A repository can come from anywhere, its git directory included, so the file proves with a key of this user's own
(HMAC-SHA-256) that this user wrote it. What does not prove it, or was written under other rules or by another version,
is ignored. Objects in which anything was found are only in it as such that are to be looked at again each time.
"""

import hashlib
import hmac
import os
import stat
import struct
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from monei_guard.filesystem.atomic_write import replace_file
from monei_guard.git.object_directories import ObjectFiles
from monei_guard.git.pack_entries import Flags
from monei_guard.git.pack_index import Ids, PackFormatError, among, index_ids

_MAGIC = b"MGSEEN\x00\x03"
# magic, id length, digest of the rules, numbers of packs, of ids to look at again, of clean ids, of ids outside
_HEAD = struct.Struct("<8sB32sIIQQ")
_MARK = 32
_SEAL = 32
_MOST_IDS = 1 << 26
_KEY_SIZE = 32


@dataclass(frozen=True, slots=True)
class CleanObjects:
    """Clean objects: `ids` raw and sorted, and `packs`, marks of whole packs that are clean but for `again`.

    `outside` are the ids of all objects, clean or not, that were in none of those packs.
    """

    ids: Ids
    packs: frozenset[bytes] = field(default_factory=frozenset)
    again: tuple[bytes, ...] = ()
    outside: Ids | None = None

    def among(self, ids: Ids) -> Flags:
        """Return which of `ids` are among the clean ones."""
        return among(ids, self.ids)


def no_clean_objects(id_length: int) -> CleanObjects:
    """Return the value to begin with."""
    return CleanObjects(np.zeros(0, dtype=f"S{id_length}"))


def pack_mark(stem: bytes) -> bytes:
    """Return what identifies a pack as long as nobody writes to its files. Raises OSError."""
    facts = [os.path.basename(stem)]
    for suffix in (b".pack", b".idx"):
        status = os.stat(stem + suffix)
        facts.append(b"%d %d %d" % (status.st_size, status.st_mtime_ns, status.st_ino))
    return hashlib.sha256(b"\0".join(facts)).digest()


def are_stored(clean: CleanObjects, files: ObjectFiles) -> bool:
    """Return whether all objects that were there when these were found clean are there still.

    What those name was looked for then, and is there as long as nothing goes away.
    """
    marks = set()
    for stem in files.packs:
        with suppress(OSError):
            marks.add(pack_mark(stem))
    before = [] if clean.outside is None else [clean.outside]
    if not clean.packs <= marks:  # packed anew: what was in those packs must be in others
        before += [clean.ids, np.array(clean.again, dtype=clean.ids.dtype)]
    left = joined(before, (), clean.ids.dtype.itemsize)
    left = left[~np.isin(left, np.array([bytes.fromhex(name) for name in files.loose], dtype=clean.ids.dtype))]
    for stem in files.packs:
        if not len(left):
            return True
        try:
            left = left[~among(left, index_ids(stem + b".idx", clean.ids.dtype.itemsize))]
        except (OSError, PackFormatError):
            continue
    return not len(left)


def user_key(folder: str) -> bytes | None:
    """Return this user's key in `folder`, made on first use; None where none can be kept or it is not private."""
    path = os.path.join(folder, "cache-key")
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with suppress(FileExistsError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
            with open(descriptor, "wb") as file:
                file.write(os.urandom(_KEY_SIZE))
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0))
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            key = file.read(_KEY_SIZE + 1)
    except OSError:
        return None
    is_private = os.name == "nt" or (status.st_uid == os.geteuid() and not stat.S_IMODE(status.st_mode) & 0o077)
    return key if is_private and len(key) == _KEY_SIZE else None


def load_clean_objects(path: bytes, key: bytes, rules: bytes, id_length: int) -> tuple[CleanObjects, str]:
    """Return what the file says, and why it says nothing ("" when it does, or when there is none)."""
    nothing = no_clean_objects(id_length)
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
        with open(descriptor, "rb") as file:
            raw = file.read() if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
    except FileNotFoundError:
        return nothing, ""
    except OSError as error:
        return nothing, f"it cannot be read: {error.strerror}"
    if len(raw) < _HEAD.size + _SEAL or not raw.startswith(_MAGIC):
        return nothing, "it is not a cache of this version"
    magic, width, digest, packs, again, count, outside = _HEAD.unpack_from(raw)
    del magic
    body = len(raw) - _SEAL
    if width != id_length or _HEAD.size + packs * _MARK + (again + count + outside) * width != body:
        return nothing, "it is damaged"
    if not hmac.compare_digest(raw[body:], _seal(key, memoryview(raw)[:body])):
        return nothing, "it is damaged, or somebody else wrote it"
    if digest != rules:
        return nothing, ""  # the rules have changed since: nothing is known under the new ones
    start = _HEAD.size + packs * _MARK
    marks = frozenset(raw[at : at + _MARK] for at in range(_HEAD.size, start, _MARK))
    after = start + again * width
    ids = np.frombuffer(raw, dtype=f"S{width}", count=count, offset=after)
    others = np.frombuffer(raw, dtype=f"S{width}", count=outside, offset=after + count * width)
    return CleanObjects(ids, marks, tuple(raw[at : at + width] for at in range(start, after, width)), others), ""


def save_clean_objects(path: bytes, key: bytes, rules: bytes, scanned: CleanObjects, id_length: int) -> str:
    """Write the file in one step; return why that was not possible, "" when it was."""
    if len(scanned.ids) > _MOST_IDS:
        return "there are too many objects to remember"
    outside = scanned.ids[:0] if scanned.outside is None else scanned.outside
    sizes = len(scanned.packs), len(scanned.again), len(scanned.ids), len(outside)
    ids = (np.ascontiguousarray(part).tobytes() for part in (scanned.ids, outside))
    raw = b"".join((_HEAD.pack(_MAGIC, id_length, rules, *sizes), *sorted(scanned.packs), *scanned.again, *ids))
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        replace_file(path, lambda file: file.writelines((raw, _seal(key, raw))))
    except OSError as error:
        return f"it cannot be written: {error.strerror}"
    return ""


def joined(parts: Sequence[Ids], without: Iterable[bytes], id_length: int) -> Ids:
    """Return the sorted union of id arrays, less the raw ids in `without`."""
    kind = f"S{id_length}"
    filled = [part for part in parts if len(part)]
    if not filled:
        return np.zeros(0, dtype=kind)
    ids = filled[0] if len(filled) == 1 else np.unique(np.concatenate(filled))
    drop = np.sort(np.array(list(without), dtype=kind))
    rows = np.searchsorted(ids, drop[among(drop, ids)])
    return np.delete(ids, rows) if len(rows) else ids


def _seal(key: bytes, data: bytes | memoryview) -> bytes:
    return hmac.new(key, data, hashlib.sha256).digest()
