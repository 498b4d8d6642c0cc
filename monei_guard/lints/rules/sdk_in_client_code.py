"""MG302: the SDK built, or a key sent, in code that runs in a browser or an app; a key handed to the browser."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from monei_guard.lints.analysis.api_usage import key_headers
from monei_guard.lints.analysis.expression import Expr, ExprKind, dotted, text_of
from monei_guard.lints.analysis.names import is_credential_name
from monei_guard.lints.analysis.runtime import Runtime
from monei_guard.lints.pattern import Pattern
from monei_guard.lints.violation import Violation
from monei_guard.model.rule import Confidence

if TYPE_CHECKING:
    from monei_guard.lints.analysis.api_usage import ApiUse, Request
    from monei_guard.lints.analysis.code_unit import CodeUnit
    from monei_guard.lints.documents.config_file import ConfigFile
    from monei_guard.lints.documents.page import Page
    from monei_guard.lints.documents.text_code import TextCode

ID = "sdk-in-client-code"

_RESPONSES = Pattern(r"(?i)^(?:res|response|reply|ctx|context|c|h|NextResponse|Response|JsonResponse)$")
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
_APP_KEY = Pattern(
    r"BuildConfig\.(?P<a>[A-Z0-9_]*MONEI[A-Z0-9_]*(?:KEY|SECRET|TOKEN))\b|fromEnvironment\(\s*[\"'](?P<b>[A-Z0-9_]*MONEI[A-Z0-9_]*(?:KEY|SECRET|TOKEN))[\"']|"
    r"(?:dotenv|DotEnv\(\))\.env\[\s*[\"'](?P<c>[A-Z0-9_]*MONEI[A-Z0-9_]*(?:KEY|SECRET|TOKEN))[\"']|dotenv\.get\(\s*[\"'](?P<f>[A-Z0-9_]*MONEI[A-Z0-9_]*(?:KEY|SECRET|TOKEN))[\"']|"
    r"R\.string\.(?P<d>\w*monei\w*(?:key|secret|token))\b|"
    r"(?:forInfoDictionaryKey:\s*|infoDictionary\??\[)[\"'](?P<e>\w*MONEI\w*(?:KEY|SECRET|TOKEN)|\w*Monei\w*(?:Key|Secret|Token))[\"']"
)
_NAMES_MONEI = Pattern(r"monei\.cc|[mM]onei")
_KEY_HEADER = Pattern(r"(?i)[\"']x-api-key[\"']")
_STRINGS_FILE = Pattern(r"/res/values[\w-]*/[\w.-]+\.xml$|(?:^|/)strings\.xml$")
_ANDROID_STRING = Pattern(r"<string\s+name=\"(?P<name>\w+)\"[^>]*>(?P<value>[^<]*)</string>")
_PLIST = Pattern(r"<key>(?P<name>[\w.]+)</key>\s*<string>(?P<value>[^<]*)</string>")
_GRADLE = Pattern(
    r"(?:buildConfigField|resValue)\s*\(?\s*[\"']\w+[\"']\s*,\s*[\"'](?P<name>\w+)[\"']|manifestPlaceholders\s*\[?\s*[\"'](?P<other>\w+)[\"']"
)
_ADDRESS = Pattern(r"[?&]|//")
_PAGE_DATA = frozenset({"getServerSideProps", "getStaticProps", "loader", "load", "getInitialProps", "getServerData"})


def check_code(unit: "CodeUnit", use: "ApiUse") -> Iterator[Violation]:
    """Yield clients and keyed requests on the client side, and credentials that a server hands to it."""
    for built in use.constructions:
        side = unit.runtime_at(built.call.start)
        if side.runs is Runtime.CLIENT:
            trace = unit.flow.trace(built.key)
            message = f"the Monei SDK is built in code that users receive ({side.reason})"
            yield Violation(built.call.start, built.call.end, message, trace)
    for request in use.requests:
        yield from _keyed_request(unit, request)
    yield from _handed_over(unit)
    yield from _attributes(unit)


def _keyed_request(unit: "CodeUnit", request: "Request") -> Iterator[Violation]:
    side = unit.runtime_at(request.call.start)
    if side.runs is not Runtime.CLIENT:
        return
    for header in key_headers(unit, request):
        trace = unit.flow.trace(header)
        if trace is not None and trace.noun != "token":
            message = f"a Monei {trace.noun} is sent by code that users receive ({side.reason})"
            yield Violation(request.call.start, request.call.end, message, trace)
            return


def _handed_over(unit: "CodeUnit") -> Iterator[Violation]:
    """Yield answers and page data of a server that carry a credential."""
    for call in unit.syntax.calls:
        if call.name not in _RESPONDERS and call.name not in _RENDERERS:
            continue
        made = unit.syntax.expression(call.node)
        if not _is_answer(unit, made):
            continue
        for item in made.items:
            trace = unit.flow.trace(item)
            if trace is not None and trace.noun != "token":
                message = f"Monei {trace.noun} {trace.name} is handed to the browser in an answer"
                confidence = Confidence.MEDIUM if trace.by_name else None
                yield Violation(made.start, made.end, message, trace, confidence=confidence)
                break
    for function in unit.syntax.functions.values():
        name = function.name or _bound_name(unit, function.node.start_byte)
        if name not in _PAGE_DATA:
            continue
        for node in function.returns:
            trace = unit.flow.trace(unit.syntax.expression(node))
            if trace is not None and trace.noun != "token":
                message = f"Monei {trace.noun} {trace.name} is handed to the page by {name}: props reach the browser"
                yield Violation(node.start_byte, node.end_byte, message, trace)


def _is_answer(unit: "CodeUnit", made: Expr) -> bool:
    base = made.base
    if base is None:
        return False
    if base.kind is ExprKind.NAME:
        return unit.language.answers_by_function and base.text in _RENDERERS
    owner = base.base
    while owner is not None and owner.kind is ExprKind.CALL:  # res.status(200).json(...)
        owner = owner.base.base if owner.base is not None else None
    return (
        owner is not None and bool(_RESPONSES.match((dotted(owner) or "").split(".")[0]))
    ) or base.text == "TemplateResponse"


def _bound_name(unit: "CodeUnit", start: int) -> str:
    for (scope, name), bindings in unit.syntax.bindings.items():
        if (
            scope == 0
            and name in _PAGE_DATA
            and any(b.value is not None and b.value.start_byte == start for b in bindings)
        ):
            return name
    return ""


def _attributes(unit: "CodeUnit") -> Iterator[Violation]:
    """Yield JSX attributes that carry a key into markup or a component."""
    for node in unit.syntax.attributes:
        children = node.named_children
        if len(children) < 2:  # noqa: PLR2004 - name and value
            continue
        trace = unit.flow.trace(unit.syntax.expression(children[1]))
        if trace is not None and trace.noun != "token":
            message = f"Monei {trace.noun} {trace.name} is put into markup (attribute {text_of(children[0])})"
            confidence = Confidence.MEDIUM if trace.by_name else None
            yield Violation(node.start_byte, node.end_byte, message, trace, confidence=confidence)


def check_text(code: "TextCode") -> Iterator[Violation]:
    """Yield the first key that is compiled into an app, or else the first that an app sends."""
    if code.runtime.runs is not Runtime.CLIENT:
        return
    for match in _APP_KEY.finditer(code.code):
        name = next(group for group in match.groups() if group)
        message = f"`{name}` is compiled into what users install ({code.runtime.reason})"
        yield Violation(match.start(), match.end(), message)
        return
    if not _NAMES_MONEI.search(code.code):
        return
    for match in _KEY_HEADER.finditer(code.code):
        carried = code.carried(code.line_start(match.start()), code.line_end(match.end()))
        if carried is not None:
            message = f"a Monei {carried.noun} is sent by code that users receive ({code.runtime.reason})"
            yield Violation(match.start(), match.end(), message)
            return


def check_config(file: "ConfigFile") -> Iterator[Violation]:
    """Yield keys in the resources, the Info.plist and the build fields of an app."""
    patterns: list[tuple[Pattern[str], str]] = []
    if _STRINGS_FILE.search("/" + file.path):
        patterns.append((_ANDROID_STRING, "a string resource is readable in the installed app"))
    if file.path.endswith(".plist"):
        patterns.append((_PLIST, "Info.plist is readable in the installed app"))
    if file.path.endswith((".gradle", ".gradle.kts")):
        patterns.append((_GRADLE, "a build field is compiled into the app"))
    for pattern, why in patterns:
        for match in pattern.finditer(file.text):
            name = next((group for key, group in match.groupdict().items() if group and key in ("name", "other")), "")
            if is_credential_name(name):
                yield Violation(match.start(), match.end(), f"`{name}`: {why}")


def check_page(page: "Page") -> Iterator[Violation]:
    """Yield attributes that carry a credential, addresses apart (`key_in_url`)."""
    for attribute in page.attributes:
        credential = attribute.credential
        if credential is not None and not (attribute.holds_address and _ADDRESS.search(attribute.value)):
            message = (
                f"{credential} stands in the page, in the attribute {attribute.name}: everyone who opens it can read it"
            )
            yield Violation(attribute.start, attribute.end, message)
