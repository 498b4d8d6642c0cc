"""The files in which a project names the packages it uses: weak evidence of whose keys it holds."""

import os

from monei_guard.sources.files import read_quietly

NAMES = (
    b"package.json", b"pyproject.toml", b"requirements.txt", b"requirements.in", b"Pipfile", b"setup.cfg", b"setup.py",
    b"composer.json", b"Gemfile", b"pubspec.yaml", b"go.mod", b"pom.xml", b"build.gradle", b"build.gradle.kts",
    b"Cargo.toml", b"deno.json",
)  # fmt: skip


def manifests_in(folder: bytes) -> bytes:
    """Return the lower-cased text of the dependency files in `folder`, at most 64 MB a file."""
    found = (read_quietly(os.path.join(folder, name)) for name in NAMES)
    return b"\n".join(content for content in found if content).lower()
