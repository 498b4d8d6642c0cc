"""What a CI run is about, scanned and reported as its platform reads it: the run behind `monei-guard ci`."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace

from monei_guard.application.audit import AuditOptions, past_and_present, run_audit, scan_work_tree
from monei_guard.application.ci.config_changes import changed_by_this_run, describe_config, suppressed
from monei_guard.application.ci.outputs import RunNotes, log_writer, platform_options, write_summary
from monei_guard.application.ci.scope import ScanScope, scope_of, with_base
from monei_guard.application.finishing import finish, staged_hygiene, with_report
from monei_guard.application.opening import open_run, source_options
from monei_guard.application.options import RunOptions
from monei_guard.application.repository import open_repository
from monei_guard.application.run import Run
from monei_guard.application.touched_paths import TouchedPaths
from monei_guard.ci_platforms.payload import read_payload
from monei_guard.ci_platforms.registry import recognise
from monei_guard.configuration.location import repository_folder
from monei_guard.git.repository import GitError, Repository
from monei_guard.reporting.console import note, warn
from monei_guard.scanning.result import ScanResult
from monei_guard.scanning.scanner import scan
from monei_guard.sources.commit_range import CommitRange, range_items
from monei_guard.sources.dependency_files import manifests_in


@dataclass(frozen=True, slots=True)
class CiOptions:
    """What a CI run is told beside the common options.

    `base` names what was there before where the platform does not say. `plain`: only the reports that were asked for.
    """

    folder: str
    base: str | None
    audit: AuditOptions
    trust_config: bool
    plain: bool


def scan_ci_run(options: RunOptions, how: CiOptions, variables: Mapping[str, str]) -> int:
    """Scan what the platform of `variables` started this run for, report it, return the exit code."""
    return with_report(options, lambda: _scan_ci_run(options, how, variables))


def _scan_ci_run(options: RunOptions, how: CiOptions, variables: Mapping[str, str]) -> int:
    repository = open_repository(
        how.folder,
        timeout=options.git_timeout,
        missing=f"{os.path.abspath(how.folder)} is not inside a git repository",
        hint="check out the repository before this step",
    )
    top = os.fsdecode(repository.work_tree or repository.git_dir)
    platform = recognise(variables)
    payload, problem = read_payload(platform, variables)
    event = with_base(platform.event(variables, payload), how.base)
    trusted = repository_folder(top) if how.trust_config else None
    run = open_run(options, trusted, lambda: manifests_in(os.fsencode(top)), root=top)
    scope = scope_of(repository, event, platform)
    if not options.quiet:
        note(f"{platform.name}, {event.name or event.kind.value}: {scope.message}")
        note(f"in force: {describe_config(run)}")
    result = _scan_scope(run, repository, scope, how.audit)
    early = tuple(error for error in (problem, scope.problem) if error is not None)
    notes = RunNotes(tuple(changed_by_this_run(run, repository, scope)), tuple(suppressed(result)))
    for level, texts in (("warning", notes.warnings), ("notice", notes.notices)):
        for text in texts:
            warn(f"{level}: {text}")
    if how.plain:
        platform = replace(platform, reports=(), annotations=None, summary_file=None, log_lines=())
    with tempfile.TemporaryDirectory() as folder:
        asked, problems = platform_options(platform, options, top, variables, folder)
        result = result._replace(errors=(*early, *result.errors, *problems))
        code = finish(replace(run, options=asked), result, terminal=log_writer(platform, repository, notes))
        write_summary(platform, variables, folder, notes)
    return code


def _scan_scope(run: Run, repository: Repository, scope: ScanScope, how: AuditOptions) -> ScanResult:
    """Return what the scope comes to; where that is not all it should be, the files of the checkout as well."""
    top = os.fsdecode(repository.work_tree or repository.git_dir)
    if scope.commits is None:
        return run_audit(run, repository, top, how)
    result = _scan_commits(run, repository, scope, scope.commits)
    if scope.problem is not None and repository.work_tree is not None:
        return past_and_present(result, scan_work_tree(run, top))
    return result


def _scan_commits(run: Run, repository: Repository, scope: ScanScope, commits: CommitRange) -> ScanResult:
    touched = TouchedPaths()
    result = scan(touched.follow(range_items(repository, commits, source_options(run))), run.scanner)
    if scope.is_head and scope.problem is None and repository.work_tree is not None and touched.paths:
        # The index of a checkout is its commit: what a hook would have said of the files, had it been let.
        try:
            return staged_hygiene(run, result, repository.work_tree, touched.paths)
        except GitError as error:  # what was found before is worth more than a complete list
            return result._replace(errors=(*result.errors, f"hygiene was not checked: {error}"))
    return result
