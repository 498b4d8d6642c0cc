"""Keys that a program computes from constants, read from its syntax tree: what the textual join leaves.

Names given one constant, `+=`, parentheses, lists with a name that are joined. Only in languages with a grammar, which
are handed in (`folding_language`), and only in texts in which a literal looks like the beginning of a key. Names are
taken by their order in the text, whatever their scope: a name whose value is not known at one place is known nowhere
after it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from time import process_time
from typing import TYPE_CHECKING, TypeAlias

from monei_guard.decoding.decoder import AcrossLines, Decoder, Reader, Replacement
from monei_guard.decoding.escapes import NUMERIC_ESCAPES
from monei_guard.decoding.signatures.split_strings import SPLIT_STRINGS
from monei_guard.model.location import Span

if TYPE_CHECKING:
    from tree_sitter import Node

    from monei_guard.decoding.folding_language import FindLanguages, FoldingLanguage, FoldingNodes

# A text, the texts in a list, or nothing that is known.
_Value: TypeAlias = bytes | tuple[bytes, ...] | None

# The beginning of a key alone in its quotation marks: `mni_`, `sk_live_`, a part of them.
_BEGINNING = re.compile(rb"""["'`][a-z]{1,4}_(?:[a-z]{1,4}_)?["'`]""")
_LONGEST = 400  # bytes of a key; putting together never makes shorter, so of what is longer nothing is kept
_MOST_ITEMS = 400  # of a list
_KEY = re.compile(rb"[A-Za-z0-9_\-+/=.]{16,%d}" % _LONGEST)
_LARGEST = 1 << 19  # bytes of program text
# Processor time a text may take: programs need a fifth of it, and a text of nothing but errors ten times as much.
_SECONDS = 0.05
_PARSE_SECONDS_A_BYTE = 8e-7
_FOLD_SECONDS_A_BYTE = 3e-6
_BETWEEN_LOOKS = 4096  # nodes between two looks at the clock
_QUOTES = (b'"', b"'", b"`")
FOLDED = AcrossLines(elsewhere=lambda data: (found.start() for found in _BEGINNING.finditer(data)))
_LAYERS = ((), (NUMERIC_ESCAPES.name,))  # the program, and what its strings say


def folding(path: bytes | None, find_languages: "FindLanguages") -> tuple[Decoder, ...]:
    """Return the decoder for a program's language, none for other files; for what has no path, one for each language.

    They read views of their own: what one language makes of another's program must not stand in its way.
    """
    openers = find_languages(None if path is None else path.decode("latin-1"))
    guess = _Guess(openers)
    reads = map(guess.reader, range(len(openers))) if path is None else (partial(_read, opener) for opener in openers)
    return tuple(Decoder("joined-strings", read, SPLIT_STRINGS, FOLDED, _QUOTES, _BEGINNING.search, layers=_LAYERS)
                 for read in reads)  # fmt: skip


class _Guess:
    """Reads one text in each language, in order; that it could not be read is said where no language could."""

    def __init__(self, openers: "Sequence[Callable[[], FoldingLanguage]]") -> None:
        self._openers = openers
        self._late = 0

    def reader(self, number: int) -> Reader:
        """Return what reads in one of the languages."""
        return partial(self._read, number)

    def _read(self, number: int, data: bytes, ranges: Sequence[Span]) -> Iterator[Replacement]:
        self._late = 0 if number == 0 else self._late
        for item in _read(self._openers[number], data, ranges):
            self._late += bool(item[3])
            if not item[3] or self._late == len(self._openers):
                yield item


def _read(opener: "Callable[[], FoldingLanguage]", data: bytes, ranges: Sequence[Span]) -> Iterator[Replacement]:
    """Yield expressions whose constant value could be a key, as that value in quotation marks."""
    if len(data) > _LARGEST:
        return
    language = opener()
    tree = language.parse_until(data, _stop_watch(_SECONDS + len(data) * _PARSE_SECONDS_A_BYTE))
    if tree is None:
        yield len(data), len(data), (), "its syntax could not be read in time: too many errors, or no program"
        return
    folder = _Folder(data, language.nodes)
    is_whole = folder.read(tree.root_node, _stop_watch(_SECONDS + len(data) * _FOLD_SECONDS_A_BYTE))
    for first, last, value in folder.found:
        if _KEY.fullmatch(value) and any(span.start <= first and last <= span.end for span in ranges):
            yield first, last, ((b'"' + value + b'"', first, last, None),), ""
    if not is_whole:
        yield len(data), len(data), (), "its constants could not be put together in time"


def _stop_watch(seconds: float) -> Callable[[], bool]:
    """Return what says whether so much processor time has gone since now."""
    end = process_time() + seconds
    return lambda: process_time() > end


class _Folder:
    """The values of expressions, each made once from those of its parts, and of names, in the order of the text.

    `found` are expressions that are no literals, sorted and apart from each other: start, end, value.
    """

    def __init__(self, data: bytes, nodes: "FoldingNodes") -> None:
        self.found: list[tuple[int, int, bytes]] = []
        self._data = data
        self._nodes = nodes
        self._names: dict[bytes, _Value] = {}
        self._made: dict[int, _Value] = {}  # by node
        ways = (
            (nodes.identifiers, self._name),
            (nodes.parentheses, self._inner),
            (nodes.strings, self._string),
            (nodes.sums, self._operation),
            (nodes.lists, self._list),
            (nodes.calls, self._call),
        )
        self._ways = {kind: make for kinds, make in reversed(ways) for kind in kinds}

    def read(self, root: "Node", is_late: Callable[[], bool]) -> bool:
        """Read the tree, parts before what they are parts of. Return whether that came to its end in time."""
        cursor = root.walk()
        count = 0
        while True:
            if cursor.goto_first_child():
                continue
            while True:
                count += 1
                if count % _BETWEEN_LOOKS == 0 and is_late():
                    return False
                if cursor.node is not None:
                    self._leave(cursor.node)
                if cursor.goto_next_sibling():
                    break
                if not cursor.goto_parent():
                    return True

    def _leave(self, node: "Node") -> None:
        kind = node.type
        make = self._ways.get(kind)
        if make is not None:
            value = make(node)
            if value is not None:
                self._made[node.id] = value
                nodes = self._nodes
                if kind in nodes.sums or kind in nodes.calls or (kind in nodes.strings and node.named_child_count > 1):
                    self._keep(node, value)
        elif kind in self._nodes.bindings:
            self._bind(node)
        elif kind in self._nodes.additions:
            self._add(node)

    def _keep(self, node: "Node", value: _Value) -> None:
        """Remember an expression, in place of those inside it."""
        if isinstance(value, bytes):
            while self.found and self.found[-1][0] >= node.start_byte:
                self.found.pop()
            self.found.append((node.start_byte, node.end_byte, value))

    def _bind(self, node: "Node") -> None:
        name = node.child_by_field_name("name") or node.child_by_field_name("left")
        value = node.child_by_field_name("value") or node.child_by_field_name("right")
        if name is not None and name.type in self._nodes.identifiers and value is not None:
            new, source = self._value(value), self._source(name)
            self._names[source] = new if self._names.get(source, new) == new else None

    def _add(self, node: "Node") -> None:
        name, value = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = node.child_by_field_name("operator")
        if name is None:
            return
        source = self._source(name)
        if value is None or (operator is not None and operator.type != "+="):
            self._names[source] = None
            return
        self._names[source] = _joined(b"", (self._names.get(source), self._value(value)))
        self._keep(value, self._names[source])

    def _value(self, node: "Node") -> _Value:
        """Return the constant value of an expression that has been left, None where it has none."""
        return self._made.get(node.id)

    def _name(self, node: "Node") -> _Value:
        return self._names.get(self._source(node))

    def _inner(self, node: "Node") -> _Value:
        inner = next(_code(node), None)
        return self._value(inner) if inner is not None else None

    def _operation(self, node: "Node") -> _Value:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = node.child_by_field_name("operator")
        if left is None or right is None or operator is None or operator.type != "+":
            return None
        return _joined(b"", (self._value(left), self._value(right)))

    def _list(self, node: "Node") -> _Value:
        return _texts(self._value(item) for item in _code(node))

    def _string(self, node: "Node") -> _Value:
        return _joined(b"", (self._part(part) for part in node.named_children if part.type not in self._nodes.fences))

    def _part(self, node: "Node") -> _Value:
        """Return the value of a part of a string: text, what is put in, or a string beside others."""
        if node.type in self._nodes.pieces and not node.named_child_count:
            return self._source(node)
        if node.type in self._nodes.holes:
            return self._value(node.named_children[0]) if node.named_child_count == 1 else None
        return self._value(node) if node.type in self._nodes.strings else None

    def _call(self, node: "Node") -> _Value:
        """Return the value of `list.join("")`, `"".join(list)` and `text.concat(…)`."""
        called, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if called is None or arguments is None:
            return None
        method = called.child_by_field_name("property") or called.child_by_field_name("attribute")
        target = called.child_by_field_name("object")
        if method is None or target is None or self._source(method) not in {b"join", b"concat"}:
            return None
        of = self._value(target)
        if self._source(method) == b"concat":
            return _joined(b"", (of, *(self._value(item) for item in _code(arguments))))
        first = next(_code(arguments), None)
        given = self._value(first) if first is not None else None
        between, parts = (of, given) if isinstance(of, bytes) else (given, of)
        return _joined(between, parts) if isinstance(between, bytes) and isinstance(parts, tuple) else None

    def _source(self, node: "Node") -> bytes:
        return self._data[node.start_byte : node.end_byte]


def _code(node: "Node") -> "Iterator[Node]":
    return (child for child in node.named_children if child.type != "comment")


def _texts(values: Iterable[_Value]) -> tuple[bytes, ...] | None:
    """Return the values if all are known, all are texts and together they are no longer than a key."""
    texts: list[bytes] = []
    left = _LONGEST
    for value in values:
        if not isinstance(value, bytes) or len(value) > left or len(texts) == _MOST_ITEMS:
            return None
        left -= len(value)
        texts.append(value)
    return tuple(texts)


def _joined(between: bytes, values: Iterable[_Value]) -> bytes | None:
    """Return the values as one text. Every value that is put together is made here, so that none outgrows a key."""
    texts = _texts(values)
    if texts is None or len(between) * (len(texts) - 1) > _LONGEST - sum(map(len, texts)):
        return None
    return between.join(texts)
