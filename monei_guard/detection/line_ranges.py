"""Which lines of a text belong together: around a sign, after comments, changed by a decoder."""

import re

from monei_guard.model.blob import View
from monei_guard.model.location import Span

# Between two parts of a string: nothing, or a comment.
_PASSED_OVER = re.compile(rb"[ \t]*(?:(?://|\#|/\*[^*]{0,200}\*/)[^\n]*|[\\_])?\r?")
_COMMENT_START, _COMMENT_END = re.compile(rb"[ \t]*/\*"), b"*/"
_MOST_PASSED_OVER = 40
# Bytes around a sign in which its rule may find something: of what is escaped, some for each one that its pattern says.
_REACH = 1024


def lines_before(lines: list[bytes], number: int) -> int:
    """Return the number of the first line from which on as much stands before a line as its sign may concern."""
    left = _REACH
    while number > 0 and left > 0:
        number -= 1
        left -= len(lines[number]) + 1
    return number


def lines_after(lines: list[bytes], number: int) -> int:
    """Return the number after that of the last line which as much stands after a line as its sign may concern."""
    left = _REACH
    number += 1
    while number < len(lines) and left > 0:
        left -= len(lines[number]) + 1
        number += 1
    return number


def after_comments(lines: list[bytes], at: int) -> int:
    """Return the number of the first line from `at` on that is neither blank nor a comment; `at` if none is near."""
    in_comment = False
    for number in range(at, min(len(lines), at + _MOST_PASSED_OVER)):
        line = lines[number]
        if in_comment:
            in_comment = _COMMENT_END not in line
        elif not _PASSED_OVER.fullmatch(line):
            if not _COMMENT_START.match(line) or _COMMENT_END in line:
                return number
            in_comment = True
    return at


def changed_lines(view: View) -> list[Span]:
    """Return the lines of a view that do not stand so in its parent, which was looked at before; all of a root's."""
    data = view.data
    if view.parent is None:
        return [Span(0, len(data))]
    found: list[list[int]] = []
    ends = [*(segment[0] for segment in view.segments[1:]), len(data)]
    copied_to = 0
    for (begin, parent_start, parent_end, step), end in zip(view.segments, ends, strict=True):
        is_copy = step == (1, 1)
        is_covered = bool(found) and (begin if is_copy else end) <= found[-1][1]  # a line may hold a million of them
        if not is_covered and (not is_copy or parent_start != copied_to):
            first = data.rfind(b"\n", 0, begin) + 1
            last = data.find(b"\n", begin if is_copy else end)
            last = len(data) if last < 0 else last
            if found and first <= found[-1][1]:
                found[-1][1] = max(last, found[-1][1])
            else:
                found.append([first, last])
        copied_to = parent_end
    return [Span(first, last) for first, last in found]
