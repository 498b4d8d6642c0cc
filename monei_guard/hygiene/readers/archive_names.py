"""Which files a built package has, by its own list. Nothing is ever written.

A wheel's names come from its central directory. A tarball has to be unpacked to be listed; it is read up to a bound.
"""

import os
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator

_ZIPS = (b".whl", b".zip")
_MAX_UNPACKED = 256 << 20  # bytes of one tarball
_MAX_MEMBERS = 100_000


def names_in(path: bytes) -> list[str]:
    """Return the names of an archive's members; empty for one that cannot be read."""
    return _zip_names(path) if path.endswith(_ZIPS) else _tar_names(path)


def _zip_names(path: bytes) -> list[str]:
    try:
        with zipfile.ZipFile(os.fsdecode(path)) as archive:
            return archive.namelist()[:_MAX_MEMBERS]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return []


def _tar_names(path: bytes) -> list[str]:
    names: list[str] = []
    try:
        with tarfile.open(os.fsdecode(path), "r|gz") as archive:
            names.extend(_bounded(archive))
    except (tarfile.TarError, zlib.error, OSError, EOFError, ValueError):
        return names  # damaged: what could be listed still counts
    return names


def _bounded(archive: Iterable[tarfile.TarInfo]) -> Iterator[str]:
    """Yield names until the archive claims to unpack to more than the bound."""
    for count, member in enumerate(archive):
        yield member.name
        if count >= _MAX_MEMBERS or member.offset_data + member.size > _MAX_UNPACKED:
            return
