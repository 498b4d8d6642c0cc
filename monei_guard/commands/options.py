"""Options that several commands share."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from monei_guard.application.options import Options
from monei_guard.configuration.settings import size
from monei_guard.model.levels import Confidence, Severity
from monei_guard.reporting.formats import FORMATS

Command = TypeVar("Command", bound=Callable[..., Any])


class SizeType(click.ParamType[int]):
    """A number of bytes: 1000000, 64MB."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number of bytes."""
        try:
            return size(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class ReportType(click.ParamType[tuple[str, str]]):
    """FORMAT=FILE."""

    name = "format=file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Return format and file."""
        if isinstance(value, tuple):
            return value
        name, _, path = str(value).partition("=")
        if name not in FORMATS or not path:
            self.fail(f"must be FORMAT=FILE with a format of: {', '.join(FORMATS)}", param, ctx)
        return name, path


def _codes(_context: click.Context, _param: click.Parameter, values: Iterable[str]) -> tuple[str, ...]:
    return tuple(code.strip() for value in values for code in value.split(",") if code.strip())


_OPTIONS = (
    click.option("--format", "format_name", type=click.Choice(list(FORMATS)), default="terminal", show_default=True,
                 help="How to write the report."),
    click.option("--output", metavar="FILE", help="Write the report to FILE instead of standard output."),
    click.option("--report", "reports", type=ReportType(), multiple=True, metavar="FORMAT=FILE",
                 help="Write a further report of the same run (repeatable)."),
    click.option("--config", metavar="FILE", help="Read this configuration instead of looking for one."),
    click.option("--select", multiple=True, callback=_codes, metavar="CODES",
                 help="Apply only these rules: codes or beginnings of codes, comma-separated."),
    click.option("--ignore", multiple=True, callback=_codes, metavar="CODES", help="Leave these rules out."),
    click.option("--min-confidence", type=click.Choice([one.label for one in Confidence]),
                 help="Report nothing less certain than this."),
    click.option("--fail-on", type=click.Choice([one.label for one in Severity]),
                 help="Exit with 1 only for findings at least this severe.  [default: low]"),
    click.option("--baseline", metavar="FILE", help="Accept what this file accepts.  [default: the repository's]"),
    click.option("--max-size", type=SizeType(), metavar="SIZE", help="Skip larger files (64MB by default)."),
    click.option("--archive-depth", type=click.IntRange(0, 16), metavar="N",
                 help="Open archives inside one another so deep; 0: none, and no mail or chat either.  [default: 4]"),
    click.option("--jobs", type=click.IntRange(min=1), metavar="N",
                 help="Read packs with N processes (one a processor by default); files are read by one."),
    click.option("--quiet", "-q", is_flag=True, help="Print nothing when there is nothing to say."),
    click.option("--no-color", is_flag=True, help="Print no colours (NO_COLOR does the same)."),
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


def read_options(given: dict[str, Any]) -> Options:
    """Return the options as one value."""
    return Options(
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
    )
