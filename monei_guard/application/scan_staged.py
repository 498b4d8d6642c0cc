"""What the next commit would record: the run behind `monei-guard staged`, and all of what a hook calls."""

import os
from collections.abc import Iterator
from itertools import chain

from monei_guard.application.error_handler import handle_errors
from monei_guard.application.finishing import staged_hygiene, with_report
from monei_guard.application.hooks.fail_open import conclude, fail_open_if_wished
from monei_guard.application.opening import open_run, range_source, source_options
from monei_guard.application.options import RunOptions
from monei_guard.application.repository import NoRepositoryError, WorkTree, open_repository
from monei_guard.application.run import Run
from monei_guard.application.touched_paths import TouchedPaths
from monei_guard.fast_path import NAMED_RANGE
from monei_guard.git.repository import GitError, Repository
from monei_guard.hygiene.selection import concerns_hygiene
from monei_guard.model.blob import Blob, Skipped
from monei_guard.scanning.result import ScanResult
from monei_guard.scanning.scanner import scan
from monei_guard.sources.dependency_files import manifests_in
from monei_guard.sources.source import SourceOptions
from monei_guard.sources.staged_index import staged_items

_HINT = "run it in a repository, or scan files with 'monei-guard scan'"


def run_without_options() -> int:
    """Do what `monei-guard staged` does and return the exit code; the command line need not be built for it."""
    return handle_errors(lambda: scan_staged(".", RunOptions(), whole_files=False))


def scan_staged(folder: str, options: RunOptions, *, whole_files: bool) -> int:
    """Look at what the repository of `folder` has staged, report it, return the exit code."""
    return with_report(
        options, lambda: fail_open_if_wished(lambda: _scan_staged(folder, options, whole_files=whole_files))
    )


def _scan_staged(folder: str, options: RunOptions, *, whole_files: bool) -> int:
    # The work tree is the one git commits from, whatever it knows of the repository: a hook may be given any.
    missing = f"{os.path.abspath(folder)} is not inside a git work tree, so nothing is staged there"
    repository = open_repository(
        folder, work_tree=WorkTree.ANY, as_hook=True, timeout=options.git_timeout, missing=missing, hint=_HINT
    )
    if repository.work_tree is None:
        raise NoRepositoryError(missing, hint=_HINT)
    top = os.fsdecode(repository.work_tree)
    run = open_run(options, top, lambda: manifests_in(os.fsencode(top)))
    asked = source_options(run)
    touched = TouchedPaths()
    items = chain(staged_items(repository, asked, whole_files=whole_files), _named_range(repository, asked))
    result = scan(touched.follow(items), run.scanner)
    if _may_hold_a_key(run, result) or any(concerns_hygiene(path) for path in touched.paths):
        try:
            result = staged_hygiene(run, result, repository.work_tree, touched.paths)
        except GitError as error:  # what was found before is worth more than a complete list
            result = result._replace(errors=(*result.errors, f"hygiene was not checked: {error}"))
    return conclude(run, result)


def _may_hold_a_key(run: Run, result: ScanResult) -> bool:
    """Return whether a key was found, or could be there unseen: the repository checks then look at where it stands.

    What lints found is nothing to them; but where rules are selected, those that find keys may not be among them.
    """
    return run.active is not None or any(finding.secret is not None for finding in result.findings)


def _named_range(repository: Repository, options: SourceOptions) -> Iterator[Blob | Skipped]:
    """Yield what the commits add that pre-commit was given as --from-ref and --to-ref: nothing is staged then."""
    base, tip = (os.environ.get(name) for name in NAMED_RANGE)
    if base and tip:
        yield from range_source(repository, f"{base}...{tip}")(options)
