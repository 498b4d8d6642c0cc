"""What `init` will do to a repository: what mends findings, what starts the tool off, what is left to a person."""

import os
from dataclasses import dataclass, replace

from monei_guard import __version__
from monei_guard.application.hygiene import active_rules, by_path, folder_files, without
from monei_guard.application.opening import open_run, source_options
from monei_guard.application.options import RunOptions
from monei_guard.application.setup.apply import NativeHook, native_hook
from monei_guard.errors import GuardError
from monei_guard.fixing.ci_steps import Paste, ci_steps
from monei_guard.fixing.fixes import Plan, mend, new_templates
from monei_guard.fixing.starter_files import Starters, starter_edits, uses_hook_manager
from monei_guard.git.ignore_rules import ignored_by_git
from monei_guard.git.repository import Repository
from monei_guard.hygiene.registry import hygiene_findings
from monei_guard.reporting.console import warn
from monei_guard.scanning.scanner import scan
from monei_guard.sources.dependency_files import manifests_in
from monei_guard.sources.files import directory
from monei_guard.sources.source import SourceOptions


class DirtyIndexError(GuardError):
    """Something is staged that the steps would be mixed up with."""


@dataclass(frozen=True, slots=True)
class Setup:
    """The whole plan: what mends findings, what starts the tool off, and the keys to mask when it is shown.

    `pastes` are for files in which a person has to find the place.
    """

    plan: Plan
    hook: NativeHook | None
    secrets: tuple[bytes, ...]
    pastes: tuple[Paste, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return self.plan.is_empty and self.hook is None


def plan_setup(repository: Repository, top: bytes) -> Setup:
    """Return what there is to do in the work tree `top`. Says what could not be looked at."""
    run = open_run(RunOptions(), os.fsdecode(top), lambda: manifests_in(top))
    excluded = source_options(run).excluded
    scanned = scan(directory(top, SourceOptions(excluded=excluded)), run.scanner)
    for skipped in scanned.skipped:
        if skipped.incomplete:
            warn(f"not looked at: {(skipped.path or b'').decode('utf-8', 'replace')}: {skipped.reason}")
    files = folder_files(os.fsdecode(top), run.scanner, by_path(scanned.findings, b""))
    files = files if excluded is None else without(files, excluded)
    findings = list(hygiene_findings(files, active_rules(run)))
    plan = mend(files, findings, ignored_by_git(top, sorted(new_templates(files))))
    starters = Starters(__version__, frozenset(files.states), files.read)
    edits, by_hand = starter_edits(starters)
    steps = ci_steps(starters.version, starters.paths, starters.read)
    plan = replace(
        plan,
        edits=(*plan.edits, *edits, *steps.edits),
        left=(*plan.left, *by_hand, *steps.problems),
    )
    hook = None if uses_hook_manager(starters) else native_hook(repository, top)
    keys = {key.secret.reveal() for found in files.findings.values() for key in found if key.secret is not None}
    return Setup(plan, hook, tuple(sorted(keys, key=len, reverse=True)), steps.pastes)


def refuse_dirty_index(repository: Repository) -> None:
    """Raise DirtyIndexError where something is staged."""
    if repository.head is None:
        staged = repository.run("ls-files", "-z")
    else:
        staged = repository.run("diff-index", "--cached", "--name-only", "-z", "--ita-invisible-in-index", "HEAD", "--")
    names = [name.decode("utf-8", "replace") for name in staged.split(b"\0") if name]
    if names:
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        raise DirtyIndexError(
            f"there are staged changes ({names[0]}{more})",
            hint="commit them or unstage them ('git reset'), then run init again: its changes must not mix with yours",
        )
