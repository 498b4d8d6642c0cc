"""Where git looks for the hooks of a repository, and who else looks after them."""

import os
from dataclasses import dataclass

from monei_guard.errors import GuardError
from monei_guard.filesystem.user_directories import configuration_folder
from monei_guard.git.repository import Repository, git

_LEFTHOOK = ("lefthook.yml", "lefthook.yaml", "lefthook.toml", "lefthook.json", ".lefthook.yml", ".lefthook.yaml")
_LINES = {"pre-commit": "staged", "pre-push": "hook-pre-push", "commit-msg": "hook-commit-msg"}


class ManagedHooksError(GuardError):
    """Something else writes the hooks here; one of ours would be overwritten or never run."""


@dataclass(frozen=True, slots=True)
class HookLocation:
    """A folder of hooks. `is_for_all` says that it hides the hooks repositories have of their own."""

    folder: str
    is_for_all: bool = False


def repository_hooks(repository: Repository, types: tuple[str, ...]) -> HookLocation:
    """Return the repository's own folder of hooks. Raises ManagedHooksError where hooks are not ours to write."""
    top = os.fsdecode(repository.work_tree or repository.git_dir)
    lines = ", ".join(f"'monei-guard {_LINES[name]}' to its {name}" for name in types)
    if any(os.path.lexists(os.path.join(top, name)) for name in _LEFTHOOK):
        hint = f"add {lines} commands" + ("; pre-push also needs 'use_stdin: true'" if "pre-push" in types else "")
        raise ManagedHooksError("lefthook writes the hooks of this repository", hint=hint)
    configured = hooks_path("--local", top)
    if configured is None:
        everywhere = hooks_path("--global", top) or hooks_path("--system", top)
        if everywhere is not None:
            raise ManagedHooksError(
                f"core.hooksPath sends git to {everywhere} for the hooks of all your repositories",
                hint="'monei-guard hook install --global' puts the hook there",
            )
        return HookLocation(own_hooks_folder(repository, top))
    folder = os.path.normpath(os.path.join(top, configured))
    if ".husky" in folder.split(os.sep):
        files = " and ".join(f"'monei-guard {_LINES[name]} \"$@\"' to .husky/{name}" for name in types)
        raise ManagedHooksError("husky runs the hooks of this repository", hint=f"add the line {files}")
    if repository.work_tree is not None and _is_inside(folder, top) and not _is_inside(folder, _git_dir(repository)):
        raise ManagedHooksError(
            f"the hooks of this repository are files in it (core.hooksPath is {configured})", hint=f"add {lines}"
        )
    return HookLocation(folder)


def global_hooks() -> HookLocation:
    """Return the folder of hooks for all repositories: the one that is configured, or else our own."""
    configured = hooks_path("--global", os.getcwd())
    own = os.path.join(configuration_folder(), "hooks")
    if configured is None or os.path.normpath(configured) == own:
        return HookLocation(own, is_for_all=True)
    return HookLocation(os.path.abspath(configured))


def set_global_hooks(hooks: HookLocation) -> None:
    """Tell git to look for hooks there. Raises GitError."""
    if hooks.is_for_all:
        git(("config", "--global", "core.hooksPath", hooks.folder), cwd=hooks.folder)


def unset_global_hooks(hooks: HookLocation) -> None:
    """Tell git to look for hooks in each repository again. Raises GitError."""
    if hooks.is_for_all and hooks_path("--global", os.getcwd()) is not None:
        git(("config", "--global", "--unset", "core.hooksPath"), cwd=os.getcwd())


def own_hooks_folder(repository: Repository, top: str) -> str:
    """Return where git looks for hooks if no configuration says otherwise; worktrees share it."""
    common = repository.run("rev-parse", "--git-common-dir").rstrip(b"\n")
    return os.path.normpath(os.path.join(top, os.fsdecode(common), "hooks"))


def hooks_path(scope: str, folder: str) -> str | None:
    """Return core.hooksPath as one of git's configuration files ("--local", "--global", "--system") has it."""
    asked = ("config", scope, "--includes", "--type=path", "--get", "core.hooksPath")
    return os.fsdecode(git(asked, cwd=folder, answers=(0, 1)).rstrip(b"\n")) or None


def _git_dir(repository: Repository) -> str:
    return os.fsdecode(repository.git_dir)


def _is_inside(path: str, folder: str) -> bool:
    return os.path.commonpath([os.path.realpath(path), os.path.realpath(folder)]) == os.path.realpath(folder)
