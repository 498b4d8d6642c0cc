"""`monei-guard staged`: the pre-commit hook's command."""

import os
from typing import Any

import click

from monei_guard.commands.cli import stop
from monei_guard.commands.options import common_options, read_options
from monei_guard.commands.scan import excluder
from monei_guard.commands.session import open_session, run_scan
from monei_guard.errors import GuardError
from monei_guard.git_access.repository import discover
from monei_guard.sources.dependency_files import manifests_in
from monei_guard.sources.staged_index import staged as staged_items


class OutsideRepositoryError(GuardError):
    """There is no repository here, so nothing can be staged."""


@click.command()
@click.option("-C", "folder", metavar="DIR", default=".", help="Run as if started in DIR.")
@click.option("--whole-files", is_flag=True, help="Report findings on unchanged lines of staged files too.")
@common_options
def staged(folder: str, *, whole_files: bool, **given: Any) -> None:
    """Scan what 'git commit' would record: the staged bytes, and of those the added lines."""
    options = read_options(given)
    repository = discover(folder, as_hook=True)
    if repository is None or repository.work_tree is None:
        where = os.path.abspath(folder)
        raise OutsideRepositoryError(
            f"{where} is not inside a git work tree, so nothing is staged there",
            hint="run it in a repository, or scan files with 'monei-guard scan'",
        )
    top = os.fsdecode(repository.work_tree)
    session = open_session(options, top, lambda: manifests_in(os.fsencode(top)))
    settings = session.settings
    items = staged_items(
        repository, max_size=settings.max_size, whole_files=whole_files, excluded=excluder(settings.exclude)
    )
    stop(run_scan(session, items, silent_when_clean=True))
