"""`monei-guard staged`: the pre-commit hook's command."""

from typing import Any

import click

from monei_guard.application.scan_staged import scan_staged
from monei_guard.commands.options import common_options, read_options


@click.command()
@click.option(
    "-C",
    "folder",
    metavar="DIR",
    default=".",
    type=click.Path(exists=True, file_okay=False),
    help="Run as if started in DIR.",
)
@click.option("--whole-files", is_flag=True, help="Report findings on unchanged lines of staged files too.")
@common_options
def staged(folder: str, *, whole_files: bool, **given: Any) -> int:
    """Scan what 'git commit' would record: the staged bytes, and of those the added lines."""
    return scan_staged(folder, read_options(given), whole_files=whole_files)
