"""What a decoder says: these bytes of a text stand for those."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from monei_guard.decoding.signatures.keywords import Signature, compiled
from monei_guard.model.location import Span

# Decoded bytes and the encoded bytes they were made from: (data, start, end, step). Every `step[0]` bytes of `data`
# come from `step[1]` bytes of `[start, end)`; with `step` None `data` was made from the range as a whole. This and the
# next are bare tuples, for hostile text makes hundreds of thousands of them.
Fragment: TypeAlias = tuple[bytes, int, int, tuple[int, int] | None]

# (start, end, fragments, incomplete): `[start, end)` of a text reads as the fragments, which lie inside it in order.
# None: the range is dropped. `incomplete` says why decoding stopped early, "" if it did not.
Replacement: TypeAlias = tuple[int, int, tuple[Fragment, ...], str]


# Reads ranges of a text (sorted, apart from each other) and yields replacements in them, sorted, not overlapping.
Reader = Callable[[bytes, Sequence[Span]], Iterator[Replacement]]


class AcrossLines(NamedTuple):
    """What a decoder reads together that does not stand on one line; `detection.quiet_lines` judges by lines.

    `open_end` matches the end of every line that may be read together with the next one, and `next_start` how that one
    begins; with `over_comments` blank lines and comments may stand between them. `elsewhere` yields an offset on every
    line of a text that may be read together with lines further away.
    """

    open_end: bytes = b""
    next_start: bytes = b""
    over_comments: bool = False
    elsewhere: Callable[[bytes], Iterable[int]] | None = None


class Decoder(NamedTuple):
    """One encoding. `name` stands in a finding's `encoding_path`.

    `signature` is how the first stage finds a keyword in it; None says that the keyword stands there as it is.
    `across_lines` is None where nothing is read together that stands on two lines of the text.
    `markers` are literals of which at least one stands in every text the decoder can read; none means that no literal
    is certain. `test` tells, faster than reading would, whether a text can hold anything to read. A change concerns
    this decoder as far as `reach` bytes around it. `layers` are the encoding paths of the only views it reads, for one
    that takes long; none means any.
    """

    name: str
    read: Reader
    signature: Signature | None
    across_lines: AcrossLines | None
    markers: tuple[bytes, ...] = ()
    test: Callable[[bytes], object] | None = None
    reach: int = 0
    layers: tuple[tuple[str, ...], ...] = ()


def matches(pattern: bytes | re.Pattern[bytes], data: bytes, ranges: Sequence[Span]) -> Iterator[re.Match[bytes]]:
    """Yield the pattern's matches in each range. One that is no constant comes compiled: it is not kept."""
    find = (compiled(pattern) if isinstance(pattern, bytes) else pattern).finditer
    for span in ranges:
        yield from find(data, span.start, span.end)
