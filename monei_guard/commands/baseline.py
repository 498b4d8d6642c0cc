"""`monei-guard baseline create | update | prune | explain | import`."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from monei_guard.application.baseline_review import (
    Acceptance,
    Scope,
    SecretInReasonError,
    create_baseline,
    explain_baseline,
    import_baseline,
    prune_baseline,
    update_baseline,
)
from monei_guard.commands.param_types import DateType, codes, existing_paths

Command = TypeVar("Command", bound=Callable[..., Any])


def _reason(_context: click.Context, _param: click.Parameter, value: str) -> str:
    if not value.strip():
        raise click.UsageError("--reason must say something")
    return value


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
        click.option(
            "--reason", required=True, callback=_reason, metavar="TEXT", help="Why these findings are acceptable."
        ),
        click.option("--until", type=DateType(), metavar="DATE", help="The last day they are accepted."),
        click.option("--author", metavar="NAME", help="Who decides.  [default: git's user.email]"),
        click.option("--select", multiple=True, callback=codes, metavar="CODES", help="Only findings of these codes."),
    ):
        command = option(command)
    return command


def _scope_options(command: Command) -> Command:
    for option in (
        click.option("--gaps", is_flag=True, help="Accept what could not be scanned, instead of findings."),
        click.option("--history", is_flag=True, help="Look at all the repository ever held, instead of files."),
    ):
        command = option(command)
    return command


@baseline.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@_decision
@_scope_options
@_file_option
def create(paths: tuple[str, ...], **given: Any) -> int:
    """Make a baseline that accepts every finding of a scan."""
    scope = Scope(given["gaps"], given["history"])
    return _accepted(
        lambda: create_baseline(existing_paths(paths), given["file"], given["select"], _acceptance(given), scope)
    )


@baseline.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@_decision
@_scope_options
@_file_option
def update(paths: tuple[str, ...], **given: Any) -> int:
    """Accept the findings of a scan that the baseline does not accept yet."""
    scope = Scope(given["gaps"], given["history"])
    return _accepted(
        lambda: update_baseline(existing_paths(paths), given["file"], given["select"], _acceptance(given), scope)
    )


@baseline.command("import")
@click.argument("file_to_read", metavar="FILE")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@_decision
@_file_option
def import_(file_to_read: str, paths: tuple[str, ...], **given: Any) -> int:
    """Accept what another scanner's FILE accepts, as far as a scan finds it.

    FILE is a .gitleaksignore, a gitleaks or betterleaks JSON report, or a detect-secrets baseline.
    """
    return _accepted(
        lambda: import_baseline(file_to_read, existing_paths(paths), given["file"], given["select"], _acceptance(given))
    )


@baseline.command()
@click.option("--dry-run", is_flag=True, help="Say what would go, change nothing.")
@_file_option
def prune(*, dry_run: bool, file: str | None) -> int:
    """Drop entries that cover nothing any more or have expired; follow renamed files.

    Scans the whole repository (or the baseline's folder): files as they are now, no history.
    """
    return prune_baseline(file, dry_run=dry_run)


@baseline.command()
@click.argument("what", required=False, metavar="[CODE|PATH]")
@_file_option
def explain(what: str | None, file: str | None) -> int:
    """Show the entries (of a code, or of a path and below): what each covers, who decided it, why, until when."""
    return explain_baseline(what, file)


def _acceptance(given: dict[str, Any]) -> Acceptance:
    return Acceptance(given["reason"], given["until"], given["author"])


def _accepted(accept: Callable[[], int]) -> int:
    """Return the exit code; a reason that cannot be kept is a mistake on the command line."""
    try:
        return accept()
    except SecretInReasonError as error:
        raise click.UsageError(error.what) from error
