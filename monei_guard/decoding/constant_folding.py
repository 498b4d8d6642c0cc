"""Keys that a program computes from constants, read from its syntax tree: what the textual join leaves.

Names given one constant, `+=`, parentheses, lists with a name that are joined. Only in languages with a grammar, which
are handed in (`folding_language`), and only in texts in which a literal looks like the beginning of a key. Names are
taken by their order in the text, whatever their scope: a name whose value is not known at one place is known nowhere
after it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from time import process_time
from typing import TYPE_CHECKING, TypeAlias

from monei_guard.decoding.decoder import AcrossLines, Decoder, Replacement
from monei_guard.decoding.escapes import NUMERIC_ESCAPES
from monei_guard.decoding.signatures.split_strings import SPLIT_STRINGS
from monei_guard.model.location import Span

if TYPE_CHECKING:
    from tree_sitter import Node

    from monei_guard.decoding.folding_language import FindLanguage, FoldingLanguage, FoldingNodes

# A text, the texts in a list, or nothing that is known.
_Value: TypeAlias = bytes | tuple[bytes, ...] | None

# The beginning of a key alone in its quotation marks: `mni_`, `sk_live_`, a part of them.
_BEGINNING = re.compile(rb"""["'`][a-z]{1,4}_(?:[a-z]{1,4}_)?["'`]""")
_KEY = re.compile(rb"[A-Za-z0-9_\-+/=.]{16,400}")
_LARGEST = 1 << 19  # bytes of program text
# Processor time that parsing may take: programs need a fifth of it, and a text of nothing but errors ten times as much.
_SECONDS = 0.05
_SECONDS_A_BYTE = 8e-7
_FREE = 20_000  # expressions, and one for every four bytes
_DEEPEST = 40  # expressions inside one another
_LONGEST = 4096  # bytes of one value
_QUOTES = (b'"', b"'", b"`")
FOLDED = AcrossLines(elsewhere=lambda data: (found.start() for found in _BEGINNING.finditer(data)))
_LAYERS = ((), (NUMERIC_ESCAPES.name,))  # the program, and what its strings say


def folding(path: bytes | None, find_language: "FindLanguage") -> tuple[Decoder, ...]:
    """Return the decoder for a program's language, none for other files."""
    opener = find_language((path or b"").decode("latin-1"))
    if opener is None:
        return ()
    read = partial(_read, opener)
    return (Decoder("joined-strings", read, SPLIT_STRINGS, FOLDED, _QUOTES, _BEGINNING.search, layers=_LAYERS),)


def _read(opener: "Callable[[], FoldingLanguage]", data: bytes, ranges: Sequence[Span]) -> Iterator[Replacement]:
    """Yield expressions whose constant value could be a key, as that value in quotation marks."""
    if len(data) > _LARGEST:
        return
    language = opener()
    end = process_time() + _SECONDS + len(data) * _SECONDS_A_BYTE
    tree = language.parse_until(data, lambda: process_time() > end)
    if tree is None:
        yield len(data), len(data), (), "its syntax could not be read in time: too many errors, or no program"
        return
    folder = _Folder(data, language.nodes, _FREE + len(data) // 4)
    for node, value in folder.expressions(tree.root_node):
        first, last = node.start_byte, node.end_byte
        if _KEY.fullmatch(value) and any(span.start <= first and last <= span.end for span in ranges):
            yield first, last, ((b'"' + value + b'"', first, last, None),), ""
    if folder.left < 0:
        yield len(data), len(data), (), "more expressions inside one another than a program has"


class _Folder:
    """The values of names, in the order of the text. `left` bounds how many expressions are looked at."""

    def __init__(self, data: bytes, nodes: "FoldingNodes", left: int) -> None:
        self.left = left
        self._data = data
        self._nodes = nodes
        self._values: dict[bytes, _Value] = {}

    def expressions(self, root: "Node") -> Iterator[tuple["Node", bytes]]:
        """Yield, sorted and apart from each other, expressions that are no literals, with their values."""
        cursor = root.walk()
        while True:
            node = cursor.node
            if node is None or self.left < 0:
                return
            value = self._folded(node)
            self._remember(node)
            if node.type in self._nodes.additions:
                left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
                value = _text(self._values.get(self._source(left))) if left is not None else None
                node = right or node
            if value is not None:
                yield node, value
            if value is None and cursor.goto_first_child():
                continue
            while not cursor.goto_next_sibling():
                if not cursor.goto_parent():
                    return

    def _folded(self, node: "Node") -> bytes | None:
        """Return the value of an expression that is put together."""
        nodes, kind = self._nodes, node.type
        if kind in nodes.sums or kind in nodes.calls or (kind in nodes.strings and node.named_child_count > 1):
            return _text(self._value(node, 0))
        return None

    def _remember(self, node: "Node") -> None:
        if node.type in self._nodes.bindings:
            name = node.child_by_field_name("name") or node.child_by_field_name("left")
            value = node.child_by_field_name("value") or node.child_by_field_name("right")
            if name is not None and name.type in self._nodes.identifiers and value is not None:
                new, source = self._value(value, 0), self._source(name)
                self._values[source] = new if self._values.get(source, new) == new else None
        elif node.type in self._nodes.additions:
            name = node.child_by_field_name("left")
            if name is not None:
                self._values[self._source(name)] = self._added(node)

    def _added(self, node: "Node") -> _Value:
        name, value = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = node.child_by_field_name("operator")
        if name is None or value is None or (operator is not None and operator.type != "+="):
            return None
        return _sum(self._values.get(self._source(name)), self._value(value, 0))

    def _value(self, node: "Node", depth: int) -> _Value:
        """Return the constant value of an expression, None where it has none."""
        self.left -= 1
        if depth > _DEEPEST or self.left < 0:
            return None
        if node.type in self._nodes.identifiers:
            return self._values.get(self._source(node))
        if node.type in self._nodes.parentheses:
            return self._value(node.named_children[0], depth + 1) if node.named_children else None
        if node.type in self._nodes.strings:
            return self._string(node, depth)
        if node.type in self._nodes.sums:
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            operator = node.child_by_field_name("operator")
            if left is None or right is None or operator is None or operator.type != "+":
                return None
            return _sum(self._value(left, depth + 1), self._value(right, depth + 1))
        if node.type in self._nodes.lists:
            items = [_text(self._value(item, depth + 1)) for item in node.named_children if item.type != "comment"]
            folded = tuple(item for item in items if item is not None)
            return folded if len(folded) == len(items) else None
        return self._call(node, depth) if node.type in self._nodes.calls else None

    def _string(self, node: "Node", depth: int) -> bytes | None:
        parts: list[bytes | None] = []
        for part in node.named_children:
            if part.type in self._nodes.pieces and not part.named_child_count:
                parts.append(self._source(part))
            elif part.type in self._nodes.holes and part.named_child_count == 1:
                parts.append(_text(self._value(part.named_children[0], depth + 1)))
            elif part.type in self._nodes.strings:
                parts.append(self._string(part, depth + 1))
            elif part.type not in self._nodes.fences:
                return None
        folded = [part for part in parts if part is not None]
        return b"".join(folded) if len(folded) == len(parts) else None

    def _call(self, node: "Node", depth: int) -> bytes | None:
        """Return the value of `list.join("")`, `"".join(list)` and `text.concat(…)`."""
        called, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if called is None or arguments is None:
            return None
        method = called.child_by_field_name("property") or called.child_by_field_name("attribute")
        target = called.child_by_field_name("object")
        if method is None or target is None or self._source(method) not in {b"join", b"concat"}:
            return None
        of = self._value(target, depth + 1)
        given = [self._value(item, depth + 1) for item in arguments.named_children if item.type != "comment"]
        if self._source(method) == b"concat":
            for item in given:
                of = _sum(of, item)
            return _text(of)
        between, parts = (of, given[0]) if isinstance(of, bytes) and given else (given[0] if given else None, of)
        if isinstance(between, bytes) and isinstance(parts, tuple) and sum(map(len, parts)) <= _LONGEST:
            return between.join(parts)
        return None

    def _source(self, node: "Node") -> bytes:
        return self._data[node.start_byte : node.end_byte]


def _text(value: _Value) -> bytes | None:
    return value if isinstance(value, bytes) else None


def _sum(first: _Value, second: _Value) -> bytes | None:
    if isinstance(first, bytes) and isinstance(second, bytes) and len(first) + len(second) <= _LONGEST:
        return first + second
    return None
