"""MG303: a key or token in localStorage, sessionStorage, a script-readable cookie, app preferences."""

import re
from collections.abc import Iterator

from monei_guard.lints.analysis.api_usage import MoneiUse
from monei_guard.lints.analysis.data_flow import Trace
from monei_guard.lints.analysis.expression import Expr, ExprKind, text_of
from monei_guard.lints.analysis.name_resolution import dotted
from monei_guard.lints.analysis.runtime import Runtime
from monei_guard.lints.documents.code_file import SourceFile
from monei_guard.lints.violation import Violation
from monei_guard.model.rule import Confidence

_WEB = frozenset({"localStorage", "sessionStorage"})
_STORES = re.compile(
    r"(?i)^(?:.*\.)?(?:localStorage|sessionStorage|AsyncStorage|EncryptedAsyncStorage|localforage|Preferences|"
    r"(?:chrome|browser)\.storage\.(?:local|sync|session)|uni|wx|Taro|mmkv|MMKV|lscache|storejs|"
    r"reactLocalStorage|secureLocalStorage|storage\.local|storage\.sync|ls|lockr)$"
)
_SETTERS = frozenset({
    "setItem", "set", "setObject", "setItemAsync", "setStorageSync", "setStorage", "setString", "multiSet", "put",
    "add",
})  # fmt: skip
_HOOKS = frozenset(
    {"useLocalStorage", "useSessionStorage", "useStorage", "useAsyncStorage", "useCookies", "useLocalStorageState"}
)
_COOKIE_JARS = re.compile(
    r"(?i)^(?:.*\.)?(?:cookies?|jscookie|js_?cookie|cookieStore|VueCookies|\$cookies|docCookies|nookies)$"
)
_COOKIE_SETTERS = frozenset({"set", "setCookie", "cookie", "set_cookie", "append"})


def check(file: SourceFile, _use: MoneiUse) -> Iterator[Violation]:
    """Yield each write of a credential to a place that any script of the page can read."""
    for call in file.syntax.calls:
        if call.new:
            continue
        if call.name in _SETTERS or call.name in _HOOKS or call.name in _COOKIE_SETTERS:
            hit = _written(file, file.syntax.expression(call.node))
        elif call.name in ("setBearerToken", "setApiKey"):
            hit = _read_back(file, file.syntax.expression(call.node))
        else:
            continue
        if hit is not None:
            yield hit
    for left, right in file.syntax.assignments:
        target = _member_target(file, text_of(left), left.start_byte)
        trace = file.flow.trace(file.syntax.expression(right)) if target else None
        if trace is not None:
            yield _hit(left.start_byte, right.end_byte, trace, target)


def _written(file: SourceFile, made: Expr) -> Violation | None:
    base = made.base
    if base is None:
        return None
    owner = _owner(file, base)
    if base.kind is ExprKind.NAME and base.text in _HOOKS:
        target = f"browser storage by {base.text}"
    elif base.text in _SETTERS and _STORES.match(owner):
        target = owner.rpartition(".")[2] if "storage." not in owner.lower() else owner
    elif base.text in _COOKIE_SETTERS and _is_cookie(file, made, owner):
        target = "a cookie that scripts can read"
    else:
        return None
    for argument in made.items[1:] if len(made.items) > 1 else made.items:
        trace = file.flow.trace(argument)
        if trace is not None:
            return _hit(made.start, made.end, trace, target, _fix(file, made, target))
    return None


def _owner(file: SourceFile, base: Expr) -> str:
    """Return the dotted name of the object a method is called on, aliases (`s = window.localStorage`) resolved."""
    if base.kind is not ExprKind.ATTR or base.base is None:
        return ""
    inner = base.base
    if inner.kind is ExprKind.CALL and inner.base is not None:
        return inner.base.text  # cookies().set
    if inner.kind is ExprKind.NAME:
        for _, value in file.flow.values(inner):
            name = dotted(value) if value.kind in (ExprKind.ATTR, ExprKind.NAME) else ""
            if value.kind is ExprKind.NEW and value.base is not None:
                name = value.base.text
            if name and _STORES.match(name):
                return name
    return dotted(inner)


def _is_cookie(file: SourceFile, made: Expr, owner: str) -> bool:
    """Whether a call sets a cookie without HttpOnly."""
    base = made.base
    if base is None:
        return False
    if base.text in ("set", "append") and not _COOKIE_JARS.match(owner):
        return False
    if base.text in ("cookie", "set_cookie") and not re.search(r"(?i)res|reply|c$|ctx|h$|response", owner):
        return False
    if base.text == "setCookie" and base.kind is ExprKind.ATTR and not re.search(r"(?i)res|reply|cookie", owner):
        return False
    only_http = made.entry("httponly")
    for item in made.items:
        for _, value in file.flow.values(item):
            if value.kind is ExprKind.TABLE:
                only_http = only_http or value.entry("httponly")
                if any(not key for key in value.keys) and only_http is None:
                    return False  # options spread in from elsewhere: not in sight
            elif value.kind in (ExprKind.NAME, ExprKind.ATTR, ExprKind.CALL) and item in made.items[2:]:
                return False  # options from elsewhere
    return only_http is None or only_http.text.lower() == "false"


def _member_target(file: SourceFile, target: str, offset: int) -> str:
    """Return the storage an assignment writes to, "" for any other target."""
    if target in ("document.cookie", "window.document.cookie"):
        return "a cookie that scripts can read"
    root = re.split(r"[.\[]", target.removeprefix("window.").removeprefix("globalThis."), maxsplit=1)[0]
    if root in _WEB:
        return root
    for _, value in file.flow.values(Expr(ExprKind.NAME, offset, offset, root)):
        name = dotted(value).rpartition(".")[2]
        if name in _WEB:
            return name
    return ""


def _read_back(file: SourceFile, made: Expr) -> Violation | None:
    """`sdk.setBearerToken(localStorage.getItem("token"))`: whatever is read there was stored there."""
    for argument in made.items:
        for _, value in file.flow.values(argument):
            if value.kind is ExprKind.CALL and value.base is not None and value.base.text == "getItem":
                owner = _owner(file, value.base)
                if _STORES.match(owner) and file.side.runs is not Runtime.SERVER:
                    noun = "token" if made.base is not None and "Bearer" in made.base.text else "key"
                    message = f"the Monei {noun} is kept in {owner.rpartition('.')[2]}, where any script reads it"
                    return Violation(made.start, made.end, message, confidence=Confidence.MEDIUM)
    return None


def _hit(start: int, end: int, trace: Trace, target: str, fix: str = "") -> Violation:
    confidence = Confidence.MEDIUM if trace.by_name else None
    return Violation(start, end, f"Monei {trace.noun} {trace.name} is stored in {target}", trace, fix, confidence)


def _fix(file: SourceFile, made: Expr, target: str) -> str:
    if "cookie" not in target or made.base is None or made.base.text not in ("cookie", "set_cookie", "set"):
        return ""
    arguments = ", ".join(file.source(item.start, item.end) for item in made.items[:2])
    if len(made.items) < 2:  # noqa: PLR2004 - name and value
        return ""
    options = "httponly=True, secure=True" if file.language == "python" else "{ httpOnly: true, secure: true }"
    return f"{file.source(made.base.start, made.base.end)}({arguments}, {options})"
