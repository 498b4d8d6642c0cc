"""A scan whose findings are about to be decided on."""

import os
from collections.abc import Iterable
from dataclasses import dataclass

from monei_guard.application.baseline import baseline_context, baseline_path, with_baseline
from monei_guard.application.options import Options
from monei_guard.commands.scan import open_scan, scan_with_hygiene
from monei_guard.commands.session import Run
from monei_guard.git.repository import GitError, GitMissingError, git
from monei_guard.model.finding import Finding, Triaged
from monei_guard.policy.baseline_name import DEFAULT_NAME
from monei_guard.policy.selection import is_wanted
from monei_guard.reporting.progress import file_progress
from monei_guard.scanning.result import ScanResult


@dataclass(frozen=True, slots=True)
class BaselineScan:
    """A scan made for the baseline: what counts, all that was found, and where the baseline is."""

    session: Run
    scanned: ScanResult
    path: str
    exists: bool

    @property
    def found(self) -> tuple[Finding, ...]:
        """All findings that are not suppressed in the files themselves."""
        return tuple(one for one in self.scanned.findings if _is_reported(one, self.session))

    @property
    def new(self) -> tuple[Finding, ...]:
        """Those the baseline does not accept yet."""
        triaged = with_baseline([Triaged(one) for one in self.found], self.session) if self.exists else None
        return self.found if triaged is None else tuple(one.finding for one in triaged if one.suppression is None)

    def path_of(self, finding: Finding) -> str | None:
        """Return the finding's path relative to the baseline's folder."""
        return baseline_context(self.path, self.session).path(finding)

    def is_told_by(self, text: str) -> bool:
        """Return whether `text` holds one of the secrets that were found."""
        values = (one.secret.reveal() for one in self.found if one.secret is not None)
        return any(value.decode("utf-8", "replace") in text for value in values)


def run_for_baseline(paths: tuple[str, ...], file: str | None, select: Iterable[str]) -> BaselineScan:
    """Scan the paths with the configuration and baseline of their repository. Raises GuardError."""
    codes = tuple(code.strip() for value in select for code in value.split(",") if code.strip())
    session, items = open_scan(paths, Options(baseline=file, select=codes))
    path = baseline_path(session) or os.path.join(session.folder or ".", DEFAULT_NAME)
    with file_progress() as progress:
        scanned = scan_with_hygiene(session, progress.follow(items), paths)
    return BaselineScan(session, scanned, os.path.abspath(path), os.path.lexists(path))


def _is_reported(finding: Finding, session: Run) -> bool:
    active = session.active is None or finding.code in session.active
    return active and is_wanted(finding, session.settings.selection)


def git_author(folder: str) -> str:
    """Return git's user.email in `folder`, "unknown" where there is none."""
    try:
        return git(("config", "user.email"), cwd=folder).decode("utf-8", "replace").strip() or "unknown"
    except (GitError, GitMissingError):
        return "unknown"
