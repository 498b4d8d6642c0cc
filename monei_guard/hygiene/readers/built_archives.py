"""What is really inside the built packages that lie around: wheels, sdists and npm tarballs. Names only.

A wheel's names come from its central directory. A tarball has to be unpacked to be listed; it is read up to a bound,
and nothing is ever written.
"""

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from monei_guard.hygiene.env_file_names import EnvFileKind, env_file_kind
from monei_guard.hygiene.snapshot import folder_of, join

if TYPE_CHECKING:
    import tarfile

_MANIFESTS = frozenset({b"pyproject.toml", b"setup.py", b"setup.cfg", b"package.json"})
_WHEELS = (b".whl", b".zip")
_TARBALLS = (b".tar.gz", b".tgz")
_MAX_UNPACKED = 256 << 20  # bytes of one tarball
_MAX_MEMBERS = 100_000
_MAX_ARCHIVES = 50


def built_archives(root: bytes, listed: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return the archives in `dist/` beside each package manifest, and npm's tarballs beside it, sorted."""
    found: list[bytes] = []
    for folder in sorted({folder_of(path) for path in listed if path.rpartition(b"/")[2] in _MANIFESTS}):
        for place, suffixes in ((join(folder, b"dist"), _WHEELS + _TARBALLS), (folder, (b".tgz",))):
            try:
                names = os.listdir(os.path.join(root, place))
            except (OSError, ValueError):
                continue
            found += (join(place, name) for name in names if name.endswith(suffixes))
    return tuple(sorted(found)[:_MAX_ARCHIVES])


def env_files_inside(root: bytes, archive: bytes) -> list[str]:
    """Return the `.env`-like members of one archive; empty for one that cannot be read."""
    place = os.path.join(root, archive)
    names = _zip_names(place) if archive.endswith(_WHEELS) else _tar_names(place)
    kinds = (EnvFileKind.DEDICATED, EnvFileKind.KEY)
    return [name for name in names if env_file_kind(name.encode("utf-8", "replace")) in kinds]


def _zip_names(place: bytes) -> list[str]:
    import zipfile  # noqa: PLC0415 - only where a built archive lies around

    try:
        with zipfile.ZipFile(os.fsdecode(place)) as archive:
            return archive.namelist()[:_MAX_MEMBERS]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return []


def _tar_names(place: bytes) -> list[str]:
    import tarfile  # noqa: PLC0415 - as above
    import zlib  # noqa: PLC0415

    names: list[str] = []
    try:
        with tarfile.open(os.fsdecode(place), "r|gz") as archive:
            names.extend(_bounded(archive))
    except (tarfile.TarError, zlib.error, OSError, EOFError, ValueError):
        return names  # damaged: what could be listed still counts
    return names


def _bounded(archive: "Iterable[tarfile.TarInfo]") -> Iterator[str]:
    """Yield names until the archive claims to unpack to more than the bound."""
    for count, member in enumerate(archive):
        yield member.name
        if count >= _MAX_MEMBERS or member.offset_data + member.size > _MAX_UNPACKED:
            return
