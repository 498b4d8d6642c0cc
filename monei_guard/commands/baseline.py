"""`monei-guard baseline create | update | prune | explain | import`."""

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

import click

from monei_guard.application.baseline import baseline_context, baseline_path
from monei_guard.application.baseline_review import BaselineScan, git_author, run_for_baseline
from monei_guard.application.error_handler import stop
from monei_guard.application.options import Options
from monei_guard.commands.day import DateType
from monei_guard.commands.scan import open_scan
from monei_guard.commands.session import repository_folder
from monei_guard.errors import ExitCode, IncompleteError
from monei_guard.model.finding import Finding
from monei_guard.policy.baseline import Baseline, BaselineError, Entry, pruned, with_findings
from monei_guard.policy.baseline_file import change, load
from monei_guard.policy.baseline_name import DEFAULT_NAME
from monei_guard.policy.foreign_baseline import read_foreign
from monei_guard.reporting.escaping import visible
from monei_guard.reporting.terminal import place

Command = TypeVar("Command", bound=Callable[..., Any])
_LARGEST = 256 << 20  # bytes of another tool's file


@click.group()
def baseline() -> None:
    """Accept findings that were looked at, so that only new ones stop anyone.

    The accepted ones stand in .monei-guard-baseline.json, one a line, bound to the value without holding it.
    """


def _file_option(command: Command) -> Command:
    return click.option("--baseline", "file", metavar="FILE", help="Use this file.  [default: the repository's]")(
        command
    )


def _decision(command: Command) -> Command:
    for option in (
        click.option("--reason", required=True, metavar="TEXT", help="Why these findings are acceptable."),
        click.option("--until", type=DateType(), metavar="DATE", help="The last day they are accepted."),
        click.option("--author", metavar="NAME", help="Who decides.  [default: git's user.email]"),
        click.option("--select", multiple=True, metavar="CODES", help="Only findings of these codes."),
    ):
        command = option(command)
    return command


@baseline.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@_decision
@_file_option
def create(paths: tuple[str, ...], **given: Any) -> None:
    """Make a baseline that accepts every finding of a scan."""
    run = run_for_baseline(paths or (".",), given["file"], given["select"])
    if run.exists:
        raise BaselineError(f"there is a baseline at {run.path}", hint="'baseline update' adds to it")
    _accept(run, run.found, given)


@baseline.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@_decision
@_file_option
def update(paths: tuple[str, ...], **given: Any) -> None:
    """Accept the findings of a scan that the baseline does not accept yet."""
    run = run_for_baseline(paths or (".",), given["file"], given["select"])
    if not run.exists:
        raise BaselineError(f"there is no baseline at {run.path}", hint="'baseline create' makes one")
    _accept(run, run.new, given)


@baseline.command("import")
@click.argument("file_to_read", metavar="FILE")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@_decision
@_file_option
def import_(file_to_read: str, paths: tuple[str, ...], **given: Any) -> None:
    """Accept what another scanner's FILE accepts, as far as a scan finds it.

    FILE is a .gitleaksignore, a gitleaks or betterleaks JSON report, or a detect-secrets baseline.
    """
    try:
        with open(file_to_read, "rb") as file:
            accepted = read_foreign(file.read(_LARGEST), file_to_read)
    except OSError as error:
        raise BaselineError(f"cannot read {file_to_read}: {error.strerror}") from error
    run = run_for_baseline(paths or (".",), given["file"], given["select"])
    covered = [one for one in run.new if accepted.covers(one, run.path_of(one))]
    click.echo(f"{accepted.count} entries of {accepted.tool} in {visible(file_to_read)}")
    _accept(run, covered, given)


@baseline.command()
@click.option("--dry-run", is_flag=True, help="Say what would go, change nothing.")
@_file_option
def prune(*, dry_run: bool, file: str | None) -> None:
    """Drop entries that cover nothing any more or have expired; follow renamed files.

    Scans the whole repository (or the baseline's folder): files as they are now, no history.
    """
    _, run = _whole_run(file)
    around = baseline_context(run.path, run.session)
    gone: tuple[Entry, ...] = ()

    def edit(before: Baseline) -> Baseline:
        nonlocal gone
        after, gone = pruned(before, run.found, around)
        return after

    if dry_run:
        edit(load(run.path))
    else:
        change(run.path, edit)
    for entry in gone:
        click.echo(f"{'would drop' if dry_run else 'dropped'} {_line(entry)}")
    click.echo(f"{len(gone)} entries {'would be dropped' if dry_run else 'dropped'}")


@baseline.command()
@click.argument("what", required=False, metavar="[CODE|PATH]")
@_file_option
def explain(what: str | None, file: str | None) -> None:
    """Show the entries (of a code, or of a path and below): what each covers, who decided it, why, until when."""
    known, run = _whole_run(file)
    around = baseline_context(run.path, run.session)
    _, gone = pruned(known, run.found, around)
    covers = {id(entry): entry not in gone for entry in known.entries}
    chosen = [one for one in known.entries if what is None or one.code == what or _is_below(one.path, what)]
    for entry in sorted(chosen, key=lambda entry: (entry.path or "", entry.code)):
        expired = entry.until is not None and entry.until < around.today.isoformat()
        state = "expired" if expired else "in use" if covers[id(entry)] else "covers nothing"
        click.echo(f"{_line(entry)} [{state}]")
        click.echo(f"    {visible(entry.reason)} ({visible(entry.author)}, {visible(entry.date)})")
    click.echo(f"{len(chosen)} of {len(known.entries)} entries in {visible(run.path)}")


def _whole_run(file: str | None) -> tuple[Baseline, BaselineScan]:
    """Return the baseline and a scan of its whole repository. Raises IncompleteError if something was not scanned."""
    path = _default_path(file)
    known = load(path)
    run = run_for_baseline((repository_folder(os.path.dirname(path)),), path, ())
    missed = [one for one in run.scanned.skipped if one.incomplete]
    if missed:
        first = visible((missed[0].path or b"-").decode("utf-8", "backslashreplace"))
        raise IncompleteError(
            f"{len(missed)} files could not be scanned, the first is {first} ({missed[0].reason})",
            hint="what covers nothing cannot be told; make them readable, or exclude them",
        )
    return known, run


def _default_path(file: str | None) -> str:
    session, _ = open_scan((".",), Options(baseline=file))
    return os.path.abspath(baseline_path(session) or os.path.join(session.folder or ".", DEFAULT_NAME))


def _accept(run: BaselineScan, findings: Iterable[Finding], given: dict[str, Any]) -> None:
    findings = tuple(findings)
    if not given["reason"].strip():
        raise click.UsageError("--reason must say something")
    if run.is_told_by(given["reason"] + " " + (given["author"] or "")):
        raise click.UsageError("the reason holds one of the secrets; describe it instead")
    author = given["author"] or git_author(os.path.dirname(run.path))
    today = date.today().isoformat()  # noqa: DTZ011 - the day on the wall
    template = Entry("", "", None, given["reason"].strip(), author, today, given["until"])
    for one in findings:
        click.echo(f"accepted {one.code} {place(replace(one.location, path=run.path_of(one)))}")
    if findings or not run.exists:
        change(run.path, lambda before: with_findings(before, findings, template, run.path_of))
    click.echo(f"{len(findings)} findings accepted in {visible(run.path)}")
    if any(one.incomplete for one in run.scanned.skipped):
        click.echo("some files could not be scanned; 'monei-guard scan' lists them", err=True)
        stop(ExitCode.INCOMPLETE)


def _is_below(path: str | None, what: str) -> bool:
    folder = what.rstrip("/") + "/"
    return path is not None and (path == what or path.startswith(folder))


def _line(entry: Entry) -> str:
    until = f", until {entry.until}" if entry.until else ""
    return f"{visible(entry.code)} {visible(entry.path or '(message)')}{until}"
