"""MG408: `new MoneiSDK(key)`: the SDK takes an object; a bare string is ignored and MONEI_API_KEY is used instead."""

from collections.abc import Iterator

from monei_guard.lints.analysis.api_usage import MoneiUse
from monei_guard.lints.analysis.expression import ExprKind
from monei_guard.lints.documents.code_file import SourceFile
from monei_guard.lints.violation import Violation


def check(file: SourceFile, use: MoneiUse) -> Iterator[Violation]:
    """Yield each SDK constructor whose first argument is a string, or a credential read from somewhere."""
    if file.language == "python":
        return  # MoneiClient("...") takes the key as its first argument
    for built in use.constructions:
        if not built.call.items or built.options is not None:
            continue
        first = built.call.items[0]
        values = [value for _, value in file.flow.values(first)]
        if any(made.kind is ExprKind.TABLE for value in values for made in file.flow.returned(value)):
            continue
        is_text = bool(values) and all(value.kind in (ExprKind.STRING, ExprKind.JOIN) for value in values)
        is_env = any(flow.env_name(value) is not None for flow, value in file.flow.values(first))
        trace = file.flow.trace(first) if first.kind is not ExprKind.TABLE else None
        if is_text or is_env or (trace is not None and not any(value.kind is ExprKind.TABLE for value in values)):
            shown = (
                file.source(first.start, first.end)
                if first.kind is not ExprKind.STRING
                else "process.env.MONEI_API_KEY"
            )
            class_name = file.source(built.call.base.start, built.call.base.end) if built.call.base else "MoneiSDK"
            message = "the SDK ignores a bare string and silently uses MONEI_API_KEY from the environment"
            yield Violation(
                built.call.start, built.call.end, message, trace, f"new {class_name}({{ apiKey: {shown} }})"
            )
