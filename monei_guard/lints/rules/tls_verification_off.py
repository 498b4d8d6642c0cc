"""MG402: certificate checks off, or TLS below 1.2, on a Monei call or on a client used for one."""

import re
from collections.abc import Iterator

from monei_guard.lints.analysis.api_usage import MoneiUse
from monei_guard.lints.analysis.data_flow import Flow, Step
from monei_guard.lints.analysis.expression import Expr, ExprKind, text_of
from monei_guard.lints.analysis.name_resolution import dotted, last_name
from monei_guard.lints.documents.code_file import SourceFile
from monei_guard.lints.violation import Violation

_OFF = frozenset(
    {
        "rejectunauthorized",
        "strictssl",
        "verify",
        "verify_ssl",
        "ssl",
        "check_hostname",
        "ssl_verify",
        "validatecertificate",
    }
)
_ON_MEANS_OFF = frozenset({"insecure", "allowinsecure", "ignorehttpserrors", "danger_accept_invalid_certs"})
_HOLDERS = (
    "httpsagent", "agent", "dispatcher", "https", "tls", "connect", "ssl", "sslcontext", "ssl_context", "context",
    "connector",
    "transport", "verify", "httpagent", "agentoptions", "requesttls", "http",
)  # fmt: skip
_VERSIONS = frozenset(
    {
        "minversion",
        "maxversion",
        "secureprotocol",
        "minimum_version",
        "maximum_version",
        "ssl_version",
        "ssl_minimum_version",
    }
)
_OLD = re.compile(
    r"(?i)^(?:SSLv[23]|TLSv1(?:[._]?[01])?)(?:_(?:client_|server_)?method)?$"
    r"|(?:PROTOCOL_|TLSVersion\.)(?:SSLv[23]|TLSv1(?:_1)?)$"
)
_UNVERIFIED = frozenset({"_create_unverified_context", "_create_stdlib_context"})
_PROCESS_WIDE = re.compile(
    r"^(?:process\.env(?:\.|\[[\"'])NODE_TLS_REJECT_UNAUTHORIZED(?:[\"']\])?|https\.globalAgent\.options\.rejectUnauthorized|"
    r"ssl\._create_default_https_context|os\.environ\[[\"'](?:PYTHONHTTPSVERIFY|NODE_TLS_REJECT_UNAUTHORIZED)[\"']\]|"
    r"tls\.DEFAULT_MIN_VERSION|tls\.DEFAULT_MAX_VERSION|axios\.defaults\.httpsAgent|https\.globalAgent)$"
)


def check(file: SourceFile, use: MoneiUse) -> Iterator[Violation]:
    """Yield each place that weakens TLS for a Monei call."""
    seen: set[tuple[int, int]] = set()
    for call, options, client in _monei_calls(use):
        for weak in _weaknesses(file, options, client):
            if (weak[0], weak[1]) not in seen:
                seen.add((weak[0], weak[1]))
                step = Step("the Monei call it applies to", file, call.start, call.end)
                yield Violation(weak[0], weak[1], weak[2], steps=(step,), fix=weak[3])
    if use.requests or use.constructions:
        yield from _process_wide(file)


_Weakness = tuple[int, int, str, str]  # start, end, message, corrected code


def _monei_calls(use: MoneiUse) -> Iterator[tuple[Expr, tuple[Expr, ...], Expr | None]]:
    for request in use.requests:
        yield request.call, (request.call, *request.call.items, *request.options), request.client
    for built in use.constructions:
        yield built.call, (built.call, *built.call.items), None


def _weaknesses(file: SourceFile, options: tuple[Expr, ...], client: Expr | None) -> Iterator[_Weakness]:
    for option in options:
        yield from _in_value(file, file.flow, option, 0)
    if client is None:
        return
    for flow, value in file.flow.constructed(client):
        if last_name(value) not in ("get", "post"):
            yield from _in_value(file, flow, value, 0)
    name = dotted(client)
    for binding in file.syntax.members.get(f"{name}.verify", ()) if name else ():
        if binding.value is not None and text_of(binding.value) == "False":
            yield binding.start, binding.value.end_byte, _CHECKS_OFF, f"{name}.verify = True"
    if name:
        yield from _mounted(file, name)


def _mounted(file: SourceFile, name: str) -> Iterator[_Weakness]:
    for suffix in ("defaults.httpsAgent", "defaults.agent"):
        for binding in file.syntax.members.get(f"{name}.{suffix}", ()):
            if binding.value is not None:
                yield from _in_value(file, file.flow, file.syntax.expression(binding.value), 1)


_CHECKS_OFF = "certificate checks are off: anyone on the way can read the key and answer in Monei's place"
_OLD_TLS = "TLS below 1.2 is accepted on a Monei call"


def _in_value(file: SourceFile, flow: Flow, expr: Expr, depth: int) -> Iterator[_Weakness]:
    if depth > 5 or flow is not file.flow:  # noqa: PLR2004 - options are not nested deeper
        return
    for inner_flow, value in (
        flow.values(expr) if expr.kind in (ExprKind.NAME, ExprKind.ATTR, ExprKind.EITHER) else ((flow, expr),)
    ):
        if inner_flow is not flow:
            continue
        if value.kind in (ExprKind.CALL, ExprKind.NEW):
            yield from _in_call(file, flow, value, depth)
        if value.kind not in (ExprKind.TABLE, ExprKind.CALL, ExprKind.NEW):
            continue
        for key, item in zip(value.keys, value.items, strict=False):
            yield from _in_entry(file, flow, key, item, depth)
        if expr.kind is ExprKind.NAME:
            yield from _later_settings(file, expr)


def _in_call(file: SourceFile, flow: Flow, call: Expr, depth: int) -> Iterator[_Weakness]:
    name = last_name(call)
    if name in _UNVERIFIED:
        yield call.start, call.end, _CHECKS_OFF, "ssl.create_default_context()"
    if name == "SSLContext" and call.items and _OLD.search(dotted(call.items[0])):
        yield call.items[0].start, call.items[0].end, _OLD_TLS, "ssl.create_default_context()"
    if call.kind is ExprKind.NEW or name in (
        "Agent",
        "TCPConnector",
        "HTTPTransport",
        "AsyncHTTPTransport",
        "create",
        "extend",
    ):
        for item in call.items:
            if item.kind in (ExprKind.TABLE, ExprKind.NAME, ExprKind.CALL):
                yield from _in_value(file, flow, item, depth + 1)


def _in_entry(file: SourceFile, flow: Flow, key: str, item: Expr, depth: int) -> Iterator[_Weakness]:
    lowered = key.lower()
    resolved = [value for _, value in flow.values(item)] or [item]
    says = {value.text.lower() for value in resolved if value.kind is ExprKind.CONST}
    if (lowered in _OFF and "false" in says) or (lowered in _ON_MEANS_OFF and "true" in says):
        fixed = "true" if file.language != "python" else "True"
        sign = "=" if file.language == "python" else ": "
        yield item.start, item.end, _CHECKS_OFF, f"{key}{sign}{fixed}"
    elif lowered in _VERSIONS:
        for value in resolved:
            text = value.text if value.kind is ExprKind.STRING else dotted(value)
            if _OLD.search(text):
                yield item.start, item.end, _OLD_TLS, f"{key}: 'TLSv1.2'" if file.language != "python" else ""
    elif lowered in _HOLDERS:
        yield from _in_value(file, flow, item, depth + 1)


def _later_settings(file: SourceFile, name: Expr) -> Iterator[_Weakness]:
    """Yield `ctx.verify_mode = ssl.CERT_NONE` and its like after an object was made."""
    for attribute in ("verify_mode", "check_hostname", "minimum_version", "maximum_version", "verify"):
        for binding in file.syntax.members.get(f"{name.text}.{attribute}", ()):
            text = text_of(binding.value) if binding.value is not None else ""
            if text.endswith("CERT_NONE") or text == "False":
                yield binding.start, binding.value.end_byte if binding.value else binding.end, _CHECKS_OFF, ""
            elif _OLD.search(text):
                fix = f"{name.text}.{attribute} = ssl.TLSVersion.TLSv1_2"
                yield binding.start, binding.value.end_byte if binding.value else binding.end, _OLD_TLS, fix


def _process_wide(file: SourceFile) -> Iterator[Violation]:
    for left, right in file.syntax.assignments:
        target = text_of(left)
        if not _PROCESS_WIDE.match(target):
            continue
        value = file.syntax.expression(right)
        text = value.text if value.kind is ExprKind.STRING else text_of(right)
        off = text in ("0", "false", "False") or text.endswith("_create_unverified_context")
        inner = next(_in_value(file, file.flow, value, 0), None)
        if off or inner is not None:
            yield Violation(left.start_byte, right.end_byte, f"{_CHECKS_OFF}, for every call of the process")
        elif _OLD.search(text):
            yield Violation(left.start_byte, right.end_byte, f"{_OLD_TLS}, and on every other")
