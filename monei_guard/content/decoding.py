"""From a view to what is encoded in it, and in that again, within limits.

Every decoder rewrites a copy of its text in place, so a decoded value still stands beside its name, and rules need to
know nothing about encodings. A finding in such a copy points at the encoded bytes; one in text that was only copied is
the parent's finding seen again, and `detection` drops it by its place in the root view.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from monei_guard.content.decoders import DECODERS
from monei_guard.content.replacement import Decoder, Replacement
from monei_guard.model.blob import Segment, Skipped, View
from monei_guard.model.location import Span

_BEFORE = 8192  # bytes of unchanged text kept before and after a replacement, for the names and hosts around it
_AFTER = 2048
_LINE = 4096  # a copy begins and ends at a line's border if one is this near
_REACH = 4096  # an encoded text may begin this far before a place that the last decoder changed
_CUT = b"Z\nZ\n"  # stands where text is left out; no key ends or begins at it


@dataclass(frozen=True, slots=True)
class DecodingLimits:
    """`depth` counts layers; `total` is the number of bytes all decoded views of one root may have together."""

    depth: int = 4
    total: int = 1 << 27


def decoded_views(
    root: View, limits: DecodingLimits | None = None, decoders: Iterable[Decoder] = DECODERS
) -> Iterator[View | Skipped]:
    """Yield the views decoded from `root`, outer layers first; and Skipped where a limit was met.

    A layer is decoded only where the layer above it was: what stands unchanged has been looked at before.
    """
    limits = limits or DecodingLimits()
    decoders = tuple(decoders)
    left = limits.total
    waiting: deque[tuple[View, tuple[Span, ...], int]] = deque([(root, (Span(0, len(root.data)),), 0)])
    while waiting:
        view, fresh, depth = waiting.popleft()
        tests: dict[Callable[[bytes], object], bool] = {}
        ranges = _search_ranges(view.data, fresh, whole=depth == 0)
        for decoder in decoders:
            if not _may_read(decoder, view.data, tests):
                continue
            replacements = _replacements(decoder, view.data, ranges, fresh)
            if not replacements:
                continue
            child, changed = _rewritten(view, decoder.name, replacements)
            left -= len(child.data)
            if left < 0:
                yield Skipped(root.blob.path, f"decoding stopped: more than {limits.total} decoded bytes")
                return
            yield from (Skipped(root.blob.path, item.cut) for item in replacements if item.cut)
            yield child
            if depth + 1 < limits.depth:
                waiting.append((child, changed, depth + 1))


def _search_ranges(data: bytes, fresh: tuple[Span, ...], *, whole: bool) -> list[Span]:
    """Return where to look for encoded text: around the changed places, between borders of words."""
    if whole:
        return [Span(0, len(data))]
    ranges: list[Span] = []
    for span in fresh:
        near = max(0, span.start - _REACH)
        start = max(data.rfind(mark, near, span.start) for mark in (b"\n", b" ", b'"', b"'"))
        start = near if start < 0 else start
        end = min(len(data), span.end + _REACH)
        if ranges and start <= ranges[-1].end:
            ranges[-1] = Span(ranges[-1].start, max(end, ranges[-1].end))
        else:
            ranges.append(Span(start, end))
    return ranges


def _may_read(decoder: Decoder, data: bytes, tests: dict[Callable[[bytes], object], bool]) -> bool:
    """Return whether the decoder can find anything; `tests` keeps the answers that several decoders share."""
    if decoder.markers and not any(marker in data for marker in decoder.markers):
        return False
    if decoder.test is None:
        return True
    if decoder.test not in tests:
        tests[decoder.test] = bool(decoder.test(data))
    return tests[decoder.test]


def _replacements(decoder: Decoder, data: bytes, ranges: list[Span], fresh: tuple[Span, ...]) -> list[Replacement]:
    """Return the decoder's replacements that touch changed text, sorted and not overlapping."""
    kept: list[Replacement] = []
    index = 0
    done = 0
    for item in decoder.read(data, ranges):
        while index < len(fresh) and fresh[index].end + decoder.reach <= item.start:
            index += 1
        if index == len(fresh):
            break
        if item.start >= done and fresh[index].start - decoder.reach < item.end:
            kept.append(item)
            done = item.end
    return kept


def _rewritten(view: View, name: str, replacements: list[Replacement]) -> tuple[View, tuple[Span, ...]]:
    """Return the view's text with the replacements in place, and which of its bytes they made."""
    copy = _Copy(view.data)
    changed: list[Span] = []
    for item in replacements:
        copy.keep_until(item.start)
        start = copy.length
        for run in item.runs:
            copy.add(run.data, run.start, run.end, run.step)
        copy.position = item.end
        changed.append(Span(start, copy.length))
    copy.keep_rest()
    child = View(
        blob=view.blob,
        data=b"".join(copy.parts),
        text_encoding=view.text_encoding,
        encoding_path=(*view.encoding_path, name),
        parent=view,
        segments=tuple(copy.segments),
    )
    return child, tuple(changed)


class _Copy:
    """A text under construction: `position` is where it stands in the parent, `length` what it has itself."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.parts: list[bytes] = []
        self.segments: list[Segment] = []
        self.position = 0
        self.length = 0

    def add(self, data: bytes, start: int, end: int, step: tuple[int, int] | None) -> None:
        """Append `data`, made from the parent's `[start, end)`."""
        if data:
            self.segments.append(Segment(self.length, Span(start, end), step is not None, step or (1, 1)))
            self.parts.append(data)
            self.length += len(data)

    def keep_until(self, end: int) -> None:
        """Append the unchanged text up to `end`, without the middle of a long one."""
        start = self.position
        if end - start <= _BEFORE:
            self.add(self.data[start:end], start, end, (1, 1))
            return
        resume = self._line_border(max(start, end - _BEFORE))
        stop = self._line_border(min(end, start + _AFTER)) if start else 0
        if stop < resume:
            self.add(self.data[start:stop], start, stop, (1, 1))
            self.add(_CUT, stop, resume, None)
            start = resume
        self.add(self.data[start:end], start, end, (1, 1))

    def keep_rest(self) -> None:
        """Append the text after the last replacement, but not all of a long one."""
        stop = self._line_border(min(len(self.data), self.position + _AFTER))
        self.add(self.data[self.position : stop], self.position, stop, (1, 1))
        if stop < len(self.data):
            self.add(_CUT, stop, len(self.data), None)

    def _line_border(self, near: int) -> int:
        """Return the first position from `near` on that begins a line, or `near` if that is far."""
        if near in {0, len(self.data)}:
            return near
        found = self.data.find(b"\n", near - 1, near + _LINE)
        return found + 1 if found >= 0 else near
