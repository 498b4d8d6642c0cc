"""MG301: a Monei credential under a name that a bundler publishes, or published by the bundler's configuration."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from monei_guard.lints.analysis.expression import Expr, ExprKind, last_name
from monei_guard.lints.analysis.names import PUBLIC_PREFIXES, is_credential_name, is_public_credential, public_env_names
from monei_guard.lints.pattern import Pattern
from monei_guard.lints.violation import Violation

if TYPE_CHECKING:
    from monei_guard.lints.analysis.api_usage import ApiUse
    from monei_guard.lints.analysis.code_unit import CodeUnit
    from monei_guard.lints.documents.config_file import ConfigFile

ID = "client-env-prefix"

_READ_BEFORE = Pattern(rb"(?:env(?:iron)?(?:\.get)?|getenv|getEnv|config|Constants\.\w+)\s*[\[(]\s*[\"'`]$")
_CONFIG_FILE = Pattern(
    r"(?:^|/)(?:next\.config|nuxt\.config|vite\.config|vue\.config|webpack[\w.]*|rspack\.config|rsbuild\.config|app\.config|"
    r"craco\.config|astro\.config|svelte\.config|electron\.vite\.config|rollup\.config|esbuild[\w.]*|build|quasar\.config|"
    r"gatsby-node|farm\.config|babel\.config|plasmo\.config|wxt\.config)\.[cm]?[jt]s$"
)
_NAMED_ENTRY = Pattern(
    r"(?m)^[ \t\-{]*(?:name|key)[ \t]*[:=][ \t]*[\"']?(?P<name>[A-Z][A-Z0-9_]*)[\"']?[ \t]*,?[ \t]*$"
)
_ARG = Pattern(r"(?m)(?:^[ \t]*ARG[ \t]+|--build-arg[ =])(?P<name>[A-Z][A-Z0-9_]*)")
_JSON_KEY = Pattern(r"[\"'](?P<name>[A-Z][A-Z0-9_]*)[\"']\s*:")
_EXTRA = Pattern(r"\"(?P<name>\w+)\"\s*:\s*\"[^\"]+\"")
_PUBLISHED = frozenset({"env", "publicruntimeconfig", "define", "public", "extra", "appinfo"})


def check_code(unit: "CodeUnit", _use: "ApiUse") -> Iterator[Violation]:
    """Yield each use of a published name, once a name, and each published entry of a bundler's configuration."""
    root, nodes = unit.syntax.tree.root_node, unit.language.nodes
    seen: set[str] = set()
    for offset, name in _names(unit.data):
        if name in seen:
            continue
        node = root.descendant_for_byte_range(offset, offset + len(name))
        if node is None:
            continue
        whole = node.end_byte - node.start_byte == len(name)
        read = (
            node.type in nodes.pieces
            and whole
            and _READ_BEFORE.search(unit.data[max(node.start_byte - 40, 0) : node.start_byte])
        )
        if (node.type in nodes.identifiers and whole) or read:
            seen.add(name)
            yield _violation(offset, len(name), name)
    if _CONFIG_FILE.search(unit.path):
        yield from _configuration(unit)


def _names(data: bytes) -> list[tuple[int, str]]:
    return public_env_names(data.decode("latin-1")) if b"MONEI" in data else []


def _violation(start: int, length: int, name: str) -> Violation:
    prefix = next(prefix for prefix in PUBLIC_PREFIXES if name.startswith(prefix))
    return Violation(
        start,
        start + length,
        f"`{name}`: bundlers copy every {prefix} variable into the code users receive",
        fix=name[len(prefix) :],
    )


def _configuration(unit: "CodeUnit") -> Iterator[Violation]:
    for call in unit.syntax.calls:
        if call.new and call.name in ("DefinePlugin", "EnvironmentPlugin"):
            for item in unit.syntax.expression(call.node).items:
                yield from _published(unit, item, call.name, plugin=call.name == "EnvironmentPlugin")
    tables = [unit.syntax.expression(value) for value in unit.syntax.exports.values()]
    kinds = unit.language.nodes.tables
    for bindings in unit.syntax.bindings.values():
        tables.extend(
            unit.syntax.expression(b.value) for b in bindings if b.value is not None and b.value.type in kinds
        )
    seen: set[int] = set()
    for table in tables:
        for found in _tables(unit, table, 0):
            if found.start not in seen:
                seen.add(found.start)
                yield found


def _tables(unit: "CodeUnit", expr: Expr, depth: int) -> Iterator[Violation]:
    if depth > 6:  # noqa: PLR2004 - configuration is not nested deeper
        return
    if expr.kind in (ExprKind.CALL, ExprKind.NEW):
        for item in expr.items:
            yield from _tables(unit, item, depth + 1)
    if expr.kind is ExprKind.FUNCTION:
        function = unit.syntax.functions.get(expr.start)
        for node in function.returns if function is not None else ():
            yield from _tables(unit, unit.syntax.expression(node), depth + 1)
    if expr.kind is not ExprKind.TABLE:
        return
    for key, item in zip(expr.keys, expr.items, strict=False):
        if key.lower() in _PUBLISHED and item.kind is ExprKind.TABLE:
            yield from _published(unit, item, key)
        yield from _tables(unit, item, depth + 1)


def _published(unit: "CodeUnit", expr: Expr, where: str, *, plugin: bool = False) -> Iterator[Violation]:
    if plugin:
        names = [item for item in expr.items if item.kind is ExprKind.STRING] if expr.kind is ExprKind.LIST else []
        for item in names:
            if is_credential_name(item.text):
                yield Violation(item.start, item.end, f"`{item.text}` is copied into the bundle by {where}")
        return
    for _, table in unit.flow.values(expr):
        for item in table.items if table.kind is ExprKind.TABLE else ():
            inner = (
                item.items[0] if item.kind is ExprKind.CALL and last_name(item) == "stringify" and item.items else item
            )
            name = unit.flow.env_name(inner)
            if name is not None and is_public_credential(name):
                continue  # reported by its name
            trace = unit.flow.trace(item)
            if trace is not None:
                yield Violation(
                    item.start, item.end, f"Monei {trace.noun} {trace.name} is copied into the bundle by {where}", trace
                )


def check_config(file: "ConfigFile") -> Iterator[Violation]:
    """Yield each published name of a configuration file once, and what Expo ships inside the app."""
    seen: set[str] = set()
    named = [(entry.name, entry.start) for entry in file.entries]
    patterns = (_NAMED_ENTRY, _ARG, _JSON_KEY) if file.path.endswith((".json", ".jsonc")) else (_NAMED_ENTRY, _ARG)
    for pattern in patterns:
        named += [(match.group("name"), match.start("name")) for match in pattern.finditer(file.text)]
    for name, offset in sorted(named, key=lambda entry: entry[1]):
        if name not in seen and is_public_credential(name):
            seen.add(name)
            yield _violation(offset, len(name), name)
    if (file.path == "app.json" or file.path.endswith("/app.json")) and '"extra"' in file.text:
        start = file.text.index('"extra"')
        end = file.text.find("}", start)
        for match in _EXTRA.finditer(file.text, start, end if end > 0 else len(file.text)):
            if is_credential_name(match.group("name")):
                message = f"`{match.group('name')}` in Expo's extra is shipped inside the app"
                yield Violation(*match.span("name"), message)
