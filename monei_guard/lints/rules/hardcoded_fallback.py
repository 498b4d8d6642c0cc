"""MG405: a credential written as the fallback of an environment variable."""

from collections.abc import Iterator

from monei_guard.lints.analysis.api_usage import MoneiUse
from monei_guard.lints.analysis.data_flow import Trace
from monei_guard.lints.analysis.expression import Expr, ExprKind
from monei_guard.lints.analysis.name_resolution import last_name
from monei_guard.lints.analysis.names import is_credential_name, is_public_credential, looks_like_credential
from monei_guard.lints.documents.code_file import SourceFile
from monei_guard.lints.violation import Violation

_READERS = frozenset({
    "get", "getenv", "env", "config", "str", "string", "getOrDefault", "getString", "setdefault", "get_env", "getEnv",
    "default", "optional", "Field", "getOr",
})  # fmt: skip


def check(file: SourceFile, _use: MoneiUse) -> Iterator[Violation]:
    """Yield each alternative, default argument or later assignment that replaces a missing variable by a literal."""
    seen: set[int] = set()
    for node in file.syntax.choices:
        choice = file.syntax.expression(node)
        if choice.kind is ExprKind.EITHER and choice.text != "and":
            yield from _once(seen, _in_choice(file, choice))
    for call in file.syntax.calls:
        if call.name in _READERS and not call.new:
            yield from _once(seen, _in_reader(file, file.syntax.expression(call.node)))
    yield from _once(seen, _in_bindings(file))


def _once(seen: set[int], hits: Iterator[Violation]) -> Iterator[Violation]:
    for hit in hits:
        if hit.start not in seen:
            seen.add(hit.start)
            yield hit


def _in_choice(file: SourceFile, choice: Expr) -> Iterator[Violation]:
    options = _flat(choice)
    literal = next((found for option in options if (found := _literal(file, option)) is not None), None)
    if literal is None:
        return
    for option in options:
        trace = _variable(file, option)
        if trace is not None:
            yield _hit(literal, trace, file.source(option.start, option.end))
            return


def _flat(expr: Expr) -> list[Expr]:
    if expr.kind is not ExprKind.EITHER:
        return [expr]
    return [inner for item in expr.items for inner in _flat(item)]


def _variable(file: SourceFile, expr: Expr) -> Trace | None:
    """Return the trace of an expression that reads a credential from outside the code, None for literals."""
    if expr.kind in (ExprKind.STRING, ExprKind.CONST, ExprKind.TABLE):
        return None
    trace = file.flow.trace(expr)
    return trace if trace is not None and trace.name != "a key written in the code" else None


def _literal(file: SourceFile, expr: Expr) -> Expr | None:
    """Return the literal credential that an alternative is (through one constant), or None."""
    for flow, value in file.flow.values(expr):
        if value.kind is ExprKind.STRING and looks_like_credential(value.text):
            return value if flow is file.flow and expr.kind is ExprKind.STRING else expr
    return None


def _in_reader(file: SourceFile, made: Expr) -> Iterator[Violation]:
    first = made.items[0] if made.items else None
    if last_name(made) in ("default", "optional") and made.base is not None and first is not None:
        return  # zod and its like: the name of the variable is a key further out, see _in_bindings
    if first is None or first.kind is not ExprKind.STRING:
        return
    if not (is_credential_name(first.text) or is_public_credential(first.text)):
        return
    for item in made.items[1:]:
        literal = _literal(file, item)
        if literal is not None:
            trace = file.flow.trace(made)
            base = file.source(made.base.start, made.base.end) if made.base is not None else "os.environ.get"
            fix = f'os.environ["{first.text}"]' if file.language == "python" else f'{base}("{first.text}")'
            yield _hit(literal, trace, fix, first.text)
            return


def _in_bindings(file: SourceFile) -> Iterator[Violation]:
    """Yield destructuring defaults, and `if (!key) key = "literal"` after a read of the variable."""
    for bindings in file.syntax.bindings.values():
        for number, binding in enumerate(bindings):
            if binding.default is not None and binding.path and is_credential_name(binding.path[-1]):
                literal = _literal(file, file.syntax.expression(binding.default))
                if literal is not None:
                    yield _hit(literal, None, binding.path[-1], binding.path[-1])
            if number == 0 or binding.value is None or binding.kind not in ("value", "augmented"):
                continue
            value = file.syntax.expression(binding.value)
            earlier = bindings[number - 1]
            if value.kind is not ExprKind.STRING or earlier.value is None or not looks_like_credential(value.text):
                continue
            inside = not file.syntax.holds(binding.block, earlier.block) or binding.kind == "augmented"
            same_line = binding.kind == "value" and b"if" in file.data[max(binding.start - 60, 0) : binding.start]
            trace = _variable(file, file.syntax.expression(earlier.value)) if inside or same_line else None
            if trace is not None:
                yield _hit(value, trace, "")


def _hit(literal: Expr, trace: Trace | None, fix: str, name: str = "") -> Violation:
    shown = trace.name if trace is not None else f"`{name}`"
    message = f"a credential is written in the code for when {shown} is not set"
    return Violation(literal.start, literal.end, message, trace, fix)
