"""A repository put right, after it was shown what will be done: the run behind `monei-guard init`."""

import os
from collections.abc import Callable

from monei_guard.application.repository import NoRepositoryError, WorkTree, open_repository
from monei_guard.application.setup.apply import apply_plan, masked, plan_lines, undo_lines
from monei_guard.application.setup.plan import Setup, plan_setup, refuse_dirty_index
from monei_guard.errors import ExitCode
from monei_guard.reporting.console import out


def set_up(folder: str, confirm: Callable[[str], None], *, dry_run: bool) -> int:
    """Show what there is to do in the repository of `folder`, do it once the user agreed, return the exit code.

    `confirm` puts a question to the user and returns only if the answer is yes. It is not called where nothing is to
    be done.
    """
    missing, hint = f"{os.path.abspath(folder)} is not inside a git work tree", "run 'git init' first"
    repository = open_repository(folder, work_tree=WorkTree.NEEDED, missing=missing, hint=hint)
    top = repository.work_tree
    if top is None:
        raise NoRepositoryError(missing, hint=hint)
    setup = plan_setup(repository, top)
    if setup.is_empty:
        out("Nothing to do: the repository is set up.")
        _show_rest(setup)
        return ExitCode.CLEAN
    refuse_dirty_index(repository)
    for line in plan_lines(setup.plan, setup.hook, setup.secrets):
        out(masked(line, setup.secrets))
    if dry_run:
        out("")
        out("Nothing was changed (--dry-run).")
        return ExitCode.CLEAN
    confirm("\nDo this?")
    undo = undo_lines(repository, top, setup.plan, setup.hook)
    apply_plan(top, setup.plan, setup.hook)
    out("")
    out("Done. Look with 'git status' and 'git diff', then commit. To take it back:")
    for line in undo:
        out(f"  {masked(line, setup.secrets)}")
    _show_rest(setup)
    return ExitCode.CLEAN


def _show_rest(setup: Setup) -> None:
    if setup.plan.left or setup.pastes:
        out("")
        out("Left to you:")
        for line in setup.plan.left:
            out(f"  - {masked(line, setup.secrets)}")
        for paste in setup.pastes:
            out(f"  - {paste.where}:")
            for line in paste.lines:
                out(f"      {line}")
