"""What options and arguments may say."""

import os
import re
from collections.abc import Iterable
from datetime import date
from typing import Any

import click

from monei_guard.configuration.sizes import size
from monei_guard.reporting.formats import FORMATS

_DURATION = re.compile(r"([0-9]{1,6})(s|m|h)?", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, None: 1}
_LONGEST = 7 * 24 * 3600


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


class DateType(click.ParamType[str]):
    """A day: 2027-06-30."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the day in ISO form."""
        try:
            return date.fromisoformat(str(value)).isoformat()
        except ValueError:
            self.fail(f"{value!r} is no date like 2027-06-30", param, ctx)


class Duration(click.ParamType[float]):
    """A time: 90s, 30m, 2h."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return seconds."""
        found = _DURATION.fullmatch(str(value))
        seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
        if not 0 < seconds <= _LONGEST:
            self.fail("must be a time such as 90s, 30m or 2h, a week at most", param, ctx)
        return float(seconds)


def existing_paths(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return the paths, "." for none; "-" is standard input. Raises UsageError for one that is not there."""
    for path in paths:
        if path != "-" and not os.path.lexists(path):
            raise click.UsageError(f"there is no {path!r}; give a file, a directory or '-' for standard input.")
    return paths or (".",)


def codes(_context: click.Context, _param: click.Parameter, values: Iterable[str]) -> tuple[str, ...]:
    """Return the codes of all values, each a comma-separated list."""
    return tuple(code.strip() for value in values for code in value.split(",") if code.strip())
