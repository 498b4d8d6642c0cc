"""`monei-guard hook install | uninstall | status`: git hooks that cost a clean commit a few milliseconds."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from monei_guard.application.hooks.installer import install_hooks, report_hooks, uninstall_hooks
from monei_guard.application.hooks.script import TYPES

Command = TypeVar("Command", bound=Callable[..., Any])


def _types(_context: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(name.strip() for value in values for name in value.split(",") if name.strip()))
    unknown = [name for name in chosen if name not in TYPES]
    if unknown:
        raise click.BadParameter(f"there is no {unknown[0]!r}; there are: {', '.join(TYPES)}.")
    return chosen


def _options(command: Command) -> Command:
    for option in (
        click.option("--global", "everywhere", is_flag=True, help="For all your repositories, by core.hooksPath."),
        click.option("--type", "types", multiple=True, callback=_types, metavar="TYPES",
                     help=f"Which hooks, comma-separated: {', '.join(TYPES)}."),
    ):  # fmt: skip
        command = option(command)
    return command


@click.group()
def hook() -> None:
    """Put git hooks in place that look at what is committed or pushed."""


@hook.command()
@_options
def install(types: tuple[str, ...], *, everywhere: bool) -> int:
    """Install hooks (pre-commit by default). A hook that is there already is kept, and runs first."""
    return install_hooks(types or ("pre-commit",), everywhere=everywhere)


@hook.command()
@_options
def uninstall(types: tuple[str, ...], *, everywhere: bool) -> int:
    """Take the hooks away again (all by default); what was there before is put back as it was."""
    return uninstall_hooks(types, everywhere=everywhere)


@hook.command()
@_options
def status(types: tuple[str, ...], *, everywhere: bool) -> int:
    """Say which hooks are installed. Exit code 0 if there are any and all of them work, 1 if not."""
    return report_hooks(types or TYPES, everywhere=everywhere)
