"""Expressions of JavaScript, TypeScript and Python in one small vocabulary, made from syntax nodes on demand."""

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tree_sitter import Node

_MAX_DEPTH = 60  # deeper parts become OPAQUE: generated code, or an attack on the interpreter's stack
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


_INNER = frozenset({
    "parenthesized_expression", "await_expression", "as_expression", "satisfies_expression", "non_null_expression",
    "type_assertion", "spread_element", "await", "parenthesized_list_splat", "list_splat", "dictionary_splat",
    "template_substitution", "interpolation", "expression_statement", "jsx_expression",
})  # fmt: skip
_NAMES = frozenset({
    "identifier", "shorthand_property_identifier", "this", "super", "undefined", "import", "meta_property",
    "property_identifier", "private_property_identifier", "type_identifier", "shorthand_property_identifier_pattern",
})  # fmt: skip
_CONSTANTS = frozenset({
    "number", "true", "false", "null", "integer", "float", "none", "regex",
})  # fmt: skip
_FUNCTIONS = frozenset({
    "arrow_function", "function_expression", "function", "generator_function", "lambda", "method_definition",
    "function_declaration", "function_definition",
})  # fmt: skip


def text_of(node: "Node") -> str:
    """Return the source of `node`."""
    return (node.text or b"").decode("utf-8", "replace")


def first_named(node: "Node") -> "Node | None":
    """Return the first named child that is no comment, or None (`Node.named_child` raises for a bad index)."""
    return next((child for child in node.named_children if child.type != "comment"), None)


def expression(node: "Node", depth: int = 0) -> Expr:
    """Return `node` as an expression; what is not understood is OPAQUE."""
    kind = node.type
    while kind in _INNER:
        inner = first_named(node)
        if inner is None:
            return _opaque(node)
        node, kind = inner, inner.type
    if kind in _NAMES:
        return Expr(ExprKind.NAME, node.start_byte, node.end_byte, text_of(node))
    if kind in _CONSTANTS:
        return Expr(ExprKind.CONST, node.start_byte, node.end_byte, text_of(node))
    if kind in _FUNCTIONS:
        return Expr(ExprKind.FUNCTION, node.start_byte, node.end_byte)
    convert = _CONVERT.get(kind)
    if convert is None or depth > _MAX_DEPTH:
        return _opaque(node)
    return convert(node, depth + 1)


def _opaque(node: "Node") -> Expr:
    return Expr(ExprKind.OPAQUE, node.start_byte, node.end_byte)


def _field(node: "Node", name: str, depth: int) -> Expr:
    child = node.child_by_field_name(name)
    return expression(child, depth) if child is not None else _opaque(node)


def _string(node: "Node", depth: int) -> Expr:
    """JavaScript string or template, Python string or f-string: constant pieces and what is put between them."""
    holes = [child for child in node.named_children if child.type in ("template_substitution", "interpolation")]
    raw = node.text or b""
    opening = _opening_length(raw)
    closing = opening if opening <= 1 or raw[:1] in b"\"'`" else len(raw[:opening].lstrip(b"rRbBuUfFtT"))
    if raw[opening - 1 : opening] != raw[-1:]:
        closing = 0  # half-typed
    if not holes:
        content = raw[opening : len(raw) - closing].decode("utf-8", "replace")
        return Expr(ExprKind.STRING, node.start_byte, node.end_byte, content)
    items: list[Expr] = []
    at = node.start_byte + opening
    for hole in holes[:_MAX_ITEMS]:
        _piece(items, node, at, hole.start_byte)
        items.append(expression(hole, depth))
        at = hole.end_byte
    _piece(items, node, at, node.end_byte - closing)
    return Expr(ExprKind.JOIN, node.start_byte, node.end_byte, items=tuple(items))


def _opening_length(raw: bytes) -> int:
    """Length of the prefix letters and the quotes a string begins with."""
    letters = len(raw) - len(raw.lstrip(b"rRbBuUfFtT")) if raw[:1] not in b"\"'`" else 0
    quotes = 3 if raw[letters : letters + 3] in (b'"""', b"'''") and len(raw) >= letters + 6 else 1
    return letters + quotes


def _piece(items: list[Expr], node: "Node", start: int, end: int) -> None:
    if end > start:
        content = (node.text or b"")[start - node.start_byte : end - node.start_byte].decode("utf-8", "replace")
        items.append(Expr(ExprKind.STRING, start, end, content))


def _concatenated(node: "Node", depth: int) -> Expr:
    parts = tuple(expression(child, depth) for child in node.named_children[:_MAX_ITEMS])
    return Expr(ExprKind.JOIN, node.start_byte, node.end_byte, items=parts)


def _attribute(node: "Node", depth: int) -> Expr:
    name = node.child_by_field_name("property") or node.child_by_field_name("attribute")
    base = _field(node, "object", depth)
    return Expr(ExprKind.ATTR, node.start_byte, node.end_byte, text_of(name) if name else "", base)


def _subscript(node: "Node", depth: int) -> Expr:
    base = node.child_by_field_name("object") or node.child_by_field_name("value")
    index = node.child_by_field_name("index") or node.child_by_field_name("subscript")
    if base is None or index is None or index.type == "slice":
        return _opaque(node)
    key = expression(index, depth)
    text = key.text if key.kind in (ExprKind.STRING, ExprKind.CONST) else ""
    return Expr(ExprKind.ATTR, node.start_byte, node.end_byte, text, expression(base, depth), (key,))


def _call(node: "Node", depth: int) -> Expr:
    new = node.type == "new_expression"
    base = _field(node, "constructor" if new else "function", depth)
    arguments = node.child_by_field_name("arguments")
    keys: list[str] = []
    items: list[Expr] = []
    if arguments is not None and arguments.type == "template_string":
        keys, items = [""], [expression(arguments, depth)]
    elif arguments is not None:
        for child in arguments.named_children[:_MAX_ITEMS]:
            if child.type == "comment":
                continue
            if child.type == "keyword_argument":
                name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
                if name is not None and value is not None:
                    keys.append(text_of(name))
                    items.append(expression(value, depth))
            else:
                keys.append("")
                items.append(expression(child, depth))
    kind = ExprKind.NEW if new else ExprKind.CALL
    return Expr(kind, node.start_byte, node.end_byte, "", base, tuple(items), tuple(keys))


def _binary(node: "Node", depth: int) -> Expr:
    operator = node.child_by_field_name("operator")
    sign = operator.type if operator is not None else ""
    if sign in ("||", "??", "or"):
        options = (_field(node, "left", depth), _field(node, "right", depth))
        return Expr(ExprKind.EITHER, node.start_byte, node.end_byte, sign, items=options)
    if sign in ("&&", "and"):
        return Expr(ExprKind.EITHER, node.start_byte, node.end_byte, sign, items=(_field(node, "right", depth),))
    if sign == "%":
        parts = (_field(node, "left", depth), _field(node, "right", depth))
        return Expr(ExprKind.JOIN, node.start_byte, node.end_byte, sign, items=parts)
    if sign != "+":
        return _opaque(node)
    parts_reversed: list[Expr] = []
    here: Node | None = node
    while here is not None and here.type == node.type and len(parts_reversed) < _MAX_ITEMS:
        sign_node = here.child_by_field_name("operator")
        if sign_node is None or sign_node.type != "+":
            break
        parts_reversed.append(_field(here, "right", depth))
        here = here.child_by_field_name("left")
    if here is not None:
        parts_reversed.append(expression(here, depth))
    return Expr(ExprKind.JOIN, node.start_byte, node.end_byte, "+", items=tuple(reversed(parts_reversed)))


def _ternary(node: "Node", depth: int) -> Expr:
    options = (_field(node, "consequence", depth), _field(node, "alternative", depth))
    return Expr(ExprKind.EITHER, node.start_byte, node.end_byte, "?", items=options)


def _conditional(node: "Node", depth: int) -> Expr:
    children = node.named_children
    options = tuple(expression(child, depth) for child in (children[0], children[-1])) if children else ()
    return Expr(ExprKind.EITHER, node.start_byte, node.end_byte, "?", items=options)


def _table(node: "Node", depth: int) -> Expr:
    keys: list[str] = []
    items: list[Expr] = []
    for child in node.named_children[:_MAX_ITEMS]:
        if child.type == "pair":
            key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
            if key is not None and value is not None:
                keys.append(_key_text(key))
                items.append(expression(value, depth))
        elif child.type == "shorthand_property_identifier":
            keys.append(text_of(child))
            items.append(expression(child, depth))
        elif child.type in ("spread_element", "dictionary_splat"):
            keys.append("")
            items.append(expression(child, depth))
    return Expr(ExprKind.TABLE, node.start_byte, node.end_byte, items=tuple(items), keys=tuple(keys))


def _key_text(key: "Node") -> str:
    if key.type == "string":
        return _string(key, 0).text
    if key.type in ("computed_property_name", "identifier") and key.type != "property_identifier":
        inner = first_named(key)
        return _string(inner, 0).text if inner is not None and inner.type == "string" else ""
    return text_of(key)


def _list(node: "Node", depth: int) -> Expr:
    items = tuple(expression(child, depth) for child in node.named_children[:_MAX_ITEMS])
    return Expr(ExprKind.LIST, node.start_byte, node.end_byte, items=items)


def _value_field(name: str) -> "Callable[[Node, int], Expr]":
    def convert(node: "Node", depth: int) -> Expr:
        return _field(node, name, depth)

    return convert


def _last(node: "Node", depth: int) -> Expr:
    children = node.named_children
    return expression(children[-1], depth) if children else _opaque(node)


_CONVERT: "dict[str, Callable[[Node, int], Expr]]" = {
    "string": _string,
    "template_string": _string,
    "concatenated_string": _concatenated,
    "member_expression": _attribute,
    "attribute": _attribute,
    "subscript_expression": _subscript,
    "subscript": _subscript,
    "call_expression": _call,
    "new_expression": _call,
    "call": _call,
    "binary_expression": _binary,
    "binary_operator": _binary,
    "boolean_operator": _binary,
    "ternary_expression": _ternary,
    "conditional_expression": _conditional,
    "object": _table,
    "dictionary": _table,
    "array": _list,
    "list": _list,
    "tuple": _list,
    "set": _list,
    "assignment_expression": _value_field("right"),
    "named_expression": _value_field("value"),
    "sequence_expression": _last,
}
