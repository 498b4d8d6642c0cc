"""Days on the command line."""

from datetime import date
from typing import Any

import click


class DateType(click.ParamType[str]):
    """A day: 2027-06-30."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the day in ISO form."""
        try:
            return date.fromisoformat(str(value)).isoformat()
        except ValueError:
            self.fail(f"{value!r} is no date like 2027-06-30", param, ctx)
