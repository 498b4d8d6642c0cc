"""MG301: a Monei credential under a name that a bundler publishes, or published by the bundler's configuration."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from monei_guard.lints.analysis.expression import Expr, ExprKind
from monei_guard.lints.analysis.name_resolution import last_name
from monei_guard.lints.analysis.names import PUBLIC_PREFIXES, is_credential_name, is_public_credential, public_env_names
from monei_guard.lints.violation import Violation

if TYPE_CHECKING:  # text formats share a pattern with this lint, and their commits import no parser
    from monei_guard.lints.analysis.api_usage import MoneiUse
    from monei_guard.lints.documents.code_file import SourceFile

_IDENTIFIERS = frozenset({
    "identifier", "property_identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern",
})  # fmt: skip
_STRINGS = frozenset({"string_fragment", "string_content"})
_READ_BEFORE = re.compile(rb"(?:env(?:iron)?(?:\.get)?|getenv|getEnv|config|Constants\.\w+)\s*[\[(]\s*[\"'`]$")
_CONFIG_FILE = re.compile(
    r"(?:^|/)(?:next\.config|nuxt\.config|vite\.config|vue\.config|webpack[\w.]*|rspack\.config|rsbuild\.config|app\.config|"
    r"craco\.config|astro\.config|svelte\.config|electron\.vite\.config|rollup\.config|esbuild[\w.]*|build|quasar\.config|"
    r"gatsby-node|farm\.config|babel\.config|plasmo\.config|wxt\.config)\.[cm]?[jt]s$"
)
_PUBLISHED = frozenset({"env", "publicruntimeconfig", "define", "public", "extra", "appinfo"})


def check(file: "SourceFile", _use: "MoneiUse") -> Iterator[Violation]:
    """Yield each use of a published name, once a name, and each published entry of a bundler's configuration."""
    root = file.syntax.tree.root_node
    seen: set[str] = set()
    for offset, name in _names(file.data):
        if name in seen:
            continue
        node = root.descendant_for_byte_range(offset, offset + len(name))
        if node is None:
            continue
        whole = node.end_byte - node.start_byte == len(name)
        read = (
            node.type in _STRINGS
            and whole
            and _READ_BEFORE.search(file.data[max(node.start_byte - 40, 0) : node.start_byte])
        )
        if (node.type in _IDENTIFIERS and whole) or read:
            seen.add(name)
            yield hit(offset, offset + len(name), name)
    if _CONFIG_FILE.search(file.path):
        yield from _configuration(file)


def _names(data: bytes) -> list[tuple[int, str]]:
    return public_env_names(data.decode("latin-1")) if b"MONEI" in data else []


def hit(start: int, end: int, name: str) -> Violation:
    """Return the hit for a published name."""
    prefix = next(prefix for prefix in PUBLIC_PREFIXES if name.startswith(prefix))
    return Violation(
        start,
        end,
        f"`{name}`: bundlers copy every {prefix} variable into the code users receive",
        fix=name[len(prefix) :],
    )


def _configuration(file: "SourceFile") -> Iterator[Violation]:
    for call in file.syntax.calls:
        if call.new and call.name in ("DefinePlugin", "EnvironmentPlugin"):
            for item in file.syntax.expression(call.node).items:
                yield from _published(file, item, call.name, plugin=call.name == "EnvironmentPlugin")
    tables = [file.syntax.expression(value) for value in file.syntax.exports.values()]
    for bindings in file.syntax.bindings.values():
        tables.extend(
            file.syntax.expression(b.value) for b in bindings if b.value is not None and b.value.type == "object"
        )
    seen: set[int] = set()
    for table in tables:
        for found in _tables(file, table, 0):
            if found.start not in seen:
                seen.add(found.start)
                yield found


def _tables(file: "SourceFile", expr: Expr, depth: int) -> Iterator[Violation]:
    if depth > 6:  # noqa: PLR2004 - configuration is not nested deeper
        return
    if expr.kind in (ExprKind.CALL, ExprKind.NEW):
        for item in expr.items:
            yield from _tables(file, item, depth + 1)
    if expr.kind is ExprKind.FUNCTION:
        function = file.syntax.functions.get(expr.start)
        for node in function.returns if function is not None else ():
            yield from _tables(file, file.syntax.expression(node), depth + 1)
    if expr.kind is not ExprKind.TABLE:
        return
    for key, item in zip(expr.keys, expr.items, strict=False):
        if key.lower() in _PUBLISHED and item.kind is ExprKind.TABLE:
            yield from _published(file, item, key)
        yield from _tables(file, item, depth + 1)


def _published(file: "SourceFile", expr: Expr, where: str, *, plugin: bool = False) -> Iterator[Violation]:
    if plugin:
        names = [item for item in expr.items if item.kind is ExprKind.STRING] if expr.kind is ExprKind.LIST else []
        for item in names:
            if is_credential_name(item.text):
                yield Violation(item.start, item.end, f"`{item.text}` is copied into the bundle by {where}")
        return
    for _, table in file.flow.values(expr):
        for item in table.items if table.kind is ExprKind.TABLE else ():
            inner = (
                item.items[0] if item.kind is ExprKind.CALL and last_name(item) == "stringify" and item.items else item
            )
            name = file.flow.env_name(inner)
            if name is not None and is_public_credential(name):
                continue  # reported by its name
            trace = file.flow.trace(item)
            if trace is not None:
                yield Violation(
                    item.start, item.end, f"Monei {trace.noun} {trace.name} is copied into the bundle by {where}", trace
                )
