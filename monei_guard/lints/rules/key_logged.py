"""MG404: a key or token passed to a logger, a print or an error's message."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from monei_guard.lints.analysis.expression import Expr, ExprKind, dotted, first_named
from monei_guard.lints.pattern import Pattern
from monei_guard.lints.violation import Violation
from monei_guard.model.rule import Confidence

if TYPE_CHECKING:
    from monei_guard.lints.analysis.api_usage import ApiUse
    from monei_guard.lints.analysis.code_unit import CodeUnit
    from monei_guard.lints.documents.text_code import Invocation, TextCode

ID = "key-logged"

_LEVELS = frozenset({
    "log", "info", "warn", "warning", "error", "debug", "trace", "dir", "table", "fatal", "verbose", "silly",
    "critical", "exception", "success", "group", "http", "notice", "msg", "write", "pp", "pprint", "echo", "secho",
    "captureMessage", "capture_message", "setExtra", "set_extra", "setContext", "set_context", "addBreadcrumb",
    "add_breadcrumb", "bind", "alert", "print", "assert",
})  # fmt: skip
_LOGGERS = Pattern(
    r"(?i)^(?:.*\.)?(?:console|_?log(?:ger|ging|uru|s)?|.*logger|winston|pino|bunyan|sentry(?:_sdk)?|process\.std(?:out|err)|"
    r"sys\.std(?:out|err)|click|typer|rich|structlog|log4js|signale|consola|warnings|\$log|app\.logger|server\.log|"
    r"(?:req|request|fastify|ctx|context)\.log|Deno\.std(?:out|err)|pprint|traceback)$"
)
_TEXT_LOGGERS = Pattern(
    r"(?:^|[.:>])(?:print|println|printf|eprintln!?|debugPrint|NSLog|os_log|error_log|var_dump|print_r|dump|dd|puts|p|pp|echo|"
    r"Write-Host|Write-Output|println!|print!|dbg!|eprintln!|(?:tracing::|log::)?(?:info|warn|error|debug|trace)!)$"
    r"|(?:^|[.:>])(?:Log|Timber|[lL]ogger|_?log(?:ger)?|LOG(?:GER)?|slog|Console|Debug|developer|Rails\.logger|IO|out|err|fmt|syslog|zap|"
    r"logrus|Crashlytics)(?:\.|::|->)(?:[dewiv]|wtf|log|info|warn(?:ing)?|error|debug|trace|fatal|fine|severe|notice|critical|"
    r"[Pp]rint(?:ln|f)?|Print|Println|Printf|Fatal(?:f|ln)?|Panicf?|Info[fw]?|Warn[fw]?|Error[fw]?|Debug[fw]?|Write(?:Line)?|puts|inspect|"
    r"Log(?:Information|Warning|Error|Debug|Trace|Critical|Format)?)$"
)
_LED_AWAY = Pattern(r"\||(?<![&\d])>>?(?!\s*&2|\s*/dev/(?:stderr|tty))")
_DIGESTED = Pattern(r"\$\([^()]*\|\s*(?:\w*sum|openssl|wc|head|tail|cut)\b")
_SILENT_WRITE = frozenset({"write", "bind", "table", "group", "http", "success", "notice"})


def check_code(unit: "CodeUnit", _use: "ApiUse") -> Iterator[Violation]:
    """Yield each logging call that a credential reaches, and each error raised with one in its message."""
    for call in unit.syntax.calls:
        if call.new or (call.name not in _LEVELS and call.name not in unit.language.printers):
            continue
        made = unit.syntax.expression(call.node)
        if not _is_logger(unit, made):
            continue
        for argument in made.items:
            violation = _violation(unit, made, argument, "written to a log")
            if violation is not None:
                yield violation
                break
    for node in unit.syntax.thrown:
        raised = first_named(node)
        error = unit.syntax.expression(raised) if raised is not None else None
        if error is None or error.kind not in (ExprKind.NEW, ExprKind.CALL):
            continue
        for argument in error.items:
            violation = _violation(unit, error, argument, "put into an error's message, which ends in logs")
            if violation is not None:
                yield violation
                break


def _violation(unit: "CodeUnit", made: Expr, argument: Expr, what: str) -> Violation | None:
    trace = unit.flow.trace(argument)
    if trace is None:
        return _environment_dump(unit, made, argument)
    confidence = Confidence.MEDIUM if trace.by_name else None
    fix = _without(unit, made, argument)
    return Violation(made.start, made.end, f"Monei {trace.noun} {trace.name} is {what}", trace, fix, confidence)


def _environment_dump(unit: "CodeUnit", made: Expr, argument: Expr) -> Violation | None:
    """`console.log(process.env)` in a file that reads its Monei key from there."""
    name = dotted(argument)
    if name not in ("process.env", "os.environ"):
        return None
    rest = unit.data
    if not re.search(
        rb"(?:process\.env|os\.environ)(?:\.get\(|\.|\[)[\"']?[A-Z_]*MONEI[A-Z_]*(?:KEY|TOKEN|SECRET)", rest
    ):
        return None
    return Violation(made.start, made.end, f"the whole environment, the Monei key in it, is written to a log ({name})")


def _is_logger(unit: "CodeUnit", made: Expr) -> bool:
    base = made.base
    if base is None:
        return False
    if base.kind is ExprKind.NAME:
        return base.text in unit.language.printers and not unit.flow.functions(made)
    owner = dotted(base.base) or (base.base.text if base.base is not None else "")
    if base.base is not None and base.base.kind is ExprKind.CALL:
        owner = base.base.base.text if base.base.base is not None else ""  # logging.getLogger(...).info
        return bool(re.search(r"(?i)logger|child|getlog", owner)) and base.text in _LEVELS
    if base.text in _SILENT_WRITE and not re.search(r"(?i)std(?:out|err)|log", owner):
        return False
    return bool(_LOGGERS.match(owner))


def _without(unit: "CodeUnit", made: Expr, argument: Expr) -> str:
    """Return the call without the credential."""
    if len(made.items) < 2 or made.base is None:  # noqa: PLR2004 - nothing would be left
        return ""
    kept = [
        unit.source(item.start, item.end)
        for item in made.items
        if item is not argument and item.kind is not ExprKind.FUNCTION
    ]
    return f"{unit.source(made.base.start, made.base.end)}({', '.join(kept)})" if all(not k for k in made.keys) else ""


def check_text(code: "TextCode") -> Iterator[Violation]:
    """Yield each call of a logger or a print that carries a credential."""
    for call in code.calls:
        if not _TEXT_LOGGERS.search(call.name) or (code.is_shell and not _reaches_a_screen(code, call)):
            continue
        carried = code.carried(call.arguments_start, call.arguments_end)
        if carried is not None:
            message = f"Monei {carried.noun} {carried.name} is written to a log"
            yield Violation(call.start, call.end, message, confidence=carried.confidence)


def _reaches_a_screen(code: "TextCode", call: "Invocation") -> bool:
    """Whether an echo is neither piped into a program, nor redirected, nor captured, and shows no mere sum."""
    if _DIGESTED.search(code.text, call.start, code.line_end(call.start)):
        return False
    line = code.bare[call.start : code.line_end(call.start)]
    lead = code.text[code.line_start(call.start) : call.start]
    return not _LED_AWAY.search(line) and "$(" not in lead and "`" not in lead
