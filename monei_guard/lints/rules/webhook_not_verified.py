"""MG407: a Monei webhook handler that does not check x-monei-signature, compares it with ==, or signs another text."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from monei_guard.lints.analysis.expression import Expr, ExprKind, last_name, text_of
from monei_guard.lints.analysis.trace import Step
from monei_guard.lints.pattern import Pattern
from monei_guard.lints.violation import Violation
from monei_guard.model.rule import Confidence

if TYPE_CHECKING:
    from monei_guard.lints.analysis.api_usage import ApiUse
    from monei_guard.lints.analysis.code_unit import CodeUnit
    from monei_guard.lints.documents.text_code import TextCode

ID = "webhook-not-verified"

_HOOK_PATH = Pattern(
    r"(?i)monei[\w/.-]*(?:web-?hooks?|hooks?|callback|ipn|notif\w*|events?)|(?:web-?hooks?|hooks?|callbacks?|ipn|notif\w*|events?)[\w/.-]*monei"
)
_HOOK_WORDS = (b"hook", b"callback", b"ipn", b"notif", b"event")
_HOOK_NAME = Pattern(
    r"(?i)(?:monei_?(?:web_?hook|callback|ipn)|(?:web_?hook|callback|ipn)_?monei)s?(?:_?(?:handler|view|route|endpoint))?$|^(?:handle|receive|process|on)_?monei_?web_?hook"
)
# What is said of certificates (`verify_mode`, `verify=False`) checks no signature.
_CHECKS = Pattern(
    rb"(?i)signature|hmac|verif(?:y(?!_?(?:mode|none|peer|host)|\s*[=:]\s*false)|ied|ication)|timingSafeEqual|compare_digest|constructEvent|authenticat|allow.?list"
)
_SIGNATURE = Pattern(rb"(?i)x[-_]monei[-_]signature")
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
_DIGEST = Pattern(r"(?i)digest|hmac|\bexpected|computed|calculated")
_TEST = Pattern(r"(?:^|/)(?:tests?|__tests__|specs?|e2e|mocks?|__mocks__)/|[._-](?:test|spec)\.|(?:^|/)test_")
_TEXT_TEST = Pattern(r"(?:^|/)(?:tests?|spec)/|_test\.go$|Test\.(?:java|kt|cs|php)$|_spec\.rb$")
_SIGNED = (
    r"[$@]?[\w.>\-]*(?:[sS]ig(?:nature)?|[hH]ash|HASH|[dD]igest|[hH]mac|HMAC|[eE]xpected|[cC]omputed|[cC]alculated)\w*"
    r"(?:\([^()\n]*\))?"
)
_COMPARED = Pattern(
    rf"(?<![\w.]){_SIGNED}\s*(?:===?|!==?)\s*{_SIGNED}(?![\w(])|(?<![\w.]){_SIGNED}\.equals\(\s*{_SIGNED}\s*\)"
)
_SOUND = Pattern(r"(?i)hash_equals|compare|secure")
_ROUTED = Pattern(
    r"(?i)(?:\bpost\b|route|handlefunc|handle\b|mapping|map(?:post|methods)|\bany\b|match|HttpPost|\.on)\W*[\w:]*\W*$|@?(?:Post|Request)Mapping\("
)
_UNCHECKED = "this Monei webhook handler believes whoever calls it: x-monei-signature is never checked"
_COMPARED_MESSAGE = "the webhook signature is compared with ==, which tells an attacker how many characters were right"


def check_code(unit: "CodeUnit", _use: "ApiUse") -> Iterator[Violation]:
    """Yield handlers without a check, comparisons that leak the signature, and HMACs over a re-serialised body."""
    if _TEST.search(unit.path):
        return
    lowered = unit.data.lower()
    if b"signature" in lowered and _SIGNATURE.search(unit.data):
        yield from _comparisons(unit)
        yield from _reserialised(unit)
    if not any(word in lowered or word.decode() in unit.path.lower() for word in _HOOK_WORDS):
        return
    if not _CHECKS.search(unit.language.comments.sub(b"", unit.data)):
        yield from _unchecked(unit)


def _unchecked(unit: "CodeUnit") -> Iterator[Violation]:
    seen: set[int] = set()
    for call in unit.syntax.calls:
        if call.name not in _ROUTES or call.new:
            continue
        made = unit.syntax.expression(call.node)
        if not made.items or not _HOOK_PATH.search(made.items[0].text):
            continue
        inline = any(
            value.kind is ExprKind.FUNCTION and flow is unit.flow
            for item in made.items[1:]
            for flow, value in unit.flow.values(item)
        )
        decorates = _decorated(unit, made)
        if inline or decorates:
            seen.add(made.start)
            end = made.items[0].end
            yield Violation(made.start, end, _UNCHECKED)
    if seen:
        return
    for function in unit.syntax.functions.values():
        name = function.name
        exported = name in ("POST", "handler", "post", "action") and _HOOK_PATH.search(unit.path)
        if not exported and not (_HOOK_NAME.search(name) and _takes_request(function.node)):
            continue
        name_node = function.node.child_by_field_name("name") or function.node
        yield Violation(name_node.start_byte, name_node.end_byte, _UNCHECKED)
        return
    default = unit.syntax.exports.get("default")
    if (
        default is not None
        and _HOOK_PATH.search(unit.path)
        and re.search(r"(?:^|/)(?:api|routes|functions|server)/", unit.path)
    ):
        yield Violation(default.start_byte, min(default.end_byte, default.start_byte + 40), _UNCHECKED)


def _takes_request(function: object) -> bool:
    parameters = function.child_by_field_name("parameters")  # type: ignore[attr-defined]
    return (
        parameters is not None
        and re.search(r"(?i)\b(?:req|request|ctx|context|event|c)\b", text_of(parameters)) is not None
    )


def _decorated(unit: "CodeUnit", made: Expr) -> bool:
    """Whether a call is a decorator (`@app.post("/webhooks/monei")`): an @ stands before it."""
    return unit.data[made.start - 1 : made.start] == b"@"


def _comparisons(unit: "CodeUnit") -> Iterator[Violation]:
    for node in unit.syntax.comparisons:
        sides = [child for child in node.named_children if child.type != "comment"][:2]
        if len(sides) < 2:  # noqa: PLR2004 - half-typed
            continue
        pair = [unit.syntax.expression(side) for side in sides]
        if any(
            side.kind in (ExprKind.CONST, ExprKind.STRING) or side.text in ("length", "undefined", "None", "null")
            for side in pair
        ):
            continue
        received = next((side for side in pair if _is_signature(unit, side)), None)
        if received is None:
            continue
        other = pair[1] if received is pair[0] else pair[0]
        if not _is_digest(unit, other):
            continue
        left, right = (unit.source(side.start, side.end) for side in pair)
        fix = unit.language.corrections.equal_in_constant_time(left, right)
        step = Step("the signature that was received", unit.view, received.start, received.end)
        yield Violation(node.start_byte, node.end_byte, _COMPARED_MESSAGE, fix=fix, steps=(step,))


def _is_signature(unit: "CodeUnit", expr: Expr) -> bool:
    """Whether an expression is what the x-monei-signature header said."""
    if _SIGNATURE.search(unit.data[expr.start : expr.end]):
        return True
    return any(
        flow is unit.flow and _SIGNATURE.search(unit.data[value.start : value.end]) is not None
        for flow, value in unit.flow.values(expr)
    ) or _default_of_header(unit, expr)


def _default_of_header(unit: "CodeUnit", expr: Expr) -> bool:
    """Whether a parameter is bound to the header by its framework (`x_monei_signature: str = Header(...)`)."""
    if expr.kind is not ExprKind.NAME:
        return False
    if _SIGNATURE.fullmatch(expr.text.encode()):
        return True
    return any(
        binding.kind == "parameter"
        and _SIGNATURE.search(unit.data[binding.start : binding.start + 200].split(b")")[0]) is not None
        for binding in unit.flow.lookup(expr)
    )


def _is_digest(unit: "CodeUnit", expr: Expr) -> bool:
    if _DIGEST.search(unit.source(expr.start, expr.end)):
        return True
    return any(flow is unit.flow and _DIGEST.search(unit.source(v.start, v.end)) for flow, v in unit.flow.values(expr))


def _reserialised(unit: "CodeUnit") -> Iterator[Violation]:
    for call in unit.syntax.calls:
        if call.name not in ("update", "new", "HMAC", "digest"):
            continue
        made = unit.syntax.expression(call.node)
        source = unit.source(made.start, made.end)
        if not re.search(r"(?i)hmac", source) and not _on_hmac(unit, made):
            continue
        items = made.items[1:] if call.name in ("new", "digest") else made.items
        for item in items:
            for value in _serialisers(unit, item):
                body = unit.language.corrections.raw_body
                message = "the HMAC is made over a body that was parsed and written again, not over the bytes that came"
                yield Violation(value.start, value.end, message, fix=body, confidence=Confidence.MEDIUM)
                return


def _on_hmac(unit: "CodeUnit", made: Expr) -> bool:
    base = made.base.base if made.base is not None else None
    return any(re.search(r"(?i)hmac", unit.source(v.start, v.end)) for f, v in unit.flow.values(base) if f is unit.flow)


def _serialisers(unit: "CodeUnit", expr: Expr) -> Iterator[Expr]:
    for flow, value in unit.flow.values(expr):
        if flow is not unit.flow:
            continue
        if value.kind is ExprKind.CALL and last_name(value) in ("stringify", "dumps"):
            yield value
        elif value.kind is ExprKind.CALL and last_name(value) in ("encode", "from", "bytes"):
            inner = value.base.base if last_name(value) == "encode" and value.base is not None else None
            for item in (inner,) if inner is not None else value.items[:1]:
                yield from _serialisers(unit, item)


def check_text(code: "TextCode") -> Iterator[Violation]:
    """Yield comparisons that leak the signature, and the first handler of a file that checks nothing."""
    if _TEXT_TEST.search(code.path):
        return
    plain = code.code.encode("latin-1")
    if _SIGNATURE.search(plain):
        for match in _COMPARED.finditer(code.bare):
            if not _SOUND.search(match.group()):
                yield Violation(match.start(), match.end(), _COMPARED_MESSAGE)
    if _CHECKS.search(plain):
        return
    for string in code.strings:
        content = code.text[string.inner_start : string.inner_end]
        lead = code.code[code.line_start(string.start) : string.start]
        if _HOOK_PATH.search(content) and "://" not in content and _ROUTED.search(lead):
            yield Violation(string.start, string.end, _UNCHECKED)
            return
