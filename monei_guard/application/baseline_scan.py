"""A scan whose findings are about to be decided on."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from monei_guard.application.baseline import baseline_context, with_baseline
from monei_guard.application.baseline_location import baseline_path
from monei_guard.application.options import RunOptions
from monei_guard.application.reports import is_reported
from monei_guard.application.run import Run
from monei_guard.application.scan_paths import open_scan, scan_with_hygiene
from monei_guard.git.repository import GitError, GitMissingError, git
from monei_guard.model.finding import Finding, Triaged
from monei_guard.policy.baseline_name import DEFAULT_NAME
from monei_guard.reporting.progress import file_progress
from monei_guard.scanning.result import ScanResult


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

    def path_of(self, finding: Finding) -> str | None:
        """Return the finding's path relative to the baseline's folder."""
        return baseline_context(self.path, self.run).path(finding)

    def has_secret_in(self, text: str) -> bool:
        """Return whether `text` holds one of the secrets that were found."""
        values = (finding.secret.reveal() for finding in self.found if finding.secret is not None)
        return any(value.decode("utf-8", "replace") in text for value in values)


def scan_for_baseline(paths: Sequence[str], file: str | None, codes: tuple[str, ...]) -> BaselineScan:
    """Scan the paths with the configuration and baseline of their repository. Raises GuardError."""
    run, items = open_scan(paths, RunOptions(baseline=file, select=codes))
    path = baseline_path(run) or os.path.join(run.folder or ".", DEFAULT_NAME)
    with file_progress() as progress:
        result = scan_with_hygiene(run, progress.follow(items), paths)
    return BaselineScan(run, result, os.path.abspath(path), os.path.lexists(path))


def git_author(folder: str) -> str:
    """Return git's user.email in `folder`, "unknown" where there is none."""
    try:
        return git(("config", "user.email"), cwd=folder).decode("utf-8", "replace").strip() or "unknown"
    except (GitError, GitMissingError):
        return "unknown"
