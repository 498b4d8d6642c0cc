"""Everything a repository's object store holds: what `monei-guard history` looks at."""

import os

from monei_guard.application.finishing import finish, with_report
from monei_guard.application.history_cache import open_cache
from monei_guard.application.opening import open_run, source_options
from monei_guard.application.options import RunOptions
from monei_guard.application.repository import open_repository
from monei_guard.application.run import Run
from monei_guard.configuration.location import repository_folder
from monei_guard.detection.prefilter import REACH
from monei_guard.git.repository import Repository
from monei_guard.history.findings import HistoryScan, finish_history
from monei_guard.history.matching import object_matcher
from monei_guard.history.object_store import ObjectStore, Progress, ScanOptions, begin_scan, has_news, open_store
from monei_guard.reporting.console import note
from monei_guard.reporting.progress import object_progress
from monei_guard.scanning.result import ScanResult
from monei_guard.sources.containers.signatures import ARCHIVE_SIGNS
from monei_guard.sources.dependency_files import manifests_in


def report_history(folder: str, options: RunOptions, cache_dir: str | None, *, cache: bool, trust_config: bool) -> int:
    """Look at all objects of a repository, bare or with a work tree, report them, return the exit code."""
    return with_report(
        options, lambda: _report_history(folder, options, cache_dir, cache=cache, trust_config=trust_config)
    )


def _report_history(folder: str, options: RunOptions, cache_dir: str | None, *, cache: bool, trust_config: bool) -> int:
    repository = open_named_repository(folder, options.git_timeout)
    top = repository_folder(folder)
    run = open_run(options, top if trust_config else None, lambda: manifests_in(os.fsencode(top)), root=top)
    return finish(run, scan_history(run, repository, cache_dir, cache=cache))


def open_named_repository(folder: str, timeout: float) -> Repository:
    """Return the repository that an argument names. Raises NoRepositoryError."""
    return open_repository(
        folder,
        timeout=timeout,
        missing=f"{folder} is not a git repository",
        hint="give the path of one, bare or with a work tree",
    )


def scan_history(run: Run, repository: Repository, cache_dir: str | None, *, cache: bool) -> ScanResult:
    """Return what everything in the repository's object store comes to, and remember which objects are clean.

    How it was done is noted on a terminal.
    """
    scan = _scan(run, repository, cache_dir, cache=cache)
    if not run.options.quiet and run.options.format == "terminal":
        for line in scan.notes:
            note(line)
    return scan.result


def _scan(run: Run, repository: Repository, cache_dir: str | None, *, cache: bool) -> HistoryScan:
    memory = open_cache(run, repository, cache_dir, enabled=cache)
    with object_progress(quiet=run.options.quiet) as progress:
        store = open_store(repository, memory.clean)
        under_way = begin_scan(store, _scan_options(run, store, progress))
        done = finish_history(under_way, run.scanner, source_options(run))
    if done.is_whole:  # else what is missing would be forgotten
        memory.save(store, under_way.result)
    return done


def _scan_options(run: Run, store: ObjectStore, progress: Progress) -> ScanOptions:
    prefilter = run.scanner.prefilter
    if run.settings.archive_depth:
        prefilter = prefilter.with_literals(ARCHIVE_SIGNS)
    fast = prefilter.fast_test() if has_news(store) else None
    test, margin = (fast, REACH) if fast is not None else (prefilter.hits, None)
    return ScanOptions(test, margin, object_matcher(run.scanner), run.options.jobs, progress)
