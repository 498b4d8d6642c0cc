"""The lines around a finding, with every secret on them masked before anything else sees them."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from monei_guard.model.blob import View
from monei_guard.model.finding import Snippet
from monei_guard.model.location import Span
from monei_guard.model.snippet import LEAD, WIDTH, snippet

_SOUGHT = 500  # values looked for beyond their own places


@dataclass(frozen=True, slots=True)
class Mask:
    """A span of the root view to be shown as `shown` instead."""

    span: Span
    shown: str


@dataclass(frozen=True, slots=True)
class Masks:
    """All that must not show in one blob: spans, sorted by start, and values wherever else they stand."""

    spans: tuple[Mask, ...]
    starts: tuple[int, ...]
    longest: int
    values: tuple[bytes, ...]
    shortest: int  # of the values

    def within(self, window: Span) -> tuple[Mask, ...]:
        """Return the masks that touch the window."""
        first = bisect_left(self.starts, window.start - self.longest)
        return self.spans[first : bisect_left(self.starts, window.end)]


def all_masks(masks: Iterable[Mask], values: Iterable[bytes]) -> Masks:
    """Return the masks of a blob, ready for its snippets.

    Of very many values only those are looked for elsewhere that can stand there unmatched: the short ones.
    """
    spans = tuple(sorted(masks, key=lambda mask: (mask.span.start, -mask.span.end)))
    longest = max((mask.span.end - mask.span.start for mask in spans), default=0)
    sought = sorted(values, key=lambda value: (len(value), value))[:_SOUGHT]
    return Masks(
        spans, tuple(mask.span.start for mask in spans), longest, tuple(sought), len(sought[0]) if sought else 0
    )


def masked_snippet(root: View, focus: Span, masks: Masks) -> Snippet:
    """Return the lines around `focus` (a span of the root view's data), all `masks` applied."""

    def show(start: int, end: int, is_focus: bool) -> tuple[str, tuple[int, int]]:
        shown = focus if is_focus else None
        return _mask(root, _window(start, end, shown), masks, shown)

    return snippet(root, focus, show)


def _window(start: int, end: int, focus: Span | None) -> Span:
    """Return the part of a line to show: all of a short one, the neighbourhood of the secret in a long one."""
    if end - start <= WIDTH:
        return Span(start, end)
    if focus is None:
        return Span(start, start + WIDTH)
    first = max(start, focus.start - LEAD)
    return Span(first, min(end, max(first + WIDTH, focus.end + LEAD)))


def _mask(root: View, window: Span, masks: Masks, focus: Span | None) -> tuple[str, tuple[int, int]]:
    """Return the window's text with masks in place, and where in it the focus is shown."""
    pieces: list[str] = []
    caret = (0, 0)
    at = window.start

    def text(start: int, end: int) -> str:
        plain = root.data[start:end].rstrip(b"\r")
        for value in masks.values if len(plain) >= masks.shortest else ():
            if value in plain:
                plain = plain.replace(value, "••••".encode())
        return plain.decode("utf-8", "replace") if root.text_encoding == "utf-8" else plain.decode("latin-1")

    for mask in masks.within(window):
        if mask.span.end <= at or mask.span.start >= window.end:
            continue
        pieces.append(text(at, max(at, mask.span.start)))
        shown_at = sum(map(len, pieces))
        pieces.append(mask.shown)
        if focus is not None and mask.span.start <= focus.start < mask.span.end:
            caret = (shown_at, shown_at + len(mask.shown))
        at = min(mask.span.end, window.end)
    pieces.append(text(at, window.end))
    return "".join(pieces), caret
