"""Spans of decoded views lead back to the bytes they were made from."""

from hypothesis import given
from hypothesis import strategies as st

from monei_guard.decoding.charset import root_view
from monei_guard.model.blob import Blob, View
from monei_guard.model.location import Origin, Span

PIECES = st.lists(
    st.tuples(st.binary(min_size=1, max_size=8), st.booleans(), st.integers(0, 5)), min_size=1, max_size=8
)


@given(PIECES, st.data())
def test_a_span_of_a_decoded_view_covers_what_it_was_made_from(
    pieces: list[tuple[bytes, bool, int]], data: st.DataObject
) -> None:
    parent, child, segments, origin = b"", b"", [], []
    for text, linear, gap in pieces:
        parent += b"." * gap
        made = text if linear else b"%s" % text.hex().encode()
        segments.append((len(child), len(parent), len(parent) + len(made), (1, 1) if linear else None))
        for offset in range(len(text)):
            origin.append(  # noqa: PERF401 - read one at a time
                (len(parent) + offset, len(parent) + offset + 1) if linear else (len(parent), len(parent) + len(made))
            )
        parent += made
        child += text
    blob = Blob(parent, Origin.WORKTREE, b"a")
    root = View(blob, parent)
    view = View(blob, child, encoding_path=("x",), parent=root, segments=tuple(segments))
    start = data.draw(st.integers(0, len(child) - 1))
    end = data.draw(st.integers(start + 1, len(child)))
    found, span = view.root_span(Span(start, end))
    assert found is root
    assert span == Span(origin[start][0], origin[end - 1][1])
    place = view.locate(Span(start, end))
    assert (place.start_byte, place.end_byte) == (span.start, span.end)


@given(st.text(max_size=60), st.sampled_from(["utf-8", "utf-16", "utf-16-le", "utf-32-be"]), st.data())
def test_positions_count_lines_and_characters(text: str, encoding: str, data: st.DataObject) -> None:
    content = ("ordinary text\n" + text).encode(encoding, "surrogatepass")
    view = root_view(Blob(content, Origin.WORKTREE, b"a"))
    shown = view.data.decode("utf-8" if view.transcoded_from else view.text_encoding, "surrogatepass")
    index = data.draw(st.integers(0, len(shown)))
    offset = len(shown[:index].encode("utf-8" if view.transcoded_from else view.text_encoding, "surrogatepass"))
    line, column = view.position(offset)
    assert line == shown.count("\n", 0, index) + 1
    start = shown.rfind("\n", 0, index) + 1
    assert column == index - start + 1 - (start == 0 and shown.startswith("\ufeff"))


@given(st.binary(max_size=200))
def test_any_bytes_have_a_root_view(content: bytes) -> None:
    view = root_view(Blob(content, Origin.WORKTREE, b"a"))
    assert view.original_offset(0) in {0, 2, 4}
    assert view.original_offset(len(view.data)) <= len(content)
