"""The repository that a command was pointed at."""

import os
from dataclasses import replace
from enum import Enum

from monei_guard.errors import GuardError
from monei_guard.git.repository import GIT_TIMEOUT, Repository, discover


class NoRepositoryError(GuardError):
    """There is no repository at the given place."""


class WorkTree(Enum):
    """What a command does with the work tree that git names; `core.worktree` can make that any folder."""

    OWN = "its files are read: one that knows nothing of the repository does not count, as if there were none"
    NEEDED = "it is written to, so it must be there and know the repository"
    ANY = "git's own word is enough: only objects, the index or the git directory are read"


def open_repository(
    folder: str,
    *,
    work_tree: WorkTree = WorkTree.OWN,
    as_hook: bool = False,
    timeout: float = GIT_TIMEOUT,
    missing: str,
    hint: str,
) -> Repository:
    """Return the repository that contains `folder`.

    `as_hook` keeps the environment that git gives to its hooks; `timeout` is in seconds, for each answer. Raises
    NoRepositoryError with the sentence `missing` and the hint, GitError where git cannot read it.
    """
    found = discover(folder, as_hook=as_hook, timeout=timeout) if os.path.isdir(folder) else None
    if found is not None and work_tree is not WorkTree.ANY and not _is_own(found):
        found = replace(found, work_tree=None)
    if found is None or (work_tree is WorkTree.NEEDED and found.work_tree is None):
        raise NoRepositoryError(missing, hint=hint)
    return found


def _is_own(repository: Repository) -> bool:
    """Whether the work tree knows the repository: it holds a .git, be it a folder or a file that points there."""
    return repository.work_tree is None or os.path.lexists(os.path.join(repository.work_tree, b".git"))
