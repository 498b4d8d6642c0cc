"""From a view to what is encoded in it, and in that again, within limits.

Every decoder rewrites a copy of its text in place, so a decoded value still stands beside its name, and rules need to
know nothing about encodings. A finding in such a copy points at the encoded bytes; one in text that was only copied is
the parent's finding seen again, and `detection` drops it by its place in the root view.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from monei_guard.decoding.compressed import COMPRESSED
from monei_guard.decoding.constant_folding import folding
from monei_guard.decoding.decoder import Decoder, Replacement
from monei_guard.decoding.registry import DECODERS
from monei_guard.model.blob import Segment, Skipped, View
from monei_guard.model.location import Span

if TYPE_CHECKING:
    from monei_guard.decoding.folding_language import FindLanguages

_BEFORE = 8192  # bytes of unchanged text kept before and after a replacement, for the names and hosts around it
_AFTER = 2048
_LINE = 4096  # a copy begins and ends at a line's border if one is this near
_REACH = 4096  # an encoded text may begin this far before a place that the last decoder changed
_COPIED = (1, 1)

# The bytes of a view that a decoder made, `[start, end)`: bare tuples, for hostile text makes a million of them.
_Changed: TypeAlias = tuple[int, int]
_Borders: TypeAlias = tuple[list[int], list[int]]
_FREE = 1 << 17
_OMITTED = b"Z\nZ\n"  # stands where text is left out; no key ends or begins at it


class DecodingLimits(NamedTuple):
    """`depth` counts layers; `total` is the number of bytes all decoded views of one root may have together.

    Those below the first layer may have `inner` times the bytes of the root and of what was unpacked, and 128 KiB in
    any case. Honest files stay below 3 times; where every layer may stand inside every other, there are as many views
    as orders of the layers.
    """

    depth: int = 4
    total: int = 1 << 27
    inner: int = 5


def decoded_views(
    root: View,
    limits: DecodingLimits | None = None,
    decoders: Iterable[Decoder] = DECODERS,
    may_hold: Callable[[bytes], bool] | None = None,
    find_languages: "FindLanguages | None" = None,
) -> Iterator[View | Skipped]:
    """Yield the views decoded from `root`, outer layers first; and Skipped where a limit was met.

    A layer is decoded only where the layer above it was: what stands unchanged has been looked at before. And, with
    `may_hold`, only where it says that anything may be in there: it knows what is sought under all layers that are
    left, but sees into no compressed stream. `find_languages` knows the languages in which constants are folded.
    """
    limits = limits or DecodingLimits()
    if find_languages is not None:
        decoders = (*decoders, *folding(root.blob.path, find_languages))
    budget = _Budget(limits, root)
    waiting: deque[tuple[View, Sequence[_Changed], int]] = deque([(root, ((0, len(root.data)),), 0)])
    while waiting:
        view, fresh, depth = waiting.popleft()
        tests: dict[Callable[[bytes], object], bool] = {}
        reached: dict[int, _Borders] = {}
        ranges = _search_ranges(view.data, fresh, whole=depth == 0)
        for decoder in decoders:
            if not _may_read(decoder, view, tests):
                continue
            replacements = _replacements(decoder, view.data, ranges, fresh, reached)
            if not replacements:
                continue
            child, changed = _rewritten(view, decoder.name, replacements)
            if not budget.is_new(child):
                continue
            exceeded = budget.spend(child, inner=depth > 0 and decoder is not COMPRESSED)
            if exceeded:
                yield Skipped(root.blob.path, f"decoding stopped: {exceeded}")
                return
            yield from (Skipped(root.blob.path, reason) for *_, reason in replacements if reason)
            yield child
            if depth + 1 < limits.depth and (
                may_hold is None or _holds_any(child.data, COMPRESSED.markers) or may_hold(child.data)
            ):
                waiting.append((child, changed, depth + 1))


class _Budget:
    """What is left of the limits for one root, and which texts it has given so far."""

    def __init__(self, limits: DecodingLimits, root: View) -> None:
        self._limits = limits
        self._left = limits.total
        self._inner_left = max(_FREE, limits.inner * len(root.data))
        self._read = {hash(root.data)}  # 64 bits each, with a secret of this process

    def is_new(self, view: View) -> bool:
        """Return whether no other way has led to the same text: two decoders know one notation, layers commute."""
        count = len(self._read)
        self._read.add(hash(view.data))
        return len(self._read) > count

    def spend(self, view: View, *, inner: bool) -> str:
        """Count a view; return which limit it exceeds, or ""."""
        size = len(view.data)
        self._left -= size
        if inner:
            self._inner_left -= size
        elif view.encoding_path[-1] == COMPRESSED.name:
            self._inner_left += self._limits.inner * size
        if self._left < 0:
            return f"more than {self._limits.total} decoded bytes"
        return f"its inner layers have more than {self._limits.inner} times its size" if self._inner_left < 0 else ""


def _search_ranges(data: bytes, fresh: Sequence[_Changed], *, whole: bool) -> list[Span]:
    """Return where to look for encoded text: around the changed places, between borders of words."""
    if whole:
        return [Span(0, len(data))]
    near: list[list[int]] = []
    for first, last in fresh:
        if near and first - near[-1][1] <= 2 * _REACH:
            near[-1][1] = last
        else:
            near.append([first, last])
    ranges: list[Span] = []
    for first, last in near:
        reach = max(0, first - _REACH)
        start = max(data.rfind(mark, reach, first) for mark in (b"\n", b" ", b'"', b"'"))
        ranges.append(Span(reach if start < 0 else start, min(len(data), last + _REACH)))
    return ranges


def _may_read(decoder: Decoder, view: View, tests: dict[Callable[[bytes], object], bool]) -> bool:
    """Return whether the decoder can find anything; `tests` keeps the answers that several decoders share."""
    data = view.data
    if decoder.layers and view.encoding_path not in decoder.layers:
        return False
    if decoder.markers and not _holds_any(data, decoder.markers):
        return False
    if decoder.test is None:
        return True
    if decoder.test not in tests:
        tests[decoder.test] = bool(decoder.test(data))
    return tests[decoder.test]


def _holds_any(data: bytes, markers: tuple[bytes, ...]) -> bool:
    lead = markers[0][:1]  # a single byte is found, or not, ten times as fast as two
    if lead not in data and all(marker.startswith(lead) for marker in markers):
        return False
    return any(marker in data for marker in markers)


def _replacements(
    decoder: Decoder, data: bytes, ranges: list[Span], fresh: Sequence[_Changed], reached: dict[int, _Borders]
) -> list[Replacement]:
    """Return the decoder's replacements that touch changed text, sorted and not overlapping.

    `reached` keeps for each reach where the changed text begins and ends with it.
    """
    if len(fresh) == 1 and fresh[0] == (0, len(data)):
        return _apart(decoder.read(data, ranges))
    kept: list[Replacement] = []
    if decoder.reach not in reached:
        reached[decoder.reach] = [at - decoder.reach for at, _ in fresh], [at + decoder.reach for _, at in fresh]
    starts, ends = reached[decoder.reach]
    index = done = 0
    for item in decoder.read(data, ranges):
        start = item[0]
        while index < len(ends) and ends[index] <= start:
            index += 1
        if index == len(ends):
            break
        if start >= done and starts[index] < item[1]:
            kept.append(item)
            done = item[1]
    return kept


def _apart(items: Iterable[Replacement]) -> list[Replacement]:
    """Return sorted replacements without those that overlap an earlier one."""
    kept: list[Replacement] = []
    done = 0
    for item in items:
        if item[0] >= done:
            kept.append(item)
            done = item[1]
    return kept


def _rewritten(view: View, name: str, replacements: list[Replacement]) -> tuple[View, list[_Changed]]:
    """Return the view's text with the replacements in place, and which of its bytes they made."""
    data = view.data
    parts: list[bytes] = []
    segments: list[Segment] = []
    changed: list[_Changed] = []
    position = length = 0
    for first, last, fragments, _ in replacements:
        if first - position > _BEFORE:
            for start, end, text in _kept(data, position, first):
                segments.append((length, start, end, _COPIED if text is None else None))
                parts.append(data[start:end] if text is None else text)
                length += len(parts[-1])
        elif first > position:
            segments.append((length, position, first, _COPIED))
            parts.append(data[position:first])
            length += first - position
        begin = length
        for text, start, end, step in fragments:
            if text:
                segments.append((length, start, end, step))
                parts.append(text)
                length += len(text)
        if changed and changed[-1][1] == begin and length > begin:
            begin = changed.pop()[0]
        changed.append((begin, length))
        position = last
    stop = _line_border(data, min(len(data), position + _AFTER))
    segments.append((length, position, stop, _COPIED))
    parts.append(data[position:stop])
    if stop < len(data):
        segments.append((length + stop - position, stop, len(data), None))
        parts.append(_OMITTED)
    child = View(
        blob=view.blob,
        data=b"".join(parts),
        text_encoding=view.text_encoding,
        encoding_path=(*view.encoding_path, name),
        parent=view,
        segments=tuple(segments),
    )
    return child, changed


def _kept(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, bytes | None]]:
    """Yield of a long text between two replacements what is kept: ranges, and what stands for its middle."""
    resume = _line_border(data, end - _BEFORE)
    stop = _line_border(data, start + _AFTER) if start else 0
    if stop < resume:
        if stop > start:
            yield start, stop, None
        yield stop, resume, _OMITTED
        start = resume
    if start < end:
        yield start, end, None


def _line_border(data: bytes, near: int) -> int:
    """Return the first position from `near` on that begins a line, or `near` if that is far."""
    if near in {0, len(data)}:
        return near
    found = data.find(b"\n", near - 1, near + _LINE)
    return found + 1 if found >= 0 else near
