"""History, work tree and repository checks in one run and one report: what `monei-guard audit` looks at."""

import os
from dataclasses import dataclass, replace

from monei_guard.application.finishing import finish, with_report
from monei_guard.application.head_tree import HeadTree, scan_head_tree
from monei_guard.application.hygiene import KeyHistory, key_history, with_hygiene
from monei_guard.application.opening import open_run, source_options
from monei_guard.application.options import RunOptions
from monei_guard.application.run import Run
from monei_guard.application.scan_history import open_named_repository, scan_history
from monei_guard.configuration.location import repository_folder
from monei_guard.git.repository import Repository
from monei_guard.model.finding import Finding
from monei_guard.model.secret import Secret
from monei_guard.reporting.audit_report import write_audit
from monei_guard.reporting.html_summary import ROTATE_AFTER
from monei_guard.reporting.progress import file_progress
from monei_guard.scanning.result import ScanResult
from monei_guard.scanning.scanner import scan
from monei_guard.sources.dependency_files import manifests_in
from monei_guard.sources.files import directory


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """Where clean objects are remembered, and for how many days a key may be in use."""

    cache_dir: str | None = None
    max_key_age: int = ROTATE_AFTER
    cache: bool = True


def report_audit(folder: str, options: RunOptions, how: AuditOptions, *, trust_config: bool) -> int:
    """Look at all there is about a repository, report it, return the exit code."""
    return with_report(options, lambda: _report_audit(folder, options, how, trust_config=trust_config))


def _report_audit(folder: str, options: RunOptions, how: AuditOptions, *, trust_config: bool) -> int:
    repository = open_named_repository(folder, options.git_timeout)
    top = os.fsdecode(repository.work_tree) if repository.work_tree is not None else folder
    trusted = repository_folder(top) if trust_config else None
    if repository.work_tree is None and repository.head is not None:
        tree = HeadTree(repository, repository.head)
        run = open_run(options, trusted, tree.manifests, root=top, project=tree.project())
    else:
        tree = None
        run = open_run(options, trusted, lambda: manifests_in(os.fsencode(top)), root=top)
    return finish(run, run_audit(run, repository, top, how, tree), terminal=write_audit)


def run_audit(
    run: Run, repository: Repository, top: str, how: AuditOptions, tree: HeadTree | None = None
) -> ScanResult:
    """Return what history, work tree and repository checks come to together.

    `tree` stands in for the work tree of a bare repository; where HEAD has no commit yet either, there is none.
    """
    past = scan_history(run, repository, how.cache_dir, cache=how.cache)
    history = key_history(past.findings, how.max_key_age)
    if tree is not None:
        return past_and_present(past, scan_head_tree(run, tree, history), in_worktree=False)
    if repository.work_tree is None:
        return past
    return past_and_present(past, scan_work_tree(run, top, history))


def scan_work_tree(run: Run, top: str, history: KeyHistory | None = None) -> ScanResult:
    """Return what the files of a work tree and the checks on it come to."""
    asked = source_options(run)
    with file_progress(quiet=run.options.quiet) as progress:
        expect = progress.expect if progress.draws else None
        items = directory(os.fsencode(top), asked, expect=expect)
        present = scan(progress.follow(items), run.scanner)
    return with_hygiene(run, present, (top,), asked.excluded, history)


def past_and_present(past: ScanResult, present: ScanResult, *, in_worktree: bool = True) -> ScanResult:
    """Return both outcomes as one: what stands in a file now has the life that the history tells of it.

    The same secret under the same code and path is one finding, at its present place, which is a work tree or
    (without `in_worktree`) the tree of HEAD.
    """
    lives = {_identity(finding): finding for finding in past.findings if finding.secret is not None}
    current = tuple(_with_past(finding, lives.get(_identity(finding)), in_worktree) for finding in present.findings)
    covered = {_identity(finding) for finding in current if finding.secret is not None}
    gone = tuple(finding for finding in past.findings if finding.secret is None or _identity(finding) not in covered)
    suppressed = (*present.suppressed, *past.suppressed)
    return past.merged(present)._replace(findings=(*current, *gone), suppressed=suppressed)


def _identity(finding: Finding) -> tuple[str, Secret | None, str | None]:
    return finding.code, finding.secret, finding.location.path


def _with_past(finding: Finding, past: Finding | None, in_worktree: bool) -> Finding:
    """Return a present finding with who brought it, when, and its life."""
    if finding.secret is None or past is None or past.life is None:
        return finding
    origin = past.location
    location = replace(finding.location, commit=origin.commit, author=origin.author, date=origin.date)
    return replace(finding, life=replace(past.life, in_worktree=in_worktree), location=location)
