"""The built packages that lie around, wheels, sdists and npm tarballs, and which `.env`-like files are inside."""

import os
from collections.abc import Iterable

from monei_guard.hygiene.env_file_names import EnvFileKind, env_file_kind
from monei_guard.hygiene.readers.on_demand import archive_names
from monei_guard.hygiene.snapshot import folder_of, join

_MANIFESTS = frozenset({b"pyproject.toml", b"setup.py", b"setup.cfg", b"package.json"})
_WHEELS = (b".whl", b".zip")
_TARBALLS = (b".tar.gz", b".tgz")
_MAX_ARCHIVES = 50


def built_archives(root: bytes, listed: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return the archives in `dist/` beside each package manifest, and npm's tarballs beside it, sorted."""
    found: list[bytes] = []
    for folder in sorted({folder_of(path) for path in listed if path.rpartition(b"/")[2] in _MANIFESTS}):
        for searched, suffixes in ((join(folder, b"dist"), _WHEELS + _TARBALLS), (folder, (b".tgz",))):
            try:
                names = os.listdir(os.path.join(root, searched))
            except (OSError, ValueError):
                continue
            found += (join(searched, name) for name in names if name.endswith(suffixes))
    return tuple(sorted(found)[:_MAX_ARCHIVES])


def env_files_inside(root: bytes, archive: bytes) -> list[str]:
    """Return the `.env`-like members of one archive; empty for one that cannot be read."""
    kinds = (EnvFileKind.DEDICATED, EnvFileKind.KEY)
    return [
        name
        for name in archive_names(os.path.join(root, archive))
        if env_file_kind(name.encode("utf-8", "replace")) in kinds
    ]
