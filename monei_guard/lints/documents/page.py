"""The markup of an HTML page or template: its attributes, by tree-sitter's HTML grammar."""

from collections.abc import Iterator
from typing import NamedTuple

from monei_guard.lints.analysis.names import is_credential_name, is_key_literal
from monei_guard.lints.languages.parser import parse
from monei_guard.lints.pattern import Pattern
from monei_guard.model.blob import View

_HTML = ("tree_sitter_html", "language")
_TEMPLATE = Pattern(r"\{\{\s*-?\s*([\w.]+)[^}]*\}\}|<%[-=]\s*([\w.@]+)\s*%>|\$\{\s*([\w.]+)\s*\}|\{\s*([\w.]+)\s*\}")
_URL_ATTRIBUTES = frozenset({"href", "src", "action", "data-url", "content", "formaction", "poster"})


class Attribute(NamedTuple):
    """An attribute of an element; offsets are those of its value."""

    name: str
    value: str
    start: int
    end: int

    @property
    def holds_address(self) -> bool:
        """Whether the attribute is one that holds an address."""
        return self.name in _URL_ATTRIBUTES

    @property
    def credential(self) -> str | None:
        """The credential the value carries: a literal, or a template variable named like one."""
        if is_key_literal(self.value):
            return "a key"
        for match in _TEMPLATE.finditer(self.value):
            name = next(group for group in match.groups() if group)
            if is_credential_name("_".join(name.split(".")[-3:])):
                return f"`{name}`"
        return None


class Page(NamedTuple):
    """The markup of a page."""

    path: str
    attributes: tuple[Attribute, ...]


def page(view: View, path: str) -> Page:
    """Return a file read as markup. Raises ParseError."""
    return Page(path, tuple(_attributes(view.data)))


def _attributes(data: bytes) -> Iterator[Attribute]:
    cursor = parse(data, _HTML).walk()
    name = ""
    while True:
        node = cursor.node
        kind = node.type if node is not None else ""
        if node is not None and kind == "attribute_name":
            name = (node.text or b"").decode("utf-8", "replace").lower()
        elif node is not None and kind == "attribute_value":
            yield Attribute(name, (node.text or b"").decode("utf-8", "replace"), node.start_byte, node.end_byte)
        if cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
