"""Whether a repository speaks of something at all: the weakest evidence, asked for once and for few runs."""

import os
import re
from collections.abc import Sequence
from contextlib import suppress

from monei_guard.errors import GuardError
from monei_guard.git.repository import Repository, git
from monei_guard.sources.files import read_quietly

_GREP = ("grep", "--files-with-matches", "--ignore-case", "--extended-regexp", "--no-recurse-submodules", "-I")
# Where git knows the files: a work tree with what was not added yet, a bare repository by its HEAD.
_PLACES = (("--untracked",), ("HEAD",))
_MOST_FILES = 2000  # looked at outside git
_MOST_BYTES = 1 << 26
_MOST_COMMITS = 20
_NOT_OURS = frozenset({b".git", b"node_modules", b".venv", b"venv", b"vendor", b"site-packages", b"__pycache__"})


def mentions_in(folder: bytes, pattern: str) -> bool:
    """Return whether a text file of the repository at `folder`, or a file below it, may hold what `pattern` matches.

    `pattern` is an extended regular expression of POSIX that Python's `re` reads alike; case does not matter. True too
    where nobody can tell: a folder outside git with more files than are worth reading for this.
    """
    for place in _PLACES:
        with suppress(GuardError):
            return bool(git((*_GREP, "-e", pattern, *place), cwd=folder, answers=(0, 1)))
    return _is_below(folder, re.compile(pattern.encode(), re.IGNORECASE | re.MULTILINE))


def mentions_in_commits(repository: Repository, commits: Sequence[str], pattern: str) -> bool:
    """Return the same of what a push brings: `commits` are the ids it moves refs to. True where git cannot tell."""
    if len(commits) > _MOST_COMMITS:
        return True
    command = (*_GREP, "-e", pattern, *commits)
    try:
        return bool(git(command, cwd=repository.git_dir, as_hook=repository.as_hook, answers=(0, 1)))
    except GuardError:
        return True


def _is_below(folder: bytes, pattern: re.Pattern[bytes]) -> bool:
    files = size = 0
    for below, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _NOT_OURS]
        for name in names:
            content = read_quietly(os.path.join(below, name)) or b""
            files, size = files + 1, size + len(content)
            if files > _MOST_FILES or size > _MOST_BYTES or pattern.search(content):
                return True
    return False
