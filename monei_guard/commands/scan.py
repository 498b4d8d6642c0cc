"""`monei-guard scan [PATH…]`."""

from typing import Any

import click

from monei_guard.application.scan_paths import scan_paths
from monei_guard.commands.options import common_options, read_options
from monei_guard.commands.param_types import existing_paths


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--include-ignored", is_flag=True, help="In a git work tree, scan ignored files too.")
@common_options
def scan(paths: tuple[str, ...], *, include_ignored: bool, **given: Any) -> int:
    """Scan files and directories ('.' by default); '-' is standard input.

    In a git work tree, tracked files and untracked ones that are not ignored are scanned.
    """
    return scan_paths(existing_paths(paths), read_options(given), include_ignored=include_ignored)
