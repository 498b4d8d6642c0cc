"""The files in which a project names the packages it uses: weak evidence of whose keys it holds."""

import os
from collections.abc import Iterator

from monei_guard.model.blob import Blob, Skipped
from monei_guard.sources.files import read_path
from monei_guard.sources.source import SourceOptions

NAMES = (
    b"package.json", b"pyproject.toml", b"requirements.txt", b"requirements.in", b"Pipfile", b"setup.cfg", b"setup.py",
    b"composer.json", b"Gemfile", b"pubspec.yaml", b"go.mod", b"pom.xml", b"build.gradle", b"build.gradle.kts",
    b"Cargo.toml", b"deno.json",
)  # fmt: skip


def dependency_items(folder: bytes, options: SourceOptions) -> Iterator[Blob | Skipped]:
    """Yield the dependency files of `folder`, paths relative to it."""
    for name in NAMES:
        yield from read_path(os.path.join(folder, name), name, options.max_size)


def manifests_in(folder: bytes) -> bytes:
    """Return the lower-cased text of the dependency files in `folder`, at most 64 MB a file."""
    blobs = (item for item in dependency_items(folder, SourceOptions()) if isinstance(item, Blob))
    return b"\n".join(bytes(blob.content) for blob in blobs if blob.content).lower()
