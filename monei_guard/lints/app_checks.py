"""The lints for code without a grammar, by rule id. What they look for is what the tree-based lints look for."""

import re
from collections.abc import Callable, Iterator

from monei_guard.lints.analysis.app_runtime import side_of_app_code
from monei_guard.lints.analysis.names import looks_like_credential
from monei_guard.lints.analysis.runtime import Runtime
from monei_guard.lints.context import LintContext
from monei_guard.lints.documents.text_code import AppCode, Carried, Invocation
from monei_guard.lints.plain_address import PLAIN_HTTP_MESSAGE, URL, is_judged
from monei_guard.lints.rules.no_rate_limit_handling import HANDLED
from monei_guard.lints.rules.webhook_not_verified import CHECKS, HOOK_PATH, SIGNATURE
from monei_guard.lints.shell_commands import shell_fallback, shell_tls
from monei_guard.lints.violation import Violation
from monei_guard.model.rule import Confidence

_LOGGERS = re.compile(
    r"(?:^|[.:>])(?:print|println|printf|eprintln!?|debugPrint|NSLog|os_log|error_log|var_dump|print_r|dump|dd|puts|p|pp|echo|"
    r"Write-Host|Write-Output|println!|print!|dbg!|eprintln!|(?:tracing::|log::)?(?:info|warn|error|debug|trace)!)$"
    r"|(?:^|[.:>])(?:Log|Timber|[lL]ogger|_?log(?:ger)?|LOG(?:GER)?|slog|Console|Debug|developer|Rails\.logger|IO|out|err|fmt|syslog|zap|"
    r"logrus|Crashlytics)(?:\.|::|->)(?:[dewiv]|wtf|log|info|warn(?:ing)?|error|debug|trace|fatal|fine|severe|notice|critical|"
    r"[Pp]rint(?:ln|f)?|Print|Println|Printf|Fatal(?:f|ln)?|Panicf?|Info[fw]?|Warn[fw]?|Error[fw]?|Debug[fw]?|Write(?:Line)?|puts|inspect|"
    r"Log(?:Information|Warning|Error|Debug|Trace|Critical|Format)?)$"
)
_STORES = re.compile(
    r"(?:^|\.)(?:(?P<shared>(?:\w*[pP]refs?|\w*[pP]references?|editor|edit|sp)\w*(?:\(\))?(?:\.|\?\.|!\.)(?:setString|setStringList|putString|"
    r"putStringSet|set|write))|(?P<bare>putString)|UserDefaults\.standard\.(?:set|setValue)|defaults\.(?:set|setValue)|"
    r"GetStorage\(\)\.write|\w*[bB]ox\.(?:put|write)|PlayerPrefs\.SetString|NSUserDefaults\.\w+|setcookie|setrawcookie)$"
)
_SECURE = re.compile(
    r"EncryptedSharedPreferences|FlutterSecureStorage|flutter_secure_storage|Keychain|encryptedPrefs|securePrefs"
)
_QUERY_CALLS = re.compile(
    r"(?:^|[.:>])(?:appendQueryParameter|addQueryParameter|setQueryParameter|queryParam|URLQueryItem|http_build_query|"
    r"(?:q|query|params|values)\.(?:Set|Add)|AddQueryString|addQuery|encode_www_form)$"
)
_FORMATTED_QUERY = re.compile(r"[?&][\w.\-]+=(?:%[sv]|\{\d*\})")
_URL_TAIL = re.compile(r"[?&][\w.\-\[\]%]+=$|(?:https?|wss?)://[^\s\"'<>,]*$")
_TLS = re.compile(
    r"InsecureSkipVerify\s*:\s*true|CURLOPT_SSL_VERIFY(?:PEER|HOST)\s*(?:,|=>)\s*(?:false|0)\b|[\"']verify(?:_peer(?:_name)?)?[\"']\s*=>\s*false|"
    r"OpenSSL::SSL::VERIFY_NONE|\bssl:\s*\{\s*verify:\s*false|\bverify:\s*false\b|DangerousAcceptAnyServerCertificateValidator|"
    r"ServerCertificate(?:Custom)?ValidationCallback\s*\+?=\s*(?:delegate\s*\{\s*return\s+true|\([^)]*\)\s*=>\s*true)|"
    r"badCertificateCallback\s*=\s*\([^)]*\)\s*=>\s*true|ALLOW_ALL_HOSTNAME_VERIFIER|NoopHostnameVerifier|"
    r"hostnameVerifier\s*[({]\s*(?:HostnameVerifier\s*\{\s*)?\(?\s*_\s*,\s*_\s*\)?\s*->\s*true|danger_accept_invalid_certs\(true\)|"
    r"withoutVerifying\(\)|disable_ssl_verification|-SkipCertificateCheck|:verify_none"
)
_OLD_TLS = re.compile(
    r"(?:MinVersion|MaxVersion)\s*:\s*tls\.Version(?:SSL30|TLS10|TLS11)|CURLOPT_SSLVERSION\s*(?:,|=>)\s*CURL_SSLVERSION_(?:SSLv[23]|TLSv1(?:_[01])?)\b|"
    r"SecurityProtocolType\.(?:Ssl3|Tls11?)\b|TlsVersion\.(?:TLS_1_0|TLS_1_1|SSL_3_0)|:TLSv1(?:_1)?\b|SslProtocols\.(?:Tls11?|Ssl[23])\b"
)
_HTTP_CALL = re.compile(
    r"http\.(?:Get|Post|NewRequest(?:WithContext)?|get|post)\(|curl_exec\(|file_get_contents\(|HttpClient\b|OkHttpClient\b|Net::HTTP\b|"
    r"URLSession\b|\b[dD]io\b|Faraday\b|HTTParty\b|RestClient\b|reqwest\b|RestTemplate\b|WebClient\b|Retrofit\b|Http::|HTTPoison\b|Req\."
)
_HOST = re.compile(r"(?i)https?://(?P<host>[a-z0-9.-]+)")
_API_URL = re.compile(r"(?i)https?://(?:[a-z0-9-]+\.)*api\.(?:dev\.)?monei\.cc|https?://api\.monei\.cc")
_SIGNED = (
    r"[$@]?[\w.>\-]*(?:[sS]ig(?:nature)?|[hH]ash|HASH|[dD]igest|[hH]mac|HMAC|[eE]xpected|[cC]omputed|[cC]alculated)\w*"
    r"(?:\([^()\n]*\))?"
)
_COMPARED = re.compile(
    rf"(?<![\w.]){_SIGNED}\s*(?:===?|!==?)\s*{_SIGNED}(?![\w(])|(?<![\w.]){_SIGNED}\.equals\(\s*{_SIGNED}\s*\)"
)
_APP_KEY = re.compile(
    r"BuildConfig\.(?P<a>[A-Z0-9_]*MONEI[A-Z0-9_]*(?:KEY|SECRET|TOKEN))\b|fromEnvironment\(\s*[\"'](?P<b>[A-Z0-9_]*MONEI[A-Z0-9_]*(?:KEY|SECRET|TOKEN))[\"']|"
    r"(?:dotenv|DotEnv\(\))\.env\[\s*[\"'](?P<c>[A-Z0-9_]*MONEI[A-Z0-9_]*(?:KEY|SECRET|TOKEN))[\"']|dotenv\.get\(\s*[\"'](?P<f>[A-Z0-9_]*MONEI[A-Z0-9_]*(?:KEY|SECRET|TOKEN))[\"']|"
    r"R\.string\.(?P<d>\w*monei\w*(?:key|secret|token))\b|"
    r"(?:forInfoDictionaryKey:\s*|infoDictionary\??\[)[\"'](?P<e>\w*MONEI\w*(?:KEY|SECRET|TOKEN)|\w*Monei\w*(?:Key|Secret|Token))[\"']"
)
_FALLBACK = re.compile(
    r"(?:\?\?|\|\||\?:|\bor\b|,|=>|unwrap_or(?:_else)?\(|defaultValue:|default:|getOrElse\([^,\n]*,|getOrElse\s*\{?)\s*(?:\|\|\s*)?(?P<text>[\"'][^\"'\n]{12,200}[\"'])"
)
_EMPTY_TEST = re.compile(
    r"if\s*\(?!?\s*(?P<name>[$@]?\w+)(?:\.is(?:Null|Empty|NullOrEmpty|Blank)\w*(?:\(\))?|\s*(?:==|===)\s*(?:\"\"|''|nil|null|NULL))?\s*\)?\s*\{?\s*\n?\s*(?P=name)\s*=\s*(?P<text>[\"'][^\"'\n]{12,200}[\"'])"
)


def _logged(code: AppCode) -> Iterator[Violation]:
    for call in code.calls:
        if not _LOGGERS.search(call.name):
            continue
        if code.suffix in ("sh", "bash", "zsh") and not _reaches_a_screen(code, call):
            continue
        carried = code.carried(call.arguments_start, call.arguments_end)
        if carried is not None:
            yield Violation(
                call.start,
                call.end,
                f"Monei {carried.noun} {carried.name} is written to a log",
                confidence=_sure(carried),
            )


def _reaches_a_screen(code: AppCode, call: Invocation) -> bool:
    """Whether an echo is neither piped into a program, nor redirected, nor captured."""
    line_start = code.text.rfind("\n", 0, call.start) + 1
    line_end = code.text.find("\n", call.start)
    line = code.bare[call.start : line_end if line_end >= 0 else None]
    lead = code.text[line_start : call.start]
    return (
        not re.search(r"\||(?<![&\d])>>?(?!\s*&2|\s*/dev/(?:stderr|tty))", line)
        and "$(" not in lead
        and "`" not in lead
    )


def _stored(code: AppCode) -> Iterator[Violation]:
    encrypted = _SECURE.search(code.code) is not None
    for call in code.calls:
        found = _STORES.search(call.name)
        if found is None or (encrypted and (found.group("shared") or found.group("bare"))):
            continue
        if re.search(r"(?i)secure|keychain|encrypted", call.name):
            continue
        arguments = code.text[call.arguments_start : call.arguments_end]
        if "setcookie" in call.name and re.search(r"(?i)httponly['\"]?\s*=>\s*true|,\s*true\s*$", arguments):
            continue
        carried = code.carried(call.arguments_start, call.arguments_end)
        if carried is not None:
            where = "a cookie that scripts can read" if "cookie" in call.name else "the app's plain preferences"
            yield Violation(
                call.start,
                call.end,
                f"Monei {carried.noun} {carried.name} is stored in {where}",
                confidence=_sure(carried),
            )


def _in_url(code: AppCode) -> Iterator[Violation]:
    seen: set[int] = set()
    for hit in (*_in_strings(code), *_in_url_calls(code)):
        if hit.start not in seen:
            seen.add(hit.start)
            yield hit


def _in_strings(code: AppCode) -> Iterator[Violation]:
    """Yield URLs with a credential interpolated or concatenated."""
    for string in code.strings:
        content = code.text[string.inner_start : string.inner_end]
        for offset, source in code.interpolations(string):
            carried = code.interpolated(source, offset)
            if carried is not None and _URL_TAIL.search(code.text[string.inner_start : offset]):
                yield _url_hit(string.start, string.end, carried)
        after = code.bare[string.end : string.end + 120].split("\n")[0]
        joined = re.match(r"\s*[+.]\s*(?=[$A-Za-z_])", after)
        if joined is not None and _URL_TAIL.search(content):
            start = string.end + joined.end()
            carried = code.carried(start, start + len(re.split(r"[+;,)]", after[joined.end() :])[0]))
            if carried is not None:
                yield _url_hit(string.start, string.end, carried)


def _in_url_calls(code: AppCode) -> Iterator[Violation]:
    """Yield calls that build a query string: formats, query parameters."""
    for call in code.calls:
        start = call.arguments_start
        if re.search(r"(?:Sprintf|format|sprintf|Format|format!)$", call.name):
            first = next(iter(code.strings_between(start, call.arguments_end)), None)
            if first is None or not _FORMATTED_QUERY.search(code.text[first.inner_start : first.inner_end]):
                continue
            start = first.end
        elif not _QUERY_CALLS.search(call.name):
            continue
        carried = code.carried(start, call.arguments_end)
        if carried is not None:
            yield _url_hit(call.start, call.end, carried)
    for match in re.finditer(r"queryParameters\s*:\s*\{([^{}]*)\}", code.bare):
        carried = code.carried(*match.span(1))
        if carried is not None:
            yield _url_hit(match.start(), match.end(), carried)


def _url_hit(start: int, end: int, carried: Carried) -> Violation:
    return Violation(start, end, f"Monei {carried.noun} {carried.name} is put into a URL", confidence=_sure(carried))


def _sure(_carried: Carried) -> Confidence:
    return Confidence.MEDIUM  # no grammar: names are followed line by line


def _in_app(code: AppCode) -> Iterator[Violation]:
    if code.side.runs is not Runtime.CLIENT:
        return
    for match in _APP_KEY.finditer(code.code):
        name = next(group for group in match.groups() if group)
        yield Violation(
            match.start(), match.end(), f"`{name}` is compiled into what users install ({code.side.reason})"
        )
        return
    if not re.search(r"monei\.cc|[mM]onei", code.code):
        return
    for match in re.finditer(r"(?i)[\"']x-api-key[\"']", code.code):
        line_start = code.code.rfind("\n", 0, match.start()) + 1
        line_end = code.code.find("\n", match.end())
        carried = code.carried(line_start, line_end if line_end >= 0 else len(code.code))
        if carried is not None:
            message = f"a Monei {carried.noun} is sent by code that users receive ({code.side.reason})"
            yield Violation(match.start(), match.end(), message)
            return


def _plain_http(code: AppCode) -> Iterator[Violation]:
    starts = {string.inner_start for string in code.strings}
    shell = code.suffix in ("sh", "bash", "zsh", "ps1")
    for match in URL.finditer(code.code.encode("latin-1")):
        in_place = match.start() in starts or (
            shell and code.code[match.start() - 1 : match.start()] in (" ", "=", "\t")
        )
        if in_place and not is_judged(code.data, match.start()):
            yield Violation(
                match.start(), match.end(), PLAIN_HTTP_MESSAGE, fix="https" + match.group().decode("latin-1")[4:]
            )


def _weak_tls(code: AppCode) -> Iterator[Violation]:
    message = "certificate checks are off: anyone on the way can read the key and answer in Monei's place"
    hosts = [(match.start(), "monei" in match.group("host").lower()) for match in _HOST.finditer(code.code)]
    hosts += [
        (match.start(), True) for match in re.finditer(r"MONEI_(?:BASE|API)_URL|[mM]onei(?:Base|Api)Url", code.code)
    ]
    for pattern, text in ((_TLS, message), (_OLD_TLS, "TLS below 1.2 is accepted on a Monei call")):
        for match in pattern.finditer(code.code):
            nearest = min(hosts, key=lambda host: abs(host[0] - match.start()), default=None)
            if nearest is not None and nearest[1]:
                yield Violation(match.start(), match.end(), text)
    yield from shell_tls(code.code)


def _fallback(code: AppCode) -> Iterator[Violation]:
    for match in _FALLBACK.finditer(code.code):
        literal = match.group("text")[1:-1]
        if not looks_like_credential(literal):
            continue
        line_start = code.code.rfind("\n", 0, match.start()) + 1
        carried = code.carried(line_start, match.start("text"))
        lead = code.code[line_start : match.start("text")]
        reads = re.search(r"(?i)env|config|fetch|ENV|BuildConfig|Getenv|properties|getProperty|\?\?|\|\||\?:", lead)
        named = re.search(r"MONEI_\w*(?:KEY|SECRET|TOKEN)", lead)
        if reads and (carried is not None or named):
            name = f"`{named.group()}`" if named else carried.name if carried else ""
            yield Violation(
                match.start("text"),
                match.end("text"),
                f"a credential is written in the code for when {name} is not set",
            )
    for match in _EMPTY_TEST.finditer(code.code):
        name = match.group("name").lstrip("$@")
        if looks_like_credential(match.group("text")[1:-1]) and code.tainted.get(name, -1) >= 0:
            yield Violation(
                match.start("text"),
                match.end("text"),
                f"a credential is written in the code for when `{name}` is not set",
            )
    yield from shell_fallback(code.code)


def _rate_limit(code: AppCode) -> Iterator[Violation]:
    if HANDLED.search(code.data) or re.search(
        r"(?:^|/)(?:tests?|spec|examples?)/|_test\.go$|Test\.(?:java|kt|cs|php)$|_spec\.rb$", code.path
    ):
        return
    url = _API_URL.search(code.code)
    call = _HTTP_CALL.search(code.code)
    if url is not None and call is not None and code.suffix not in ("sh", "bash", "zsh"):
        yield Violation(
            url.start(), url.end(), "this call to Monei never looks at 429 or Retry-After; no part of the file does"
        )


def _webhook(code: AppCode) -> Iterator[Violation]:
    if re.search(r"(?:^|/)(?:tests?|spec)/|_test\.go$|Test\.(?:java|kt|cs|php)$|_spec\.rb$", code.path):
        return
    plain = code.code.encode("latin-1")
    if SIGNATURE.search(plain):
        for match in _COMPARED.finditer(code.bare):
            if not re.search(r"(?i)hash_equals|compare|secure", match.group()):
                message = (
                    "the webhook signature is compared with ==, which tells an attacker how many characters were right"
                )
                yield Violation(match.start(), match.end(), message)
    if CHECKS.search(plain):
        return
    for string in code.strings:
        content = code.text[string.inner_start : string.inner_end]
        line_start = code.text.rfind("\n", 0, string.start) + 1
        lead = code.code[line_start : string.start]
        if (
            HOOK_PATH.search(content)
            and "://" not in content
            and re.search(
                r"(?i)(?:\bpost\b|route|handlefunc|handle\b|mapping|map(?:post|methods)|\bany\b|match|HttpPost|\.on)\W*[\w:]*\W*$|@?(?:Post|Request)Mapping\(",
                lead,
            )
        ):
            yield Violation(
                string.start,
                string.end,
                "this Monei webhook handler believes whoever calls it: x-monei-signature is never checked",
            )
            return


def _wrong_package(code: AppCode) -> Iterator[Violation]:
    if code.suffix == "php" and re.search(r"(?<![\w.-])(?:[\w-]+\.)*monei\.cc", code.code):
        for match in re.finditer(r"(?m)\bMonei\\\\?(?:MoneiClient|Api\\)|monei/monei-php-sdk", code.code):
            yield Violation(
                match.start(), match.end(), "Monei\\MoneiClient is MONEI.com's SDK, but the file uses monei.cc's API"
            )
            return


APP_CHECKS: dict[str, Callable[[AppCode], Iterator[Violation]]] = {
    "sdk-in-client-code": _in_app,
    "web-storage": _stored,
    "key-in-url": _in_url,
    "plain-http": _plain_http,
    "tls-verification-off": _weak_tls,
    "key-logged": _logged,
    "hardcoded-fallback": _fallback,
    "no-rate-limit-handling": _rate_limit,
    "webhook-not-verified": _webhook,
    "wrong-package": _wrong_package,
}


def check_app_code(make: LintContext, path: str) -> None:
    """Add the hits in a file of a language without a grammar."""
    code = AppCode(path, make.view.data, side_of_app_code(path, make.view.data, make.project))
    _ = code.tainted
    for rule, check in APP_CHECKS.items():
        make.add(rule, check(code))
