"""`monei-guard audit [REPO]`: history, work tree and repository checks in one run and one report."""

from typing import Any

import click

from monei_guard.application.audit import AuditOptions, report_audit
from monei_guard.commands.options import cache_options, common_options, read_options, trust_option
from monei_guard.reporting.html_summary import ROTATE_AFTER


@click.command()
@click.argument("repository", default=".", metavar="[REPO]")
@trust_option
@click.option(
    "--max-key-age",
    type=click.IntRange(min=1),
    default=ROTATE_AFTER,
    show_default=True,
    metavar="DAYS",
    help="Report keys in use that were committed longer ago than this (MG209).",
)
@cache_options
@common_options
def audit(
    repository: str, *, trust_config: bool, max_key_age: int, cache: bool, cache_dir: str | None, **given: Any
) -> int:
    """Audit a repository: all it ever held, its work tree, its hygiene; each secret's life, and what to do first.

    The repository may be somebody else's: its own configuration is used only with --trust-config.
    """  # fmt: skip
    how = AuditOptions(cache_dir, max_key_age, cache=cache)
    return report_audit(repository, read_options(given), how, trust_config=trust_config)
