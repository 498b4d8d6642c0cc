"""What the next commit would record: the run behind `monei-guard staged`, and all of what a hook calls."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

from monei_guard.application.error_handler import handle_errors
from monei_guard.application.hooks.fail_open import conclude, fail_open_if_wished
from monei_guard.application.options import Options
from monei_guard.commands.session import Run, excluder, open_run
from monei_guard.errors import GuardError
from monei_guard.fast_path import NAMED_RANGE
from monei_guard.git.repository import GitError, Repository, discover
from monei_guard.hygiene.selection import concerns_hygiene
from monei_guard.model.blob import Blob, Skipped
from monei_guard.scanning.result import ScanResult
from monei_guard.scanning.scanner import scan
from monei_guard.sources.dependency_files import manifests_in
from monei_guard.sources.source import SourceOptions
from monei_guard.sources.staged_index import staged_items


class OutsideRepositoryError(GuardError):
    """There is no repository here, so nothing can be staged."""


def run_without_options() -> int:
    """Do what `monei-guard staged` does and return the exit code; the command line need not be built for it."""
    return handle_errors(lambda: scan_staged(".", Options(), whole_files=False))


def scan_staged(folder: str, options: Options, *, whole_files: bool) -> int:
    """Look at what the repository of `folder` has staged, report it, return the exit code."""
    with fail_open_if_wished():
        return _looked_at(folder, options, whole_files=whole_files)


def _looked_at(folder: str, options: Options, *, whole_files: bool) -> int:
    repository = discover(folder, as_hook=True)
    if repository is None or repository.work_tree is None:
        where = os.path.abspath(folder)
        raise OutsideRepositoryError(
            f"{where} is not inside a git work tree, so nothing is staged there",
            hint="run it in a repository, or scan files with 'monei-guard scan'",
        )
    top = os.fsdecode(repository.work_tree)
    session = open_run(options, top, lambda: manifests_in(os.fsencode(top)))
    settings = session.settings
    touched: set[bytes] = set()
    source_options = SourceOptions(settings.max_size, excluder(settings.exclude))
    items = staged_items(repository, source_options, whole_files=whole_files)
    scanned = scan(_noted(chain(items, _named_range(repository, source_options)), touched), session.detector)
    if _may_hold_a_key(session, scanned) or any(concerns_hygiene(path) for path in touched):
        from monei_guard.application.hygiene import with_staged_hygiene  # noqa: PLC0415 - not on other commits

        try:
            scanned = with_staged_hygiene(session, scanned, repository.work_tree, frozenset(touched))
        except GitError as error:  # what was found before is worth more than a complete list
            session = replace(session, errors=(*session.errors, f"hygiene was not checked: {error}"))
    return conclude(session, scanned)


def _may_hold_a_key(session: Run, scanned: ScanResult) -> bool:
    """Return whether a key was found, or could be there unseen: the repository checks then look at where it stands.

    What lints found is nothing to them; but where rules are selected, those that find keys may not be among them.
    """
    return session.active is not None or any(one.secret is not None for one in scanned.findings)


def _named_range(repository: Repository, options: SourceOptions) -> Iterator[Blob | Skipped]:
    """Yield what the commits add that pre-commit was given as --from-ref and --to-ref: nothing is staged then."""
    base, tip = (os.environ.get(name) for name in NAMED_RANGE)
    if not base or not tip:
        return
    from monei_guard.sources.commit_range import range_items, read_range  # noqa: PLC0415 - not on a commit

    commits = read_range(repository, f"{base}...{tip}")
    yield from range_items(repository, commits, options)


def _noted(items: Iterable[Blob | Skipped], touched: set[bytes]) -> Iterator[Blob | Skipped]:
    """Pass the items on and note the files among them, for the checks that look at more than content."""
    for item in items:
        if isinstance(item, Blob) and item.path is not None:
            touched.add(item.path)
        yield item
