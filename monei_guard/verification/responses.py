"""What one request came to, as values: a reply, or the reason why there is none."""

from dataclasses import dataclass, field
from enum import StrEnum

TOO_MANY_REQUESTS = 429
_SERVER_ERRORS = frozenset({500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer. `body` is at most `http_client.MAX_BODY` bytes and never shown: it holds a person's data.

    `retry_after` and `reset` are seconds from now, `remaining` counts requests (x-ratelimit-remaining); None where
    the answer did not say.
    """

    status: int
    body: bytes = field(default=b"", repr=False)
    retry_after: float | None = None
    remaining: int | None = None
    reset: float | None = None

    @property
    def transient(self) -> bool:
        """Whether asking again later may give another answer."""
        return self.status == TOO_MANY_REQUESTS or self.status in _SERVER_ERRORS


class FailureKind(StrEnum):
    """Why there is no reply."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    BROKEN = "broken"  # reset, truncated or not HTTP
    CERTIFICATE = "certificate"
    TLS = "tls"
    PROXY = "proxy"
    TOO_LARGE = "too-large"
    ENCODING = "encoding"
    DEADLINE = "deadline"


_WORTH_ANOTHER_TRY = frozenset({FailureKind.TIMEOUT, FailureKind.UNREACHABLE, FailureKind.BROKEN})


@dataclass(frozen=True, slots=True)
class Failure:
    """No usable answer. `reason` is our own text: never the server's, never an exception's."""

    kind: FailureKind
    reason: str

    @property
    def transient(self) -> bool:
        """Whether asking again may give an answer. A bad certificate is never worth another try."""
        return self.kind in _WORTH_ANOTHER_TRY


Answer = Reply | Failure
