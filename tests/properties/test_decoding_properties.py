"""Whatever the bytes are, decoding ends, raises nothing, and every decoded byte knows where it came from."""

import base64
import binascii
import gzip
import zlib

from encoders import ALL
from hypothesis import given
from hypothesis import strategies as st

from monei_guard.decoding.charset import root_view
from monei_guard.decoding.registry import DECODERS
from monei_guard.decoding.views import DecodingLimits, decoded_views
from monei_guard.lints.registry import language_openers
from monei_guard.model.blob import Blob, Skipped, View
from monei_guard.model.location import Origin, Span

_SHORTEST = 24
_LIMITS = DecodingLimits(total=1 << 22)

_readable = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=60).map(str.encode)
_encoded = st.builds(lambda name, text: ALL[name](text), st.sampled_from(sorted(ALL)), _readable)
_pieces = st.one_of(
    st.binary(max_size=40),
    _readable,
    _encoded,
    st.sampled_from([
        b"\\", b"\\u", b"\\x", b"%", b"&#", b"=\n", b"=", b"\n", b'"', b"'", b"`", b"' + '", b'" "', b"${", b"}",
        b"\\\n",
        b": |\n  ", b"\n  ", b"H4sI", b"eJw", b"\x1f\x8b\x08\x00", b"\x78\x9c", b".join('')", b"['", b"', '", b"']",
        b"P = 'mni_'\n", b"P + '", b"</w:t>", b"<w:t>", b"\0", b"0x", b", ", b":",
    ]),
)  # fmt: skip
_content = st.lists(_pieces, max_size=12).map(b"".join)


def _views(content: bytes) -> list[View]:
    root = root_view(Blob(content, Origin.WORKTREE, b"f"))
    items = list(decoded_views(root, _LIMITS, find_languages=language_openers))
    assert all(isinstance(item, Skipped) or item.parent is not None for item in items)
    return [root, *(item for item in items if isinstance(item, View))]


@given(_content)
def test_every_decoded_byte_has_a_place_in_the_file(content: bytes) -> None:
    for view in _views(content):
        starts = [start for start, *_ in view.segments]
        assert starts == sorted(starts)
        assert view.parent is None or not view.data or starts[0] == 0
        for at in range(0, len(view.data), max(1, len(view.data) // 20)):
            root, span = view.root_span(Span(at, at + 1))
            assert 0 <= span.start < span.end <= len(root.data)
            place = view.locate(Span(at, at + 1))
            assert 0 <= place.start_byte <= place.end_byte <= len(content)
            assert place.start_line <= place.end_line


@given(_content)
def test_unchanged_text_maps_to_itself(content: bytes) -> None:
    for view in _views(content):
        if len(view.encoding_path) != 1 or view.parent is None:
            continue
        ends = [*(start for start, *_ in view.segments[1:]), len(view.data)]
        for (start, parent_start, _, step), end in zip(view.segments, ends, strict=True):
            if step == (1, 1):
                assert view.data[start:end] == view.parent.data[parent_start : parent_start + end - start]


@given(_content)
def test_replacements_are_sorted_and_inside_the_text(content: bytes) -> None:
    for decoder in DECODERS:
        done = 0
        for start, end, runs, _ in decoder.read(content, [Span(0, len(content))]):
            assert 0 <= start <= end <= len(content)
            assert start >= done or decoder.name == "joined-strings"  # the driver drops what overlaps
            done = max(done, start)
            position = start
            for _, first, last, _ in runs:
                assert position <= first <= last <= end
                position = first


@given(
    st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="=&%\\"), min_size=24, max_size=80)
)
def test_what_was_encoded_comes_back(text: str) -> None:
    data = text.encode()
    for encode in (
        base64.b64encode,
        binascii.hexlify,
        lambda raw: base64.b64encode(gzip.compress(raw, mtime=0)),
        lambda raw: base64.b64encode(zlib.compress(raw)),
        lambda raw: "".join(f"\\u{code:04x}" for code in raw).encode(),
        lambda raw: "".join(f"%{code:02X}" for code in raw).encode(),
    ):
        if len(encode(data)) < _SHORTEST:
            continue  # a text of one character, compressed
        assert any(data in view.data for view in _views(b'x = "' + encode(data) + b'"')[1:])
