"""MG304: a key or token in a URL or query string."""

import re
from collections.abc import Iterator

from monei_guard.lints.analysis.api_usage import MoneiUse, is_http
from monei_guard.lints.analysis.data_flow import Trace
from monei_guard.lints.analysis.expression import Expr, ExprKind
from monei_guard.lints.analysis.name_resolution import dotted, last_name
from monei_guard.lints.documents.code_file import SourceFile
from monei_guard.lints.violation import Violation
from monei_guard.model.rule import Confidence

_QUERY_END = re.compile(r"[?&][\w.\-\[\]%]+=$")
_URL_START = re.compile(r"(?:https?|wss?)://|^/[\w/]*\?|\?[\w-]+=")
_USER_INFO = re.compile(r"://[^/@\s]*$")
_REQUESTS = frozenset({
    "get", "post", "put", "patch", "delete", "head", "request", "fetch", "axios", "got", "ky", "urlopen", "stream",
    "$fetch", "useFetch", "ofetch", "Request", "EventSource", "WebSocket", "open", "redirect", "push", "replace",
    "assign", "openURL", "href", "sendBeacon",
})  # fmt: skip
_QUERY_BUILDERS = frozenset({"URLSearchParams", "urlencode", "stringify"})
_PARAMS = ("params", "searchparams", "query", "qs")


def check(file: SourceFile, _use: MoneiUse) -> Iterator[Violation]:
    """Yield each URL or query string that a credential is put into, once per place."""
    seen: set[int] = set()
    for call in file.syntax.calls:
        if (
            call.name in _REQUESTS
            or call.name in _QUERY_BUILDERS
            or call.name in ("set", "append", "URL", "urljoin", "url")
        ):
            for hit in _in_call(file, file.syntax.expression(call.node)):
                if hit.start not in seen:
                    seen.add(hit.start)
                    yield hit
    for join, trace in _joined(file):
        if join.start not in seen:
            seen.add(join.start)
            yield _hit(file, join, trace)


def _in_call(file: SourceFile, made: Expr) -> Iterator[Violation]:
    name = last_name(made)
    for expr, place in _query_parts(file, made, name):
        trace = file.flow.trace(expr)
        if trace is not None:
            yield _hit(file, place, trace, "the query string")
    if name not in _REQUESTS or not is_http(file, made):
        return
    for option in made.items:
        for flow, value in file.flow.values(option):
            params = value.entry(*_PARAMS) if value.kind is ExprKind.TABLE else None
            trace = flow.trace(params)
            if trace is not None and params is not None:
                yield _hit(file, params if flow is file.flow else made, trace, "the query string")


def _query_parts(file: SourceFile, made: Expr, name: str) -> Iterator[tuple[Expr, Expr]]:
    """Yield what a call puts into a query string by itself, each with the place to report."""
    owner = made.base.base if made.base is not None else None
    if name in _QUERY_BUILDERS:
        if name != "stringify" or re.search(r"(?i)^(?:qs|querystring|query)", dotted(owner)):
            yield from ((item, made) for item in made.items)
    elif name in ("set", "append"):
        if owner is not None and (owner.text == "searchParams" or _is_search_params(file, owner)):
            yield from ((item, made) for item in made.items[1:])
    elif name in _REQUESTS:
        params = made.entry(*_PARAMS)
        if params is not None:
            yield params, params


def _is_search_params(file: SourceFile, owner: Expr) -> bool:
    return any(
        last_name(value) == "URLSearchParams" or value.text == "searchParams" for _, value in file.flow.values(owner)
    )


def _joined(file: SourceFile) -> Iterator[tuple[Expr, Trace]]:
    """Yield each put-together text that is a URL up to the place where a credential follows."""
    for node in file.syntax.joins:
        expr = file.syntax.expression(node)
        if expr.kind is not ExprKind.JOIN or not _may_be_url(expr):
            continue
        before = ""
        for item in expr.items:
            if item.kind is ExprKind.STRING:
                before += item.text
                continue
            if item.kind is not ExprKind.TABLE and _is_url_place(before):
                trace = file.flow.trace(item)
                if trace is not None:
                    yield expr, trace
                    break
            before += file.flow.text(item)


def _may_be_url(expr: Expr) -> bool:
    """Whether a text can be a URL with something put into it: a scheme, a query, or a beginning that is a value."""
    if expr.items and expr.items[0].kind is not ExprKind.STRING:
        return True
    return any(sign in item.text for item in expr.items if item.kind is ExprKind.STRING for sign in ("://", "?", "&"))


def _is_url_place(before: str) -> bool:
    """Whether what follows `before` lands in a URL: after `?name=`, in its user part, or in its path."""
    tail = before[-300:]
    if _QUERY_END.search(tail) and not re.search(r"\s", tail[tail.rfind("?") :]):
        return True
    scheme = max(tail.rfind("https://"), tail.rfind("http://"), tail.rfind("wss://"))
    return scheme >= 0 and not re.search(r"[\s\"'<>,]", tail[scheme:])


def _hit(file: SourceFile, expr: Expr, trace: Trace, where: str = "a URL") -> Violation:
    confidence = Confidence.MEDIUM if trace.by_name else None
    header = _header(file, trace)
    return Violation(
        expr.start, expr.end, f"Monei {trace.noun} {trace.name} is put into {where}", trace, header, confidence
    )


def _header(file: SourceFile, trace: Trace) -> str:
    """Return the header that should carry the credential, in the file's language."""
    name = trace.name.strip("`")
    if not re.fullmatch(r"[\w.]+", name) or ("." not in name and name.isupper()):
        name = f'os.environ["{name}"]' if file.language == "python" else f"process.env.{name}"
        if not re.fullmatch(r"[\w.\[\]\"]+", name) or " " in trace.name:
            name = "api_key" if file.language == "python" else "apiKey"
    if trace.noun == "token":
        value = f'f"Bearer {{{name}}}"' if file.language == "python" else f"`Bearer ${{{name}}}`"
        return (
            f'headers={{"Authorization": {value}}}'
            if file.language == "python"
            else f"headers: {{ Authorization: {value} }}"
        )
    return f'headers={{"X-API-KEY": {name}}}' if file.language == "python" else f'headers: {{ "X-API-KEY": {name} }}'
