"""The lines around a place, with every secret and every other value on them masked before anything else sees them."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from monei_guard.model.blob import View
from monei_guard.model.finding import Snippet, SnippetLine
from monei_guard.model.hidden_values import hidden_spans, text_kind
from monei_guard.model.location import Span
from monei_guard.model.masking import MASK, redact

WIDTH = 200  # characters shown of a long line
LEAD = 60  # of them before the place
_AROUND = 1  # lines shown before and after
_SOUGHT = 500  # values looked for beyond their own places
_READ = 8192  # bytes of a line that are read before what is shown of it, to know what is a string and what is not


@dataclass(frozen=True, slots=True)
class Mask:
    """A span of the root view to be shown as `shown` instead."""

    span: Span
    shown: str


@dataclass(frozen=True, slots=True)
class Masks:
    """All that was found in one blob and must not show: spans, sorted by start, and values wherever else they stand.

    `text` holds all values, a line each: what stands in it is a part of one.
    """

    spans: tuple[Mask, ...] = ()
    starts: tuple[int, ...] = ()
    longest: int = 0
    values: tuple[bytes, ...] = ()
    text: bytes = b""

    def within(self, window: Span) -> tuple[Mask, ...]:
        """Return the masks that touch the window."""
        first = bisect_left(self.starts, window.start - self.longest)
        return self.spans[first : bisect_left(self.starts, window.end)]

    def hidden(self, text: str) -> str:
        """Return text about the blob without any of the values, for it may quote what is one."""
        for value in self.values:
            plain = value.decode("utf-8", "surrogateescape")
            if plain in text:
                text = text.replace(plain, redact(value))
        return text


NO_MASKS = Masks()


def all_masks(masks: Iterable[Mask], values: Iterable[bytes]) -> Masks:
    """Return the masks of a blob, ready for its snippets.

    Of very many values only those are looked for elsewhere that can stand there unmatched: the short ones.
    """
    spans = tuple(sorted(masks, key=lambda mask: (mask.span.start, -mask.span.end)))
    longest = max((mask.span.end - mask.span.start for mask in spans), default=0)
    sought = tuple(sorted(values, key=lambda value: (len(value), value))[:_SOUGHT])
    return Masks(spans, tuple(mask.span.start for mask in spans), longest, sought, b"\n".join(sought))


def masked_snippet(view: View, focus: Span, masks: Masks) -> Snippet:
    """Return the lines around `focus` (a span of a root view's data), all `masks` applied and all other values hidden.

    Empty lines are left out, unless they are the place's own.
    """
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
        window = _window(start, end, focus if is_focus else None)
        text, where = _shown(view, Span(start, end), window, masks, focus if is_focus else None)
        if is_focus:
            caret = where
        if text.strip() or is_focus:
            lines.append(SnippetLine(current, text))
        start, current = end + 1, current + 1
    return Snippet(tuple(lines), number, *caret)


def without_values(view: View, span: Span, masks: Masks) -> bytes:
    """Return a root view's data in `span`, over any number of lines, with the same mask for every value."""
    pieces: list[bytes] = []
    start = _line_start(view.data, span.start)
    while start < span.end:
        end = view.data.find(b"\n", start)
        end = len(view.data) if end < 0 else end
        at, last = max(start, span.start), min(end, span.end)
        for mask in _with_hidden(view, Span(start, end), Span(at, last), masks):
            if mask.span.end > at:
                pieces += [view.data[at : mask.span.start], MASK.encode()]
                at = min(mask.span.end, last)
        pieces += [view.data[at:last], b"\n"]
        start = end + 1
    return b"".join(pieces)


def masked_code(text: str, masks: Masks) -> str:
    """Return code that is suggested, which may quote the file, as a line of it would be shown."""
    raw = text.encode("utf-8", "surrogateescape")
    pieces, at = [], 0
    for span in hidden_spans(raw, text_kind(b"suggested.js"), b"", masks.text):
        pieces += [raw[at : span.start], MASK.encode()]
        at = span.end
    return masks.hidden(b"".join((*pieces, raw[at:])).decode("utf-8", "surrogateescape"))


def _line_start(data: bytes, offset: int) -> int:
    return data.rfind(b"\n", 0, offset) + 1


def _window(start: int, end: int, focus: Span | None) -> Span:
    """Return the part of a line to show: all of a short one, the neighbourhood of the place in a long one."""
    if end - start <= WIDTH:
        return Span(start, end)
    if focus is None:
        return Span(start, start + WIDTH)
    first = max(start, focus.start - LEAD)
    return Span(first, min(end, max(first + WIDTH, min(focus.end, focus.start + WIDTH) + LEAD)))


def _shown(view: View, line: Span, window: Span, masks: Masks, focus: Span | None) -> tuple[str, tuple[int, int]]:
    """Return the window's text with masks in place, and where in it the focus is shown."""
    pieces: list[tuple[Span, str | None]] = []
    at = window.start
    for mask in _with_hidden(view, line, window, masks):
        if mask.span.end <= at or mask.span.start >= window.end:
            continue
        start, end = max(at, mask.span.start), min(mask.span.end, window.end)
        pieces += [(Span(at, start), None), (Span(start, end), mask.shown)]
        at = end
    pieces.append((Span(at, window.end), None))
    texts = [_text(view, *span) if shown is None else shown for span, shown in pieces]
    caret = [0, 0]
    if focus is not None:
        for number, offset in enumerate(focus):
            for (span, shown), text in zip(pieces, texts, strict=True):
                if shown is None and offset < span.end:
                    caret[number] += len(_text(view, span.start, max(span.start, offset)))
                    break
                if shown is not None and offset < span.end + number:
                    caret[number] += len(text) * number
                    break
                caret[number] += len(text)
    return "".join(texts), (caret[0], max(caret))


def _with_hidden(view: View, line: Span, window: Span, masks: Masks) -> list[Mask]:
    """Return what is masked in a window, in order: what was found there, and what else of it has no mask yet."""
    found = [*masks.within(window), *_copies(view, window, masks)]
    found.sort(key=lambda mask: (mask.span.start, -mask.span.end))
    hidden = [Span(window.start, window.end)]
    if window.start - line.start <= _READ:
        read = view.data[line.start : min(line.end, window.end + LEAD)].rstrip(b"\r")
        above = _line_start(view.data, line.start - 1) if line.start else 0
        before = view.data[max(above, line.start - LEAD) : max(line.start - 1, 0)]
        kind = text_kind(view.blob.path)
        hidden = [
            Span(start + line.start, end + line.start) for start, end in hidden_spans(read, kind, before, masks.text)
        ]
    rest = [
        Mask(span, MASK) for span in _without(hidden, [mask.span for mask in found]) if view.data[slice(*span)].strip()
    ]
    return sorted([*found, *rest], key=lambda mask: (mask.span.start, -mask.span.end))


def _copies(view: View, window: Span, masks: Masks) -> list[Mask]:
    """Return masks for the values where they stand unmatched."""
    plain = view.data[window.start : window.end]
    found = []
    for value in masks.values:
        at = plain.find(value) if value else -1
        while at >= 0:
            found.append(Mask(Span(window.start + at, window.start + at + len(value)), MASK))
            at = plain.find(value, at + len(value))
    return found


def _without(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """Return what is left of the spans outside those `taken`; both are sorted."""
    left = list(spans)
    for other in taken:
        cut: list[Span] = []
        for span in left:
            if other.end <= span.start or span.end <= other.start:
                cut.append(span)
                continue
            cut += [
                part for part in (Span(span.start, other.start), Span(other.end, span.end)) if part.start < part.end
            ]
        left = cut
    return left


def _text(view: View, start: int, end: int) -> str:
    return view.data[start:end].rstrip(b"\r").decode(view.text_encoding, "replace")
