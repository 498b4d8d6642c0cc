"""`monei-guard history [REPO]`: everything the repository's object store holds."""

from typing import Any

import click

from monei_guard.application.scan_history import report_history
from monei_guard.commands.options import cache_options, common_options, read_options, trust_option


@click.command()
@click.argument("repository", default=".", metavar="[REPO]")
@trust_option
@cache_options
@common_options
def history(repository: str, *, trust_config: bool, cache: bool, cache_dir: str | None, **given: Any) -> int:
    """Scan everything a repository ever held: all objects, reachable or not, and all messages and names.

    The repository may be somebody else's: its own configuration is used only with --trust-config.
    """  # fmt: skip
    return report_history(repository, read_options(given), cache_dir, cache=cache, trust_config=trust_config)
