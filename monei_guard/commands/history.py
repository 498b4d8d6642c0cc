"""`monei-guard history [REPO]`: everything the repository's object store holds."""

import os
from dataclasses import replace
from typing import Any

import click

from monei_guard.application.error_handler import say, stop
from monei_guard.application.history_cache import open_cache
from monei_guard.application.repository import NoRepositoryError, with_own_work_tree
from monei_guard.commands.object_progress import progress_line
from monei_guard.commands.options import common_options, read_options
from monei_guard.commands.session import Run, finish, open_run, repository_folder
from monei_guard.detection.prefilter import REACH
from monei_guard.git.repository import Repository, discover
from monei_guard.history.findings import HistoryScan, finish_history
from monei_guard.history.matching import object_matcher
from monei_guard.history.object_store import ObjectStore, Progress, ScanOptions, begin_scan, has_news, open_store
from monei_guard.sources.containers.signatures import ARCHIVE_SIGNS
from monei_guard.sources.dependency_files import manifests_in


@click.command()
@click.argument("repository", default=".", metavar="[REPO]")
@click.option("--cache/--no-cache", default=True, help="Remember which objects are clean.  [default: --cache]")
@click.option("--cache-dir", metavar="DIR", help="Keep that in DIR instead of the repository's git directory.")
@common_options
def history(repository: str, *, cache: bool, cache_dir: str | None, **given: Any) -> None:
    """Scan everything a repository ever held: all objects, reachable or not, and all messages and names."""
    options = read_options(given)
    found = discover(os.fsencode(repository)) if os.path.isdir(repository) else None
    if found is None:
        raise NoRepositoryError(
            f"{repository} is not a git repository", hint="give the path of one, bare or with a work tree"
        )
    found = with_own_work_tree(found)
    folder = repository_folder(repository)
    session = open_run(options, folder, lambda: manifests_in(os.fsencode(folder)))
    result = scan_history(session, found, cache_dir, cache=cache)
    if not options.quiet and options.format == "terminal":
        for line in result.notes:
            say(f"note: {line}")
    stop(finish(replace(session, errors=(*session.errors, *result.errors)), result.scanned))


def scan_history(session: Run, repository: Repository, cache_dir: str | None, *, cache: bool) -> HistoryScan:
    """Return what everything in the repository's object store comes to, and remember which objects are clean."""
    jobs = session.options.jobs
    memory = open_cache(session, repository, cache_dir, wanted=cache)
    with progress_line(quiet=session.options.quiet) as progress:
        store = open_store(repository, memory.known)
        under_way = begin_scan(store, _how_to_look(session, store, jobs, progress))
        result = finish_history(under_way, session.detector)
    memory.save(store, under_way.result)
    return result


def _how_to_look(session: Run, store: ObjectStore, jobs: int | None, progress: Progress) -> ScanOptions:
    prefilter = session.detector.prefilter
    if session.settings.archive_depth:
        prefilter = prefilter.with_literals(ARCHIVE_SIGNS)
    test = prefilter.fast_test() if has_news(store) else None
    look, margin = (test, REACH) if test is not None else (prefilter.hits, None)
    return ScanOptions(look, margin, object_matcher(session.detector), jobs, progress)
