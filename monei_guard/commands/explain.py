"""`monei-guard explain CODE` and `monei-guard explain FILE[:LINE]`."""

import click

from monei_guard.application import explain as explanation


@click.command()
@click.argument("what", metavar="CODE|FILE[:LINE]")
def explain(what: str) -> int:
    """Explain a rule, or every value in a file (or on one of its lines) that any rule looked at.

    For a value that is not reported, the reason is given: a placeholder, another company's key, no context.
    """
    return explanation.explain(what)
