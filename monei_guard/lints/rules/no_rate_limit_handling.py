"""MG406: raw HTTP calls to Monei in a file that never looks at 429 or Retry-After. Information, once a file."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from monei_guard.lints.analysis.name_resolution import last_name
from monei_guard.lints.violation import Violation

if TYPE_CHECKING:  # text formats share a pattern with this lint, and their commits import no parser
    from monei_guard.lints.analysis.api_usage import MoneiUse
    from monei_guard.lints.documents.code_file import SourceFile

HANDLED = re.compile(
    rb"(?i)\b429\b|retry-?after|too.?many.?requests|rate.?limit|x-ratelimit|\bretr(?:y|ies|ying|yable)\b|retry\(|_retry|"
    rb"retry_|[a-z]Retry|Retry[A-Z]|withRetry|back.?off|tenacity|stamina|throttl|bottleneck|p-limit|p-queue|pLimit|PQueue|"
    rb"semaphore|limiter"
)
_TEST_PATH = re.compile(
    r"(?:^|/)(?:tests?|__tests__|specs?|e2e|examples?|mocks?|__mocks__)/|[._-](?:test|spec)\.|(?:^|/)test_"
)
_RETRIES_BY_ITSELF = re.compile(rb"[\"'](?:got|ky|ofetch|axios-retry|retry-axios|fetch-retry)[\"']")


def check(file: "SourceFile", use: "MoneiUse") -> Iterator[Violation]:
    """Yield the first raw request of a file that leaves the rate limit to chance."""
    if _TEST_PATH.search(file.path) or HANDLED.search(file.data) or _RETRIES_BY_ITSELF.search(file.data):
        return
    for request in use.requests:
        if last_name(request.call) in ("Request", "WebSocket", "EventSource", "open"):
            continue
        message = "this call to Monei never looks at 429 or Retry-After; no part of the file does"
        yield Violation(request.call.start, _line_end(file.data, request.call.start, request.call.end), message)
        return


def _line_end(data: bytes, start: int, end: int) -> int:
    line = data.find(b"\n", start, end)
    return end if line < 0 else line
