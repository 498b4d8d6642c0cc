"""MG406: raw HTTP calls to Monei in a file that never looks at 429 or Retry-After. Information, once a file."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from monei_guard.lints.analysis.expression import last_name
from monei_guard.lints.pattern import Pattern
from monei_guard.lints.violation import Violation

if TYPE_CHECKING:
    from monei_guard.lints.analysis.api_usage import ApiUse
    from monei_guard.lints.analysis.code_unit import CodeUnit
    from monei_guard.lints.documents.text_code import TextCode

ID = "no-rate-limit-handling"

_HANDLED = Pattern(
    rb"(?i)\b429\b|too.?many.?requests|rate.?limit|x-ratelimit|retr(?:y|ie[sd])|back.?off|tenacity|stamina|throttl|bottleneck|"
    rb"p-?limit\b|p-?queue\b|semaphore|limiter|\bpolly\b|resilience|cockatiel|"
    rb"(?:max|num)_?attempts|\battempts?(?:\s*[<+=]|\+\+|\s+in\s|\s*:=)"
)
_TEST_PATH = Pattern(
    r"(?:^|/)(?:tests?|__tests__|specs?|e2e|examples?|mocks?|__mocks__)/|[._-](?:test|spec)\.|(?:^|/)test_"
)
_TEXT_TEST_PATH = Pattern(r"(?:^|/)(?:tests?|spec|examples?)/|_test\.go$|Test\.(?:java|kt|cs|php)$|_spec\.rb$")
_HTTP_CALL = Pattern(
    r"http\.(?:Get|Post|NewRequest(?:WithContext)?|get|post)\(|curl_exec\(|file_get_contents\(|HttpClient\b|OkHttpClient\b|Net::HTTP\b|"
    r"URLSession\b|\b[dD]io\b|Faraday\b|HTTParty\b|RestClient\b|reqwest\b|RestTemplate\b|WebClient\b|Retrofit\b|Http::|HTTPoison\b|Req\."
)
_API_URL = Pattern(r"(?i)https?://(?:[a-z0-9-]+\.)*api\.(?:dev\.)?monei\.cc|https?://api\.monei\.cc")
_MESSAGE = "this call to Monei never looks at 429 or Retry-After; no part of the file does"
_RETRIES_BY_ITSELF = Pattern(rb"[\"'](?:got|ky|ofetch|axios-retry|retry-axios|fetch-retry)[\"']")


def check_code(unit: "CodeUnit", use: "ApiUse") -> Iterator[Violation]:
    """Yield the first raw request of a file that leaves the rate limit to chance."""
    if _TEST_PATH.search(unit.path) or _HANDLED.search(unit.data) or _RETRIES_BY_ITSELF.search(unit.data):
        return
    if any(_HANDLED.search(helper.data) for helper in _helpers(unit)):
        return
    for request in use.requests:
        if last_name(request.call) in ("Request", "WebSocket", "EventSource", "open"):
            continue
        yield Violation(request.call.start, _line_end(unit.data, request.call.start, request.call.end), _MESSAGE)
        return


def _helpers(unit: "CodeUnit") -> Iterator["CodeUnit"]:
    """Yield the project's own files that the file imports from: the call may go through a function of theirs."""
    modules = {binding.module for found in unit.syntax.bindings.values() for binding in found if binding.module}
    for module in sorted(modules):
        helper = unit.imported(module)
        if helper is not None:
            yield helper


def _line_end(data: bytes, start: int, end: int) -> int:
    line = data.find(b"\n", start, end)
    return end if line < 0 else line


def check_text(code: "TextCode") -> Iterator[Violation]:
    """Yield the first address of Monei's API in a file that makes HTTP calls and leaves the rate limit to chance."""
    if code.is_shell or _HANDLED.search(code.data) or _TEXT_TEST_PATH.search(code.path):
        return
    url = _API_URL.search(code.code)
    if url is not None and _HTTP_CALL.search(code.code):
        yield Violation(url.start(), url.end(), _MESSAGE)
