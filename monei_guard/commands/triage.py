"""`monei-guard triage [PATH…]`: decide on findings one by one, in the terminal."""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from itertools import groupby

import click

from monei_guard.application.baseline_review import BaselineScan, git_author, run_for_baseline
from monei_guard.application.options import Options
from monei_guard.application.verification import verified_as_asked
from monei_guard.commands.triage_app import TriageApp
from monei_guard.filesystem.atomic_write import write_atomically
from monei_guard.git.blame import line_origins
from monei_guard.git.repository import GitError, GitMissingError, Repository, discover
from monei_guard.model.finding import Finding, Triaged
from monei_guard.policy.baseline import Baseline, Entry, with_findings
from monei_guard.policy.baseline_file import change
from monei_guard.policy.resolution import ResolvedFinding
from monei_guard.reporting.escaping import visible
from monei_guard.reporting.rotation_list import rotation_list


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--baseline", "file", metavar="FILE", help="Use this file.  [default: the repository's]")
@click.option(
    "--todo",
    metavar="FILE",
    default="monei-guard-todo.md",
    show_default=True,
    help="Where the list of what to rotate goes.",
)
@click.option("--author", metavar="NAME", help="Who decides.  [default: git's user.email]")
@click.option("--select", multiple=True, metavar="CODES", help="Only findings of these codes.")
@click.option("--verify", is_flag=True, help="Ask the API first whether the Monei keys found still live.")
@click.option("--yes", is_flag=True, help="With --verify: agree beforehand that keys are sent to the API.")
def triage(
    paths: tuple[str, ...],
    *,
    file: str | None,
    todo: str,
    author: str | None,
    select: tuple[str, ...],
    verify: bool,
    yes: bool,
) -> None:
    """Decide on each finding: real, false alarm, test value, or accepted until a date.

    Real ones go into a Markdown list of what to rotate, the others into the baseline.
    """  # fmt: skip
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("triage needs a terminal; 'baseline create' decides without one.")
    run = run_for_baseline(paths or (".",), file, select)
    items: tuple[Triaged, ...] = tuple(Triaged(one) for one in run.new)
    if verify:
        items = verified_as_asked(
            items, Options(verify=True, yes=yes), own_rules=bool(run.session.settings.extend_rules)
        )
    if not items:
        click.echo("nothing to decide: no findings that the baseline does not accept")
        return
    app = TriageApp(items, date.today(), _history(run), run.is_told_by)  # noqa: DTZ011 - the day on the wall
    decisions = app.run()
    if app.return_value is None or not decisions:
        click.echo("nothing was written")
        return
    write_decisions(run, items, decisions, todo, author)


def write_decisions(
    run: BaselineScan, items: tuple[Triaged, ...], decisions: dict[int, ResolvedFinding], todo: str, author: str | None
) -> None:
    """Write the baseline and the list of what to rotate, and say what was written where."""
    today = date.today().isoformat()  # noqa: DTZ011 - the day on the wall
    accepted = {number: decision for number, decision in decisions.items() if decision.goes_into_baseline}
    if accepted:
        template = Entry("", "", None, "", author or git_author(os.path.dirname(run.path)), today)
        change(run.path, partial(_with_decisions, run=run, items=items, accepted=accepted, template=template))
        click.echo(f"{len(accepted)} findings accepted in {visible(run.path)}")
    real = [(items[number], decision.reason) for number, decision in sorted(decisions.items())
            if not decision.goes_into_baseline]  # fmt: skip
    if real:
        shown = [(replace(one, finding=_placed(one.finding, run)), reason) for one, reason in real]
        text = rotation_list(shown, today)
        write_atomically(todo, lambda file: file.writelines([text]), what="the to-do")
        click.echo(f"{len(real)} findings to mend in {visible(todo)}")


def _with_decisions(
    before: Baseline,
    *,
    run: BaselineScan,
    items: tuple[Triaged, ...],
    accepted: dict[int, ResolvedFinding],
    template: Entry,
) -> Baseline:
    def key(item: tuple[int, ResolvedFinding]) -> ResolvedFinding:
        return item[1]

    after = before
    for decision, group in groupby(sorted(accepted.items(), key=lambda item: str(item[1])), key=key):
        findings = [items[number].finding for number, _ in group]
        after = with_findings(after, findings, decision.entry(template), run.path_of)
    return after


def _placed(finding: Finding, run: BaselineScan) -> Finding:
    return replace(finding, location=replace(finding.location, path=run.path_of(finding)))


def _history(run: BaselineScan) -> Callable[[Finding], str]:
    """Return what tells who brought a finding's line, and when, asking git once a line."""
    known: dict[tuple[str, int], str] = {}
    root = os.path.realpath(run.session.root)
    try:
        repository = discover(root)
    except (GitError, GitMissingError):
        repository = None

    def history(finding: Finding) -> str:
        location = finding.location
        if repository is None or location.path is None or location.commit is not None or "!/" in location.path:
            return ""
        place = (location.path, location.start_line)
        if place not in known:
            known[place] = _origin(repository, os.path.join(root, location.path), location.start_line)
        return known[place]

    return history


def _origin(repository: Repository, path: str, line: int) -> str:
    if repository.work_tree is None:
        return ""
    below = os.path.relpath(os.fsencode(path), os.path.realpath(repository.work_tree))
    origin = line_origins(repository, below, [line]).get(line)
    if origin is None:
        return "not committed yet"
    day = datetime.fromtimestamp(origin.time, UTC).date().isoformat()
    return f"brought by {origin.author} on {day} in commit {origin.commit[:12]}"
