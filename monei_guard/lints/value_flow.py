"""Following a Monei key or token from where it is read to where it is used.

Names are resolved within a file (scopes, destructuring, class fields, parameters through their calls, returns) and,
for imported constants, in the other files of the project. A value nobody can follow counts only where its own name
says "Monei" and "key" (`is_credential_name`); a name bound to a plain, harmless value does not count.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, Protocol

from monei_guard.lints.expression import Expr, Kind, text_of
from monei_guard.lints.names import (
    is_credential_name,
    is_key_literal,
    is_public_credential,
    is_secret_word,
    what_is,
)

if TYPE_CHECKING:
    from monei_guard.lints.syntax import Binding, Function, Syntax

_MAX_DEPTH = 24
_FUEL = 60_000  # questions asked of one file before following stops: entangled or hostile code

# Calls that hand their argument on, and methods that hand their object on.
_CARRIES_ARGUMENT = frozenset({
    "String", "str", "repr", "encodeURIComponent", "encodeURI", "escape", "btoa", "stringify", "dumps", "quote",
    "quote_plus", "urlencode", "URLSearchParams", "URL", "Headers", "from", "bytes", "assign", "values", "entries",
    "dict", "list", "format", "concat", "inspect", "b64encode", "ref", "useRef", "useState", "signal", "freeze",
    "SecretStr", "resolve", "quote_via", "set", "all", "pformat", "cast", "SimpleNamespace", "Map",
})  # fmt: skip
_CARRIES_OBJECT = frozenset({
    "toString", "trim", "strip", "encode", "decode", "concat", "valueOf", "format", "get_secret_value", "unwrap", "copy",
    "join", "rstrip", "lstrip", "trimEnd", "toJSON", "dict", "items", "values", "rawString", "catch", "then", "unwrap_or",
    "rstrip", "removeprefix",
})  # fmt: skip
_READERS = (
    "get", "require", "env", "config", "read", "load", "must", "fetch", "secret", "lookup", "str", "string", "value",
    "find", "useRuntime",
)  # fmt: skip
_RESPONSE_FIELDS = frozenset({
    "access_token", "accesstoken", "refresh_token", "refreshtoken", "token", "jwt", "apikey", "api_key", "apisecret",
    "api_secret",
})  # fmt: skip


class Step(NamedTuple):
    """One stop on a value's way: what happens there, in which file, and where (byte offsets)."""

    message: str
    file: "FlowFile"
    start: int
    end: int


class Trace(NamedTuple):
    """A credential that reached an expression: what it is, how its source is written, and its way (source first)."""

    noun: str  # "key" | "token" | "secret" | "PIN"
    name: str  # as shown to people; never a value
    steps: tuple[Step, ...]
    by_name: bool = False  # only the name says so

    def then(self, step: Step) -> "Trace":
        """Return the trace with one more stop; a stop on the same line as the last one adds nothing."""
        return self._replace(steps=(*self.steps, step))


class FlowFile(Protocol):
    """What following needs to know of a file (`lints.source_file.SourceFile`)."""

    @property
    def path(self) -> str:
        """Path relative to the scanned root."""

    @property
    def syntax(self) -> "Syntax":
        """What the walk collected."""

    @property
    def flow(self) -> "Flow":
        """The flow of this file."""

    def imported(self, module: str) -> "FlowFile | None":
        """Return the project's file behind an import, or None."""


class Flow:
    """Answers, for one file, where a value comes from. Remembers answers; knows nothing of sinks."""

    def __init__(self, file: FlowFile) -> None:
        self.file = file
        self.syntax = file.syntax
        self._answers: dict[tuple[int, int, Kind, str], Trace | None] = {}
        self._active: set[tuple[int, int, Kind, str]] = set()
        # By (start of the binding, name); (-1, ...) for dotted names, "env:NAME" and names bound nowhere.
        self._marked: dict[tuple[int, str], Step] = {}
        self._then: dict[int, Expr] | None = None
        self.fuel = _FUEL
        self.responses: set[tuple[int, int]] = set()  # spans of the file's Monei calls, filled by `monei_use`

    @property
    def exhausted(self) -> bool:
        """Whether following was given up somewhere."""
        return self.fuel <= 0

    # -- questions -----------------------------------------------------------------------------------------------

    def trace(self, expr: Expr | None) -> Trace | None:
        """Return the way of the Monei credential that `expr` carries, or None."""
        if expr is None or expr.kind in (Kind.CONST, Kind.FUNCTION, Kind.OPAQUE):
            return None
        key = (expr.start, expr.end, expr.kind, expr.text)
        if key in self._answers:
            return self._answers[key]
        if key in self._active or len(self._active) > _MAX_DEPTH or self.fuel <= 0:
            return None
        self.fuel -= 1
        self._active.add(key)
        try:
            found = self._trace(expr)
        finally:
            self._active.discard(key)
        if not self._active:  # an answer cut short by a cycle is not worth remembering
            self._answers[key] = found
        return found

    def values(self, expr: Expr | None, depth: int = 0) -> Iterator[tuple["Flow", Expr]]:
        """Yield what `expr` may be, names resolved, each with the flow of the file it stands in."""
        if expr is None or depth > 8 or self.fuel <= 0:  # noqa: PLR2004 - longer chains are not written by hand
            return
        self.fuel -= 1
        if expr.kind is Kind.EITHER:
            for item in expr.items:
                yield from self.values(item, depth + 1)
        elif expr.kind in (Kind.NAME, Kind.ATTR):
            found = False
            for flow, value in self._one_level(expr, depth + 1):
                if (value.start, value.end) != (expr.start, expr.end) or flow is not self:
                    found = True
                    yield from flow.values(value, depth + 1)
            if not found:
                yield self, expr
        else:
            yield self, expr

    def text(self, expr: Expr | None, depth: int = 0) -> str:
        """Return the constant text of `expr`, unknown parts as NUL; "" where nothing is known."""
        if expr is None or depth > 8:  # noqa: PLR2004 - as in values
            return "\0"
        if expr.kind is Kind.STRING:
            return expr.text
        if expr.kind is Kind.JOIN:
            return "".join(self.text(item, depth + 1) for item in expr.items)
        if expr.kind in (Kind.CALL, Kind.NEW) and expr.items and last_name(expr) in ("URL", "urljoin", "String", "str"):
            base = self.text(expr.items[-1], depth + 1) if len(expr.items) > 1 else ""
            return base + self.text(expr.items[0], depth + 1)
        if expr.kind is Kind.CALL and last_name(expr) in ("get", "getenv", "env", "config") and len(expr.items) > 1:
            return self.text(expr.items[1], depth + 1)
        if expr.kind in (Kind.NAME, Kind.ATTR, Kind.EITHER):
            texts = [flow.text(value, depth + 1) for flow, value in self.values(expr) if value != expr]
            return next((text for text in texts if text.strip("\0")), "\0")
        return "\0"

    def env_name(self, expr: Expr) -> str | None:
        """Return the environment variable that `expr` reads, or None."""
        if expr.kind is Kind.ATTR and expr.base is not None and expr.text:
            base = expr.base
            if dotted(base) in _ENVIRONMENTS or (base.kind is Kind.NAME and self._is_environment(base)):
                return expr.text
        if expr.kind is Kind.CALL and expr.base is not None and expr.items:
            first = expr.items[0]
            if first.kind is Kind.STRING and dotted(expr.base) in _ENVIRONMENT_CALLS:
                return first.text
        if expr.kind is Kind.NAME:
            for binding in self.lookup(expr):
                if binding.kind == "import" and binding.module.startswith(
                    ("$env/static/", "astro:env/", "@env", "react-native-dotenv")
                ):
                    return binding.path[0]
        return None

    def lookup(self, expr: Expr) -> list["Binding"]:
        """Return the bindings of a name that can reach it, the latest first."""
        scope = self.syntax.scope_at(expr.start)
        here = scope
        while here >= 0:
            found = self.syntax.bindings.get((here, expr.text))
            if found:
                return self._reaching(found, expr.start, scope)
            here = self.syntax.scopes[here].parent
        return []

    def constructed(self, expr: Expr | None) -> Iterator[tuple["Flow", Expr]]:
        """Yield the calls and constructor calls that `expr` is the result of (a client, an agent, a response)."""
        for flow, value in self.values(expr):
            if value.kind in (Kind.CALL, Kind.NEW):
                yield flow, value

    def returned(self, call: Expr) -> Iterator[Expr]:
        """Yield what the file's own functions called here return."""
        for function in self.functions(call):
            for node in function.returns[:20]:
                yield self.syntax.expression(node)

    def functions(self, call: Expr) -> list["Function"]:
        """Return the file's own functions that a call may run."""
        base = call.base
        if base is None:
            return []
        if base.kind is Kind.NAME:
            starts = [b.value.start_byte for b in self.lookup(base) if b.value is not None]
            return [self.syntax.functions[start] for start in starts if start in self.syntax.functions]
        if base.kind is Kind.ATTR and base.base is not None and base.base.text in ("this", "self", "cls"):
            return self.syntax.methods.get(base.text, [])[:5]
        return []

    # -- marks ---------------------------------------------------------------------------------------------------

    def mark(self, expr: Expr | None, step: Step, depth: int = 0) -> None:
        """Remember that the value of `expr` serves as a Monei credential (it is handed to the SDK, sent in a header)."""
        if expr is None or depth > 6:  # noqa: PLR2004 - as far as a person would look
            return
        if expr.kind in (Kind.EITHER, Kind.JOIN):
            for item in expr.items:
                self.mark(item, step, depth + 1)
            return
        env = self.env_name(expr)
        if env is not None:
            self._marked.setdefault((-1, "env:" + env), step)
        elif expr.kind is Kind.NAME:
            bindings = self.lookup(expr)
            if not bindings:
                self._marked.setdefault((-1, expr.text), step)
            for binding in bindings:
                self._marked.setdefault((binding.start, binding.name), step)
                if binding.value is not None and not binding.path:
                    self.mark(self.syntax.expression(binding.value), step, depth + 1)
                elif binding.kind == "parameter" and not binding.path:
                    for argument in self._arguments(binding):
                        self.mark(argument, step, depth + 1)
        elif expr.kind is Kind.ATTR and (name := dotted(expr)):
            if name.count(".") and is_secret_word(expr.text):
                self._marked.setdefault((-1, name), step)
            for binding in self.syntax.members.get(name, ()):
                if binding.value is not None:
                    self.mark(self.syntax.expression(binding.value), step, depth + 1)
                elif binding.kind == "parameter":
                    self._marked.setdefault((binding.start, binding.name), step)
        elif expr.kind is Kind.CALL and last_name(expr) in ("trim", "strip", "String", "str"):
            self.mark(expr.items[0] if expr.items else (expr.base.base if expr.base else None), step, depth + 1)

    # -- following -----------------------------------------------------------------------------------------------

    def _trace(self, expr: Expr) -> Trace | None:
        match expr.kind:
            case Kind.STRING:
                if is_key_literal(expr.text):
                    return Trace("key", "a key written in the code", (self._step("written here", expr),))
                return None
            case Kind.NAME:
                return self._trace_name(expr)
            case Kind.ATTR:
                return self._trace_attribute(expr)
            case Kind.CALL | Kind.NEW:
                return self._trace_call(expr)
            case _:
                return next((found for item in expr.items if (found := self.trace(item)) is not None), None)

    def _trace_name(self, expr: Expr) -> Trace | None:
        env = self.env_name(expr)
        if env is not None:
            return self._environment(env, expr)
        bindings = self.lookup(expr)
        known = False
        for binding in bindings:
            mark = self._marked.get((binding.start, binding.name))
            found = self._trace_binding(binding)
            if found is not None:
                return found
            if mark is not None:
                noun = what_is(expr.text)
                first = Step(f"`{expr.text}` gets its value here", self.file, binding.start, binding.end)
                return Trace(noun, f"`{expr.text}`", (first, mark))
            known = known or self._is_known(binding)
        loose = self._marked.get((-1, expr.text)) if not bindings else None
        if loose is not None:
            return Trace(what_is(expr.text), f"`{expr.text}`", (self._step("used here", expr), loose))
        if not known and is_credential_name(expr.text):
            where = bindings[0] if bindings else None
            start, end = (where.start, where.end) if where is not None else (expr.start, expr.end)
            step = Step(f"`{expr.text}`, a Monei {what_is(expr.text)} by its name", self.file, start, end)
            return Trace(what_is(expr.text), f"`{expr.text}`", (step,), by_name=True)
        return None

    def _is_known(self, binding: "Binding") -> bool:
        """Whether a binding's value is in sight and was found harmless."""
        if binding.value is None or binding.path:
            return binding.kind == "import" and self.file.imported(binding.module) is not None
        kind = self.syntax.expression(binding.value).kind
        return kind not in (Kind.CALL, Kind.NEW, Kind.ATTR, Kind.NAME) or kind is Kind.FUNCTION

    def _trace_binding(self, binding: "Binding") -> Trace | None:
        if binding.kind == "import":
            return self._trace_import(binding)
        found: Trace | None = None
        if binding.kind == "parameter":
            for argument in self._arguments(binding):
                found = found or self.trace(_taken(argument, binding.path, binding))
        elif binding.value is not None:
            found = self.trace(_taken(self.syntax.expression(binding.value), binding.path, binding))
        if found is None and binding.default is not None:
            found = self.trace(self.syntax.expression(binding.default))
        if found is None:
            return None
        verb = "passed as" if binding.kind == "parameter" else "bound to"
        return found.then(Step(f"{verb} `{binding.name}`", self.file, binding.start, binding.end))

    def _trace_import(self, binding: "Binding") -> Trace | None:
        if binding.path == ("*",):
            return None
        other = self.file.imported(binding.module)
        found = other.flow.trace_export(binding.path[0]) if other is not None else None
        if found is None:
            return None
        return found.then(Step(f"imported as `{binding.name}`", self.file, binding.start, binding.end))

    def export(self, name: str, depth: int = 0) -> Iterator[tuple["Flow", Expr]]:
        """Yield what this file exports under `name`."""
        if depth > 5:  # noqa: PLR2004 - a chain of re-exports longer than this is a cycle
            return
        syntax = self.syntax
        if name in syntax.reexports:
            module, there = syntax.reexports[name]
            other = self.file.imported(module)
            if other is not None:
                yield from other.flow.export(there, depth + 1)
            return
        if name in syntax.exports:
            yield self, self.syntax.expression(syntax.exports[name])
            return
        bindings = syntax.bindings.get((0, name), [])
        for binding in bindings[-1:]:
            if binding.value is not None:
                yield self, _taken(self.syntax.expression(binding.value), binding.path, binding)
            elif binding.kind == "import":
                other = self.file.imported(binding.module)
                if other is not None:
                    yield from other.flow.export(binding.path[0], depth + 1)
        default = syntax.exports.get("default")
        if not bindings and default is not None:
            entry = self.syntax.expression(default).entry(name.lower())
            if entry is not None:
                yield self, entry
        if not bindings:
            for module in syntax.star_exports:
                other = self.file.imported(module)
                if other is not None:
                    yield from other.flow.export(name, depth + 1)

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
        known = False
        for flow, value in self._one_level(expr):
            if flow is self and (value.start, value.end, value.text) == (expr.start, expr.end, expr.text):
                continue
            found = flow.trace(value)
            if found is not None:
                return found
            known = known or value.kind not in (Kind.CALL, Kind.NEW, Kind.ATTR, Kind.NAME)
        if known:
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
        first = expr.items[0] if expr.items else None
        if first is not None and first.kind is Kind.STRING and expr.kind is Kind.CALL:
            if is_credential_name(first.text) and name.lower().startswith(_READERS):
                return Trace(what_is(first.text), f"`{first.text}`", (self._step("read here", expr),))
            if name == "get" and expr.base is not None and expr.base.base is not None:
                attribute = Expr(Kind.ATTR, expr.start, expr.end, first.text, expr.base.base)
                return self.trace(attribute)
        if name in _CARRIES_ARGUMENT:
            for item in expr.items:
                found = self.trace(item)
                if found is not None:
                    return found
        if name in _CARRIES_OBJECT and expr.base is not None:
            found = self.trace(expr.base.base)
            if found is not None:
                return found
        for value in self.returned(expr):
            found = self.trace(value)
            if found is not None:
                return found.then(self._step(f"returned by `{name}`", expr))
        return self._trace_imported_call(expr)

    def _trace_imported_call(self, expr: Expr) -> Trace | None:
        """Follow a call of a function that another file of the project exports."""
        if expr.base is None or expr.base.kind is not Kind.NAME:
            return None
        for flow, value in self.values(expr.base):
            if flow is self or value.kind is not Kind.FUNCTION:
                continue
            function = flow.syntax.functions.get(value.start)
            for node in function.returns[:20] if function is not None else ():
                found = flow.trace(flow.syntax.expression(node))
                if found is not None:
                    return found.then(self._step(f"returned by `{expr.base.text}`", expr))
        return None

    def is_response(self, expr: Expr | None, depth: int = 0) -> bool:
        """Whether `expr` is (a part of) what a Monei call answered. Set by `monei_use` through `responses`."""
        if expr is None or depth > 8:  # noqa: PLR2004 - as in values
            return False
        if expr.kind in (Kind.CALL, Kind.NEW):
            if (expr.start, expr.end) in self.responses:
                return True
            return (
                expr.base is not None
                and last_name(expr) in ("json", "then", "data", "unwrap")
                and self.is_response(expr.base.base, depth + 1)
            )
        if expr.kind is Kind.ATTR:
            return self.is_response(expr.base, depth + 1)
        if expr.kind is not Kind.NAME:
            return False
        for binding in self.lookup(expr):
            if binding.value is not None and self.is_response(self.syntax.expression(binding.value), depth + 1):
                return True
            if binding.kind == "parameter" and self.is_response(self._then_base(binding.function), depth + 1):
                return True
        return False

    # -- parts ---------------------------------------------------------------------------------------------------

    def _one_level(self, expr: Expr, depth: int = 0) -> Iterator[tuple["Flow", Expr]]:
        """Yield what a name or attribute stands for, one step back."""
        if expr.kind is Kind.NAME:
            for binding in self.lookup(expr):
                yield from self._binding_values(binding)
            return
        name = dotted(expr)
        members = self.syntax.members.get(name, ()) if name else ()
        for binding in members:
            if binding.value is not None:
                yield self, _taken(self.syntax.expression(binding.value), binding.path, binding)
            elif binding.kind == "parameter":
                for argument in self._arguments(binding):
                    yield self, _taken(argument, binding.path, binding)
        if expr.base is None or not expr.text:
            return
        for flow, value in self._base_values(expr.base, depth + 1):
            if value.kind is Kind.TABLE:
                entry = value.entry(expr.text.lower())
                if entry is not None:
                    yield flow, entry
            elif value.kind is Kind.CALL and last_name(value) in ("freeze", "reactive", "ref", "defineConfig"):
                entry = value.items[0].entry(expr.text.lower()) if value.items else None
                if entry is not None:
                    yield flow, entry

    def _base_values(self, base: Expr, depth: int) -> Iterator[tuple["Flow", Expr]]:
        """Yield what the object before a dot may be; a module imported whole yields its exports as a table."""
        if base.kind is Kind.NAME:
            for binding in self.lookup(base):
                if binding.kind == "import" and binding.path[0] in ("*", "default"):
                    other = self.file.imported(binding.module)
                    if other is not None:
                        yield other.flow, _module_table(other.flow)
        yield from self.values(base, depth)

    def _binding_values(self, binding: "Binding") -> Iterator[tuple["Flow", Expr]]:
        if binding.kind == "import":
            other = self.file.imported(binding.module)
            if other is not None and binding.path[0] != "*":
                yield from other.flow.export(binding.path[0])
        elif binding.kind == "parameter":
            for argument in self._arguments(binding):
                yield self, _taken(argument, binding.path, binding)
            if binding.default is not None:
                yield self, self.syntax.expression(binding.default)
        elif binding.value is not None:
            yield self, _taken(self.syntax.expression(binding.value), binding.path, binding)
            if binding.default is not None:
                yield self, self.syntax.expression(binding.default)

    def _arguments(self, binding: "Binding") -> Iterator[Expr]:
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
            if not builds and all(known.node.start_byte != binding.function for known in self.functions(made)):
                continue
            positional = made.positional()
            named = made.entry(binding.name.lower())
            if named is not None:
                yield named
            elif binding.index < len(positional):
                yield positional[binding.index]

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

    def _environment(self, name: str, expr: Expr) -> Trace | None:
        mark = self._marked.get((-1, "env:" + name))
        if not is_credential_name(name) and not is_public_credential(name) and mark is None:
            return None
        step = self._step(f"`{name}` read from the environment", expr)
        named = is_credential_name(name) or is_public_credential(name)
        return Trace(what_is(name), f"`{name}`", (step,) if named or mark is None else (step, mark))

    def _step(self, message: str, expr: Expr) -> Step:
        return Step(message, self.file, expr.start, expr.end)

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


def last_name(call: Expr) -> str:
    """Return the last identifier of what a call calls."""
    return call.base.text if call.base is not None else ""


def dotted(expr: Expr | None) -> str:
    """Return `a.b.c` for a chain of names, "" for anything else."""
    parts: list[str] = []
    while expr is not None and expr.kind is Kind.ATTR and expr.text and len(parts) < 12:  # noqa: PLR2004 - long enough
        parts.append(expr.text)
        expr = expr.base
    if expr is None or expr.kind is not Kind.NAME:
        return ""
    return ".".join((expr.text, *reversed(parts)))


def _taken(expr: Expr, path: tuple[str, ...], binding: "Binding") -> Expr:
    """Return the property of `expr` that a destructuring pattern takes."""
    for name in path:
        expr = Expr(Kind.ATTR, binding.start, binding.end, name, expr)
    return expr


def _module_table(flow: Flow) -> Expr:
    """Return the exports of a module as a table of names, so that `config.key` finds `key`."""
    names = [name for (scope, name), found in flow.syntax.bindings.items() if scope == 0 and found]
    exported = flow.syntax.exports.get("default")
    if exported is not None and (table := flow.syntax.expression(exported)).kind is Kind.TABLE:
        return table
    size = len(flow.syntax.data)
    items = tuple(Expr(Kind.NAME, size, size, name) for name in names)
    return Expr(Kind.TABLE, 0, size, items=items, keys=tuple(names))
