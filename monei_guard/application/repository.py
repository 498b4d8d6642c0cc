"""The repository that a command was pointed at."""

import os
from dataclasses import replace

from monei_guard.errors import GuardError
from monei_guard.git.repository import Repository


class NoRepositoryError(GuardError):
    """There is no repository at the given place."""


def with_own_work_tree(repository: Repository) -> Repository:
    """Return the repository without a work tree that knows nothing of it: `core.worktree` can name any folder."""
    top = repository.work_tree
    if top is None or os.path.lexists(os.path.join(top, b".git")):
        return repository
    return replace(repository, work_tree=None)
