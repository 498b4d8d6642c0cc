"""Keys in a short text under any encoding that detection reads: decoded as there, masked where they stand."""

import re
from functools import cache

from monei_guard.decoding.views import DecodingLimits, decoded_views
from monei_guard.model.blob import Blob, Skipped, View
from monei_guard.model.location import Origin, Span
from monei_guard.model.masking import MASK
from monei_guard.reporting.redaction import key_pattern

_LONGEST = 1 << 16  # characters of text that are shown decoded or not at all
_LIMITS = DecodingLimits(depth=4, total=1 << 22)
NOT_SHOWN = "(not shown: too long or too entangled to be searched for keys)"


def without_encoded_keys(text: str) -> str:
    """Return `text` with what reads as a key after decoding masked; what cannot be read to its end is not shown."""
    if len(text) > _LONGEST:
        return NOT_SHOWN
    raw = text.encode("utf-8", "surrogatepass")
    spans = []
    for view in decoded_views(View(Blob(raw, Origin.MESSAGE), raw), _LIMITS):
        if isinstance(view, Skipped):
            return NOT_SHOWN
        spans += [view.root_span(Span(*found.span()))[1] for found in _pattern().finditer(view.data)]
    at = len(raw)
    for span in sorted(spans, reverse=True):
        if span.end <= at or span.start < at:
            raw = raw[: span.start] + f"‹{MASK}›".encode() + raw[min(span.end, at) :]
            at = span.start
    return raw.decode("utf-8", "surrogatepass")


@cache
def _pattern() -> re.Pattern[bytes]:
    return re.compile(key_pattern().encode(), re.DOTALL)
