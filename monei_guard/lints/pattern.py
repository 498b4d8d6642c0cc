"""Regular expressions that are compiled when they are first used.

A rule holds the patterns of every kind of document it looks at; a file pays for those of its own kind.
"""

import re
import sys
from collections.abc import Callable, Iterator
from typing import AnyStr, Generic


class Pattern(Generic[AnyStr]):
    """A regular expression like `re.compile(text, flags)`, compiled at its first use."""

    __slots__ = ("_compiled", "flags", "text")

    def __init__(self, text: AnyStr, flags: int = 0) -> None:
        self.text: AnyStr = text
        self.flags = flags
        self._compiled: re.Pattern[AnyStr] | None = None

    @property
    def is_compiled(self) -> bool:
        """Whether the pattern was used."""
        return self._compiled is not None

    @property
    def compiled(self) -> re.Pattern[AnyStr]:
        """The compiled pattern."""
        if self._compiled is None:
            self._compiled = re.compile(self.text, self.flags)
        return self._compiled

    def search(self, string: AnyStr, start: int = 0, end: int = sys.maxsize) -> re.Match[AnyStr] | None:
        """Return the first match in `string`, or None."""
        return self.compiled.search(string, start, end)

    def match(self, string: AnyStr, start: int = 0, end: int = sys.maxsize) -> re.Match[AnyStr] | None:
        """Return the match at the beginning, or None."""
        return self.compiled.match(string, start, end)

    def fullmatch(self, string: AnyStr) -> re.Match[AnyStr] | None:
        """Return the match of the whole, or None."""
        return self.compiled.fullmatch(string)

    def finditer(self, string: AnyStr, start: int = 0, end: int = sys.maxsize) -> Iterator[re.Match[AnyStr]]:
        """Return an iterator over the matches."""
        return self.compiled.finditer(string, start, end)

    def sub(self, replacement: AnyStr | Callable[[re.Match[AnyStr]], AnyStr], string: AnyStr) -> AnyStr:
        """Return `string` with every match replaced."""
        return self.compiled.sub(replacement, string)
