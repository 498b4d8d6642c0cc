"""The beginning of a run that git's own hooks start in a repository."""

import os

from monei_guard.application.opening import open_run
from monei_guard.application.options import RunOptions
from monei_guard.application.repository import open_repository
from monei_guard.application.run import Run
from monei_guard.configuration.location import repository_folder
from monei_guard.git.repository import Repository
from monei_guard.sources.dependency_files import manifests_in


def open_hook_run(options: RunOptions) -> tuple[Run, Repository]:
    """Return the run and the repository that the hook was called in. Raises GuardError."""
    repository = open_repository(
        ".",
        as_hook=True,
        timeout=options.git_timeout,
        missing=f"{os.getcwd()} is not inside a git repository",
        hint="git runs this command as a hook",
    )
    top = os.fsdecode(repository.work_tree or repository.git_dir)
    return open_run(options, repository_folder(top), lambda: manifests_in(os.fsencode(top))), repository
