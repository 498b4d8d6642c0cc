"""What the commits of a range add: what `monei-guard range` looks at."""

import os

from monei_guard.application.finishing import finish, with_report
from monei_guard.application.opening import open_run, source_options
from monei_guard.application.options import RunOptions
from monei_guard.application.repository import open_repository
from monei_guard.configuration.location import repository_folder
from monei_guard.reporting.progress import file_progress
from monei_guard.scanning.scanner import scan
from monei_guard.sources.commit_range import range_items, read_range, read_since
from monei_guard.sources.dependency_files import manifests_in


def scan_range(folder: str, options: RunOptions, revisions: str | None, since: str, *, trust_config: bool) -> int:
    """Look at what the commits of `revisions` (None: those of HEAD since the date) add; return the exit code."""
    return with_report(options, lambda: _scan_range(folder, options, revisions, since, trust_config=trust_config))


def _scan_range(folder: str, options: RunOptions, revisions: str | None, since: str, *, trust_config: bool) -> int:
    repository = open_repository(
        folder,
        as_hook=True,
        timeout=options.git_timeout,
        missing=f"{os.path.abspath(folder)} is not inside a git repository",
        hint="use -C DIR",
    )
    top = os.fsdecode(repository.work_tree or repository.git_dir)
    trusted = repository_folder(top) if trust_config else None
    run = open_run(options, trusted, lambda: manifests_in(os.fsencode(top)), root=repository_folder(top))
    commits = read_range(repository, revisions) if revisions is not None else read_since(repository, since)
    items = range_items(repository, commits, source_options(run))
    with file_progress(quiet=options.quiet, what="versions of files and messages") as progress:
        result = scan(progress.follow(items), run.scanner)
    return finish(run, result)
