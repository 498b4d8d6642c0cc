"""The command group: an explicit table of lazily imported commands, and the one boundary for errors."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from types import MappingProxyType
from typing import NoReturn

import click

from monei_guard import __version__
from monei_guard.errors import ExitCode, GuardError

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


class LazyGroup(click.Group):
    """A group whose commands are imported when they are run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, function = COMMANDS[cmd_name][0].split(":")
        command = getattr(import_module(module), function)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}:{function} is not a command")
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
    """Run the command line and return the exit code. The only place that catches what nobody expected."""
    try:
        result = cli.main(list(arguments), prog_name="monei-guard", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except (KeyboardInterrupt, click.Abort):
        say("interrupted")
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the boundary: no traceback, and nothing of the input, may leave
        return _failure(error)
    return result if isinstance(result, int) else ExitCode.CLEAN


def _failure(error: Exception) -> int:
    """Say what went wrong in one or two lines and return the exit code."""
    if isinstance(error, click.ClickException):
        _misuse(error)
        return ExitCode.MISUSE
    if isinstance(error, GuardError):
        say(f"error: {error.what}")
        if error.hint:
            say(f"help: {error.hint}")
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        # The reader has gone; keep the interpreter from complaining about it once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    elif isinstance(error, FileNotFoundError) and not _is_here():
        say("error: the current directory no longer exists; go to one that does")
        return ExitCode.MISUSE
    elif isinstance(error, MemoryError):
        say("error: out of memory; scan less at once, or lower --max-size")
    else:
        _bug(error)
    return ExitCode.INCOMPLETE


def _misuse(error: click.ClickException) -> None:
    """Say what is wrong with the command line as every other error is said: it may quote anything."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    say(f"error: {error.format_message()}")
    if context is not None:
        say(f"help: '{context.command_path} --help' shows how it is used")


def say(line: str) -> None:
    """Write one line to standard error, control characters escaped."""
    # Neither is needed when all goes well.
    from monei_guard.reporting.plain_text import visible  # noqa: PLC0415 - only when something goes wrong
    from monei_guard.reporting.stray_keys import without_keys  # noqa: PLC0415 - only when something goes wrong

    click.echo(visible(without_keys(line)), err=True)


def _is_here() -> bool:
    """Return whether the current directory exists."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return False
    return True


def _bug(error: Exception) -> None:
    """Say that this is our fault, and where, without showing a value: a message may hold file content."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{os.path.basename(code.co_filename)}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    say(f"error: this is a bug in monei-guard {__version__}: {type(error).__name__}; the scan is incomplete")
    say(f"help: report it with this line: {' > '.join(frames[-6:])}")


def stop(code: int) -> NoReturn:
    """End the running command with an exit code."""
    raise click.exceptions.Exit(code)
