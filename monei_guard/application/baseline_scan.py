"""A scan whose findings are about to be decided on."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from monei_guard.application.baseline import baseline_context, with_accepted_gaps, with_baseline
from monei_guard.application.baseline_location import baseline_path
from monei_guard.application.opening import open_run
from monei_guard.application.options import RunOptions
from monei_guard.application.reports import is_reported
from monei_guard.application.run import Run
from monei_guard.application.scan_history import open_named_repository, scan_history
from monei_guard.application.scan_paths import open_scan, scan_with_hygiene
from monei_guard.configuration.location import repository_folder
from monei_guard.git.repository import GitError, GitMissingError, git
from monei_guard.model.blob import Skipped
from monei_guard.model.finding import Finding, Triaged
from monei_guard.policy.baseline_name import DEFAULT_NAME
from monei_guard.reporting.progress import file_progress
from monei_guard.scanning.result import ScanResult
from monei_guard.sources.dependency_files import manifests_in


@dataclass(frozen=True, slots=True)
class BaselineScan:
    """A scan made for the baseline: what counts, all that was found, and where the baseline is."""

    run: Run
    result: ScanResult
    path: str
    exists: bool

    @property
    def found(self) -> tuple[Finding, ...]:
        """All findings that are not suppressed in the files themselves."""
        return tuple(finding for finding in self.result.findings if is_reported(finding, self.run))

    @property
    def new(self) -> tuple[Finding, ...]:
        """Those the baseline does not accept yet."""
        if not self.exists:
            return self.found
        path = baseline_path(self.run)
        triaged = [Triaged(finding) for finding in self.found]
        accepted = triaged if path is None else with_baseline(triaged, path, self.run)
        return tuple(item.finding for item in accepted if item.suppression is None)

    @property
    def gaps(self) -> tuple[Skipped, ...]:
        """What could not be scanned, one of each content, and the baseline does not accept yet."""
        path = baseline_path(self.run) if self.exists else None
        result = self.result if path is None else with_accepted_gaps(self.result, path, self.run)
        found = [gap for gap in result.skipped if gap.incomplete]
        return tuple({gap.content_id or (gap.path, gap.reason): gap for gap in reversed(found)}.values())

    def relative(self, path: str | None) -> str | None:
        """Return a path of the run relative to the baseline's folder."""
        return baseline_context(self.path, self.run).relative(path)

    def path_of(self, finding: Finding) -> str | None:
        """Return the finding's path relative to the baseline's folder."""
        return baseline_context(self.path, self.run).path(finding)

    def has_secret_in(self, text: str) -> bool:
        """Return whether `text` holds one of the secrets that were found."""
        values = (finding.secret.reveal() for finding in self.found if finding.secret is not None)
        return any(value.decode("utf-8", "replace") in text for value in values)


def scan_for_baseline(
    paths: Sequence[str], file: str | None, codes: tuple[str, ...], *, history: bool = False
) -> BaselineScan:
    """Scan the paths, or all that the repository of the first one ever held. Raises GuardError.

    Configuration and baseline are those of the repository.
    """
    options = RunOptions(baseline=file, select=codes)
    if history:
        repository, folder = open_named_repository(paths[0], options.git_timeout), repository_folder(paths[0])
        run = open_run(options, folder, lambda: manifests_in(os.fsencode(folder)))
        result = scan_history(run, repository, None, cache=True)
    else:
        run, items = open_scan(paths, options)
        with file_progress() as progress:
            result = scan_with_hygiene(run, progress.follow(items), paths)
    path = baseline_path(run) or os.path.join(run.folder or ".", DEFAULT_NAME)
    return BaselineScan(run, result, os.path.abspath(path), os.path.lexists(path))


def git_author(folder: str) -> str:
    """Return git's user.email in `folder`, "unknown" where there is none."""
    try:
        return git(("config", "user.email"), cwd=folder).decode("utf-8", "replace").strip() or "unknown"
    except (GitError, GitMissingError):
        return "unknown"
