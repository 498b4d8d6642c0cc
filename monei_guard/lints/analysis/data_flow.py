"""Following a Monei key or token from where it is read to where it is used.

Names are resolved within a file (scopes, destructuring, class fields, parameters through their calls, returns) and,
for imported constants, in the other files of the project. A value nobody can follow counts only where its own name
says "Monei" and "key" (`is_credential_name`); a name bound to a plain, harmless value does not count.
"""

from typing import TYPE_CHECKING

from monei_guard.lints.analysis.expression import Expr, ExprKind, dotted, last_name
from monei_guard.lints.analysis.name_resolution import Resolver, taken
from monei_guard.lints.analysis.names import (
    is_credential_name,
    is_key_literal,
    is_public_credential,
    is_secret_word,
    what_is,
)
from monei_guard.lints.analysis.trace import Step, Trace

if TYPE_CHECKING:
    from monei_guard.lints.analysis.code_unit import CodeUnit
    from monei_guard.lints.analysis.syntax import Binding

_MAX_DEPTH = 24

# Calls that hand their argument on, and methods that hand their object on.
_CARRIES_ARGUMENT = frozenset({
    "String", "str", "repr", "encodeURIComponent", "encodeURI", "escape", "btoa", "stringify", "dumps", "quote",
    "quote_plus", "urlencode", "URLSearchParams", "URL", "Headers", "from", "bytes", "assign", "values", "entries",
    "dict", "list", "format", "concat", "inspect", "b64encode", "ref", "useRef", "useState", "signal", "freeze",
    "SecretStr", "resolve", "quote_via", "set", "all", "pformat", "cast", "SimpleNamespace", "Map",
})  # fmt: skip
_CARRIES_OBJECT = frozenset({
    "toString", "trim", "strip", "encode", "decode", "concat", "valueOf", "format", "get_secret_value", "unwrap",
    "copy",
    "join", "rstrip", "lstrip", "trimEnd", "toJSON", "dict", "items", "values", "rawString", "catch", "then",
    "unwrap_or", "removeprefix",
})  # fmt: skip
_READERS = (
    "get", "require", "env", "config", "read", "load", "must", "fetch", "secret", "lookup", "str", "string", "value",
    "find", "useRuntime",
)  # fmt: skip
_RESPONSE_FIELDS = frozenset({
    "access_token", "accesstoken", "refresh_token", "refreshtoken", "token", "jwt", "apikey", "api_key", "apisecret",
    "api_secret",
})  # fmt: skip


class Flow(Resolver):
    """Answers, for one file, where a credential comes from. Remembers answers; knows nothing of sinks."""

    def __init__(self, unit: "CodeUnit") -> None:
        super().__init__(unit)
        self._answers: dict[tuple[int, int, str], Trace | None] = {}
        self._active: set[tuple[int, int, str]] = set()
        self._barren: set[tuple[int, int, str]] = set()
        # By (start of the binding, name); (-1, ...) for dotted names, "env:NAME" and names bound nowhere.
        self._marked: dict[tuple[int, str], Step] = {}

    def trace(self, expr: Expr | None) -> Trace | None:
        """Return the way of the Monei credential that `expr` carries, or None."""
        if expr is None or expr.kind in (ExprKind.CONST, ExprKind.FUNCTION, ExprKind.OPAQUE):
            return None
        key = (expr.start, expr.end, expr.text)
        if key in self._answers:
            return self._answers[key]
        if key in self._active or key in self._barren or len(self._active) > _MAX_DEPTH or self.fuel <= 0:
            return None
        self.fuel -= 1
        self._active.add(key)
        try:
            found = self._trace(expr)
        finally:
            self._active.discard(key)
        if found is not None or not self._active:
            self._answers[key] = found
        else:  # perhaps cut short by a cycle, so no answer for later; but within this question nothing new is here
            self._barren.add(key)
        if not self._active:
            self._barren.clear()
        return found

    def mark(self, expr: Expr | None, step: Step, depth: int = 0) -> None:
        """Remember that the value of `expr` serves as a Monei credential: the SDK gets it, or a header carries it."""
        if expr is None or depth > 6:  # noqa: PLR2004 - as far as a person would look
            return
        env = self.env_name(expr)
        if env is not None:
            self._marked.setdefault((-1, "env:" + env), step)
        elif expr.kind in (ExprKind.EITHER, ExprKind.JOIN):
            for item in expr.items:
                self.mark(item, step, depth + 1)
        elif expr.kind is ExprKind.NAME:
            self._mark_name(expr, step, depth)
        elif expr.kind is ExprKind.ATTR:
            self._mark_member(expr, step, depth)
        elif expr.kind is ExprKind.CALL and last_name(expr) in ("trim", "strip", "String", "str"):
            self.mark(expr.items[0] if expr.items else (expr.base.base if expr.base else None), step, depth + 1)

    def _mark_name(self, expr: Expr, step: Step, depth: int) -> None:
        bindings = self.lookup(expr)
        if not bindings:
            self._marked.setdefault((-1, expr.text), step)
        for binding in bindings:
            self._marked.setdefault((binding.start, binding.name), step)
            if binding.path:
                continue
            if binding.value is not None:
                self.mark(self.syntax.expression(binding.value), step, depth + 1)
            elif binding.kind == "parameter":
                for argument in self.arguments(binding):
                    self.mark(argument, step, depth + 1)

    def _mark_member(self, expr: Expr, step: Step, depth: int) -> None:
        name = dotted(expr)
        if "." in name and is_secret_word(expr.text):
            self._marked.setdefault((-1, name), step)
        for binding in self.syntax.members.get(name, ()):
            if binding.value is not None:
                self.mark(self.syntax.expression(binding.value), step, depth + 1)
            elif binding.kind == "parameter":
                self._marked.setdefault((binding.start, binding.name), step)

    def _trace(self, expr: Expr) -> Trace | None:
        match expr.kind:
            case ExprKind.STRING:
                if is_key_literal(expr.text):
                    return Trace("key", "a key written in the code", (self._step("written here", expr),))
                return None
            case ExprKind.NAME:
                return self._trace_name(expr)
            case ExprKind.ATTR:
                return self._trace_attribute(expr)
            case ExprKind.CALL | ExprKind.NEW:
                return self._trace_call(expr)
            case _:
                return next((found for item in expr.items if (found := self.trace(item)) is not None), None)

    def _trace_name(self, expr: Expr) -> Trace | None:
        env = self.env_name(expr)
        if env is not None:
            return self._environment(env, expr)
        bindings = self.lookup(expr)
        harmless = False
        for binding in bindings:
            mark = self._marked.get((binding.start, binding.name))
            found = self._trace_binding(binding)
            if found is not None:
                return found
            if mark is not None:
                noun = what_is(expr.text)
                first = Step(f"`{expr.text}` gets its value here", self.unit.view, binding.start, binding.end)
                return Trace(noun, f"`{expr.text}`", (first, mark))
            harmless = harmless or self._is_harmless(binding)
        loose = self._marked.get((-1, expr.text)) if not bindings else None
        if loose is not None:
            return Trace(what_is(expr.text), f"`{expr.text}`", (self._step("used here", expr), loose))
        if not harmless and is_credential_name(expr.text):
            where = bindings[0] if bindings else None
            start, end = (where.start, where.end) if where is not None else (expr.start, expr.end)
            step = Step(f"`{expr.text}`, a Monei {what_is(expr.text)} by its name", self.unit.view, start, end)
            return Trace(what_is(expr.text), f"`{expr.text}`", (step,), by_name=True)
        return None

    def _is_harmless(self, binding: "Binding") -> bool:
        """Whether a binding's value is in sight and was found harmless."""
        if binding.value is None or binding.path:
            return binding.kind == "import" and self.unit.imported(binding.module) is not None
        kind = self.syntax.expression(binding.value).kind
        return kind not in (ExprKind.CALL, ExprKind.NEW, ExprKind.ATTR, ExprKind.NAME)

    def _trace_binding(self, binding: "Binding") -> Trace | None:
        if binding.kind == "import":
            return self._trace_import(binding)
        found: Trace | None = None
        if binding.kind == "parameter":
            for argument in self.arguments(binding):
                found = found or self.trace(taken(argument, binding.path, binding))
        elif binding.value is not None:
            found = self.trace(taken(self.syntax.expression(binding.value), binding.path, binding))
        if found is None and binding.default is not None:
            found = self.trace(self.syntax.expression(binding.default))
        if found is None:
            return None
        verb = "passed as" if binding.kind == "parameter" else "bound to"
        return found.then(Step(f"{verb} `{binding.name}`", self.unit.view, binding.start, binding.end))

    def _trace_import(self, binding: "Binding") -> Trace | None:
        if binding.path == ("*",):
            return None
        other = self.unit.imported(binding.module)
        found = other.flow.trace_export(binding.path[0]) if other is not None else None
        if found is None:
            return None
        return found.then(Step(f"imported as `{binding.name}`", self.unit.view, binding.start, binding.end))

    def trace_export(self, name: str) -> Trace | None:
        """Return the credential this file exports under `name`, or None."""
        for flow, expr in self.export(name):
            found = flow.trace(expr)
            if found is not None:
                return found
        return None

    def _trace_attribute(self, expr: Expr) -> Trace | None:
        env = self.env_name(expr)
        if env is not None:
            return self._environment(env, expr)
        name = dotted(expr)
        mark = self._marked.get((-1, name)) if name else None
        if mark is not None:
            return Trace(what_is(expr.text), f"`{name}`", (self._step(f"`{name}` read here", expr), mark))
        harmless = False
        for flow, value in self.direct_values(expr):
            if flow is self and (value.start, value.end, value.text) == (expr.start, expr.end, expr.text):
                continue
            found = flow.trace(value)
            if found is not None:
                return found
            harmless = harmless or value.kind not in (
                ExprKind.CALL,
                ExprKind.NEW,
                ExprKind.ATTR,
                ExprKind.NAME,
            )
        if harmless:
            return None
        if expr.text.lower() in _RESPONSE_FIELDS and self.is_response(expr.base):
            step = self._step("Monei's answer carries it", expr)
            return Trace(what_is(expr.text), f"`{name or expr.text}`", (step,))
        name = name or expr.text
        if is_secret_word(expr.text) and is_credential_name("_".join(name.split(".")[-3:])):
            step = self._step(f"`{name}`, a Monei {what_is(expr.text)} by its name", expr)
            return Trace(what_is(expr.text), f"`{name}`", (step,), by_name=True)
        return None

    def _trace_call(self, expr: Expr) -> Trace | None:
        name = last_name(expr)
        env = self.env_name(expr)
        if env is not None:
            return self._environment(env, expr)
        found = self._trace_reader(expr, name)
        if found is None and name in _CARRIES_ARGUMENT:
            found = next((trace for item in expr.items if (trace := self.trace(item)) is not None), None)
        if found is None and name in _CARRIES_OBJECT and expr.base is not None:
            found = self.trace(expr.base.base)
        if found is not None:
            return found
        for value in self.returned(expr):
            found = self.trace(value)
            if found is not None:
                return found.then(self._step(f"returned by `{name}`", expr))
        return self._trace_imported_call(expr)

    def _trace_reader(self, expr: Expr, name: str) -> Trace | None:
        """Follow `config.get("MONEI_API_KEY")` and `table.get("key")`."""
        first = expr.items[0] if expr.items else None
        if first is None or first.kind is not ExprKind.STRING or expr.kind is not ExprKind.CALL:
            return None
        if is_credential_name(first.text) and name.lower().startswith(_READERS):
            return Trace(what_is(first.text), f"`{first.text}`", (self._step("read here", expr),))
        if name == "get" and expr.base is not None and expr.base.base is not None:
            return self.trace(Expr(ExprKind.ATTR, expr.start, expr.end, first.text, expr.base.base))
        return None

    def _trace_imported_call(self, expr: Expr) -> Trace | None:
        """Follow a call of a function that another file of the project exports."""
        if expr.base is None or expr.base.kind is not ExprKind.NAME:
            return None
        for flow, value in self.values(expr.base):
            if flow is self or value.kind is not ExprKind.FUNCTION:
                continue
            function = flow.syntax.functions.get(value.start)
            for node in function.returns[:20] if function is not None else ():
                found = flow.trace(flow.syntax.expression(node))
                if found is not None:
                    return found.then(self._step(f"returned by `{expr.base.text}`", expr))
        return None

    def _environment(self, name: str, expr: Expr) -> Trace | None:
        mark = self._marked.get((-1, "env:" + name))
        if not is_credential_name(name) and not is_public_credential(name) and mark is None:
            return None
        step = self._step(f"`{name}` read from the environment", expr)
        named = is_credential_name(name) or is_public_credential(name)
        return Trace(what_is(name), f"`{name}`", (step,) if named or mark is None else (step, mark))

    def _step(self, message: str, expr: Expr) -> Step:
        return Step(message, self.unit.view, expr.start, expr.end)
