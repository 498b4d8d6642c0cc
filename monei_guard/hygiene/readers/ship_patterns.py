"""Ignore and inclusion lists of the tools that ship a folder: Docker, npm, cloud deploys.

Matching is pathspec's, whose import a repository without such lists never pays.
"""

from collections.abc import Iterable
from typing import Protocol


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


def gitignore_patterns(lines: Iterable[str]) -> Patterns:
    """Return a list in `.gitignore` syntax (.npmignore, .gcloudignore, .vercelignore, .slugignore, .cfignore, …)."""
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - 30 ms that only a folder with such a list pays

    return GitIgnoreSpec.from_lines(_valid(lines), backend="simple")  # Hyperscan compiles for 7 ms a list


def dockerignore_patterns(lines: Iterable[str]) -> Patterns:
    """Return a list in `.dockerignore` syntax: every pattern is anchored at the context, the last match wins.

    https://docs.docker.com/build/concepts/context/#dockerignore-files. Unlike in git, a file below an excluded folder
    can be taken back, which is pathspec's plain matching.
    """
    from pathspec import PathSpec  # noqa: PLC0415 - as above

    anchored = []
    for line in _valid(lines):
        text = line.strip()
        if text and not text.startswith("#"):
            negated = text.startswith("!")
            body = text.removeprefix("!").strip().lstrip("/").rstrip("/")
            body = body.removeprefix("./")
            anchored.append(f"{'!' if negated else ''}{'**' if body in ('.', '') else '/' + body}")
    return PathSpec.from_lines("gitignore", anchored, backend="simple")


def _valid(lines: Iterable[str]) -> list[str]:
    """Leave out the few lines that pathspec refuses (a lone `!` or `/`), as the tools themselves do."""
    return [line for line in lines if line.strip() not in ("!", "/", "!/", "\\")]
