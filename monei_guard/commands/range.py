"""`monei-guard range BASE..HEAD`: what a push or a pull request adds."""

import os
from typing import Any

import click

from monei_guard.application.error_handler import stop
from monei_guard.application.repository import NoRepositoryError, with_own_work_tree
from monei_guard.commands.options import common_options, read_options
from monei_guard.commands.session import excluder, finish, open_run, repository_folder
from monei_guard.git.repository import discover
from monei_guard.reporting.progress import file_progress
from monei_guard.scanning.scanner import scan
from monei_guard.sources.commit_range import range_items, read_range, read_since
from monei_guard.sources.dependency_files import manifests_in
from monei_guard.sources.source import SourceOptions


@click.command(name="range")
@click.argument("revisions", required=False, metavar="[BASE..HEAD]")
@click.option("--since", metavar="DATE", help="Instead of a range: the commits of HEAD since DATE.")
@click.option("-C", "folder", metavar="DIR", default=".", help="Run as if started in DIR.")
@common_options
def commit_range(revisions: str | None, *, since: str | None, folder: str, **given: Any) -> None:
    """Scan only what the commits of a range add: BASE..HEAD, or BASE...HEAD for what HEAD has beyond their merge base.

    A base of zeros, as git gives to pre-push hooks for a new branch, stands for all that no remote branch has.
    """
    options = read_options(given)
    if (revisions is None) == (since is None):
        raise click.UsageError("give a range (BASE..HEAD) or --since DATE, and not both.")
    repository = discover(folder, as_hook=True)
    if repository is None:
        raise NoRepositoryError(f"{os.path.abspath(folder)} is not inside a git repository", hint="use -C DIR")
    repository = with_own_work_tree(repository)
    top = os.fsdecode(repository.work_tree or repository.git_dir)
    session = open_run(options, repository_folder(top), lambda: manifests_in(os.fsencode(top)))
    commits = read_range(repository, revisions) if revisions is not None else read_since(repository, since or "")
    settings = session.settings
    items = range_items(repository, commits, SourceOptions(settings.max_size, excluder(settings.exclude)))
    with file_progress(quiet=options.quiet, what="versions of files and messages") as progress:
        scanned = scan(progress.follow(items), session.detector)
    stop(finish(session, scanned))
