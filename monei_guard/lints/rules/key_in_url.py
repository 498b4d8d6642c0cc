"""MG304: a key or token in a URL or query string."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from monei_guard.lints.analysis.api_usage import is_http
from monei_guard.lints.analysis.expression import Expr, ExprKind, dotted, last_name
from monei_guard.lints.analysis.names import is_credential_name
from monei_guard.lints.pattern import Pattern
from monei_guard.lints.violation import Violation
from monei_guard.model.rule import Confidence

if TYPE_CHECKING:
    from monei_guard.lints.analysis.api_usage import ApiUse
    from monei_guard.lints.analysis.code_unit import CodeUnit
    from monei_guard.lints.analysis.trace import Trace
    from monei_guard.lints.documents.config_file import ConfigFile
    from monei_guard.lints.documents.page import Page
    from monei_guard.lints.documents.text_code import Carried, TextCode

ID = "key-in-url"

_QUERY_END = Pattern(r"[?&][\w.\-\[\]%]+=$")
_QUERY_CALLS = Pattern(
    r"(?:^|[.:>])(?:appendQueryParameter|addQueryParameter|setQueryParameter|queryParam|URLQueryItem|http_build_query|"
    r"(?:q|query|params|values)\.(?:Set|Add)|AddQueryString|addQuery|encode_www_form)$"
)
_FORMATS = Pattern(r"(?:Sprintf|format|sprintf|Format|format!)$")
_FORMATTED_QUERY = Pattern(r"[?&][\w.\-]+=(?:%[sv]|\{\d*\})")
_QUERY_PARAMETERS = Pattern(r"queryParameters\s*:\s*\{([^{}]*)\}")
_URL_TAIL = Pattern(r"[?&][\w.\-\[\]%]+=$|(?:https?|wss?)://[^\s\"'<>,]*$")
_PLUS = Pattern(r"\s*[+.]\s*(?=[$A-Za-z_])")
_URL_KEY = Pattern(r"(?i)[?&][\w.\-]*=\$[{(]{0,2}\s*(?:secrets\.|env\.)?(?P<name>\w*MONEI\w*(?:KEY|SECRET|TOKEN))")
_QUERY = Pattern(r"[?&][\w.\-]+=")
_REQUESTS = frozenset({
    "get", "post", "put", "patch", "delete", "head", "request", "fetch", "axios", "got", "ky", "urlopen", "stream",
    "$fetch", "useFetch", "ofetch", "Request", "EventSource", "WebSocket", "open", "redirect", "push", "replace",
    "assign", "openURL", "href", "sendBeacon",
})  # fmt: skip
_QUERY_BUILDERS = frozenset({"URLSearchParams", "urlencode", "stringify"})
_PARAMS = ("params", "searchparams", "query", "qs")


def check_code(unit: "CodeUnit", _use: "ApiUse") -> Iterator[Violation]:
    """Yield each URL or query string that a credential is put into, once per place."""
    seen: set[int] = set()
    for call in unit.syntax.calls:
        if (
            call.name in _REQUESTS
            or call.name in _QUERY_BUILDERS
            or call.name in ("set", "append", "URL", "urljoin", "url")
        ):
            for violation in _in_call(unit, unit.syntax.expression(call.node)):
                if violation.start not in seen:
                    seen.add(violation.start)
                    yield violation
    for join, trace in _joined(unit):
        if join.start not in seen:
            seen.add(join.start)
            yield _violation(unit, join, trace)


def _in_call(unit: "CodeUnit", made: Expr) -> Iterator[Violation]:
    name = last_name(made)
    for expr, reported in _query_parts(unit, made, name):
        trace = unit.flow.trace(expr)
        if trace is not None:
            yield _violation(unit, reported, trace, "the query string")
    if name not in _REQUESTS or not is_http(unit, made):
        return
    for option in made.items:
        for flow, value in unit.flow.values(option):
            params = value.entry(*_PARAMS) if value.kind is ExprKind.TABLE else None
            trace = flow.trace(params)
            if trace is not None and params is not None:
                yield _violation(unit, params if flow is unit.flow else made, trace, "the query string")


def _query_parts(unit: "CodeUnit", made: Expr, name: str) -> Iterator[tuple[Expr, Expr]]:
    """Yield what a call puts into a query string by itself, each with the place to report."""
    owner = made.base.base if made.base is not None else None
    if name in _QUERY_BUILDERS:
        if name != "stringify" or re.search(r"(?i)^(?:qs|querystring|query)", dotted(owner)):
            yield from ((item, made) for item in made.items)
    elif name in ("set", "append"):
        if owner is not None and (owner.text == "searchParams" or _is_search_params(unit, owner)):
            yield from ((item, made) for item in made.items[1:])
    elif name in _REQUESTS:
        params = made.entry(*_PARAMS)
        if params is not None:
            yield params, params


def _is_search_params(unit: "CodeUnit", owner: Expr) -> bool:
    return any(
        last_name(value) == "URLSearchParams" or value.text == "searchParams" for _, value in unit.flow.values(owner)
    )


def _joined(unit: "CodeUnit") -> "Iterator[tuple[Expr, Trace]]":
    """Yield each put-together text that is a URL up to the place where a credential follows."""
    for node in unit.syntax.joins:
        expr = unit.syntax.expression(node)
        if expr.kind is not ExprKind.JOIN or not _may_be_url(expr):
            continue
        before = ""
        for item in expr.items:
            if item.kind is ExprKind.STRING:
                before += item.text
                continue
            if item.kind is not ExprKind.TABLE and _lands_in_url(before):
                trace = unit.flow.trace(item)
                if trace is not None:
                    yield expr, trace
                    break
            before += unit.flow.text(item)


def _may_be_url(expr: Expr) -> bool:
    """Whether a text can be a URL with something put into it: a scheme, a query, or a beginning that is a value."""
    if expr.items and expr.items[0].kind is not ExprKind.STRING:
        return True
    return any(sign in item.text for item in expr.items if item.kind is ExprKind.STRING for sign in ("://", "?", "&"))


def _lands_in_url(before: str) -> bool:
    """Whether what follows `before` lands in a URL: after `?name=`, in its user part, or in its path."""
    tail = before[-300:]
    if _QUERY_END.search(tail) and not re.search(r"\s", tail[tail.rfind("?") :]):
        return True
    scheme = max(tail.rfind("https://"), tail.rfind("http://"), tail.rfind("wss://"))
    return scheme >= 0 and not re.search(r"[\s\"'<>,]", tail[scheme:])


def _violation(unit: "CodeUnit", expr: Expr, trace: "Trace", where: str = "a URL") -> Violation:
    confidence = Confidence.MEDIUM if trace.by_name else None
    header = _header(unit, trace)
    return Violation(
        expr.start, expr.end, f"Monei {trace.noun} {trace.name} is put into {where}", trace, header, confidence
    )


def _header(unit: "CodeUnit", trace: "Trace") -> str:
    """Return the header that should carry the credential, in the file's language."""
    write = unit.language.corrections
    name = trace.name.strip("`")
    if not re.fullmatch(r"[\w.]+", name) or ("." not in name and name.isupper()):
        name = write.read_variable(name)
        if not re.fullmatch(r"[\w.\[\]\"]+", name) or " " in trace.name:
            name = write.key_name
    if trace.noun == "token":
        return write.header("Authorization", write.interpolated("Bearer ", name))
    return write.header("X-API-KEY", name)


def check_text(code: "TextCode") -> Iterator[Violation]:
    """Yield URLs and calls that build one, with a credential put into them, once per place."""
    seen: set[int] = set()
    for violation in (*_in_strings(code), *_in_url_calls(code)):
        if violation.start not in seen:
            seen.add(violation.start)
            yield violation


def _in_strings(code: "TextCode") -> Iterator[Violation]:
    """Yield URLs with a credential interpolated or concatenated."""
    for string in code.strings:
        content = code.text[string.inner_start : string.inner_end]
        for offset, source in code.interpolations(string):
            carried = code.interpolated(source, offset)
            if carried is not None and _URL_TAIL.search(code.text[string.inner_start : offset]):
                yield _text_violation(string.start, string.end, carried)
        after = code.bare[string.end : string.end + 120].split("\n")[0]
        joined = _PLUS.match(after)
        if joined is not None and _URL_TAIL.search(content):
            start = string.end + joined.end()
            carried = code.carried(start, start + len(re.split(r"[+;,)]", after[joined.end() :])[0]))
            if carried is not None:
                yield _text_violation(string.start, string.end, carried)


def _in_url_calls(code: "TextCode") -> Iterator[Violation]:
    """Yield calls that build a query string: formats, query parameters."""
    for call in code.calls:
        start = call.arguments_start
        if _FORMATS.search(call.name):
            first = next(iter(code.strings_between(start, call.arguments_end)), None)
            if first is None or not _FORMATTED_QUERY.search(code.text[first.inner_start : first.inner_end]):
                continue
            start = first.end
        elif not _QUERY_CALLS.search(call.name):
            continue
        carried = code.carried(start, call.arguments_end)
        if carried is not None:
            yield _text_violation(call.start, call.end, carried)
    for match in _QUERY_PARAMETERS.finditer(code.bare):
        carried = code.carried(*match.span(1))
        if carried is not None:
            yield _text_violation(match.start(), match.end(), carried)


def _text_violation(start: int, end: int, carried: "Carried") -> Violation:
    message = f"Monei {carried.noun} {carried.name} is put into a URL"
    return Violation(start, end, message, confidence=carried.confidence)


def check_config(file: "ConfigFile") -> Iterator[Violation]:
    """Yield addresses with a variable that holds a key in their query string."""
    for match in _URL_KEY.finditer(file.text):
        if is_credential_name(match.group("name")):
            message = f"Monei key `{match.group('name')}` is put into a URL"
            yield Violation(match.start(), match.end(), message, confidence=Confidence.MEDIUM)


def check_page(page: "Page") -> Iterator[Violation]:
    """Yield addresses in attributes with a credential in their query string."""
    for attribute in page.attributes:
        if (
            attribute.holds_address
            and _QUERY.search(attribute.value)
            and (credential := attribute.credential) is not None
        ):
            yield Violation(attribute.start, attribute.end, f"{credential} is put into a URL")
