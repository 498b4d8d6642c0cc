"""Ignore and inclusion lists of the tools that ship a folder: Docker, npm, cloud deploys.

Matching is pathspec's. Hyperscan, with which it would match faster, compiles for 7 ms a list.
"""

from collections.abc import Iterable

from pathspec import GitIgnoreSpec, PathSpec
from pathspec.pattern import Pattern

_BACKEND = "simple"


def gitignore_patterns(lines: Iterable[str]) -> GitIgnoreSpec:
    """Return a list in `.gitignore` syntax (.npmignore, .gcloudignore, .vercelignore, .slugignore, .cfignore, …)."""
    return GitIgnoreSpec.from_lines(_valid(lines), backend=_BACKEND)


def dockerignore_patterns(lines: Iterable[str]) -> PathSpec[Pattern]:
    """Return a list in `.dockerignore` syntax: every pattern is anchored at the context, the last match wins.

    https://docs.docker.com/build/concepts/context/#dockerignore-files. Unlike in git, a file below an excluded folder
    can be taken back, which is pathspec's plain matching.
    """
    anchored = []
    for line in _valid(lines):
        text = line.strip()
        if text and not text.startswith("#"):
            negated = text.startswith("!")
            body = text.removeprefix("!").strip().lstrip("/").rstrip("/")
            body = body.removeprefix("./")
            if body.rpartition("/")[2] == "*":
                body += "*"  # what is below a folder that it matches goes with it, which pathspec has in no plain list
            anchored.append(f"{'!' if negated else ''}{'**' if body in ('.', '') else '/' + body}")
    return PathSpec.from_lines("gitignore", anchored, backend=_BACKEND)


def _valid(lines: Iterable[str]) -> list[str]:
    """Leave out the few lines that pathspec refuses (a lone `!` or `/`), as the tools themselves do."""
    return [line for line in lines if line.strip() not in ("!", "/", "!/", "\\")]
