"""Content and its provenance, kept apart; and what could not be looked at."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from monei_guard.model.location import Location, Origin, Span, display_path

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# Called with the root view's data and a finding's first and last line (from 1) in it: is any of them new?
LineFilter = Callable[[bytes, int, int], bool]


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes to scan and where they came from.

    `path` is relative to the scanned root, `/`-separated, None for messages and nameless blobs. `is_new_line`
    limits findings to lines a commit adds; None means every line counts. `is_name` marks a blob whose content is a
    file, directory or ref name rather than a file's content; `name_is_new` says whether the path itself is to be
    scanned too. `note`, given the secret's bytes, returns what to append to the finding's message.
    """

    content: bytes | memoryview = field(repr=False)  # no log line and no traceback may show it
    origin: Origin
    path: bytes | None = None
    commit: str | None = None
    author: str | None = None
    date: str | None = None
    object_id: str | None = None
    is_name: bool = False
    name_is_new: bool = True
    is_new_line: LineFilter | None = field(default=None, compare=False)
    note: Callable[[bytes], str] | None = field(default=None, compare=False)


class Skipped(NamedTuple):
    """Something that was not scanned, and why. `incomplete` says it should have been (exit code 3).

    `content_id` is the blob id of what could not be looked at everywhere, None where there is no content.
    """

    path: bytes | None
    reason: str
    incomplete: bool = True
    content_id: str | None = None


# A run of a decoded view: (start, parent_start, parent_end, step). What begins at `start` in its data came from the
# parent's `[parent_start, parent_end)`; every `step[0]` bytes of the view come from `step[1]` bytes of the parent:
# (1, 1) for copies, (3, 4) for base64. Without a step (a compressed stream, a named entity) the run maps as a whole.
# A bare tuple, for hostile text makes hundreds of thousands of them.
Segment: TypeAlias = tuple[int, int, int, tuple[int, int] | None]


@dataclass(frozen=True, slots=True)
class View:
    """Bytes that rules match on: a blob's own, transcoded to an ASCII superset, or decoded from a part of another view.

    `text_encoding` ("utf-8" or "latin-1") says how to count characters in `data`. `segments` are sorted by `start`
    and empty for a root view, where `data` is the blob's content (or its transcoding: `transcoded_from`).
    """

    blob: Blob
    data: bytes = field(repr=False)
    text_encoding: str = "utf-8"
    encoding_path: tuple[str, ...] = ()
    parent: "View | None" = None
    segments: tuple[Segment, ...] = ()
    transcoded_from: str | None = None
    _line_ends: "list[int]" = field(default_factory=list, init=False, repr=False, compare=False)  # filled on first use

    def root_span(self, span: Span) -> tuple["View", Span]:
        """Return the root view and the span of its data that `span` of this view was made from."""
        view, current = self, span
        while view.parent is not None:
            current = Span(
                _to_parent(view.segments, current.start)[0], _to_parent(view.segments, max(current.end - 1, 0))[1]
            )
            view = view.parent
        return view, current

    def locate(self, span: Span, path: str | None = None) -> Location:
        """Return the location of `span` in the blob; `path` replaces the displayed path (to mask one)."""
        root, root_span = self.root_span(span)
        start_line, start_column = root.position(root_span.start)
        end_line, end_column = root.position(root_span.end)
        blob = self.blob
        shown = path if path is not None or blob.path is None else display_path(blob.path)
        exact = blob.path if path is None and blob.path is not None and shown != _utf8(blob.path) else None
        return Location(
            path=shown, start_line=start_line, start_column=start_column, end_line=end_line, end_column=end_column,
            start_byte=root.original_offset(root_span.start), end_byte=root.original_offset(root_span.end),
            origin=blob.origin, path_bytes=exact, encoding_path=self.encoding_path,
            commit=blob.commit, author=blob.author, date=blob.date,
        )  # fmt: skip

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column (from 1, column in characters) of a byte offset in this view's data."""
        ends = self._line_ends
        if not ends:  # once a view: a file may hold thousands of findings
            ends.extend(found.start() for found in re.finditer(b"\n", self.data))
            ends.append(len(self.data))
        line = bisect_left(ends, offset)
        line_start = ends[line - 1] + 1 if line else 0
        if self.text_encoding == "latin-1":
            return line + 1, offset - line_start + 1
        prefix = self.data[line_start:offset]
        if line_start == 0:
            prefix = prefix.removeprefix(_BYTE_ORDER_MARK)  # no editor counts it as a character
        return line + 1, len(prefix.decode(self.text_encoding, "surrogateescape")) + 1

    def original_offset(self, offset: int) -> int:
        """Return the offset in the blob's own bytes for an offset in a root view's data."""
        if self.transcoded_from is None:
            return offset
        while offset < len(self.data) and self.data[offset] & 0xC0 == 0x80:  # noqa: PLR2004 - inside a character
            offset -= 1
        text = self.data[:offset].decode("utf-8", "surrogatepass")
        return _bom_length(self.blob.content, self.transcoded_from) + len(
            text.encode(self.transcoded_from, "surrogatepass")
        )


def _to_parent(segments: tuple[Segment, ...], offset: int) -> tuple[int, int]:
    """Return the parent's first byte and the byte after it for one byte of a decoded view."""
    begin, parent_start, parent_end, step = segments[bisect_right(segments, offset, key=_start) - 1]
    if step is None:
        return parent_start, parent_end
    made, read = step
    start = parent_start + (offset - begin) // made * read
    return start, min(start + read, parent_end)


def _start(segment: Segment) -> int:
    return segment[0]


def _utf8(path: bytes) -> str | None:
    try:
        return path.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _bom_length(content: bytes | memoryview, encoding: str) -> int:
    marks = {
        "utf-16-le": b"\xff\xfe",
        "utf-16-be": b"\xfe\xff",
        "utf-32-le": b"\xff\xfe\0\0",
        "utf-32-be": b"\0\0\xfe\xff",
    }
    mark = marks.get(encoding, b"")
    return len(mark) if mark and bytes(content[: len(mark)]) == mark else 0
