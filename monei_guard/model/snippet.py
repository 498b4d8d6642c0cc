"""The lines around a place, shown by whoever knows what on them must not be."""

from collections.abc import Callable

from monei_guard.model.blob import View
from monei_guard.model.finding import Snippet, SnippetLine
from monei_guard.model.location import Span

WIDTH = 200  # characters shown of a long line
LEAD = 60  # of them before the place
_AROUND = 1  # lines shown before and after

# Of a line `[start, end)`, and whether it is the one of the place: what is shown, and where in that the place is.
Show = Callable[[int, int, bool], tuple[str, tuple[int, int]]]


def snippet(view: View, focus: Span, show: Show) -> Snippet:
    """Return the lines around `focus` as `show` gives them; empty ones are left out, unless they are its own."""
    data = view.data
    number, _ = view.position(focus.start)
    lines: list[SnippetLine] = []
    caret = (0, 0)
    start = _line_start(data, focus.start)
    for _ in range(_AROUND):
        start = _line_start(data, start - 1) if start > 0 else start
    current = number - data.count(b"\n", start, focus.start)
    while start <= len(data) and current <= number + _AROUND:
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        is_focus = start <= focus.start <= end
        text, where = show(start, end, is_focus)
        if is_focus:
            caret = where
        if text.strip() or is_focus:
            lines.append(SnippetLine(current, text))
        start, current = end + 1, current + 1
    return Snippet(tuple(lines), number, *caret)


def _line_start(data: bytes, offset: int) -> int:
    return data.rfind(b"\n", 0, offset) + 1
