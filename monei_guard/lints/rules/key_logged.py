"""MG404: a key or token passed to a logger, a print or an error's message."""

import re
from collections.abc import Iterator

from monei_guard.lints.analysis.api_usage import MoneiUse
from monei_guard.lints.analysis.expression import Expr, ExprKind, first_named
from monei_guard.lints.analysis.name_resolution import dotted
from monei_guard.lints.documents.code_file import SourceFile
from monei_guard.lints.violation import Violation
from monei_guard.model.rule import Confidence

_LEVELS = frozenset({
    "log", "info", "warn", "warning", "error", "debug", "trace", "dir", "table", "fatal", "verbose", "silly",
    "critical", "exception", "success", "group", "http", "notice", "msg", "write", "pp", "pprint", "echo", "secho",
    "captureMessage", "capture_message", "setExtra", "set_extra", "setContext", "set_context", "addBreadcrumb",
    "add_breadcrumb", "bind", "alert", "print", "assert",
})  # fmt: skip
_LOGGERS = re.compile(
    r"(?i)^(?:.*\.)?(?:console|_?log(?:ger|ging|uru|s)?|.*logger|winston|pino|bunyan|sentry(?:_sdk)?|process\.std(?:out|err)|"
    r"sys\.std(?:out|err)|click|typer|rich|structlog|log4js|signale|consola|warnings|\$log|app\.logger|server\.log|"
    r"(?:req|request|fastify|ctx|context)\.log|Deno\.std(?:out|err)|pprint|traceback)$"
)
_BARE = frozenset({"print", "pprint", "pp", "alert", "log", "debug", "echo", "secho", "inspect_print", "rprint", "ic"})
_SILENT_WRITE = frozenset({"write", "bind", "table", "group", "http", "success", "notice"})


def check(file: SourceFile, _use: MoneiUse) -> Iterator[Violation]:
    """Yield each logging call that a credential reaches, and each error raised with one in its message."""
    for call in file.syntax.calls:
        if call.new or (call.name not in _LEVELS and call.name not in _BARE):
            continue
        made = file.syntax.expression(call.node)
        if not _is_logger(file, made):
            continue
        for argument in made.items:
            hit = _hit(file, made, argument, "written to a log")
            if hit is not None:
                yield hit
                break
    for node in file.syntax.thrown:
        raised = first_named(node)
        error = file.syntax.expression(raised) if raised is not None else None
        if error is None or error.kind not in (ExprKind.NEW, ExprKind.CALL):
            continue
        for argument in error.items:
            hit = _hit(file, error, argument, "put into an error's message, which ends in logs")
            if hit is not None:
                yield hit
                break


def _hit(file: SourceFile, made: Expr, argument: Expr, what: str) -> Violation | None:
    trace = file.flow.trace(argument)
    if trace is None:
        return _environment_dump(file, made, argument)
    confidence = Confidence.MEDIUM if trace.by_name else None
    fix = _without(file, made, argument)
    return Violation(made.start, made.end, f"Monei {trace.noun} {trace.name} is {what}", trace, fix, confidence)


def _environment_dump(file: SourceFile, made: Expr, argument: Expr) -> Violation | None:
    """`console.log(process.env)` in a file that reads its Monei key from there."""
    name = dotted(argument)
    if name not in ("process.env", "os.environ"):
        return None
    rest = file.data
    if not re.search(
        rb"(?:process\.env|os\.environ)(?:\.get\(|\.|\[)[\"']?[A-Z_]*MONEI[A-Z_]*(?:KEY|TOKEN|SECRET)", rest
    ):
        return None
    return Violation(made.start, made.end, f"the whole environment, the Monei key in it, is written to a log ({name})")


def _is_logger(file: SourceFile, made: Expr) -> bool:
    base = made.base
    if base is None:
        return False
    if base.kind is ExprKind.NAME:
        if base.text not in _BARE or file.flow.functions(made):
            return False
        return (
            base.text not in ("log", "debug", "echo", "pp", "pprint") or file.language == "python" or base.text == "log"
        )
    owner = dotted(base.base) or (base.base.text if base.base is not None else "")
    if base.base is not None and base.base.kind is ExprKind.CALL:
        owner = base.base.base.text if base.base.base is not None else ""  # logging.getLogger(...).info
        return bool(re.search(r"(?i)logger|child|getlog", owner)) and base.text in _LEVELS
    if base.text in _SILENT_WRITE and not re.search(r"(?i)std(?:out|err)|log", owner):
        return False
    return bool(_LOGGERS.match(owner))


def _without(file: SourceFile, made: Expr, argument: Expr) -> str:
    """Return the call without the credential."""
    if len(made.items) < 2 or made.base is None:  # noqa: PLR2004 - nothing would be left
        return ""
    kept = [
        file.source(item.start, item.end)
        for item in made.items
        if item is not argument and item.kind is not ExprKind.FUNCTION
    ]
    return f"{file.source(made.base.start, made.base.end)}({', '.join(kept)})" if all(not k for k in made.keys) else ""
