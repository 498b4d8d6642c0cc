"""`monei-guard init`: puts a repository right, after showing what it will do."""

import sys

import click

from monei_guard.application.init import set_up


@click.command()
@click.argument("folder", default=".", metavar="[DIR]", type=click.Path(exists=True, file_okay=False))
@click.option("--dry-run", is_flag=True, help="Show what would be done, as a diff, and change nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def init(folder: str, *, dry_run: bool, yes: bool) -> int:
    """Put a repository right: ignore rules, untracked .env, templates, hook, CI step, configuration.

    Existing files only get lines added; nothing is deleted from the disk, and everything can be taken back with git.
    """
    return set_up(folder, _agreed_beforehand if yes else _confirm, dry_run=dry_run)


def _confirm(question: str) -> None:
    """Ask on the terminal; go no further without a yes."""
    if not sys.stdin.isatty():
        raise click.UsageError("there is no terminal to ask on: give --yes to do this, or --dry-run to look only.")
    click.confirm(question, abort=True)


def _agreed_beforehand(_question: str) -> None:
    """Ask nothing: --yes was given."""
