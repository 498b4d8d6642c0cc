"""Files that configure: .env, YAML, JSON, TOML, Dockerfile, gradle, strings.xml, Info.plist, Makefile ..."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from monei_guard.lints.pattern import Pattern
from monei_guard.model.blob import View

_COMMENT = Pattern(r"(?m)^[ \t]*(?:#|;|//|--)[^\n]*|(?<=\s)#[ \t][^\n]*|<!--.*?-->", re.DOTALL)
_LONG_STRING = Pattern(r"\"\"\".*?\"\"\"|'''.*?'''", re.DOTALL)  # texts and samples inside TOML
_PROSE = Pattern(r"\.(?:txt|md|rst|map|css|arb)$|(?:^|/)(?:package-lock|composer)\.json$|\.lock$", re.IGNORECASE)
_SHELL = Pattern(r"\.(?:sh|bash|zsh|ps1)$")
_ENTRY = Pattern(
    r"(?m)^[ \t\-]*(?:export[ \t]+|ARG[ \t]+|ENV[ \t]+|set[ \t]+(?:-gx[ \t]+)?)?[\"']?(?P<name>[A-Za-z_][\w.\-]*)[\"']?"
    r"[ \t]*(?:[=:]|[ \t](?=\S))[ \t]*"
    r"(?P<value>[^\n]*)$"
)


class ConfigEntry(NamedTuple):
    """A name given a value; offsets in the file."""

    name: str
    value: str
    start: int
    value_start: int


class ConfigFile(NamedTuple):
    """A configuration file. `text` is its bytes read as Latin-1 (one character a byte), comments blanked."""

    path: str
    data: bytes
    text: str
    entries: tuple[ConfigEntry, ...]

    @property
    def is_shell_script(self) -> bool:
        """Whether the file is read as code too, its commands among it."""
        return _SHELL.search(self.path) is not None


def config_file(view: View, path: str) -> ConfigFile | None:
    """Return a file read as configuration, None for prose and lists that nobody writes by hand."""
    if _PROSE.search(path):
        return None
    text = view.data.decode("latin-1")
    if path.endswith(".toml"):
        text = _LONG_STRING.sub(_blank, text)
    blanked = _COMMENT.sub(_blank, text)
    return ConfigFile(path, view.data, blanked, tuple(_entries(blanked)))


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match.group())


def _entries(text: str) -> Iterator[ConfigEntry]:
    for match in _ENTRY.finditer(text):
        raw = match.group("value")
        value = raw.strip().rstrip(",").strip().strip("\"'")
        lead = len(raw) - len(raw.lstrip(" \t\"'"))
        yield ConfigEntry(match.group("name"), value, match.start("name"), match.start("value") + lead)
