"""Where code uses Monei: clients it builds, requests it sends, and the credentials it hands over while doing so."""

from typing import TYPE_CHECKING, NamedTuple

from monei_guard.lints.analysis.expression import Expr, ExprKind, dotted, last_name
from monei_guard.lints.analysis.names import HOST, words
from monei_guard.lints.analysis.trace import Step
from monei_guard.lints.pattern import Pattern

if TYPE_CHECKING:
    from tree_sitter import Node

    from monei_guard.lints.analysis.code_unit import CodeUnit

_SDK_MODULES = frozenset({"monei-sdk", "monei", "monei.client", "monei.monei_client", "monei_sdk"})
_SDK_CLASSES = frozenset({"MoneiSDK", "MoneiClient", "AsyncMoneiClient", "MoneiSdk"})
_SETTERS = frozenset({"setApiKey", "setBearerToken", "set_api_key", "set_bearer_token"})
_VERBS = frozenset({
    "get", "post", "put", "patch", "delete", "head", "options", "request", "fetch", "$fetch", "useFetch", "ofetch",
    "axios", "got", "ky", "superagent", "urlopen", "Request", "open", "stream", "EventSource", "WebSocket", "needle",
    "useSWR", "getJSON", "ajax", "sendBeacon", "urlretrieve", "send", "del",
})  # fmt: skip
_BARE = frozenset({
    "fetch", "$fetch", "useFetch", "ofetch", "axios", "got", "ky", "superagent", "urlopen", "Request", "request",
    "EventSource", "WebSocket", "needle", "useSWR", "urlretrieve",
})  # fmt: skip
_CLIENT_MAKERS = frozenset({
    "create", "extend", "Client", "AsyncClient", "Session", "ClientSession", "instance", "Pool", "Agent",
    "PoolManager", "defaults", "session",
})  # fmt: skip
_BASE_URL = ("baseurl", "base_url", "prefixurl", "prefix_url")
_METHOD = Pattern(r"(?i)GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS")
_HTTP_OBJECTS = Pattern(
    r"(?i)axios|http|requests?$|session|client|api|ky$|got$|fetch|superagent|urllib|monei|agent|instance|\$"
)


class Construction(NamedTuple):
    """A Monei SDK client being built."""

    call: Expr
    key: Expr | None  # what is given as the key
    options: Expr | None  # the object of options (JavaScript)


class Request(NamedTuple):
    """An HTTP call whose address belongs to Monei."""

    call: Expr
    url: Expr | None
    url_text: str
    options: tuple[Expr, ...]  # objects and keyword arguments that may hold headers, params, verify ...
    client: Expr | None  # the object the method was called on


class ApiUse(NamedTuple):
    """Everything a file does with Monei."""

    constructions: tuple[Construction, ...]
    requests: tuple[Request, ...]


def find_api_use(unit: "CodeUnit") -> ApiUse:
    """Return how a file uses Monei, and mark the credentials it uses so that they can be followed elsewhere."""
    constructions = tuple(_constructions(unit))
    requests = tuple(_requests(unit))
    flow = unit.flow
    for built in constructions:
        flow.mark(built.key, Step("handed to the Monei SDK here", unit.view, built.call.start, built.call.end))
    for call in unit.syntax.calls:
        if call.name in _SETTERS:
            made = unit.syntax.expression(call.node)
            if made.items:
                flow.mark(made.items[0], Step("handed to the Monei SDK here", unit.view, made.start, made.end))
    for request in requests:
        flow.responses.add((request.call.start, request.call.end))
        for header in key_headers(unit, request):
            flow.mark(header, Step("sent to Monei here", unit.view, header.start, header.end))
    spans = {(built.call.start, built.call.end) for built in constructions}
    if spans:
        _mark_answers(unit, spans)
    _mark_defaults(unit, requests)
    return ApiUse(constructions, requests)


def _constructions(unit: "CodeUnit") -> list[Construction]:
    found: list[Construction] = []
    for call in unit.syntax.calls:
        if call.name not in _SDK_CLASSES and not (call.new and _from_sdk(unit, call.name, call.node.start_byte)):
            continue
        if unit.language.builds_with_new and not call.new:
            continue
        made = unit.syntax.expression(call.node)
        if not _is_sdk_class(unit, made):
            continue
        first = made.items[0] if made.items else None
        if unit.language.names_arguments:
            key = made.entry("api_key") or (made.positional()[0] if made.positional() else None)
            found.append(Construction(made, key, made))
            continue
        options = next((v for _, v in unit.flow.values(first) if v.kind is ExprKind.TABLE), None)
        key = options.entry("apikey", "bearertoken", "token") if options is not None else None
        found.append(Construction(made, key, options))
    return found


def _from_sdk(unit: "CodeUnit", name: str, offset: int) -> bool:
    return bool(name) and _module_of(unit, Expr(ExprKind.NAME, offset, offset, name)) == "monei-sdk"


def _is_sdk_class(unit: "CodeUnit", made: Expr) -> bool:
    """Whether a constructor is monei.cc's: imported from its package, or of its name and from nowhere else."""
    base = made.base
    root = base
    while root is not None and root.kind is ExprKind.ATTR:
        root = root.base
    module = _module_of(unit, root) if root is not None else ""
    if root is not None and root.kind is ExprKind.NAME and any(b.kind == "class" for b in unit.flow.lookup(root)):
        return False  # a class of that name that the file defines itself
    if module:
        return module in _SDK_MODULES or module.startswith((".", "@/", "~/"))
    return base is not None and base.text in unit.language.sdk_classes


def _module_of(unit: "CodeUnit", name: Expr) -> str:
    """Return the module a name was imported or required from, "" where it was not."""
    if name.kind is ExprKind.CALL and last_name(name) in ("require", "import") and name.items:
        return name.items[0].text
    if name.kind is not ExprKind.NAME:
        return ""
    for binding in unit.flow.lookup(name):
        if binding.kind == "import":
            return binding.module
        if binding.value is not None:
            value = unit.syntax.expression(binding.value)
            while value.kind is ExprKind.ATTR and value.base is not None:
                value = value.base
            if value.kind is ExprKind.CALL and last_name(value) in ("require", "import") and value.items:
                return value.items[0].text
    return ""


def _mark_answers(unit: "CodeUnit", spans: set[tuple[int, int]]) -> None:
    """Note the calls made on a Monei client: their answers may carry tokens."""
    syntax = unit.syntax
    bound = [b.name for found in syntax.bindings.values() for b in found if _has_span(b.value, spans)]
    bound += [name for name, found in syntax.members.items() if any(_has_span(b.value, spans) for b in found)]
    owners = tuple(f"{name}.".encode() for name in bound)
    for call in syntax.calls:
        start = call.node.start_byte
        if not call.new and call.name not in _SETTERS and unit.data.startswith(owners, start):
            unit.flow.responses.add((start, call.node.end_byte))
    for call in syntax.calls_by_name.get("then", []):  # new MoneiSDK(...).wallet.me().then(...)
        made = syntax.expression(call.node)
        root = made.base
        while root is not None and root.base is not None:
            root = root.base if (root.start, root.end) not in spans else None
        if root is None and made.base is not None and made.base.base is not None:
            unit.flow.responses.add((made.base.base.start, made.base.base.end))


def _has_span(value: "Node | None", spans: set[tuple[int, int]]) -> bool:
    return value is not None and (value.start_byte, value.end_byte) in spans


def _requests(unit: "CodeUnit") -> list[Request]:
    found: list[Request] = []
    for call in unit.syntax.calls:
        if call.name not in _VERBS:
            continue
        made = unit.syntax.expression(call.node)
        if not is_http(unit, made):
            continue
        request = _request(unit, made)
        if request is not None:
            found.append(request)
    return found


def is_http(unit: "CodeUnit", made: Expr) -> bool:
    """Whether a call with the name of an HTTP method or client is one."""
    base = made.base
    if base is None:
        return False
    if base.kind is ExprKind.NAME:
        return base.text in _BARE
    if base.kind is not ExprKind.ATTR or base.base is None:
        return False
    owner = base.base.text if base.base.kind in (ExprKind.NAME, ExprKind.ATTR) else last_name(base.base)
    if _HTTP_OBJECTS.search(owner) or base.text in ("open", "urlopen", "Request", "fetch"):
        return True
    return any(last_name(value) in _CLIENT_MAKERS for _, value in unit.flow.constructed(base.base))


def _request(unit: "CodeUnit", made: Expr) -> Request | None:
    positional = made.positional()
    first = positional[0] if positional else None
    url = made.entry("url")
    options = [made] if made.keys and any(made.keys) else []
    for item in positional:
        options.extend(value for _, value in unit.flow.values(item) if value.kind is ExprKind.TABLE)
    if url is None and first is not None:
        if first.kind is ExprKind.STRING and _METHOD.fullmatch(first.text) and len(positional) > 1:
            url = positional[1]
        elif first.kind is ExprKind.TABLE:
            url = first.entry("url", "uri")
        else:
            url = first
    text = unit.flow.text(url) if url is not None else ""
    client = made.base.base if made.base is not None and made.base.kind is ExprKind.ATTR else None
    base_text = client_base_url(unit, client)
    for option in options:
        entry = option.entry(*_BASE_URL)
        base_text = base_text or (unit.flow.text(entry) if entry is not None else "")
    whole = text if "://" in text else base_text + text
    if HOST.search(whole) or ("://" not in whole and (_names_monei_url(url) or "monei" in base_text)):
        return Request(made, url, whole, tuple(options), client)
    return None


def client_base_url(unit: "CodeUnit", client: Expr | None) -> str:
    """Return the base address a client object was made with, "" where it has none in sight."""
    for flow, value in unit.flow.constructed(client):
        if last_name(value) not in _CLIENT_MAKERS:
            continue
        for holder in (value, *value.items):
            for inner_flow, table in flow.values(holder):
                entry = table.entry(*_BASE_URL)
                if entry is not None:
                    text = inner_flow.text(entry)
                    return text if text.strip("\0") else ("\0monei" if _names_monei_url(entry) else "")
    return ""


def _names_monei_url(expr: Expr | None) -> bool:
    """Whether an address is built from a name like MONEI_BASE_URL."""
    if expr is None:
        return False
    if expr.kind in (ExprKind.NAME, ExprKind.ATTR):
        parts = words(dotted(expr) or expr.text)
        return any(part.startswith("monei") for part in parts) and bool(
            {"url", "base", "host", "endpoint"} & set(parts)
        )
    if expr.kind in (ExprKind.JOIN, ExprKind.EITHER):
        return any(_names_monei_url(item) for item in expr.items)
    return False


def key_headers(unit: "CodeUnit", request: Request) -> list[Expr]:
    """Return what a request sends as X-API-KEY, or as a bearer token."""
    return [value for option in request.options for value in _headers_in(unit, option)] + [
        value for flow, made in unit.flow.constructed(request.client) if flow is unit.flow
        for holder in (made, *made.items) for value in _headers_in(unit, holder)
    ]  # fmt: skip


def _headers_in(unit: "CodeUnit", options: Expr) -> list[Expr]:
    headers = options.entry("headers")
    found: list[Expr] = []
    for _, table in unit.flow.values(headers):
        holder = table.items[0] if table.kind is ExprKind.NEW and table.items else table
        value = holder.entry("x-api-key")
        if value is not None:
            found.append(value)
        bearer = holder.entry("authorization")
        if bearer is not None:
            found.append(bearer)
    return found


def _mark_defaults(unit: "CodeUnit", requests: tuple[Request, ...]) -> None:
    """Mark keys set as default headers of a client: `session.headers.update({...})`, `defaults.headers[...] = key`."""
    if not requests:
        return
    for left, right in unit.syntax.assignments:
        target = unit.source(left.start_byte, left.end_byte).lower()
        if "headers" in target and ("x-api-key" in target or "authorization" in target):
            value = unit.syntax.expression(right)
            unit.flow.mark(value, Step("sent to Monei here", unit.view, value.start, value.end))
    for call in unit.syntax.calls_by_name.get("update", []) + unit.syntax.calls_by_name.get("setRequestHeader", []):
        made = unit.syntax.expression(call.node)
        table = made.items[0] if made.items else None
        value_or_none = table.entry("x-api-key") if table is not None and table.kind is ExprKind.TABLE else None
        if table is not None and table.text.lower() == "x-api-key" and len(made.items) > 1:
            value_or_none = made.items[1]
        if value_or_none is not None:
            value = value_or_none
            unit.flow.mark(value, Step("sent to Monei here", unit.view, value.start, value.end))
