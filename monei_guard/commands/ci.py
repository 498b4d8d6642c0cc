"""`monei-guard ci`: the one command for every CI system."""

import json
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import click

from monei_guard.application.ci.config_changes import changed_by_this_run, describe_config, suppressed
from monei_guard.application.ci.outputs import RunNotes, log_writer, platform_options, write_summary
from monei_guard.application.ci.scope import ScanScope, scope_of, with_base
from monei_guard.application.error_handler import say, stop
from monei_guard.application.hygiene import with_staged_hygiene
from monei_guard.application.reports import report_and_exit_code
from monei_guard.application.repository import NoRepositoryError, with_own_work_tree
from monei_guard.ci_platforms.event import Platform
from monei_guard.ci_platforms.registry import recognise
from monei_guard.commands.audit import AuditOptions, joined, run_audit, scan_work_tree
from monei_guard.commands.options import common_options, read_options
from monei_guard.commands.session import Run, excluder, open_run, repository_folder
from monei_guard.git.repository import GitError, Repository, discover
from monei_guard.model.blob import Blob, Skipped
from monei_guard.scanning.result import ScanResult
from monei_guard.scanning.scanner import scan
from monei_guard.sources.commit_range import CommitRange, range_items
from monei_guard.sources.dependency_files import manifests_in
from monei_guard.sources.source import SourceOptions

_LARGEST_PAYLOAD = 32 << 20  # bytes; GitHub's own limit for a payload is 25 MB


@click.command()
@click.option("-C", "folder", metavar="DIR", default=".", help="Run as if started in DIR.")
@click.option(
    "--base",
    metavar="REV",
    envvar="MONEI_GUARD_BASE",
    show_envvar=True,
    help="What was there before, where the CI system does not say: a commit id or a branch.",
)
@click.option(
    "--trust-config/--no-trust-config",
    default=True,
    help="Use the checkout's own configuration, baseline and suppressions.  [default: --trust-config]",
)
@click.option("--plain", is_flag=True, help="Write only the reports asked for here, none for the CI system.")
@click.option("--cache/--no-cache", default=True, help="Remember which objects are clean.  [default: --cache]")
@click.option("--cache-dir", metavar="DIR", help="Keep that in DIR instead of the repository's git directory.")
@common_options
def ci(
    folder: str,
    *,
    base: str | None,
    trust_config: bool,
    plain: bool,
    cache: bool,
    cache_dir: str | None,
    **given: Any,
) -> None:
    """Scan what this CI run is about: what a pull request, push, tag or merge queue adds; on a schedule, everything.

    Finds out by itself which CI system it runs on, what that wants scanned, and which reports it reads.
    """  # fmt: skip
    options = read_options(given)
    found = discover(folder)
    if found is None:
        raise NoRepositoryError(
            f"{os.path.abspath(folder)} is not inside a git repository",
            hint="check out the repository before this step",
        )
    repository = with_own_work_tree(found)
    top = os.fsdecode(repository.work_tree or repository.git_dir)
    platform = recognise(os.environ)
    payload, problem = _payload(platform, os.environ)
    event = with_base(platform.event(os.environ, payload), base)
    session = open_run(
        options, repository_folder(top) if trust_config else None, lambda: manifests_in(os.fsencode(top)), root=top
    )
    scope = scope_of(repository, event, platform)
    if problem is not None:
        session = replace(session, errors=(*session.errors, problem))
    if not options.quiet:
        say(f"note: {platform.name}, {event.name or event.kind.value}: {scope.said}")
        say(f"note: in force: {describe_config(session)}")
    scanned, session = _scanned(session, repository, scope, AuditOptions(cache_dir, cache=cache))
    said = RunNotes(tuple(changed_by_this_run(session, repository, scope)), tuple(suppressed(scanned)))
    for level, texts in (("warning", said.warnings), ("notice", said.notices)):
        for text in texts:
            say(f"{level}: {text}")
    if plain:
        platform = replace(platform, reports=(), annotations=None, summary_file=None, log_lines=())
    with tempfile.TemporaryDirectory() as own:
        wanted, problems = platform_options(platform, options, top, os.environ, own)
        session = replace(session, options=wanted, errors=(*session.errors, *problems))
        code = report_and_exit_code(session, scanned, log_writer(platform, repository, said))
        write_summary(platform, os.environ, own, said)
    stop(code)


def _payload(platform: Platform, variables: Mapping[str, str]) -> tuple[Mapping[str, Any], str | None]:
    """Return the event's payload, empty where there is none, and what is wrong with it."""
    path = variables.get(platform.event_file) if platform.event_file is not None else None
    if not path:
        return {}, None
    try:
        found = json.loads(_read_payload(path))
    except (OSError, ValueError, RecursionError) as error:
        return {}, f"the event's payload cannot be read ({type(error).__name__}), so what it is about is not known"
    if not isinstance(found, dict):
        return {}, "the event's payload is not an object, so what it is about is not known"
    return found, None


def _read_payload(path: str) -> bytes:
    """Return the file. Raises OSError, ValueError where it cannot be a payload (a pipe would be waited for)."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise ValueError("it is not a regular file")
    with open(path, "rb") as file:
        raw = file.read(_LARGEST_PAYLOAD + 1)
    if len(raw) > _LARGEST_PAYLOAD:
        raise ValueError("it is too large")
    return raw


def _scanned(session: Run, repository: Repository, scope: ScanScope, how: AuditOptions) -> tuple[ScanResult, Run]:
    """Return what the scope comes to, and the session with what could not be looked at."""
    top = os.fsdecode(repository.work_tree or repository.git_dir)
    if scope.problem is not None:
        session = replace(session, errors=(*session.errors, scope.problem))
    if scope.commits is None:
        return run_audit(session, repository, top, how)
    scanned, session = _commits(session, repository, scope, scope.commits)
    if scope.problem is not None and repository.work_tree is not None:
        scanned = joined(scanned, scan_work_tree(session, top))
    return scanned, session


def _commits(
    session: Run, repository: Repository, scope: ScanScope, commits: CommitRange
) -> tuple[ScanResult, Run]:  # fmt: skip
    settings = session.settings
    touched: set[bytes] = set()
    items = range_items(repository, commits, SourceOptions(settings.max_size, excluder(settings.exclude)))
    scanned = scan(_noted(items, touched), session.detector)
    if scope.is_head and scope.problem is None and repository.work_tree is not None and touched:
        # The index of a checkout is its commit: what a hook would have said of the files, had it been let.
        try:
            scanned = with_staged_hygiene(session, scanned, repository.work_tree, frozenset(touched))
        except GitError as error:  # what was found before is worth more than a complete list
            session = replace(session, errors=(*session.errors, f"hygiene was not checked: {error}"))
    return scanned, session


def _noted(items: Iterator[Blob | Skipped], touched: set[bytes]) -> Iterator[Blob | Skipped]:
    """Pass the items on and note the files among them."""
    for item in items:
        if isinstance(item, Blob) and item.path is not None:
            touched.add(item.path)
        yield item
