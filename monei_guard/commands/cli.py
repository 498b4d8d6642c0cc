"""The command group: an explicit table of lazily imported commands, and the run of one."""

from collections.abc import Sequence
from types import MappingProxyType

import click

from monei_guard import __version__
from monei_guard.application.error_handler import handle_errors
from monei_guard.deferred import load
from monei_guard.errors import ExitCode
from monei_guard.reporting.console import warn

# Command -> "module:function" and its one-line help, so that `--help` imports nothing.
COMMANDS = MappingProxyType({
    "scan": ("monei_guard.commands.scan:scan", "Scan files, directories or standard input."),
    "staged": ("monei_guard.commands.staged:staged", "Scan what 'git commit' would record."),
    "baseline": ("monei_guard.commands.baseline:baseline", "Accept findings, so that only new ones stop anyone."),
    "triage": ("monei_guard.commands.triage:triage", "Decide on findings one by one, in the terminal."),
    "suppressions": ("monei_guard.commands.suppressions:suppressions", "List what is suppressed, and until when."),
    "verify": ("monei_guard.commands.verify:verify", "Ask the API whether keys still live, and what they open."),
    "init": ("monei_guard.commands.init:init", "Put a repository right: .env, ignore rules, hook, CI step."),
    "audit": ("monei_guard.commands.audit:audit", "History, work tree and hygiene in one report: what to do first."),
    "hook": ("monei_guard.commands.hook:hook", "Install git hooks, take them away, say how they are."),
    "range": ("monei_guard.commands.range:commit_range", "Scan what the commits of a push or pull request add."),
    "ci": ("monei_guard.commands.ci:ci", "Scan what a CI run is about; knows the CI systems and what they read."),
    "history": ("monei_guard.commands.history:history", "Scan everything a repository ever held."),
    "rules": ("monei_guard.commands.rules:rules", "List, show and check rules."),
    "explain": ("monei_guard.commands.explain:explain", "Explain a rule, or why a line is or is not a finding."),
})  # fmt: skip

# What hooks call (hooks/, .pre-commit-hooks.yaml); no one types them, so `--help` does not list them.
HOOK_COMMANDS = MappingProxyType(
    {
        "hook-pre-push": "monei_guard.commands.hook_impl:pre_push",
        "hook-commit-msg": "monei_guard.commands.hook_impl:commit_msg",
        "hook-pre-receive": "monei_guard.commands.hook_impl:pre_receive",
    }
)


class LazyGroup(click.Group):
    """A group whose commands are imported when they are run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        del ctx
        target = COMMANDS[cmd_name][0] if cmd_name in COMMANDS else HOOK_COMMANDS.get(cmd_name)
        if target is None:
            return None
        command = load(target)
        if not isinstance(command, click.Command):
            raise TypeError(f"{target} is not a command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="monei-guard")
def cli() -> None:
    """Find Monei (monei.cc) keys before they leak: staged files, directories, git history, .env hygiene.

    Exit codes: 0 clean, 1 findings, 2 misuse, 3 incomplete scan, 130 interrupted.
    """


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code."""
    return handle_errors(lambda: _run(arguments))


def _run(arguments: Sequence[str]) -> int:
    try:
        result = cli.main(list(arguments), prog_name="monei-guard", standalone_mode=False)
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        _misuse(error)
        return ExitCode.MISUSE
    return result if isinstance(result, int) else ExitCode.CLEAN


def _misuse(error: click.ClickException) -> None:
    """Say what is wrong with the command line as every other error is said: it may quote anything."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    warn(f"error: {error.format_message()}")
    if context is not None:
        warn(f"help: '{context.command_path} --help' shows how it is used")
