"""`monei-guard range BASE..HEAD`: what a push or a pull request adds."""

from typing import Any

import click

from monei_guard.application.scan_range import scan_range
from monei_guard.commands.options import common_options, read_options, trust_option


@click.command(name="range")
@click.argument("revisions", required=False, metavar="[BASE..HEAD]")
@click.option("--since", metavar="DATE", help="Instead of a range: the commits of HEAD since DATE.")
@click.option("-C", "folder", metavar="DIR", default=".", help="Run as if started in DIR.")
@trust_option
@common_options
def commit_range(revisions: str | None, *, since: str | None, folder: str, trust_config: bool, **given: Any) -> int:
    """Scan only what the commits of a range add: BASE..HEAD, or BASE...HEAD for what HEAD has beyond their merge base.

    A base of zeros, as git gives to pre-push hooks for a new branch, stands for all that no remote branch has.
    The repository's own configuration is used only with --trust-config.
    """
    options = read_options(given)
    if (revisions is None) == (since is None):
        raise click.UsageError("give a range (BASE..HEAD) or --since DATE, and not both.")
    return scan_range(folder, options, revisions, since or "", trust_config=trust_config)
