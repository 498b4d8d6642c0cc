"""`monei-guard ci`: the one command for every CI system."""

import os
from typing import Any

import click

from monei_guard.application.audit import AuditOptions
from monei_guard.application.ci.scan import CiOptions, scan_ci_run
from monei_guard.commands.options import cache_options, common_options, read_options


@click.command()
@click.option("-C", "folder", metavar="DIR", default=".", help="Run as if started in DIR.")
@click.option(
    "--base",
    metavar="REV",
    envvar="MONEI_GUARD_BASE",
    show_envvar=True,
    help="What was there before, where the CI system does not say: a commit id or a branch.",
)
@click.option(
    "--trust-config/--no-trust-config",
    default=True,
    help="Use the checkout's own configuration, baseline and suppressions.  [default: --trust-config]",
)
@click.option("--plain", is_flag=True, help="Write only the reports asked for here, none for the CI system.")
@cache_options
@common_options
def ci(
    folder: str,
    *,
    base: str | None,
    trust_config: bool,
    plain: bool,
    cache: bool,
    cache_dir: str | None,
    **given: Any,
) -> int:
    """Scan what this CI run is about: what a pull request, push, tag or merge queue adds; on a schedule, everything.

    Finds out by itself which CI system it runs on, what that wants scanned, and which reports it reads.
    """  # fmt: skip
    how = CiOptions(folder, base, AuditOptions(cache_dir, cache=cache), trust_config=trust_config, plain=plain)
    return scan_ci_run(read_options(given), how, os.environ)
