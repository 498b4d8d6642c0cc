"""MG303: a key or token in localStorage, sessionStorage, a script-readable cookie, app preferences."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from monei_guard.lints.analysis.expression import Expr, ExprKind, dotted, text_of
from monei_guard.lints.analysis.runtime import Runtime
from monei_guard.lints.pattern import Pattern
from monei_guard.lints.violation import Violation
from monei_guard.model.rule import Confidence

if TYPE_CHECKING:
    from monei_guard.lints.analysis.api_usage import ApiUse
    from monei_guard.lints.analysis.code_unit import CodeUnit
    from monei_guard.lints.analysis.trace import Trace
    from monei_guard.lints.documents.text_code import TextCode

ID = "web-storage"

_WEB = frozenset({"localStorage", "sessionStorage"})
_STORES = Pattern(
    r"(?i)^(?:.*\.)?(?:localStorage|sessionStorage|AsyncStorage|EncryptedAsyncStorage|localforage|Preferences|"
    r"(?:chrome|browser)\.storage\.(?:local|sync|session)|uni|wx|Taro|mmkv|MMKV|lscache|storejs|"
    r"reactLocalStorage|secureLocalStorage|storage\.local|storage\.sync|ls|lockr)$"
)
_TEXT_STORES = Pattern(
    r"(?:^|\.)(?:(?P<shared>(?:\w*[pP]refs?|\w*[pP]references?|editor|edit|sp)\w*(?:\(\))?(?:\.|\?\.|!\.)(?:setString|setStringList|putString|"
    r"putStringSet|set|write))|(?P<bare>putString)|UserDefaults\.standard\.(?:set|setValue)|defaults\.(?:set|setValue)|"
    r"GetStorage\(\)\.write|\w*[bB]ox\.(?:put|write)|PlayerPrefs\.SetString|NSUserDefaults\.\w+|setcookie|setrawcookie)$"
)
_ENCRYPTS = Pattern(
    r"EncryptedSharedPreferences|FlutterSecureStorage|flutter_secure_storage|Keychain|encryptedPrefs|securePrefs"
)
_SECURE_NAME = Pattern(r"(?i)secure|keychain|encrypted")
_HTTP_ONLY = Pattern(r"(?i)httponly['\"]?\s*=>\s*true|,\s*true\s*$")
_SETTERS = frozenset({
    "setItem", "set", "setObject", "setItemAsync", "setStorageSync", "setStorage", "setString", "multiSet", "put",
    "add",
})  # fmt: skip
_HOOKS = frozenset(
    {"useLocalStorage", "useSessionStorage", "useStorage", "useAsyncStorage", "useCookies", "useLocalStorageState"}
)
_COOKIE_JARS = Pattern(
    r"(?i)^(?:.*\.)?(?:cookies?|jscookie|js_?cookie|cookieStore|VueCookies|\$cookies|docCookies|nookies)$"
)
_COOKIE_SETTERS = frozenset({"set", "setCookie", "cookie", "set_cookie", "append"})


def check_code(unit: "CodeUnit", _use: "ApiUse") -> Iterator[Violation]:
    """Yield each write of a credential to a place that any script of the page can read."""
    for call in unit.syntax.calls:
        if call.new:
            continue
        if call.name in _SETTERS or call.name in _HOOKS or call.name in _COOKIE_SETTERS:
            violation = _written(unit, unit.syntax.expression(call.node))
        elif call.name in ("setBearerToken", "setApiKey"):
            violation = _read_back(unit, unit.syntax.expression(call.node))
        else:
            continue
        if violation is not None:
            yield violation
    for left, right in unit.syntax.assignments:
        target = _member_target(unit, text_of(left), left.start_byte)
        trace = unit.flow.trace(unit.syntax.expression(right)) if target else None
        if trace is not None:
            yield _violation(left.start_byte, right.end_byte, trace, target)


def _written(unit: "CodeUnit", made: Expr) -> Violation | None:
    base = made.base
    if base is None:
        return None
    owner = _owner(unit, base)
    if base.kind is ExprKind.NAME and base.text in _HOOKS:
        target = f"browser storage by {base.text}"
    elif base.text in _SETTERS and _STORES.match(owner):
        target = owner.rpartition(".")[2] if "storage." not in owner.lower() else owner
    elif base.text in _COOKIE_SETTERS and _is_cookie(unit, made, owner):
        target = "a cookie that scripts can read"
    else:
        return None
    for argument in made.items[1:] if len(made.items) > 1 else made.items:
        trace = unit.flow.trace(argument)
        if trace is not None:
            return _violation(made.start, made.end, trace, target, _fix(unit, made, target))
    return None


def _owner(unit: "CodeUnit", base: Expr) -> str:
    """Return the dotted name of the object a method is called on, aliases (`s = window.localStorage`) resolved."""
    if base.kind is not ExprKind.ATTR or base.base is None:
        return ""
    inner = base.base
    if inner.kind is ExprKind.CALL and inner.base is not None:
        return inner.base.text  # cookies().set
    if inner.kind is ExprKind.NAME:
        for _, value in unit.flow.values(inner):
            name = dotted(value) if value.kind in (ExprKind.ATTR, ExprKind.NAME) else ""
            if value.kind is ExprKind.NEW and value.base is not None:
                name = value.base.text
            if name and _STORES.match(name):
                return name
    return dotted(inner)


def _is_cookie(unit: "CodeUnit", made: Expr, owner: str) -> bool:
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
        for _, value in unit.flow.values(item):
            if value.kind is ExprKind.TABLE:
                only_http = only_http or value.entry("httponly")
                if any(not key for key in value.keys) and only_http is None:
                    return False  # options spread in from elsewhere: not in sight
            elif value.kind in (ExprKind.NAME, ExprKind.ATTR, ExprKind.CALL) and item in made.items[2:]:
                return False  # options from elsewhere
    return only_http is None or only_http.text.lower() == "false"


def _member_target(unit: "CodeUnit", target: str, offset: int) -> str:
    """Return the storage an assignment writes to, "" for any other target."""
    if target in ("document.cookie", "window.document.cookie"):
        return "a cookie that scripts can read"
    root = re.split(r"[.\[]", target.removeprefix("window.").removeprefix("globalThis."), maxsplit=1)[0]
    if root in _WEB:
        return root
    for _, value in unit.flow.values(Expr(ExprKind.NAME, offset, offset, root)):
        name = dotted(value).rpartition(".")[2]
        if name in _WEB:
            return name
    return ""


def _read_back(unit: "CodeUnit", made: Expr) -> Violation | None:
    """`sdk.setBearerToken(localStorage.getItem("token"))`: whatever is read there was stored there."""
    for argument in made.items:
        for _, value in unit.flow.values(argument):
            if value.kind is ExprKind.CALL and value.base is not None and value.base.text == "getItem":
                owner = _owner(unit, value.base)
                if _STORES.match(owner) and unit.runtime.runs is not Runtime.SERVER:
                    noun = "token" if made.base is not None and "Bearer" in made.base.text else "key"
                    message = f"the Monei {noun} is kept in {owner.rpartition('.')[2]}, where any script reads it"
                    return Violation(made.start, made.end, message, confidence=Confidence.MEDIUM)
    return None


def _violation(start: int, end: int, trace: "Trace", target: str, fix: str = "") -> Violation:
    confidence = Confidence.MEDIUM if trace.by_name else None
    return Violation(start, end, f"Monei {trace.noun} {trace.name} is stored in {target}", trace, fix, confidence)


def _fix(unit: "CodeUnit", made: Expr, target: str) -> str:
    if "cookie" not in target or made.base is None or made.base.text not in ("cookie", "set_cookie", "set"):
        return ""
    arguments = ", ".join(unit.source(item.start, item.end) for item in made.items[:2])
    if len(made.items) < 2:  # noqa: PLR2004 - name and value
        return ""
    name = unit.source(made.base.start, made.base.end)
    return f"{name}({arguments}, {unit.language.corrections.cookie_options})"


def check_text(code: "TextCode") -> Iterator[Violation]:
    """Yield each call that stores a credential in plain preferences, or in a cookie that scripts can read."""
    encrypted = _ENCRYPTS.search(code.code) is not None
    for call in code.calls:
        found = _TEXT_STORES.search(call.name)
        if found is None or (encrypted and (found.group("shared") or found.group("bare"))):
            continue
        arguments = code.text[call.arguments_start : call.arguments_end]
        if _SECURE_NAME.search(call.name) or ("setcookie" in call.name and _HTTP_ONLY.search(arguments)):
            continue
        carried = code.carried(call.arguments_start, call.arguments_end)
        if carried is not None:
            where = "a cookie that scripts can read" if "cookie" in call.name else "the app's plain preferences"
            message = f"Monei {carried.noun} {carried.name} is stored in {where}"
            yield Violation(call.start, call.end, message, confidence=carried.confidence)
