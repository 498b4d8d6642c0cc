"""`monei-guard audit [REPO]`: history, work tree and repository checks in one run and one report."""

import os
from dataclasses import dataclass, replace
from typing import Any

import click

from monei_guard.application.error_handler import say, stop
from monei_guard.application.hygiene import History, history_of, with_hygiene
from monei_guard.application.reports import report_and_exit_code
from monei_guard.application.repository import NoRepositoryError, with_own_work_tree
from monei_guard.commands.history import scan_history
from monei_guard.commands.options import common_options, read_options
from monei_guard.commands.session import Run, excluder, open_run, repository_folder
from monei_guard.git.repository import Repository, discover
from monei_guard.model.finding import Finding
from monei_guard.model.secret import Secret
from monei_guard.reporting.audit_report import write_audit
from monei_guard.reporting.html_summary import ROTATE_AFTER
from monei_guard.reporting.progress import file_progress
from monei_guard.scanning.result import ScanResult
from monei_guard.scanning.scanner import scan as run_pipeline
from monei_guard.sources.dependency_files import manifests_in
from monei_guard.sources.files import directory
from monei_guard.sources.source import SourceOptions


@click.command()
@click.argument("repository", default=".", metavar="[REPO]")
@click.option("--trust-config", is_flag=True, help="Use the repository's own configuration, baseline and suppressions.")
@click.option(
    "--max-key-age",
    type=click.IntRange(min=1),
    default=ROTATE_AFTER,
    show_default=True,
    metavar="DAYS",
    help="Report keys in use that were committed longer ago than this (MG209).",
)
@click.option("--cache/--no-cache", default=True, help="Remember which objects are clean.  [default: --cache]")
@click.option("--cache-dir", metavar="DIR", help="Keep that in DIR instead of the repository's git directory.")
@common_options
def audit(
    repository: str, *, trust_config: bool, max_key_age: int, cache: bool, cache_dir: str | None, **given: Any
) -> None:
    """Audit a repository: all it ever held, its work tree, its hygiene; each secret's life, and what to do first.

    The repository may be somebody else's: its own configuration is used only with --trust-config.
    """  # fmt: skip
    options = read_options(given)
    found = discover(os.fsencode(repository)) if os.path.isdir(repository) else None
    if found is None:
        raise NoRepositoryError(
            f"{repository} is not a git repository", hint="give the path of one, bare or with a work tree"
        )
    found = with_own_work_tree(found)
    top = os.fsdecode(found.work_tree) if found.work_tree is not None else repository
    folder = repository_folder(top) if trust_config else None
    session = open_run(options, folder, lambda: manifests_in(os.fsencode(top)), root=top)
    scanned, session = run_audit(session, found, top, how=AuditOptions(cache_dir, max_key_age, cache=cache))
    stop(report_and_exit_code(session, scanned, write_audit))


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """Where clean objects are remembered, and for how many days a key may be in use."""

    cache_dir: str | None = None
    max_key_age: int = ROTATE_AFTER
    cache: bool = True


def run_audit(session: Run, repository: Repository, top: str, how: AuditOptions) -> tuple[ScanResult, Run]:
    """Return what history, work tree and repository checks come to together, and the session with what went wrong."""
    past = scan_history(session, repository, how.cache_dir, cache=how.cache)
    session = replace(session, errors=(*session.errors, *past.errors))
    if not session.options.quiet and session.options.format == "terminal":
        for line in past.notes:
            say(f"note: {line}")
    if repository.work_tree is None:
        return past.scanned, session
    present = scan_work_tree(session, top, history_of(past.scanned.findings, how.max_key_age))
    return joined(past.scanned, present), session


def scan_work_tree(session: Run, top: str, history: History | None = None) -> ScanResult:
    """Return what the files of a work tree and the checks on it come to."""
    excluded = excluder(session.settings.exclude)
    with file_progress(quiet=session.options.quiet) as progress:
        expect = progress.expect if progress.draws else None
        items = directory(os.fsencode(top), SourceOptions(session.settings.max_size, excluded), expect=expect)
        present = run_pipeline(progress.follow(items), session.detector)
    return with_hygiene(session, present, (top,), excluded, history)


def joined(past: ScanResult, present: ScanResult) -> ScanResult:
    """Return both outcomes as one: what stands in a file now has the life that the history tells of it.

    The same secret under the same code and path is one finding, at its present place.
    """
    lives = {_identity(one): one for one in past.findings if one.secret is not None}
    here = tuple(_with_past(one, lives.get(_identity(one))) for one in present.findings)
    covered = {_identity(one) for one in here if one.secret is not None}
    gone = tuple(one for one in past.findings if one.secret is None or _identity(one) not in covered)
    return ScanResult(
        findings=(*here, *gone),
        skipped=(*past.skipped, *present.skipped),
        files=past.files + present.files,
        blobs=past.blobs + present.blobs,
        bytes=past.bytes + present.bytes,
        suppressed=(*present.suppressed, *past.suppressed),
    )


def _identity(finding: Finding) -> tuple[str, Secret | None, str | None]:
    return finding.code, finding.secret, finding.location.path


def _with_past(finding: Finding, past: Finding | None) -> Finding:
    """Return a present finding with who brought it, when, and its life."""
    if finding.secret is None or past is None or past.life is None:
        return finding
    told = past.location
    location = replace(finding.location, commit=told.commit, author=told.author, date=told.date)
    return replace(finding, life=replace(past.life, in_worktree=True), location=location)
