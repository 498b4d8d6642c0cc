"""Where each key stands, and whether that place is meant for production or for development."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from monei_guard.hygiene.env_file_names import EnvironmentSide, side_of_name, side_of_path
from monei_guard.hygiene.snapshot import RepositorySnapshot
from monei_guard.model.finding import Finding
from monei_guard.model.location import Origin
from monei_guard.model.rule import Environment

_LINE_LENGTH = 400  # bytes looked at before a key on its line
_NAME = re.compile(rb"""([A-Za-z_][\w.-]{0,100})["'\])]{0,2}\s*(?::=|=>|[:=])[\s"'`(\[{]{0,6}(?:Bearer\s+)?$""")
_OPENING = b" \t\r\n\v\f\"'`([{"
_PUBLIC_DOCUMENT = (b".md", b".mdx", b".rst", b".adoc")


@dataclass(frozen=True, slots=True)
class LocatedKey:
    """One place of one key. `name` is the name it is assigned to on its line, "" where there is none."""

    key: Finding
    path: bytes
    name: str

    @property
    def name_side(self) -> EnvironmentSide:
        """Return the side that the assigned name speaks of."""
        return side_of_name(self.name)

    @property
    def path_side(self) -> EnvironmentSide:
        """Return the side that the file's path speaks of."""
        return side_of_path(self.path)

    @property
    def side(self) -> EnvironmentSide:
        """Return what the place is meant for: the name says it most exactly, then the path, then the key itself."""
        for side in (self.name_side, self.path_side):
            if side is not EnvironmentSide.UNKNOWN:
                return side
        return EnvironmentSide.PRODUCTION if self.key.environment is Environment.PRODUCTION else EnvironmentSide.UNKNOWN


def located_keys(files: RepositorySnapshot) -> Iterator[LocatedKey]:
    """Yield every place of every key the engine found in a file, documents apart."""
    for path, findings in files.findings.items():
        if path.lower().endswith(_PUBLIC_DOCUMENT):
            continue
        for key in findings:
            if key.secret is not None and key.location.origin is not Origin.ARCHIVE:
                yield LocatedKey(key, path, assigned_name(files, path, key))


def assigned_name(files: RepositorySnapshot, path: bytes, key: Finding) -> str:
    """Return the name that the key is assigned to on its own line, or ""."""
    content = files.read(path)
    if content is None:
        return ""
    start = key.location.start_byte
    line_start = max(content.rfind(b"\n", 0, start) + 1, start - _LINE_LENGTH)
    before = content[line_start:start]
    opened = before.rstrip().removesuffix(b"Bearer").rstrip(_OPENING)
    match = _NAME.search(before) if opened.endswith((b":", b"=", b">")) else None  # in vain, it takes a while
    return match[1].decode("utf-8", "replace") if match else ""


def line_at(files: RepositorySnapshot, path: bytes, key: Finding) -> bytes:
    """Return the key's line, of a long one what is near it; "" where the file cannot be read."""
    content = files.read(path) or b""
    start, end = key.location.start_byte, key.location.end_byte
    before = content[max(start - _LINE_LENGTH, 0) : start].rpartition(b"\n")[2]
    return before + content[start : end + _LINE_LENGTH].partition(b"\n")[0]
