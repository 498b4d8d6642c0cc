"""MG405: a credential written as the fallback of an environment variable."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from monei_guard.lints.analysis.expression import Expr, ExprKind, last_name
from monei_guard.lints.analysis.names import is_credential_literal, is_credential_name, is_public_credential
from monei_guard.lints.pattern import Pattern
from monei_guard.lints.violation import Violation

if TYPE_CHECKING:
    from monei_guard.lints.analysis.api_usage import ApiUse
    from monei_guard.lints.analysis.code_unit import CodeUnit
    from monei_guard.lints.analysis.trace import Trace
    from monei_guard.lints.documents.config_file import ConfigFile
    from monei_guard.lints.documents.text_code import TextCode

ID = "hardcoded-fallback"

_READERS = frozenset({
    "get", "getenv", "env", "config", "str", "string", "getOrDefault", "getString", "setdefault", "get_env", "getEnv",
    "default", "optional", "Field", "getOr",
})  # fmt: skip


_FALLBACK = Pattern(
    r"(?:\?\?|\|\||\?:|\bor\b|,|=>|unwrap_or(?:_else)?\(|defaultValue:|default:|getOrElse\([^,\n]*,|getOrElse\s*\{?)\s*(?:\|\|\s*)?(?P<text>[\"'][^\"'\n]{12,200}[\"'])"
)
_EMPTY_TEST = Pattern(
    r"if\s*\(?!?\s*(?P<name>[$@]?\w+)(?:\.is(?:Null|Empty|NullOrEmpty|Blank)\w*(?:\(\))?|\s*(?:==|===)\s*(?:\"\"|''|nil|null|NULL))?\s*\)?\s*\{?\s*\n?\s*(?P=name)\s*=\s*(?P<text>[\"'][^\"'\n]{12,200}[\"'])"
)
_READ = Pattern(r"(?i)env|config|fetch|ENV|BuildConfig|Getenv|properties|getProperty|\?\?|\|\||\?:")
_NAMED = Pattern(r"MONEI_\w*(?:KEY|SECRET|TOKEN)")
_SHELL_FALLBACK = Pattern(r"\$\{(?P<name>\w+):?[-=](?P<value>[^}\s]{12,200})\}")
_SHELL_NAME = Pattern(r"MONEI\w*(?:KEY|SECRET|TOKEN)")
_SPRING = Pattern(r"\$\{(?P<name>\w*MONEI\w*(?:KEY|SECRET|TOKEN)):(?P<value>[^}\s\-?][^}\s]{11,200})\}")
_SPRING_PATH = Pattern(r"\.(?:properties|ya?ml|conf)$")


def check_code(unit: "CodeUnit", _use: "ApiUse") -> Iterator[Violation]:
    """Yield each alternative, default argument or later assignment that replaces a missing variable by a literal."""
    seen: set[int] = set()
    for node in unit.syntax.choices:
        choice = unit.syntax.expression(node)
        if choice.kind is ExprKind.EITHER and choice.text != "and":
            yield from _once(seen, _in_choice(unit, choice))
    for call in unit.syntax.calls:
        if call.name in _READERS and not call.new:
            yield from _once(seen, _in_reader(unit, unit.syntax.expression(call.node)))
    yield from _once(seen, _in_bindings(unit))


def _once(seen: set[int], violations: Iterator[Violation]) -> Iterator[Violation]:
    for violation in violations:
        if violation.start not in seen:
            seen.add(violation.start)
            yield violation


def _in_choice(unit: "CodeUnit", choice: Expr) -> Iterator[Violation]:
    options = _flat(choice)
    literal = next((found for option in options if (found := _literal(unit, option)) is not None), None)
    if literal is None:
        return
    for option in options:
        trace = _variable(unit, option)
        if trace is not None:
            yield _violation(literal, trace, unit.source(option.start, option.end))
            return


def _flat(expr: Expr) -> list[Expr]:
    if expr.kind is not ExprKind.EITHER:
        return [expr]
    return [inner for item in expr.items for inner in _flat(item)]


def _variable(unit: "CodeUnit", expr: Expr) -> "Trace | None":
    """Return the trace of an expression that reads a credential from outside the code, None for literals."""
    if expr.kind in (ExprKind.STRING, ExprKind.CONST, ExprKind.TABLE):
        return None
    trace = unit.flow.trace(expr)
    return trace if trace is not None and trace.name != "a key written in the code" else None


def _literal(unit: "CodeUnit", expr: Expr) -> Expr | None:
    """Return the literal credential that an alternative is (through one constant), or None."""
    for flow, value in unit.flow.values(expr):
        if value.kind is ExprKind.STRING and is_credential_literal(value.text):
            return value if flow is unit.flow and expr.kind is ExprKind.STRING else expr
    return None


def _in_reader(unit: "CodeUnit", made: Expr) -> Iterator[Violation]:
    first = made.items[0] if made.items else None
    if last_name(made) in ("default", "optional") and made.base is not None and first is not None:
        return  # zod and its like: the name of the variable is a key further out, see _in_bindings
    if first is None or first.kind is not ExprKind.STRING:
        return
    if not (is_credential_name(first.text) or is_public_credential(first.text)):
        return
    for item in made.items[1:]:
        literal = _literal(unit, item)
        if literal is not None:
            trace = unit.flow.trace(made)
            base = unit.source(made.base.start, made.base.end) if made.base is not None else "os.environ.get"
            fix = unit.language.corrections.required_variable(base, first.text)
            yield _violation(literal, trace, fix, first.text)
            return


def _in_bindings(unit: "CodeUnit") -> Iterator[Violation]:
    """Yield destructuring defaults, and `if (!key) key = "literal"` after a read of the variable."""
    for bindings in unit.syntax.bindings.values():
        for number, binding in enumerate(bindings):
            if binding.default is not None and binding.path and is_credential_name(binding.path[-1]):
                literal = _literal(unit, unit.syntax.expression(binding.default))
                if literal is not None:
                    yield _violation(literal, None, binding.path[-1], binding.path[-1])
            if number == 0 or binding.value is None or binding.kind not in ("value", "augmented"):
                continue
            value = unit.syntax.expression(binding.value)
            earlier = bindings[number - 1]
            if value.kind is not ExprKind.STRING or earlier.value is None or not is_credential_literal(value.text):
                continue
            inside = not unit.syntax.holds(binding.block, earlier.block) or binding.kind == "augmented"
            same_line = binding.kind == "value" and b"if" in unit.data[max(binding.start - 60, 0) : binding.start]
            trace = _variable(unit, unit.syntax.expression(earlier.value)) if inside or same_line else None
            if trace is not None:
                yield _violation(value, trace, "")


def _violation(literal: Expr, trace: "Trace | None", fix: str, name: str = "") -> Violation:
    shown = trace.name if trace is not None else f"`{name}`"
    message = f"a credential is written in the code for when {shown} is not set"
    return Violation(literal.start, literal.end, message, trace, fix)


def check_text(code: "TextCode") -> Iterator[Violation]:
    """Yield literals that stand in for a missing variable: in an expression, an assignment, a shell's default."""
    for match in _FALLBACK.finditer(code.code):
        literal = match.group("text")[1:-1]
        if not is_credential_literal(literal):
            continue
        line_start = code.line_start(match.start())
        carried = code.carried(line_start, match.start("text"))
        lead = code.code[line_start : match.start("text")]
        named = _NAMED.search(lead)
        if _READ.search(lead) and (carried is not None or named):
            name = f"`{named.group()}`" if named else carried.name if carried else ""
            yield Violation(*match.span("text"), f"a credential is written in the code for when {name} is not set")
    for match in _EMPTY_TEST.finditer(code.code):
        name = match.group("name").lstrip("$@")
        if is_credential_literal(match.group("text")[1:-1]) and code.tainted.get(name, -1) >= 0:
            yield Violation(*match.span("text"), f"a credential is written in the code for when `{name}` is not set")
    yield from _in_shell(code.code)


def check_config(file: "ConfigFile") -> Iterator[Violation]:
    """Yield the fallbacks of Spring's and of a shell's variables."""
    for match in _SPRING.finditer(file.text) if _SPRING_PATH.search(file.path) else ():
        if is_credential_literal(match.group("value")):
            message = f"a credential is written in the file for when `{match.group('name')}` is not set"
            yield Violation(*match.span("value"), message, fix="${" + match.group("name") + "}")
    if not file.is_shell_script:
        yield from _in_shell(file.text)


def _in_shell(text: str) -> Iterator[Violation]:
    """Yield `${MONEI_API_KEY:-literal}`."""
    for match in _SHELL_FALLBACK.finditer(text):
        if _SHELL_NAME.search(match.group("name")) and is_credential_literal(match.group("value")):
            message = f"a credential is written in the file for when `{match.group('name')}` is not set"
            yield Violation(*match.span("value"), message, fix="${" + match.group("name") + ":?}")
