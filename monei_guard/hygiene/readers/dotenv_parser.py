"""python-dotenv's parser, without what finds and loads files: that is what the package's own `__init__` imports."""

import io
from collections.abc import Iterator
from typing import Any

from monei_guard.lone_module import load_alone

_PARSER = load_alone("dotenv.parser")


def bindings(text: str) -> Iterator[Any]:
    """Yield the bindings of a `.env` file."""
    found: Iterator[Any] = _PARSER.parse_stream(io.StringIO(text))
    return found
