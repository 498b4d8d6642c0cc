"""What is found in many trees at once, against reading each entry by entry."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from monei_guard.git.tree_objects import tree_entries
from monei_guard.history.tree_index import Edges, Sought, TreeReader, TreeStore

_NAMES = (b"a", b"lib", b"40000 a", b"library", b"\xff ")


def ids(width: int) -> list[bytes]:
    """Return ids of which the second holds a whole entry's head, and the third what stands behind an entry's name."""
    return [bytes([7]) * width, b"40000 lib\0".rjust(width, b"\0"), bytes(width), bytes([32]) * width]


@st.composite
def tree(draw: st.DrawFn, width: int) -> bytes:
    """Draw a tree, perhaps cut short."""
    names = st.sampled_from(_NAMES) | st.binary(min_size=1, max_size=9).filter(lambda name: b"\0" not in name)
    entry = st.tuples(st.sampled_from([b"40000", b"100644"]), names, st.sampled_from(ids(width)))
    content = b"".join(b"%s %s\0%s" % one for one in draw(st.lists(entry, max_size=6)))
    return content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content


def found(contents: Sequence[bytes], width: int) -> Edges:
    """Return what the reader finds, given two shares of trees in two groups each."""
    sought = Sought((ids(width)[0],), _NAMES)
    reader = TreeReader(sought, width)
    table = {child: number for number, child in enumerate(ids(width))}
    parts = []
    for share in range(2):
        for group in range(2):
            chosen = np.arange(share * 2 + group, len(contents), 4)
            reader.read(chosen, [contents[number] for number in chosen.tolist()])
        parts.append(
            reader.rows(
                lambda some: np.array([table.get(bytes(one).ljust(width, b"\0"), -1) for one in some], dtype=int)
            )
        )
    return TreeStore((), {}, width, 1).edges(sought, parts)


@given(st.sampled_from([20, 32]), st.data())
def test_folders_and_ids_in_trees_are_those_of_their_entries(width: int, data: st.DataObject) -> None:
    contents = data.draw(st.lists(tree(width), max_size=12))
    edges = found(contents, width)
    entries = [list(tree_entries(content, width)) for content in contents]
    steps = {
        (number, name, ids(width).index(child))
        for number, some in enumerate(entries)
        for mode, name, child in some
        if mode == b"40000" and name in _NAMES
    }
    told = {
        (number, name, child)
        for name, (trees, children) in edges.steps.items()
        for number, child in zip(trees.tolist(), children.tolist(), strict=True)
    }
    assert steps <= told
    # one more than there is can only be told of a tree that holds what reads like an entry where none begins
    for number, name, _ in told - steps:
        heads = sum(mode == b"40000" and listed == name for mode, listed, _ in entries[number])
        assert contents[number].count(b"40000 " + name + b"\0") > heads
    naming = edges.naming
    named = {(number, *naming.entries[which]) for number, which in zip(naming.tree, naming.which, strict=True)}
    assert {
        (number, name, child)
        for number, some in enumerate(entries)
        for _, name, child in some
        if child == ids(width)[0]
    } <= named
