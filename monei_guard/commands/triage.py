"""`monei-guard triage [PATH…]`: decide on findings one by one, in the terminal."""

import sys
from collections.abc import Mapping

import click

from monei_guard.application.options import RunOptions
from monei_guard.application.triage import TriageOptions, TriageQuestions
from monei_guard.application.triage import triage as decide
from monei_guard.commands.options import ask_on_terminal
from monei_guard.commands.param_types import codes, existing_paths
from monei_guard.commands.triage_app import TriageApp
from monei_guard.policy.resolution import ResolvedFinding


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--baseline", "file", metavar="FILE", help="Use this file.  [default: the repository's]")
@click.option(
    "--todo",
    metavar="FILE",
    default="monei-guard-todo.md",
    show_default=True,
    help="Where the list of what to rotate goes.",
)
@click.option("--author", metavar="NAME", help="Who decides.  [default: git's user.email]")
@click.option("--select", multiple=True, callback=codes, metavar="CODES", help="Only findings of these codes.")
@click.option("--verify", is_flag=True, help="Ask the API first whether the Monei keys found still live.")
@click.option("--yes", is_flag=True, help="With --verify: agree beforehand that keys are sent to the API.")
def triage(
    paths: tuple[str, ...],
    *,
    file: str | None,
    todo: str,
    author: str | None,
    select: tuple[str, ...],
    verify: bool,
    yes: bool,
) -> int:
    """Decide on each finding: real, false alarm, test value, or accepted until a date.

    Real ones go into a Markdown list of what to rotate, the others into the baseline.
    """  # fmt: skip
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("triage needs a terminal; 'baseline create' decides without one.")
    verification = RunOptions(verify=verify, yes=yes, ask=ask_on_terminal)
    return decide(existing_paths(paths), TriageOptions(file, todo, author, select), verification, _ask)


def _ask(questions: TriageQuestions) -> Mapping[int, ResolvedFinding] | None:
    app = TriageApp(questions.items, questions.today, questions.history, questions.holds_secret)
    decisions = app.run()
    return None if app.return_value is None else decisions
