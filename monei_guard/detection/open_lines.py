"""Lines that decoders may read together with the next one (`Decoder.across_lines`)."""

import re
from collections.abc import Iterator
from functools import cached_property

from monei_guard.decoding.constant_folding import FOLDED
from monei_guard.decoding.decoder import AcrossLines
from monei_guard.decoding.registry import DECODERS
from monei_guard.detection.line_ranges import after_comments

# An escape at the end of a line may stand for anything that is read together with the next one.
_ESCAPED_END = rb"(?:&\#?\w{1,12};|\\(?:[uUx]\{?[0-9a-fA-F]{1,8}\}?|[0-7]{3})|[%=][0-9a-fA-F]{2})[ \t]*\r?$"
# Ends of most lines of programs, which are open only behind a comment or an escape.
_CLOSED = (b";", b"{", b"}", b",")
_NOT_CLOSED = (b"//", b"#", b"/*", b"&")
ACROSS_LINES = (
    *(decoder.across_lines for decoder in DECODERS if decoder.across_lines is not None),
    FOLDED,
    AcrossLines(_ESCAPED_END, b""),
)


class OpenLines:
    """Remembers lines by how they end: `ends` says which decoders may read each of them on, a bit for one."""

    def __init__(self) -> None:
        self.ends: dict[bytes, int] = {}
        self._known_starts: dict[bytes, int] = {}

    def clear(self) -> None:
        """Forget all lines."""
        self.ends.clear()
        self._known_starts.clear()

    def note(self, line: bytes) -> bool:
        """Remember a line if it is open; return whether it is."""
        ends = self._ends(line)
        if ends:
            self.ends[line] = ends
        return bool(ends)

    @cached_property
    def _open_ends(self) -> tuple[re.Pattern[bytes], ...]:
        return tuple(re.compile(one.open_end) for one in ACROSS_LINES if one.open_end)

    @cached_property
    def _over_comments(self) -> int:
        """The bits of the decoders that read over blank lines and comments."""
        ending = [one for one in ACROSS_LINES if one.open_end]
        return sum(1 << bit for bit, one in enumerate(ending) if one.over_comments)

    @cached_property
    def _next_starts(self) -> tuple[re.Pattern[bytes], ...]:
        return tuple(re.compile(one.next_start) for one in ACROSS_LINES if one.open_end)

    def runs(self, lines: list[bytes]) -> Iterator[list[bytes]]:
        """Yield the lines that may be read together: open ones, and the one after them."""
        may_go_on = self.ends
        numbers = [number for number, line in enumerate(lines) if line in may_go_on]
        end = 0
        for first in numbers:
            if first < end:
                continue
            end = first + 1
            while end < len(lines) and (following := self._following(lines, end)):
                end = following
            if end > first + 1:
                yield lines[first:end]

    def _following(self, lines: list[bytes], at: int) -> int:
        """Return the number after that of the line which may be read together with the one before `at`, 0 if none."""
        ends = self.ends.get(lines[at - 1], 0)
        if not ends:
            return 0
        if ends & self._starts(lines[at]):
            return at + 1
        ends &= self._over_comments
        following = after_comments(lines, at) if ends else at
        return following + 1 if following > at and ends & self._starts(lines[following]) else 0

    def _ends(self, line: bytes) -> int:
        """Return which decoders may read a line together with the next one, a bit each."""
        if line[-1:] in _CLOSED and not any(sign in line for sign in _NOT_CLOSED):
            return 0
        return sum(1 << bit for bit, end in enumerate(self._open_ends) if end.search(line))

    def _starts(self, line: bytes) -> int:
        """Return which decoders may read a line together with an open one before it, a bit each."""
        known = self._known_starts.get(line)
        if known is None:
            patterns = self._next_starts
            known = self._known_starts[line] = sum(1 << bit for bit, start in enumerate(patterns) if start.match(line))
        return known
