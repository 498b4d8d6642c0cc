"""MG402: certificate checks off, or TLS below 1.2, on a Monei call or on a client used for one."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from monei_guard.lints.analysis.expression import Expr, ExprKind, dotted, last_name, text_of
from monei_guard.lints.analysis.trace import Step
from monei_guard.lints.pattern import Pattern
from monei_guard.lints.violation import Violation

if TYPE_CHECKING:
    from monei_guard.lints.analysis.api_usage import ApiUse
    from monei_guard.lints.analysis.code_unit import CodeUnit, ValueFlow
    from monei_guard.lints.documents.config_file import ConfigFile
    from monei_guard.lints.documents.text_code import TextCode

ID = "tls-verification-off"

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
_OLD = Pattern(
    r"(?i)^(?:SSLv[23]|TLSv1(?:[._]?[01])?)(?:_(?:client_|server_)?method)?$"
    r"|(?:PROTOCOL_|TLSVersion\.)(?:SSLv[23]|TLSv1(?:_1)?)$"
)
_UNVERIFIED = frozenset({"_create_unverified_context", "_create_stdlib_context"})
_PROCESS_WIDE = Pattern(
    r"^(?:process\.env(?:\.|\[[\"'])NODE_TLS_REJECT_UNAUTHORIZED(?:[\"']\])?|https\.globalAgent\.options\.rejectUnauthorized|"
    r"ssl\._create_default_https_context|os\.environ\[[\"'](?:PYTHONHTTPSVERIFY|NODE_TLS_REJECT_UNAUTHORIZED)[\"']\]|"
    r"tls\.DEFAULT_MIN_VERSION|tls\.DEFAULT_MAX_VERSION|axios\.defaults\.httpsAgent|https\.globalAgent)$"
)

_TEXT_OFF = Pattern(
    r"InsecureSkipVerify\s*:\s*true|CURLOPT_SSL_VERIFY(?:PEER|HOST)\s*(?:,|=>)\s*(?:false|0)\b|[\"']verify(?:_peer(?:_name)?)?[\"']\s*=>\s*false|"
    r"OpenSSL::SSL::VERIFY_NONE|\bssl:\s*\{\s*verify:\s*false|\bverify:\s*false\b|DangerousAcceptAnyServerCertificateValidator|"
    r"ServerCertificate(?:Custom)?ValidationCallback\s*\+?=\s*(?:delegate\s*\{\s*return\s+true|\([^)]*\)\s*=>\s*true)|"
    r"badCertificateCallback\s*=\s*\([^)]*\)\s*=>\s*true|ALLOW_ALL_HOSTNAME_VERIFIER|NoopHostnameVerifier|"
    r"hostnameVerifier\s*[({]\s*(?:HostnameVerifier\s*\{\s*)?\(?\s*_\s*,\s*_\s*\)?\s*->\s*true|danger_accept_invalid_certs\(true\)|"
    r"withoutVerifying\(\)|disable_ssl_verification|-SkipCertificateCheck|:verify_none"
)
_TEXT_OLD = Pattern(
    r"(?:MinVersion|MaxVersion)\s*:\s*tls\.Version(?:SSL30|TLS10|TLS11)|CURLOPT_SSLVERSION\s*(?:,|=>)\s*CURL_SSLVERSION_(?:SSLv[23]|TLSv1(?:_[01])?)\b|"
    r"SecurityProtocolType\.(?:Ssl3|Tls11?)\b|TlsVersion\.(?:TLS_1_0|TLS_1_1|SSL_3_0)|:TLSv1(?:_1)?\b|SslProtocols\.(?:Tls11?|Ssl[23])\b"
)
_HOST = Pattern(r"(?i)https?://(?P<host>[a-z0-9.-]+)")
_HOST_NAME = Pattern(r"MONEI_(?:BASE|API)_URL|[mM]onei(?:Base|Api)Url")
_CURL = Pattern(r"(?m)(?:^|[\s;&|(`\"'])(?:curl|wget|http)\s(?P<rest>(?:[^\n\\]|\\\n|\\.)*)")
_CURL_END = Pattern(r"\s(?:\||&&|;)\s")
_CURL_MONEI = Pattern(r"(?i)monei\.cc|\$\{?MONEI_(?:BASE|API)_URL")
_CURL_OFF = Pattern(r"(?:^|\s)(?:-[A-Za-z]*k[A-Za-z]*|--insecure|--no-check-certificate|--verify=no)(?=\s|$)")
_CURL_OLD = Pattern(
    r"(?:^|\s)(?:--tlsv1\.[01](?=\s|$)|--tls-max\s+1\.[01]\b|--sslv[23]\b|--secure-protocol=TLSv1(?:_[01])?(?=\s|$))"
)
_PROCESS_VARIABLES = ("NODE_TLS_REJECT_UNAUTHORIZED", "PYTHONHTTPSVERIFY")
_CHECKS_OFF = "certificate checks are off: anyone on the way can read the key and answer in Monei's place"
_OLD_TLS = "TLS below 1.2 is accepted on a Monei call"


def check_code(unit: "CodeUnit", use: "ApiUse") -> Iterator[Violation]:
    """Yield each place that weakens TLS for a Monei call."""
    seen: set[tuple[int, int]] = set()
    for call, options, client in _monei_calls(use):
        for weak in _weaknesses(unit, options, client):
            if (weak[0], weak[1]) not in seen:
                seen.add((weak[0], weak[1]))
                step = Step("the Monei call it applies to", unit.view, call.start, call.end)
                yield Violation(weak[0], weak[1], weak[2], steps=(step,), fix=weak[3])
    if use.requests or use.constructions:
        yield from _for_the_process(unit)


_Weakness = tuple[int, int, str, str]  # start, end, message, corrected code


def _monei_calls(use: "ApiUse") -> Iterator[tuple[Expr, tuple[Expr, ...], Expr | None]]:
    for request in use.requests:
        yield request.call, (request.call, *request.call.items, *request.options), request.client
    for built in use.constructions:
        yield built.call, (built.call, *built.call.items), None


def _weaknesses(unit: "CodeUnit", options: tuple[Expr, ...], client: Expr | None) -> Iterator[_Weakness]:
    for option in options:
        yield from _in_value(unit, unit.flow, option, 0)
    if client is None:
        return
    for flow, value in unit.flow.constructed(client):
        if last_name(value) not in ("get", "post"):
            yield from _in_value(unit, flow, value, 0)
    name = dotted(client)
    for binding in unit.syntax.members.get(f"{name}.verify", ()) if name else ():
        if binding.value is not None and text_of(binding.value) == "False":
            yield binding.start, binding.value.end_byte, _CHECKS_OFF, f"{name}.verify = True"
    if name:
        yield from _mounted(unit, name)


def _mounted(unit: "CodeUnit", name: str) -> Iterator[_Weakness]:
    for suffix in ("defaults.httpsAgent", "defaults.agent"):
        for binding in unit.syntax.members.get(f"{name}.{suffix}", ()):
            if binding.value is not None:
                yield from _in_value(unit, unit.flow, unit.syntax.expression(binding.value), 1)


def _in_value(unit: "CodeUnit", flow: "ValueFlow", expr: Expr, depth: int) -> Iterator[_Weakness]:
    if depth > 5 or flow is not unit.flow:  # noqa: PLR2004 - options are not nested deeper
        return
    for inner_flow, value in (
        flow.values(expr) if expr.kind in (ExprKind.NAME, ExprKind.ATTR, ExprKind.EITHER) else ((flow, expr),)
    ):
        if inner_flow is not flow:
            continue
        if value.kind in (ExprKind.CALL, ExprKind.NEW):
            yield from _in_call(unit, flow, value, depth)
        if value.kind not in (ExprKind.TABLE, ExprKind.CALL, ExprKind.NEW):
            continue
        for key, item in zip(value.keys, value.items, strict=False):
            yield from _in_entry(unit, flow, key, item, depth)
        if expr.kind is ExprKind.NAME:
            yield from _later_settings(unit, expr)


def _in_call(unit: "CodeUnit", flow: "ValueFlow", call: Expr, depth: int) -> Iterator[_Weakness]:
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
                yield from _in_value(unit, flow, item, depth + 1)


def _in_entry(unit: "CodeUnit", flow: "ValueFlow", key: str, item: Expr, depth: int) -> Iterator[_Weakness]:
    lowered, write = key.lower(), unit.language.corrections
    resolved = [value for _, value in flow.values(item)] or [item]
    constants = {value.text.lower() for value in resolved if value.kind is ExprKind.CONST}
    if (lowered in _OFF and "false" in constants) or (lowered in _ON_MEANS_OFF and "true" in constants):
        yield item.start, item.end, _CHECKS_OFF, write.option(key, write.true)
    elif lowered in _VERSIONS:
        for value in resolved:
            text = value.text if value.kind is ExprKind.STRING else dotted(value)
            if _OLD.search(text):
                fix = write.option(key, write.tls_version) if write.tls_version else ""
                yield item.start, item.end, _OLD_TLS, fix
    elif lowered in _HOLDERS:
        yield from _in_value(unit, flow, item, depth + 1)


def _later_settings(unit: "CodeUnit", name: Expr) -> Iterator[_Weakness]:
    """Yield `ctx.verify_mode = ssl.CERT_NONE` and its like after an object was made."""
    for attribute in ("verify_mode", "check_hostname", "minimum_version", "maximum_version", "verify"):
        for binding in unit.syntax.members.get(f"{name.text}.{attribute}", ()):
            text = text_of(binding.value) if binding.value is not None else ""
            if text.endswith("CERT_NONE") or text == "False":
                yield binding.start, binding.value.end_byte if binding.value else binding.end, _CHECKS_OFF, ""
            elif _OLD.search(text):
                fix = f"{name.text}.{attribute} = ssl.TLSVersion.TLSv1_2"
                yield binding.start, binding.value.end_byte if binding.value else binding.end, _OLD_TLS, fix


def _for_the_process(unit: "CodeUnit") -> Iterator[Violation]:
    for left, right in unit.syntax.assignments:
        target = text_of(left)
        if not _PROCESS_WIDE.match(target):
            continue
        value = unit.syntax.expression(right)
        text = value.text if value.kind is ExprKind.STRING else text_of(right)
        off = text in ("0", "false", "False") or text.endswith("_create_unverified_context")
        inner = next(_in_value(unit, unit.flow, value, 0), None)
        if off or inner is not None:
            yield Violation(left.start_byte, right.end_byte, f"{_CHECKS_OFF}, for every call of the process")
        elif _OLD.search(text):
            yield Violation(left.start_byte, right.end_byte, f"{_OLD_TLS}, and on every other")


def check_text(code: "TextCode") -> Iterator[Violation]:
    """Yield what weakens TLS nearer to a Monei host than to any other, and such commands of a shell."""
    hosts = [(match.start(), "monei" in match.group("host").lower()) for match in _HOST.finditer(code.code)]
    hosts += [(match.start(), True) for match in _HOST_NAME.finditer(code.code)]
    for pattern, message in ((_TEXT_OFF, _CHECKS_OFF), (_TEXT_OLD, _OLD_TLS)):
        for match in pattern.finditer(code.code):
            nearest = min(hosts, key=lambda host: abs(host[0] - match.start()), default=None)
            if nearest is not None and nearest[1]:
                yield Violation(match.start(), match.end(), message)
    yield from _in_commands(code.code)


def check_config(file: "ConfigFile") -> Iterator[Violation]:
    """Yield variables that switch the checks off for a whole process, and such commands of a shell."""
    for entry in file.entries:
        if entry.name in _PROCESS_VARIABLES and entry.value == "0":
            message = "certificate checks are off for every call of the process, Monei's too"
            yield Violation(entry.start, entry.value_start + len(entry.value), message)
    if not file.is_shell_script:
        yield from _in_commands(file.text)


def _in_commands(text: str) -> Iterator[Violation]:
    """Yield curl and wget commands that reach Monei without checking certificates, or with an old TLS."""
    for match in _CURL.finditer(text):
        rest = match.group("rest")
        end = _CURL_END.search(rest)
        command = rest[: end.start()] if end is not None else rest
        if not _CURL_MONEI.search(command):
            continue
        for pattern, message in ((_CURL_OFF, _CHECKS_OFF), (_CURL_OLD, _OLD_TLS)):
            found = pattern.search(command)
            if found is not None:
                offset = match.start("rest") + found.start() + (found.group()[0] in " \t\n")
                yield Violation(offset, match.start("rest") + found.end(), message)
