"""Options that several commands share."""

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from monei_guard.application.options import RunOptions
from monei_guard.commands.param_types import Duration, ReportType, SizeType, codes
from monei_guard.git.repository import GIT_TIMEOUT
from monei_guard.model.levels import Confidence, Severity
from monei_guard.reporting.formats import FORMATS

Command = TypeVar("Command", bound=Callable[..., Any])


_REPORT_OPTIONS = (
    click.option("--format", "format_name", type=click.Choice(list(FORMATS)), default="terminal", show_default=True,
                 help="How to write the report."),
    click.option("--output", metavar="FILE", help="Write the report to FILE instead of standard output."),
    click.option("--report", "reports", type=ReportType(), multiple=True, metavar="FORMAT=FILE",
                 help="Write a further report of the same run (repeatable)."),
)  # fmt: skip
_TERMINAL_OPTIONS = (
    click.option("--quiet", "-q", is_flag=True, help="Print nothing when there is nothing to say."),
    click.option("--no-color", is_flag=True, help="Print no colours (NO_COLOR does the same)."),
)
_OPTIONS = (
    *_REPORT_OPTIONS,
    click.option("--config", metavar="FILE", help="Read this configuration instead of looking for one."),
    click.option("--select", multiple=True, callback=codes, metavar="CODES",
                 help="Apply only these rules: codes or beginnings of codes, comma-separated."),
    click.option("--ignore", multiple=True, callback=codes, metavar="CODES", help="Leave these rules out."),
    click.option("--min-confidence", type=click.Choice([level.label for level in Confidence]),
                 help="Report nothing less certain than this."),
    click.option("--fail-on", type=click.Choice([level.label for level in Severity]),
                 help="Exit with 1 only for findings at least this severe.  [default: low]"),
    click.option("--baseline", metavar="FILE", help="Accept what this file accepts.  [default: the repository's]"),
    click.option("--max-size", type=SizeType(), metavar="SIZE", help="Skip larger files (64MB by default)."),
    click.option("--archive-depth", type=click.IntRange(0, 16), metavar="N",
                 help="Open archives inside one another so deep; 0: none, and no mail or chat either.  [default: 4]"),
    click.option("--jobs", type=click.IntRange(min=1), metavar="N",
                 help="Read packs with N processes (one a processor by default); files are read by one."),
    click.option("--git-timeout", type=click.FloatRange(min=0.1), metavar="SECONDS", default=GIT_TIMEOUT,
                 help="End a git that does not answer for so long.  [default: 600]"),
    click.option("--max-memory", type=SizeType(), metavar="SIZE",
                 help="Take no more memory than this; what needs more is reported as not scanned."),
    click.option("--file-timeout", type=Duration(), metavar="TIME",
                 help="Give up on a file after so much processor time, and report that."),
    *_TERMINAL_OPTIONS,
    click.option("--reveal", is_flag=True, help="Show the values themselves; on a terminal only."),
    click.option("--verify", is_flag=True, help="Ask the API whether the Monei keys found still live."),
    click.option("--yes", is_flag=True, help="With --verify: agree beforehand that keys are sent to the API."),
    click.option("--api-url", "api_urls", multiple=True, metavar="URL",
                 help="With --verify: ask this host instead of the API's own two."),
)  # fmt: skip


def common_options(command: Command) -> Command:
    """Add the options every scanning command has; the command takes them as `**given`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def report_options(command: Command) -> Command:
    """Add the options of every command that writes a report: in which form, where to, with how much to see."""
    for option in reversed((*_REPORT_OPTIONS, *_TERMINAL_OPTIONS)):
        command = option(command)
    return command


def trust_option(command: Command) -> Command:
    """Add the option of the commands whose repository may be somebody else's."""
    text = "Use the repository's own configuration, baseline and suppressions."
    return click.option("--trust-config", is_flag=True, help=text)(command)


_CACHE_OPTIONS = (
    click.option("--cache/--no-cache", default=True, help="Remember which objects are clean.  [default: --cache]"),
    click.option("--cache-dir", metavar="DIR", help="Keep that in DIR instead of the repository's git directory."),
)


def cache_options(command: Command) -> Command:
    """Add the options of the commands that read whole object stores."""
    for option in reversed(_CACHE_OPTIONS):
        command = option(command)
    return command


def read_options(given: dict[str, Any]) -> RunOptions:
    """Return the options as one value. Raises UsageError for options that do not go together."""
    if given["reveal"] and not (given["format_name"] == "terminal" and given["output"] is None and sys.stdout.isatty()):
        raise click.UsageError("--reveal shows secrets on a terminal only: not in a file, a pipe or another format.")
    if (given["yes"] or given["api_urls"]) and not given["verify"]:
        raise click.UsageError("--yes and --api-url are about verification: add --verify.")
    return RunOptions(
        format=given["format_name"],
        output=given["output"],
        reports=tuple(given["reports"]),
        config=given["config"],
        select=given["select"],
        ignore=given["ignore"],
        min_confidence=Confidence[given["min_confidence"].upper()] if given["min_confidence"] else None,
        fail_on=Severity[given["fail_on"].upper()] if given["fail_on"] else None,
        max_size=given["max_size"],
        archive_depth=given["archive_depth"],
        quiet=given["quiet"],
        color=False if given["no_color"] else None,
        reveal=given["reveal"],
        baseline=given["baseline"],
        verify=given["verify"],
        yes=given["yes"],
        api_urls=tuple(given["api_urls"]),
        jobs=given["jobs"],
        git_timeout=given["git_timeout"],
        max_memory=given["max_memory"],
        file_seconds=given["file_timeout"],
        ask=ask_on_terminal,
    )


def ask_on_terminal(question: str) -> bool:
    """Put a question to the user; what is not a clear yes is a no."""
    return click.confirm(question, default=False, err=True)
