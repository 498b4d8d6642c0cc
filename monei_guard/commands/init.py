"""`monei-guard init`: puts a repository right, after showing what it will do."""

import os
import sys
from dataclasses import dataclass, replace

import click

from monei_guard import __version__
from monei_guard.application.error_handler import say
from monei_guard.application.hygiene import active_rules, by_path, folder_files, without
from monei_guard.application.options import Options
from monei_guard.application.setup.apply import NativeHook, apply_plan, masked, native_hook, plan_lines, undo_lines
from monei_guard.commands.session import excluder, open_run
from monei_guard.errors import GuardError
from monei_guard.fixing.ci_steps import Paste, ci_steps
from monei_guard.fixing.fixes import Plan, mend, new_templates
from monei_guard.fixing.starter_files import Starters, starter_edits, uses_hook_manager
from monei_guard.git.ignore_rules import ignored_by_git
from monei_guard.git.repository import Repository, discover
from monei_guard.hygiene.registry import hygiene_findings
from monei_guard.scanning.scanner import scan
from monei_guard.sources.dependency_files import manifests_in
from monei_guard.sources.files import directory
from monei_guard.sources.source import SourceOptions


class NotARepositoryError(GuardError):
    """There is no work tree to put right."""


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


@click.command()
@click.argument("folder", default=".", metavar="[DIR]", type=click.Path(exists=True, file_okay=False))
@click.option("--dry-run", is_flag=True, help="Show what would be done, as a diff, and change nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def init(folder: str, *, dry_run: bool, yes: bool) -> None:
    """Put a repository right: ignore rules, untracked .env, templates, hook, CI step, configuration.

    Existing files only get lines added; nothing is deleted from the disk, and everything can be taken back with git.
    """
    repository = discover(folder)
    if repository is None or repository.work_tree is None:
        raise NotARepositoryError(
            f"{os.path.abspath(folder)} is not inside a git work tree", hint="run 'git init' first"
        )
    top = repository.work_tree
    setup = _plan(repository, top)
    if setup.is_empty:
        click.echo("Nothing to do: the repository is set up.")
        _show_rest(setup)
        return
    _refuse_dirty_index(repository)
    for line in plan_lines(setup.plan, setup.hook, setup.secrets):
        say_out(masked(line, setup.secrets))
    if dry_run:
        click.echo("\nNothing was changed (--dry-run).")
        return
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("there is no terminal to ask on: give --yes to do this, or --dry-run to look only.")
        click.confirm("\nDo this?", abort=True)
    undo = undo_lines(repository, top, setup.plan, setup.hook)
    apply_plan(top, setup.plan, setup.hook)
    click.echo("\nDone. Look with 'git status' and 'git diff', then commit. To take it back:")
    for line in undo:
        say_out(f"  {masked(line, setup.secrets)}")
    _show_rest(setup)


def _plan(repository: Repository, top: bytes) -> Setup:
    session = open_run(Options(), os.fsdecode(top), lambda: manifests_in(top))
    excluded = excluder(session.settings.exclude)
    scanned = scan(directory(top, SourceOptions(excluded=excluded)), session.detector)
    for skipped in scanned.skipped:
        if skipped.incomplete:
            say(f"not looked at: {(skipped.path or b'').decode('utf-8', 'replace')}: {skipped.reason}")
    files = folder_files(os.fsdecode(top), session.detector, by_path(scanned.findings, b""))
    files = files if excluded is None else without(files, excluded)
    findings = list(hygiene_findings(files, active_rules(session)))
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


def _refuse_dirty_index(repository: Repository) -> None:
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


def _show_rest(setup: Setup) -> None:
    if setup.plan.left or setup.pastes:
        click.echo("\nLeft to you:")
        for line in setup.plan.left:
            say_out(f"  - {masked(line, setup.secrets)}")
        for paste in setup.pastes:
            say_out(f"  - {paste.where}:")
            for line in paste.lines:
                say_out(f"      {line}")


def say_out(line: str) -> None:
    """Write one line to standard output, control characters escaped."""
    from monei_guard.reporting.escaping import visible  # noqa: PLC0415 - as in cli.say

    click.echo(visible(line))
