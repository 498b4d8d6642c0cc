"""MG408: `new MoneiSDK(key)`: the SDK takes an object; a bare string is ignored and MONEI_API_KEY is used instead."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from monei_guard.lints.analysis.expression import ExprKind
from monei_guard.lints.violation import Violation

if TYPE_CHECKING:
    from monei_guard.lints.analysis.api_usage import ApiUse
    from monei_guard.lints.analysis.code_unit import CodeUnit

ID = "bare-string-constructor"


def check_code(unit: "CodeUnit", use: "ApiUse") -> Iterator[Violation]:
    """Yield each SDK constructor whose first argument is a string, or a credential read from somewhere."""
    for built in use.constructions:
        if not built.call.items or built.options is not None:
            continue  # where arguments have names, the key may well be the first one
        first = built.call.items[0]
        values = [value for _, value in unit.flow.values(first)]
        if any(made.kind is ExprKind.TABLE for value in values for made in unit.flow.returned(value)):
            continue
        is_text = bool(values) and all(value.kind in (ExprKind.STRING, ExprKind.JOIN) for value in values)
        is_env = any(flow.env_name(value) is not None for flow, value in unit.flow.values(first))
        trace = unit.flow.trace(first) if first.kind is not ExprKind.TABLE else None
        if is_text or is_env or (trace is not None and not any(value.kind is ExprKind.TABLE for value in values)):
            shown = (
                unit.source(first.start, first.end)
                if first.kind is not ExprKind.STRING
                else unit.language.corrections.read_variable("MONEI_API_KEY")
            )
            class_name = unit.source(built.call.base.start, built.call.base.end) if built.call.base else "MoneiSDK"
            message = "the SDK ignores a bare string and silently uses MONEI_API_KEY from the environment"
            yield Violation(
                built.call.start, built.call.end, message, trace, f"new {class_name}({{ apiKey: {shown} }})"
            )
