"""`monei-guard rules list | show | check`."""

import click

from monei_guard.application import rule_check, rule_list


@click.group()
def rules() -> None:
    """List, show and check rules."""


@rules.command("list")
@click.option("--format", "format_name", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True)
@click.option("--all", "everything", is_flag=True, help="Other companies' key formats too.")
def list_rules(format_name: str, *, everything: bool) -> int:
    """List the rules: code, id, severity, title."""
    return rule_list.list_rules(everything=everything, as_json=format_name == "json")


@rules.command("show")
@click.argument("name", metavar="CODE")
def show_rule(name: str) -> int:
    """Show a rule's page: what it finds, why, what to do instead, its examples."""
    return rule_list.show_rule(name)


@rules.command("pages", hidden=True)
@click.argument("folder")
def pages(folder: str) -> int:
    """Write every rule's page into FOLDER (docs/rules of the checkout)."""
    return rule_list.write_rule_pages(folder)


@rules.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
def check(paths: tuple[str, ...]) -> int:
    """Check rule files: run every example, prove boundaries and speed, find missing text.

    Without PATH the built-in rules are checked; a PATH is a rule file or a folder of them.
    """
    return rule_check.check_rule_files(paths)
