"""Readers that import a library, called where there is something for them to read: a commit without pays for none.

This is one of the doors of `deferred`. Behind it every module imports at its top.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from monei_guard.deferred import load


class PatternResult(Protocol):
    """What a list says about one file: `include` is None where no pattern concerns it."""

    @property
    def include(self) -> bool | None:
        """True where the last pattern that concerns the file matches, False where it takes it back."""
        ...


class Patterns(Protocol):
    """What is asked of a pattern list."""

    def match_file(self, file: str) -> bool:
        """Whether the last pattern that concerns `file` excludes (or lists) it."""
        ...

    def check_file(self, file: str) -> PatternResult:
        """Return what the list says about `file`, silence included."""
        ...


class Binding(Protocol):
    """A line of a `.env` file, as python-dotenv reads it."""

    key: str | None
    value: str | None
    original: Any


def gitignore_patterns(lines: Iterable[str]) -> Patterns:
    """Return a list as `ship_patterns.gitignore_patterns` does: with pathspec, for 20 ms."""
    patterns: Patterns = load("monei_guard.hygiene.readers.ship_patterns:gitignore_patterns")(lines)
    return patterns


def dockerignore_patterns(lines: Iterable[str]) -> Patterns:
    """Return a list as `ship_patterns.dockerignore_patterns` does: with pathspec, for 20 ms."""
    patterns: Patterns = load("monei_guard.hygiene.readers.ship_patterns:dockerignore_patterns")(lines)
    return patterns


def json_document(text: str) -> Any:
    """Return what a JSON text says, None where it is none, as `json_documents.parsed` does: for 2 ms."""
    return load("monei_guard.hygiene.readers.json_documents:parsed")(text)


def archive_names(path: bytes) -> list[str]:
    """Return the names of an archive's members, as `archive_names.names_in` does: with zipfile, for 7 ms."""
    names: list[str] = load("monei_guard.hygiene.readers.archive_names:names_in")(path)
    return names


def dotenv_bindings(text: str) -> Iterator[Binding]:
    """Yield the lines of a `.env` file, as `dotenv_parser.bindings` does: with python-dotenv."""
    bindings: Iterator[Binding] = load("monei_guard.hygiene.readers.dotenv_parser:bindings")(text)
    return bindings
