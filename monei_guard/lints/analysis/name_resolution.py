"""What names stand for: scopes, destructuring, fields, parameters through their calls, imports through the project.

Everything here answers "what may this be"; whether that is a credential is asked in `data_flow`.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from monei_guard.lints.analysis.expression import Expr, ExprKind, dotted, last_name, text_of

if TYPE_CHECKING:
    from monei_guard.lints.analysis.code_unit import CodeUnit, ValueFlow
    from monei_guard.lints.analysis.syntax import Binding, Function

_Key = tuple[int, int, str]
_MAX_CHAIN = 8  # names that lead to names; longer chains are not written by hand
_MAX_VALUES = 30  # what one name may stand for
_MAX_TEXT = 4000  # characters of a constant text
_FUEL = 20_000  # questions asked of one file before following stops: entangled or hostile code


class Resolver:
    """Resolves the names of one file. Gives up, and says so, when a file asks too much."""

    def __init__(self, unit: "CodeUnit") -> None:
        self.unit = unit
        self.syntax = unit.syntax
        self.fuel = _FUEL
        self.responses: set[tuple[int, int]] = set()  # spans of the file's Monei calls, filled by `api_usage`
        self._then: dict[int, Expr] | None = None
        self._values: dict[_Key, tuple[tuple[ValueFlow, Expr], ...]] = {}
        self._partial: dict[_Key, tuple[tuple[ValueFlow, Expr], ...]] = {}  # good within the question being answered
        self._resolving: set[_Key] = set()
        self._texts: dict[_Key, str] = {}
        self._cycles = 0

    @property
    def file_flow(self) -> "ValueFlow":
        """Return the flow of this file."""
        return self.unit.flow

    @property
    def exhausted(self) -> bool:
        """Whether following was given up somewhere."""
        return self.fuel <= 0

    def lookup(self, expr: Expr) -> list["Binding"]:
        """Return the bindings of a name that can reach it, the latest first."""
        scope = self.syntax.scope_at(expr.start)
        enclosing = scope
        while enclosing >= 0:
            found = self.syntax.bindings.get((enclosing, expr.text))
            if found:
                return self._reaching(found, expr.start, scope)
            enclosing = self.syntax.scopes[enclosing].parent
        return []

    def values(self, expr: Expr | None, depth: int = 0) -> Iterator[tuple["ValueFlow", Expr]]:
        """Yield what `expr` may be, names resolved, each with the flow of the file it stands in."""
        if expr is None or depth > _MAX_CHAIN:
            return
        if expr.kind not in (ExprKind.NAME, ExprKind.ATTR, ExprKind.EITHER):
            yield self.file_flow, expr
            return
        key = (expr.start, expr.end, expr.text)
        resolved = self._values.get(key) or self._partial.get(key)
        if resolved is None:
            if key in self._resolving or self.fuel <= 0:
                self._cycles += 1  # a cycle: what is found meanwhile is not all there is
                return
            cycles = self._cycles
            self._resolving.add(key)
            resolved = _distinct(self._expanded(expr, depth))
            self._resolving.discard(key)
            whole = self._cycles == cycles or not self._resolving
            (self._values if whole else self._partial)[key] = resolved
            if not self._resolving:
                self._partial.clear()
        yield from resolved

    def _expanded(self, expr: Expr, depth: int) -> Iterator[tuple["ValueFlow", Expr]]:
        self.fuel -= 1
        if expr.kind is ExprKind.EITHER:
            for item in expr.items:
                yield from self.values(item, depth + 1)
            return
        found = False
        for flow, value in self.direct_values(expr, depth + 1):
            if (value.start, value.end) != (expr.start, expr.end) or flow is not self.file_flow:
                found = True
                yield from flow.values(value, depth + 1)
        if not found:
            yield self.file_flow, expr

    def constructed(self, expr: Expr | None) -> Iterator[tuple["ValueFlow", Expr]]:
        """Yield the calls and constructor calls that `expr` is the result of (a client, an agent, a response)."""
        for flow, value in self.values(expr):
            if value.kind in (ExprKind.CALL, ExprKind.NEW):
                yield flow, value

    def text(self, expr: Expr | None, depth: int = 0) -> str:
        """Return the constant text of `expr`, unknown parts as NUL; NUL alone where nothing is known."""
        if expr is None or depth > _MAX_CHAIN or self.fuel <= 0:
            return "\0"
        if expr.kind is ExprKind.STRING:
            return expr.text
        key = (expr.start, expr.end, expr.text)
        if key not in self._texts:
            self.fuel -= 1
            self._texts[key] = "\0"  # for cycles
            self._texts[key] = self._text(expr, depth)[:_MAX_TEXT]
        return self._texts[key]

    def _text(self, expr: Expr, depth: int) -> str:
        if expr.kind is ExprKind.JOIN:
            return "".join(self.text(item, depth + 1) for item in expr.items)
        if (
            expr.kind in (ExprKind.CALL, ExprKind.NEW)
            and expr.items
            and last_name(expr) in ("URL", "urljoin", "String", "str")
        ):
            base = self.text(expr.items[-1], depth + 1) if len(expr.items) > 1 else ""
            return base + self.text(expr.items[0], depth + 1)
        if expr.kind is ExprKind.CALL and last_name(expr) in ("get", "getenv", "env", "config") and len(expr.items) > 1:
            return self.text(expr.items[1], depth + 1)
        if expr.kind in (ExprKind.NAME, ExprKind.ATTR, ExprKind.EITHER):
            texts = [flow.text(value, depth + 1) for flow, value in self.values(expr) if value != expr]
            return next((text for text in texts if text.strip("\0")), "\0")
        return "\0"

    def env_name(self, expr: Expr) -> str | None:
        """Return the environment variable that `expr` reads, or None."""
        if expr.kind is ExprKind.ATTR and expr.base is not None and expr.text:
            base = expr.base
            if dotted(base) in _ENVIRONMENTS or (base.kind is ExprKind.NAME and self._is_environment(base)):
                return expr.text
        if expr.kind is ExprKind.CALL and expr.base is not None and expr.items:
            first = expr.items[0]
            if first.kind is ExprKind.STRING and dotted(expr.base) in _ENVIRONMENT_CALLS:
                return first.text
        if expr.kind is ExprKind.NAME:
            for binding in self.lookup(expr):
                if binding.kind == "import" and binding.module.startswith(
                    ("$env/static/", "astro:env/", "@env", "react-native-dotenv")
                ):
                    return binding.path[0]
        return None

    def functions(self, call: Expr) -> list["Function"]:
        """Return the file's own functions that a call may run."""
        base = call.base
        if base is None:
            return []
        if base.kind is ExprKind.NAME:
            starts = [b.value.start_byte for b in self.lookup(base) if b.value is not None]
            return [self.syntax.functions[start] for start in starts if start in self.syntax.functions]
        if base.kind is ExprKind.ATTR and base.base is not None and base.base.text in ("this", "self", "cls"):
            return self.syntax.methods.get(base.text, [])[:5]
        return []

    def returned(self, call: Expr) -> Iterator[Expr]:
        """Yield what the file's own functions called here return."""
        for function in self.functions(call):
            for node in function.returns[:20]:
                yield self.syntax.expression(node)

    def export(self, name: str, depth: int = 0) -> Iterator[tuple["ValueFlow", Expr]]:
        """Yield what this file exports under `name`."""
        if depth > 5:  # noqa: PLR2004 - a chain of re-exports longer than this is a cycle
            return
        syntax = self.syntax
        if name in syntax.reexports:
            yield from self._exported_by(*syntax.reexports[name], depth)
            return
        if name in syntax.exports:
            yield self.file_flow, syntax.expression(syntax.exports[name])
            return
        bindings = syntax.bindings.get((0, name), [])
        for binding in bindings[-1:]:
            if binding.value is not None:
                yield self.file_flow, taken(syntax.expression(binding.value), binding.path, binding)
            elif binding.kind == "import":
                yield from self._exported_by(binding.module, binding.path[0], depth)
        if bindings:
            return
        default = syntax.exports.get("default")
        entry = syntax.expression(default).entry(name.lower()) if default is not None else None
        if entry is not None:
            yield self.file_flow, entry
        for module in syntax.star_exports:
            yield from self._exported_by(module, name, depth)

    def _exported_by(self, module: str, name: str, depth: int) -> Iterator[tuple["ValueFlow", Expr]]:
        other = self.unit.imported(module)
        if other is not None:
            yield from other.flow.export(name, depth + 1)

    def is_response(self, expr: Expr | None, depth: int = 0) -> bool:
        """Whether `expr` is (a part of) what a Monei call answered. Set by `api_usage` through `responses`."""
        if expr is None or depth > _MAX_CHAIN:
            return False
        if expr.kind in (ExprKind.CALL, ExprKind.NEW):
            if (expr.start, expr.end) in self.responses:
                return True
            return (
                expr.base is not None
                and last_name(expr) in ("json", "then", "data", "unwrap")
                and self.is_response(expr.base.base, depth + 1)
            )
        if expr.kind is ExprKind.ATTR:
            return self.is_response(expr.base, depth + 1)
        if expr.kind is not ExprKind.NAME:
            return False
        for binding in self.lookup(expr):
            if binding.value is not None and self.is_response(self.syntax.expression(binding.value), depth + 1):
                return True
            if binding.kind == "parameter" and self.is_response(self._then_base(binding.function), depth + 1):
                return True
        return False

    def direct_values(self, expr: Expr, depth: int = 0) -> Iterator[tuple["ValueFlow", Expr]]:
        """Yield what a name or attribute stands for, one step back."""
        if expr.kind is ExprKind.NAME:
            for binding in self.lookup(expr):
                yield from self._binding_values(binding)
            return
        name = dotted(expr)
        for binding in self.syntax.members.get(name, ()) if name else ():
            yield from self._member_values(binding)
        if expr.base is None or not expr.text:
            return
        for flow, value in self._base_values(expr.base, depth + 1):
            holder: Expr | None = value
            if value.kind is ExprKind.CALL and last_name(value) in ("freeze", "reactive", "ref", "defineConfig"):
                holder = value.items[0] if value.items else None
            if holder is not None and holder.kind is ExprKind.TABLE and (entry := holder.entry(expr.text.lower())):
                yield flow, entry

    def _member_values(self, binding: "Binding") -> Iterator[tuple["ValueFlow", Expr]]:
        if binding.value is not None:
            yield self.file_flow, taken(self.syntax.expression(binding.value), binding.path, binding)
        elif binding.kind == "parameter":
            for argument in self.arguments(binding):
                yield self.file_flow, taken(argument, binding.path, binding)

    def _base_values(self, base: Expr, depth: int) -> Iterator[tuple["ValueFlow", Expr]]:
        """Yield what the object before a dot may be; a module imported whole yields its exports as a table."""
        if base.kind is ExprKind.NAME:
            for binding in self.lookup(base):
                if binding.kind == "import" and binding.path[0] in ("*", "default"):
                    other = self.unit.imported(binding.module)
                    if other is not None:
                        yield other.flow, _module_table(other.flow)
        yield from self.values(base, depth)

    def _binding_values(self, binding: "Binding") -> Iterator[tuple["ValueFlow", Expr]]:
        if binding.kind == "import":
            other = self.unit.imported(binding.module)
            if other is not None and binding.path[0] != "*":
                yield from other.flow.export(binding.path[0])
        elif binding.kind == "parameter":
            for argument in self.arguments(binding):
                yield self.file_flow, taken(argument, binding.path, binding)
            if binding.default is not None:
                yield self.file_flow, self.syntax.expression(binding.default)
        elif binding.value is not None:
            yield self.file_flow, taken(self.syntax.expression(binding.value), binding.path, binding)
            if binding.default is not None:
                yield self.file_flow, self.syntax.expression(binding.default)

    def arguments(self, binding: "Binding") -> Iterator[Expr]:
        """Yield what the file's own calls hand to a parameter."""
        function = self.syntax.functions.get(binding.function)
        if function is None:
            return
        name = function.name or self._name_of(function)
        builds = name in ("constructor", "__init__")
        if builds:
            name = self.syntax.class_names.get(self.syntax.enclosing(function.scope, "class"), "")
        for call in self.syntax.calls_by_name.get(name, ())[:50] if name else ():
            made = self.syntax.expression(call.node)
            if not builds and all(called.node.start_byte != binding.function for called in self.functions(made)):
                continue
            positional = made.positional()
            named = made.entry(binding.name.lower())
            if named is not None:
                yield named
            elif binding.position < len(positional):
                yield positional[binding.position]

    def _name_of(self, function: "Function") -> str:
        """Return the name a function expression is bound to."""
        scope = self.syntax.scopes[function.scope].parent
        start = function.node.start_byte
        for (where, name), bindings in self.syntax.bindings.items():
            if where == scope and any(b.value is not None and b.value.start_byte == start for b in bindings):
                return name
        return ""

    def _reaching(self, bindings: list["Binding"], offset: int, scope: int) -> list["Binding"]:
        """Return the bindings that may hold at `offset`: back to the last one that no branch can skip."""
        syntax = self.syntax
        home = syntax.enclosing(bindings[0].scope, "function")
        if len(bindings) == 1 or syntax.enclosing(scope, "function") != home:
            return bindings[::-1]
        reaching: list[Binding] = []
        for binding in reversed(bindings):
            if binding.end > offset:
                continue
            reaching.append(binding)
            if binding.kind != "augmented" and syntax.holds(binding.block, scope):
                break
        return reaching or bindings[::-1]

    def _is_environment(self, base: Expr) -> bool:
        """Whether a name stands for the environment: `const env = process.env`, `from os import environ`."""
        for binding in self.lookup(base):
            if binding.kind == "import":
                return (binding.module, binding.path[0]) in _ENVIRONMENT_IMPORTS or binding.module.startswith("$env/")
            if binding.value is not None and not binding.path:
                return text_of(binding.value) in _ENVIRONMENTS
            if binding.value is not None and text_of(binding.value) == "process" and binding.path == ("env",):
                return True
        return False

    def _then_base(self, function: int) -> Expr | None:
        """Return the promise whose `then` runs the function that starts at `function`."""
        if self._then is None:
            self._then = {}
            for call in self.syntax.calls_by_name.get("then", ()):
                made = self.syntax.expression(call.node)
                if made.base is not None and made.base.base is not None and made.items:
                    self._then[made.items[0].start] = made.base.base
        return self._then.get(function)


_ENVIRONMENTS = frozenset({
    "process.env", "import.meta.env", "Bun.env", "os.environ", "environ", "globalThis.process.env", "Deno.env",
    "ENV", "st.secrets", "window.env", "window._env_", "window.__ENV__", "window.ENV",
})  # fmt: skip
_ENVIRONMENT_CALLS = frozenset({
    "Deno.env.get", "os.getenv", "getenv", "os.environ.get", "environ.get", "os.environ.setdefault", "process.env.get",
})  # fmt: skip
_ENVIRONMENT_IMPORTS = frozenset({
    ("os", "environ"), ("process", "env"), ("node:process", "env"), ("$env/dynamic/private", "env"),
    ("$env/dynamic/public", "env"), ("bun", "env"),
})  # fmt: skip


def _distinct(values: Iterator[tuple["ValueFlow", Expr]]) -> tuple[tuple["ValueFlow", Expr], ...]:
    """Return the first few different values."""
    found: dict[tuple[int, int, int, str], tuple[ValueFlow, Expr]] = {}
    for flow, value in values:
        found.setdefault((id(flow), value.start, value.end, value.text), (flow, value))
        if len(found) >= _MAX_VALUES:
            break
    return tuple(found.values())


def taken(expr: Expr, path: tuple[str, ...], binding: "Binding") -> Expr:
    """Return the property of `expr` that a destructuring pattern takes."""
    for name in path:
        expr = Expr(ExprKind.ATTR, binding.start, binding.end, name, expr)
    return expr


def _module_table(flow: "ValueFlow") -> Expr:
    """Return the exports of a module as a table of names, so that `config.key` finds `key`."""
    names = [name for (scope, name), found in flow.syntax.bindings.items() if scope == 0 and found]
    exported = flow.syntax.exports.get("default")
    if exported is not None and (table := flow.syntax.expression(exported)).kind is ExprKind.TABLE:
        return table
    size = len(flow.syntax.data)
    items = tuple(Expr(ExprKind.NAME, size, size, name) for name in names)
    return Expr(ExprKind.TABLE, 0, size, items=items, keys=tuple(names))
