"""MG407: a Monei webhook handler that does not check x-monei-signature, compares it with ==, or signs another text."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from monei_guard.lints.analysis.data_flow import Step
from monei_guard.lints.analysis.expression import Expr, ExprKind, text_of
from monei_guard.lints.analysis.name_resolution import last_name
from monei_guard.lints.violation import Violation
from monei_guard.model.rule import Confidence

if TYPE_CHECKING:  # text formats share a pattern with this lint, and their commits import no parser
    from monei_guard.lints.analysis.api_usage import MoneiUse
    from monei_guard.lints.documents.code_file import SourceFile

HOOK_PATH = re.compile(
    r"(?i)monei[\w/.-]*(?:web-?hooks?|hooks?|callback|ipn|notif\w*|events?)|(?:web-?hooks?|hooks?|callbacks?|ipn|notif\w*|events?)[\w/.-]*monei"
)
_HOOK_WORDS = (b"hook", b"callback", b"ipn", b"notif", b"event")
_HOOK_NAME = re.compile(
    r"(?i)(?:monei_?(?:web_?hook|callback|ipn)|(?:web_?hook|callback|ipn)_?monei)s?(?:_?(?:handler|view|route|endpoint))?$|^(?:handle|receive|process|on)_?monei_?web_?hook"
)
CHECKS = re.compile(
    rb"(?i)signature|hmac|verif(?:y|ied|ication)|timingSafeEqual|compare_digest|constructEvent|authenticat|allow.?list"
)
SIGNATURE = re.compile(rb"(?i)x[-_]monei[-_]signature")
_ROUTES = frozenset(
    {
        "post",
        "all",
        "route",
        "use",
        "add_url_rule",
        "api_route",
        "Post",
        "on",
        "handle",
        "path",
        "re_path",
        "any",
        "HandleFunc",
    }
)
_DIGEST = re.compile(r"(?i)digest|hmac|\bexpected|computed|calculated")
_TEST = re.compile(r"(?:^|/)(?:tests?|__tests__|specs?|e2e|mocks?|__mocks__)/|[._-](?:test|spec)\.|(?:^|/)test_")
_COMMENT = {
    "python": re.compile(rb"#[^\n]*|^[ \t]*(?:\"\"\".*?\"\"\"|'''.*?''')", re.DOTALL | re.MULTILINE),
    "script": re.compile(rb"//[^\n]*|/\*.*?\*/", re.DOTALL),
}


def check(file: "SourceFile", _use: "MoneiUse") -> Iterator[Violation]:
    """Yield handlers without a check, comparisons that leak the signature, and HMACs over a re-serialised body."""
    if _TEST.search(file.path):
        return
    lowered = file.data.lower()
    if b"signature" in lowered and SIGNATURE.search(file.data):
        yield from _comparisons(file)
        yield from _reserialised(file)
    if not any(word in lowered or word.decode() in file.path.lower() for word in _HOOK_WORDS):
        return
    comment = _COMMENT["python" if file.language == "python" else "script"]
    if not CHECKS.search(comment.sub(b"", file.data)):
        yield from _unchecked(file)


def _unchecked(file: "SourceFile") -> Iterator[Violation]:
    message = "this Monei webhook handler believes whoever calls it: x-monei-signature is never checked"
    seen: set[int] = set()
    for call in file.syntax.calls:
        if call.name not in _ROUTES or call.new:
            continue
        made = file.syntax.expression(call.node)
        if not made.items or not HOOK_PATH.search(made.items[0].text):
            continue
        inline = any(
            value.kind is ExprKind.FUNCTION and flow is file.flow
            for item in made.items[1:]
            for flow, value in file.flow.values(item)
        )
        decorates = _decorated(file, made)
        if inline or decorates:
            seen.add(made.start)
            end = made.items[0].end
            yield Violation(made.start, end, message)
    if seen:
        return
    for function in file.syntax.functions.values():
        name = function.name
        exported = name in ("POST", "handler", "post", "action") and HOOK_PATH.search(file.path)
        if not exported and not (_HOOK_NAME.search(name) and _takes_request(function.node)):
            continue
        name_node = function.node.child_by_field_name("name") or function.node
        yield Violation(name_node.start_byte, name_node.end_byte, message)
        return
    default = file.syntax.exports.get("default")
    if (
        default is not None
        and HOOK_PATH.search(file.path)
        and re.search(r"(?:^|/)(?:api|routes|functions|server)/", file.path)
    ):
        yield Violation(default.start_byte, min(default.end_byte, default.start_byte + 40), message)


def _takes_request(function: object) -> bool:
    parameters = function.child_by_field_name("parameters")  # type: ignore[attr-defined]
    return (
        parameters is not None
        and re.search(r"(?i)\b(?:req|request|ctx|context|event|c)\b", text_of(parameters)) is not None
    )


def _decorated(file: "SourceFile", made: Expr) -> bool:
    """Whether a call is a decorator (`@app.post("/webhooks/monei")`): an @ stands before it."""
    return file.data[made.start - 1 : made.start] == b"@"


def _comparisons(file: "SourceFile") -> Iterator[Violation]:
    for node in file.syntax.comparisons:
        sides = [child for child in node.named_children if child.type != "comment"][:2]
        if len(sides) < 2:  # noqa: PLR2004 - half-typed
            continue
        pair = [file.syntax.expression(side) for side in sides]
        if any(
            side.kind in (ExprKind.CONST, ExprKind.STRING) or side.text in ("length", "undefined", "None", "null")
            for side in pair
        ):
            continue
        received = next((side for side in pair if _is_signature(file, side)), None)
        if received is None:
            continue
        other = pair[1] if received is pair[0] else pair[0]
        if not _is_digest(file, other):
            continue
        left, right = (file.source(side.start, side.end) for side in pair)
        if file.language == "python":
            fix = f"hmac.compare_digest({left}, {right})"
        else:
            fix = f"crypto.timingSafeEqual(Buffer.from({left}), Buffer.from({right}))"
        step = Step("the signature that was received", file, received.start, received.end)
        message = "the webhook signature is compared with ==, which tells an attacker how many characters were right"
        yield Violation(node.start_byte, node.end_byte, message, fix=fix, steps=(step,))


def _is_signature(file: "SourceFile", expr: Expr) -> bool:
    """Whether an expression is what the x-monei-signature header said."""
    if SIGNATURE.search(file.data[expr.start : expr.end]):
        return True
    return any(
        flow is file.flow and SIGNATURE.search(file.data[value.start : value.end]) is not None
        for flow, value in file.flow.values(expr)
    ) or _default_of_header(file, expr)


def _default_of_header(file: "SourceFile", expr: Expr) -> bool:
    """Whether a parameter is bound to the header by its framework (`x_monei_signature: str = Header(...)`)."""
    if expr.kind is not ExprKind.NAME:
        return False
    if SIGNATURE.fullmatch(expr.text.encode()):
        return True
    return any(
        binding.kind == "parameter"
        and SIGNATURE.search(file.data[binding.start : binding.start + 200].split(b")")[0]) is not None
        for binding in file.flow.lookup(expr)
    )


def _is_digest(file: "SourceFile", expr: Expr) -> bool:
    if _DIGEST.search(file.source(expr.start, expr.end)):
        return True
    return any(flow is file.flow and _DIGEST.search(file.source(v.start, v.end)) for flow, v in file.flow.values(expr))


def _reserialised(file: "SourceFile") -> Iterator[Violation]:
    for call in file.syntax.calls:
        if call.name not in ("update", "new", "HMAC", "digest"):
            continue
        made = file.syntax.expression(call.node)
        source = file.source(made.start, made.end)
        if not re.search(r"(?i)hmac", source) and not _on_hmac(file, made):
            continue
        items = made.items[1:] if call.name in ("new", "digest") else made.items
        for item in items:
            for value in _serialisers(file, item):
                body = "request.get_data()" if file.language == "python" else "req.rawBody"
                message = "the HMAC is made over a body that was parsed and written again, not over the bytes that came"
                yield Violation(value.start, value.end, message, fix=body, confidence=Confidence.MEDIUM)
                return


def _on_hmac(file: "SourceFile", made: Expr) -> bool:
    base = made.base.base if made.base is not None else None
    return any(re.search(r"(?i)hmac", file.source(v.start, v.end)) for f, v in file.flow.values(base) if f is file.flow)


def _serialisers(file: "SourceFile", expr: Expr) -> Iterator[Expr]:
    for flow, value in file.flow.values(expr):
        if flow is not file.flow:
            continue
        if value.kind is ExprKind.CALL and last_name(value) in ("stringify", "dumps"):
            yield value
        elif value.kind is ExprKind.CALL and last_name(value) in ("encode", "from", "bytes"):
            inner = value.base.base if last_name(value) == "encode" and value.base is not None else None
            for item in (inner,) if inner is not None else value.items[:1]:
                yield from _serialisers(file, item)
