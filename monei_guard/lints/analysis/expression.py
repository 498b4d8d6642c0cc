"""Expressions of every language in one small vocabulary, made from syntax nodes on demand.

A language says by its `NodeNames` which of the conversions below (or of its own) reads which node of its grammar.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from tree_sitter import Node

_MAX_DEPTH = 60  # deeper parts become OPAQUE: generated code, or an attack on the interpreter's stack
_LONGEST_FENCE = 8  # bytes: prefix letters and three quotes
_MAX_ITEMS = 2000  # entries of one literal that are looked at


class ExprKind(Enum):
    """What an expression is, as far as following a value asks."""

    STRING = "string"  # text: its content
    CONST = "const"  # number, true, None ...; text: as written
    NAME = "name"  # text: the identifier
    ATTR = "attribute"  # base.text, base["text"], base[items[0]]
    CALL = "call"  # base(items); keys name keyword arguments
    NEW = "new"  # new base(items)
    JOIN = "join"  # template, +, f-string, %: items put together
    EITHER = "either"  # ||, ??, or, ?: one of the items
    TABLE = "table"  # object, dictionary; keys[i] is "" where it is not constant or a spread
    LIST = "list"
    FUNCTION = "function"
    OPAQUE = "opaque"  # carries no value on: comparison, negation, slice, number arithmetic


class Expr(NamedTuple):
    """One expression. `start` and `end` are byte offsets in the file."""

    kind: ExprKind
    start: int
    end: int
    text: str = ""
    base: "Expr | None" = None
    items: "tuple[Expr, ...]" = ()
    keys: tuple[str, ...] = ()

    def entry(self, *names: str) -> "Expr | None":
        """Return the entry or keyword argument with one of these names, whatever its case."""
        for key, item in zip(self.keys, self.items, strict=False):
            if key and key.lower() in names:
                return item
        return None

    def positional(self) -> "tuple[Expr, ...]":
        """Return the arguments that are not given by name."""
        return tuple(item for key, item in zip(self.keys, self.items, strict=False) if not key)


class NodeNames(NamedTuple):
    """What a grammar calls the nodes that lints and folding ask for; none where the language has no such thing."""

    wrappers: frozenset[str]  # around one expression, which they stand for
    parentheses: frozenset[str]  # those of the wrappers that change nothing about a constant
    names: frozenset[str]  # read as a name, whatever they name
    identifiers: frozenset[str]  # the names of variables and properties
    constants: frozenset[str]  # numbers, true, null ...
    functions: frozenset[str]
    strings: frozenset[str]
    pieces: frozenset[str]  # text within a string
    holes: frozenset[str]  # what is put into a string
    fences: frozenset[str]  # what else stands in a string without being part of its text
    members: frozenset[str]  # `a.b`
    subscripts: frozenset[str]  # `a["b"]`
    calls: frozenset[str]
    sums: frozenset[str]  # expressions with an operator, + among them
    bindings: frozenset[str]  # a name, and the value it is given
    additions: frozenset[str]  # `name += value`
    tables: frozenset[str]
    lists: frozenset[str]
    conditionals: frozenset[str]  # one value or another
    closed: frozenset[str]  # nodes inside which a visitor looks for nothing
    convert: "Mapping[str, Converter]"  # how a node that is none of wrappers, names, constants, functions is read


class Reading(NamedTuple):
    """One file as expressions are made from it: what its grammar calls things, its bytes, and those made so far.

    `made` keeps by node the expression and how deep it was asked for: its parts beyond `_MAX_DEPTH` are OPAQUE.
    """

    nodes: NodeNames
    data: bytes
    made: "dict[int, tuple[Expr, int]]"


Converter: TypeAlias = "Callable[[Node, Reading, int], Expr]"


def text_of(node: "Node") -> str:
    """Return the source of `node`."""
    return (node.text or b"").decode("utf-8", "replace")


def first_named(node: "Node") -> "Node | None":
    """Return the first named child that is no comment, or None (`Node.named_child` raises for a bad index)."""
    return next((child for child in node.named_children if child.type != "comment"), None)


def last_name(call: Expr) -> str:
    """Return the last identifier of what a call calls."""
    return call.base.text if call.base is not None else ""


def dotted(expr: Expr | None) -> str:
    """Return `a.b.c` for a chain of names, "" for anything else."""
    parts: list[str] = []
    while expr is not None and expr.kind is ExprKind.ATTR and expr.text and len(parts) < 12:  # noqa: PLR2004 - long enough
        parts.append(expr.text)
        expr = expr.base
    if expr is None or expr.kind is not ExprKind.NAME:
        return ""
    return ".".join((expr.text, *reversed(parts)))


def expression(node: "Node", reading: Reading, depth: int = 0) -> Expr:
    """Return `node` as an expression; what is not understood is OPAQUE.

    An expression is made once for all that it is a part of, in deep code twice: one that was made in the deeper half
    lacks too much to be anything by itself.
    """
    known = reading.made.get(node.id)
    if known is not None and known[1] <= max(depth, _MAX_DEPTH // 2):
        return known[0]
    made = _made(node, reading, depth)
    reading.made[node.id] = made, depth
    return made


def _made(node: "Node", reading: Reading, depth: int) -> Expr:
    nodes, kind = reading.nodes, node.type
    while kind in nodes.wrappers:
        inner = first_named(node)
        if inner is None:
            return _opaque(node)
        node, kind = inner, inner.type
    if kind in nodes.names:
        return Expr(ExprKind.NAME, node.start_byte, node.end_byte, text_of(node))
    if kind in nodes.constants:
        return Expr(ExprKind.CONST, node.start_byte, node.end_byte, text_of(node))
    if kind in nodes.functions:
        return Expr(ExprKind.FUNCTION, node.start_byte, node.end_byte)
    convert = nodes.convert.get(kind)
    if convert is None or depth > _MAX_DEPTH:
        return _opaque(node)
    return convert(node, reading, depth + 1)


def _opaque(node: "Node") -> Expr:
    return Expr(ExprKind.OPAQUE, node.start_byte, node.end_byte)


def _field(node: "Node", reading: Reading, name: str, depth: int) -> Expr:
    child = node.child_by_field_name(name)
    return expression(child, reading, depth) if child is not None else _opaque(node)


def string(node: "Node", reading: Reading, depth: int) -> Expr:
    """Read a string, template or f-string: its constant pieces, and what is put between them."""
    holes = [child for child in node.named_children if child.type in reading.nodes.holes]
    start, end = node.start_byte, node.end_byte
    opening, closing = _fences(reading.data[start : min(start + _LONGEST_FENCE, end)], end - start)
    if reading.data[start + opening - 1 : start + opening] != reading.data[end - 1 : end]:
        closing = 0  # half-typed
    if not holes:
        content = reading.data[start + opening : end - closing].decode("utf-8", "replace")
        return Expr(ExprKind.STRING, start, end, content)
    items: list[Expr] = []
    at = start + opening
    for hole in holes[:_MAX_ITEMS]:
        _piece(items, reading, at, hole.start_byte)
        items.append(expression(hole, reading, depth))
        at = hole.end_byte
    _piece(items, reading, at, end - closing)
    return Expr(ExprKind.JOIN, start, end, items=tuple(items))


def _fences(raw: bytes, size: int) -> tuple[int, int]:
    """Return the lengths of the prefix letters with the quotes, and of the quotes, that `size` bytes begin with."""
    letters = len(raw) - len(raw.lstrip(b"rRbBuUfFtT")) if raw[:1] not in b"\"'`" else 0
    quotes = 3 if raw[letters : letters + 3] in (b'"""', b"'''") and size >= letters + 6 else 1
    return letters + quotes, quotes


def _piece(items: list[Expr], reading: Reading, start: int, end: int) -> None:
    if end > start:
        items.append(Expr(ExprKind.STRING, start, end, reading.data[start:end].decode("utf-8", "replace")))


def concatenated(node: "Node", reading: Reading, depth: int) -> Expr:
    """Read strings that stand next to one another (Python)."""
    parts = tuple(expression(child, reading, depth) for child in node.named_children[:_MAX_ITEMS])
    return Expr(ExprKind.JOIN, node.start_byte, node.end_byte, items=parts)


def attribute(node: "Node", reading: Reading, depth: int) -> Expr:
    """Read `object.name`."""
    name = node.child_by_field_name("property") or node.child_by_field_name("attribute")
    base = _field(node, reading, "object", depth)
    return Expr(ExprKind.ATTR, node.start_byte, node.end_byte, text_of(name) if name else "", base)


def subscript(node: "Node", reading: Reading, depth: int) -> Expr:
    """Read `object[index]`: an attribute where the index is constant."""
    base = node.child_by_field_name("object") or node.child_by_field_name("value")
    index = node.child_by_field_name("index") or node.child_by_field_name("subscript")
    if base is None or index is None or index.type == "slice":
        return _opaque(node)
    key = expression(index, reading, depth)
    text = key.text if key.kind in (ExprKind.STRING, ExprKind.CONST) else ""
    return Expr(ExprKind.ATTR, node.start_byte, node.end_byte, text, expression(base, reading, depth), (key,))


def call(node: "Node", reading: Reading, depth: int) -> Expr:
    """Read `name(arguments)`, some of them given by name."""
    return _called(node, reading, depth, ExprKind.CALL, "function")


def construction(node: "Node", reading: Reading, depth: int) -> Expr:
    """Read `new Name(arguments)`."""
    return _called(node, reading, depth, ExprKind.NEW, "constructor")


def _called(node: "Node", reading: Reading, depth: int, kind: ExprKind, called: str) -> Expr:
    base = _field(node, reading, called, depth)
    arguments = node.child_by_field_name("arguments")
    keys: list[str] = []
    items: list[Expr] = []
    if arguments is not None and arguments.type == "template_string":
        keys, items = [""], [expression(arguments, reading, depth)]
    elif arguments is not None:
        for child in arguments.named_children[:_MAX_ITEMS]:
            if child.type == "comment":
                continue
            if child.type == "keyword_argument":
                name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
                if name is not None and value is not None:
                    keys.append(text_of(name))
                    items.append(expression(value, reading, depth))
            else:
                keys.append("")
                items.append(expression(child, reading, depth))
    return Expr(kind, node.start_byte, node.end_byte, "", base, tuple(items), tuple(keys))


def operation(node: "Node", reading: Reading, depth: int) -> Expr:
    """Read two sides and an operator: joined, chosen from, or nothing that carries a value on."""
    operator = node.child_by_field_name("operator")
    sign = operator.type if operator is not None else ""
    if sign in ("||", "??", "or"):
        options = (_field(node, reading, "left", depth), _field(node, reading, "right", depth))
        return Expr(ExprKind.EITHER, node.start_byte, node.end_byte, sign, items=options)
    if sign in ("&&", "and"):
        return Expr(
            ExprKind.EITHER, node.start_byte, node.end_byte, sign, items=(_field(node, reading, "right", depth),)
        )
    if sign == "%":
        parts = (_field(node, reading, "left", depth), _field(node, reading, "right", depth))
        return Expr(ExprKind.JOIN, node.start_byte, node.end_byte, sign, items=parts)
    if sign != "+":
        return _opaque(node)
    parts_reversed: list[Expr] = []
    left: Node | None = node
    while left is not None and left.type == node.type and len(parts_reversed) < _MAX_ITEMS:
        sign_node = left.child_by_field_name("operator")
        if sign_node is None or sign_node.type != "+":
            break
        parts_reversed.append(_field(left, reading, "right", depth))
        left = left.child_by_field_name("left")
    if left is not None:
        parts_reversed.append(expression(left, reading, depth))
    return Expr(ExprKind.JOIN, node.start_byte, node.end_byte, "+", items=tuple(reversed(parts_reversed)))


def ternary(node: "Node", reading: Reading, depth: int) -> Expr:
    """Read `a ? b : c`."""
    options = (_field(node, reading, "consequence", depth), _field(node, reading, "alternative", depth))
    return Expr(ExprKind.EITHER, node.start_byte, node.end_byte, "?", items=options)


def conditional(node: "Node", reading: Reading, depth: int) -> Expr:
    """Read `b if a else c`: its children have no names."""
    children = node.named_children
    options = tuple(expression(child, reading, depth) for child in (children[0], children[-1])) if children else ()
    return Expr(ExprKind.EITHER, node.start_byte, node.end_byte, "?", items=options)


def table(node: "Node", reading: Reading, depth: int) -> Expr:
    """Read an object or dictionary."""
    keys: list[str] = []
    items: list[Expr] = []
    for child in node.named_children[:_MAX_ITEMS]:
        if child.type == "pair":
            key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
            if key is not None and value is not None:
                keys.append(_key_text(key, reading))
                items.append(expression(value, reading, depth))
        elif child.type == "shorthand_property_identifier":
            keys.append(text_of(child))
            items.append(expression(child, reading, depth))
        elif child.type in ("spread_element", "dictionary_splat"):
            keys.append("")
            items.append(expression(child, reading, depth))
    return Expr(ExprKind.TABLE, node.start_byte, node.end_byte, items=tuple(items), keys=tuple(keys))


def _key_text(key: "Node", reading: Reading) -> str:
    if key.type == "string":
        return string(key, reading, 0).text
    if key.type in ("computed_property_name", "identifier") and key.type != "property_identifier":
        inner = first_named(key)
        return string(inner, reading, 0).text if inner is not None and inner.type == "string" else ""
    return text_of(key)


def sequence(node: "Node", reading: Reading, depth: int) -> Expr:
    """Read a list, tuple or set."""
    items = tuple(expression(child, reading, depth) for child in node.named_children[:_MAX_ITEMS])
    return Expr(ExprKind.LIST, node.start_byte, node.end_byte, items=items)


def value_of(name: str) -> Converter:
    """Return what reads a node as the child of its field `name`: an assignment as its right side."""

    def convert(node: "Node", reading: Reading, depth: int) -> Expr:
        return _field(node, reading, name, depth)

    return convert


def last(node: "Node", reading: Reading, depth: int) -> Expr:
    """Read `a, b, c`: the last counts."""
    children = node.named_children
    return expression(children[-1], reading, depth) if children else _opaque(node)
