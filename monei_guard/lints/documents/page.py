"""Lints for markup: keys in attributes and addresses of an HTML page or template."""

import re
from collections.abc import Iterator

from monei_guard.lints.analysis.names import is_credential_name, is_key_literal
from monei_guard.lints.languages.parser import parse
from monei_guard.lints.plain_address import PLAIN_HTTP_MESSAGE, URL
from monei_guard.lints.violation import Violation
from monei_guard.model.blob import View

_TEMPLATE = re.compile(r"\{\{\s*-?\s*([\w.]+)[^}]*\}\}|<%[-=]\s*([\w.@]+)\s*%>|\$\{\s*([\w.]+)\s*\}|\{\s*([\w.]+)\s*\}")
_URL_ATTRIBUTES = frozenset({"href", "src", "action", "data-url", "content", "formaction", "poster"})


def checks(view: View, path: str) -> tuple[tuple[str, Iterator[Violation]], ...]:
    """Return the hits of each lint in a page's markup, by rule id."""
    attributes = tuple(_attributes(view.data))
    _ = path
    return (
        ("sdk-in-client-code", _keys(attributes)),
        ("key-in-url", _addresses(attributes)),
        ("plain-http", _plain_http(attributes)),
    )


Attribute = tuple[str, str, int, int]  # name, value, offsets of the value


def _attributes(data: bytes) -> Iterator[Attribute]:
    """Yield the attributes of a page, by tree-sitter's HTML grammar."""
    cursor = parse(data, "html").walk()
    name = ""
    while True:
        node = cursor.node
        kind = node.type if node is not None else ""
        if node is not None and kind == "attribute_name":
            name = (node.text or b"").decode("utf-8", "replace").lower()
        elif node is not None and kind == "attribute_value":
            yield name, (node.text or b"").decode("utf-8", "replace"), node.start_byte, node.end_byte
        if cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return


def _credential(value: str) -> str | None:
    """Return the credential a value carries: a literal, or a template variable named like one."""
    if is_key_literal(value):
        return "a key"
    for match in _TEMPLATE.finditer(value):
        name = next(group for group in match.groups() if group)
        if is_credential_name("_".join(name.split(".")[-3:])):
            return f"`{name}`"
    return None


def _keys(attributes: tuple[Attribute, ...]) -> Iterator[Violation]:
    for name, value, start, end in attributes:
        credential = _credential(value)
        if credential is not None and not (name in _URL_ATTRIBUTES and re.search(r"[?&]|//", value)):
            yield Violation(
                start,
                end,
                f"{credential} stands in the page, in the attribute {name}: everyone who opens it can read it",
            )


def _addresses(attributes: tuple[Attribute, ...]) -> Iterator[Violation]:
    for name, value, start, end in attributes:
        if (
            name in _URL_ATTRIBUTES
            and re.search(r"[?&][\w.\-]+=", value)
            and (credential := _credential(value)) is not None
        ):
            yield Violation(start, end, f"{credential} is put into a URL")


def _plain_http(attributes: tuple[Attribute, ...]) -> Iterator[Violation]:
    for _, value, start, end in attributes:
        match = URL.match(value.encode())
        if match is not None:
            yield Violation(start, end, PLAIN_HTTP_MESSAGE, fix="https" + value[4:])
