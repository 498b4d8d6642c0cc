"""Where a repository keeps its objects: packs and loose files, own and borrowed ones (`gitrepository-layout`)."""

import hashlib
import os
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from monei_guard.git.pack_index import ID_LENGTHS
from monei_guard.git.repository import Repository

_MOST_ALTERNATES = 64
_MAX_DEPTH = 5  # as git: "alternate object stores, nesting too deep"
_FAN = 2  # hex digits of an id that name the directory of a loose object
_HEADER = 64  # "commit 1234567" and a NUL stand well within the first bytes


class NotAFileError(ValueError):
    """A pipe, device or socket in the place of an object; whoever opens it to read may wait for ever."""


# A path and what is wrong there.
Problem: TypeAlias = tuple[bytes, str]


@dataclass(frozen=True, slots=True)
class ObjectFiles:
    """The files of all object directories. `packs` are paths without suffix; `loose` maps hex ids to paths."""

    packs: tuple[bytes, ...]
    loose: dict[str, bytes]
    problems: tuple[Problem, ...]


def object_files(repository: Repository) -> ObjectFiles:
    """Return what the repository's object directories hold, alternates included. Raises GitError."""
    packs: list[bytes] = []
    loose: dict[str, bytes] = {}
    problems: list[Problem] = []
    digits = 2 * ID_LENGTHS[repository.object_format]
    for folder in _object_directories(repository):
        if isinstance(folder, tuple):
            problems.append(folder)
            continue
        stems, bad_packs = _packs(folder)
        objects, bad_folders = _loose(folder, digits)
        packs += stems
        for name, path in objects.items():
            loose.setdefault(name, path)
        problems += (*bad_packs, *bad_folders)
    return ObjectFiles(tuple(packs), loose, tuple(problems))


def _object_directories(repository: Repository) -> Iterator[bytes | Problem]:
    """Yield the repository's own object directory and its alternates, each once, and those that do not exist."""
    own = repository.run("rev-parse", "--git-path", "objects").removesuffix(b"\n")
    start = os.path.join(repository.folder, own)
    borrowed = os.environ.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "") if repository.as_hook else ""
    pending = [(start, 0), *((os.fsencode(path), 1) for path in borrowed.split(os.pathsep) if path)]
    seen: set[bytes] = set()
    while pending and len(seen) < _MOST_ALTERNATES:
        folder, depth = pending.pop(0)
        real = os.path.realpath(folder)
        if real in seen:
            continue
        seen.add(real)
        if not os.path.isdir(real):
            yield folder, "this object directory does not exist, so its objects were not scanned"
            continue
        yield real
        if depth <= _MAX_DEPTH:
            pending.extend((os.path.join(real, line), depth + 1) for line in _alternates(real))


def _alternates(folder: bytes) -> Iterator[bytes]:
    """Yield the lines of `info/alternates` that name a directory."""
    path = os.path.join(folder, b"info", b"alternates")
    if not os.path.isfile(path):
        return
    with open(path, "rb", opener=open_regular) as file:
        for line in file.read(1 << 20).split(b"\n"):
            if line and not line.startswith(b"#"):
                yield _unquoted(line)


def _unquoted(line: bytes) -> bytes:
    """Return a path that git wrote in C quotes."""
    if not (line.startswith(b'"') and line.endswith(b'"') and len(line) > 1):
        return line
    return line[1:-1].decode("latin-1").encode().decode("unicode_escape").encode("latin-1", "replace")


def _packs(folder: bytes) -> tuple[list[bytes], list[Problem]]:
    """Return the packs of one object directory that have an index (git sees no others), and what has lost the other."""
    stems: list[bytes] = []
    problems: list[Problem] = []
    try:
        names = set(os.listdir(os.path.join(folder, b"pack")))
    except OSError:
        return stems, problems
    for name in sorted(names):
        stem, suffix = os.path.splitext(name)
        path = os.path.join(folder, b"pack", name)
        if suffix == b".pack" and stem + b".idx" in names:
            stems.append(os.path.join(folder, b"pack", stem))
        elif suffix == b".pack":
            problems.append((path, "this pack has no index, so nothing can read it: 'git index-pack'"))
        elif suffix == b".idx" and stem + b".pack" not in names:
            problems.append((path, "the pack of this index is missing, and with it all objects that only it has"))
    return stems, problems


def _loose(folder: bytes, digits: int) -> tuple[dict[str, bytes], list[Problem]]:
    """Return the path of each loose object in one object directory by hex id, and what cannot be listed."""
    paths: dict[str, bytes] = {}
    problems: list[Problem] = []
    for fan in sorted(os.listdir(folder)):
        if len(fan) != _FAN or not _is_hex(fan):
            continue
        try:
            names = os.listdir(os.path.join(folder, fan))
        except OSError as error:
            problems.append((os.path.join(folder, fan), f"cannot be listed: {error.strerror}"))
            continue
        for name in sorted(names):
            if len(name) == digits - _FAN and _is_hex(name):
                paths[(fan + name).decode()] = os.path.join(folder, fan, name)
    return paths, problems


def _is_hex(name: bytes) -> bool:
    return not name.strip(b"0123456789abcdef")


def read_loose(path: bytes, limit: int) -> tuple[str, bytes] | int:
    """Return type and content of a loose object, or its size where that is over `limit`.

    Raises ValueError when it is not a sound object file, OSError when it cannot be read. Never holds more than its
    packed size plus `limit` bytes.
    """
    with open(path, "rb", opener=open_regular) as file:
        packed = file.read(limit + (1 << 20))
    inflater = zlib.decompressobj()
    try:
        head = inflater.decompress(packed, _HEADER)
        kind, size, start = _loose_header(head)
        if size > limit:
            return size
        rest = inflater.decompress(inflater.unconsumed_tail, size + 1)
        # max_length counts per call, and zero means no limit
        content = head[start:] + rest
    except zlib.error as error:
        raise ValueError(f"its data does not inflate ({error})") from error
    if len(content) != size or not inflater.eof:
        raise ValueError(f"it inflates to {len(content)} bytes, not {size}")
    return kind, content


def is_content_of(object_id: str, kind: str, content: bytes) -> bool:
    """Whether a full object id is that of this content; git itself does not look when it reads an object."""
    make = hashlib.sha1 if len(object_id) == 2 * ID_LENGTHS["sha1"] else hashlib.sha256
    made = make(b"%s %d\0" % (kind.encode(), len(content)), usedforsecurity=False)
    made.update(content)
    return made.hexdigest() == object_id


def open_regular(path: str | bytes, flags: int) -> int:
    """Open a file only if it is a regular one: a pipe in its place would block for ever. Raises NotAFileError."""
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotAFileError("it is not a regular file")
    return descriptor


def _loose_header(head: bytes) -> tuple[str, int, int]:
    """Return type, size and the place behind the header of an inflated loose object. Raises ValueError."""
    end = head.find(b"\0")
    kind, _, size = head[: max(end, 0)].partition(b" ")
    if kind not in {b"commit", b"tree", b"blob", b"tag"} or not size.isdigit():
        raise ValueError("it does not begin like an object")
    return kind.decode(), int(size), end + 1
