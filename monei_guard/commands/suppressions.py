"""`monei-guard suppressions [PATH…]`: everything that is suppressed, since when and until when."""

import click

from monei_guard.application.suppression_list import list_suppressions
from monei_guard.commands.param_types import existing_paths


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--baseline", "file", metavar="FILE", help="Use this file.  [default: the repository's]")
@click.option("--format", "form", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True)
def suppressions(paths: tuple[str, ...], file: str | None, form: str) -> int:
    """List every suppression in files and in the baseline, with its age and its end."""
    return list_suppressions(existing_paths(paths), file, as_json=form == "json")
