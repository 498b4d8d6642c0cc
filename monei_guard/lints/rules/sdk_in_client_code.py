"""MG302: the SDK built, or a key sent, in code that runs in a browser or an app; a key handed to the browser."""

import re
from collections.abc import Iterator

from monei_guard.lints.analysis.api_usage import MoneiUse, Request, key_headers
from monei_guard.lints.analysis.expression import Expr, ExprKind, text_of
from monei_guard.lints.analysis.name_resolution import dotted
from monei_guard.lints.analysis.runtime import Runtime
from monei_guard.lints.documents.code_file import SourceFile
from monei_guard.lints.violation import Violation
from monei_guard.model.rule import Confidence

_RESPONSES = re.compile(r"(?i)^(?:res|response|reply|ctx|context|c|h|NextResponse|Response|JsonResponse)$")
_RESPONDERS = frozenset({"json", "send", "render", "jsonp", "html", "view"})
_RENDERERS = frozenset(
    {
        "render_template",
        "render_template_string",
        "jsonify",
        "JsonResponse",
        "JSONResponse",
        "render",
        "TemplateResponse",
    }
)
_PAGE_DATA = frozenset({"getServerSideProps", "getStaticProps", "loader", "load", "getInitialProps", "getServerData"})


def check(file: SourceFile, use: MoneiUse) -> Iterator[Violation]:
    """Yield clients and keyed requests on the client side, and credentials that a server hands to it."""
    for built in use.constructions:
        side = file.side_at(built.call.start)
        if side.runs is Runtime.CLIENT:
            trace = file.flow.trace(built.key)
            message = f"the Monei SDK is built in code that users receive ({side.reason})"
            yield Violation(built.call.start, built.call.end, message, trace)
    for request in use.requests:
        yield from _keyed_request(file, request)
    yield from _handed_over(file)
    yield from _attributes(file)


def _keyed_request(file: SourceFile, request: Request) -> Iterator[Violation]:
    side = file.side_at(request.call.start)
    if side.runs is not Runtime.CLIENT:
        return
    for header in key_headers(file, request):
        trace = file.flow.trace(header)
        if trace is not None and trace.noun != "token":
            message = f"a Monei {trace.noun} is sent by code that users receive ({side.reason})"
            yield Violation(request.call.start, request.call.end, message, trace)
            return


def _handed_over(file: SourceFile) -> Iterator[Violation]:
    """Yield answers and page data of a server that carry a credential."""
    for call in file.syntax.calls:
        if call.name not in _RESPONDERS and call.name not in _RENDERERS:
            continue
        made = file.syntax.expression(call.node)
        if not _is_answer(file, made):
            continue
        for item in made.items:
            trace = file.flow.trace(item)
            if trace is not None and trace.noun != "token":
                message = f"Monei {trace.noun} {trace.name} is handed to the browser in an answer"
                confidence = Confidence.MEDIUM if trace.by_name else None
                yield Violation(made.start, made.end, message, trace, confidence=confidence)
                break
    for function in file.syntax.functions.values():
        name = function.name or _bound_name(file, function.node.start_byte)
        if name not in _PAGE_DATA:
            continue
        for node in function.returns:
            trace = file.flow.trace(file.syntax.expression(node))
            if trace is not None and trace.noun != "token":
                message = f"Monei {trace.noun} {trace.name} is handed to the page by {name}: props reach the browser"
                yield Violation(node.start_byte, node.end_byte, message, trace)


def _is_answer(file: SourceFile, made: Expr) -> bool:
    base = made.base
    if base is None:
        return False
    if base.kind is ExprKind.NAME:
        return base.text in _RENDERERS and file.language == "python"
    owner = base.base
    while owner is not None and owner.kind is ExprKind.CALL:  # res.status(200).json(...)
        owner = owner.base.base if owner.base is not None else None
    return (
        owner is not None and bool(_RESPONSES.match((dotted(owner) or "").split(".")[0]))
    ) or base.text == "TemplateResponse"


def _bound_name(file: SourceFile, start: int) -> str:
    for (scope, name), bindings in file.syntax.bindings.items():
        if (
            scope == 0
            and name in _PAGE_DATA
            and any(b.value is not None and b.value.start_byte == start for b in bindings)
        ):
            return name
    return ""


def _attributes(file: SourceFile) -> Iterator[Violation]:
    """Yield JSX attributes that carry a key into markup or a component."""
    for node in file.syntax.attributes:
        children = node.named_children
        if len(children) < 2:  # noqa: PLR2004 - name and value
            continue
        trace = file.flow.trace(file.syntax.expression(children[1]))
        if trace is not None and trace.noun != "token":
            message = f"Monei {trace.noun} {trace.name} is put into markup (attribute {text_of(children[0])})"
            confidence = Confidence.MEDIUM if trace.by_name else None
            yield Violation(node.start_byte, node.end_byte, message, trace, confidence=confidence)
