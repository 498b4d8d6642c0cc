"""The one door to the network: a GET to one host, over checked TLS, bounded in time and size.

Redirects are answers, never followed; cookies are neither kept nor sent; the credential stands in one header and
nowhere else. What goes wrong comes back as a `Failure` with a text of ours: an exception's own text may quote the
request.
"""

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx2
import truststore

from monei_guard import __version__
from monei_guard.errors import GuardError
from monei_guard.verification.eligibility import Credential, Scheme
from monei_guard.verification.hosts import ApiHost
from monei_guard.verification.responses import Answer, Failure, FailureKind, Reply
from monei_guard.verification.settings import VerificationSettings

MAX_BODY = 256 * 1024  # bytes, after decompression: a user record is 2 KiB, a transaction page some 50
_EPOCH_FROM = 1e9  # x-ratelimit-reset above this is a point in time (seconds since 1970), not a span
_MILLISECONDS_FROM = 1e12  # and above this one in milliseconds


class TrustError(GuardError):
    """The extra certificate authority cannot be read."""


class ProxyError(GuardError):
    """The environment names a proxy that cannot be used."""


@dataclass(frozen=True, slots=True)
class HttpClient:
    """An open client for one host; made by `connect`."""

    host: ApiHost
    settings: VerificationSettings
    _client: httpx2.AsyncClient

    async def get(self, path: str, credential: Credential | None, deadline: float) -> Answer:
        """Ask once for `path`, until `deadline` (the event loop's clock) at most, and return what came of it.

        Raises nothing but cancellation.
        """
        try:
            return await self._get(path, credential, deadline)
        except TimeoutError:
            seconds = f"{self.settings.request_timeout:g}"
            return Failure(FailureKind.TIMEOUT, f"{self.host.name} did not finish its answer within {seconds} s")
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, ssl.SSLError, OSError) as error:
            return _failure(self.host, error)

    async def _get(self, path: str, credential: Credential | None, deadline: float) -> Answer:
        clock = asyncio.get_running_loop().time
        # The library's own timeouts are per read: a host that drips a byte a second would hold us for ever. Ours
        # starts when the request does; connecting is left to the library, which closes a socket it gave up on, and
        # does not when it is cancelled in a handshake.
        async with asyncio.timeout(None) as limit:

            async def watch(event: str, _: object) -> None:
                if event.endswith(".send_request_headers.started"):
                    limit.reschedule(min(clock() + self.settings.request_timeout, deadline))

            left = max(deadline - clock(), 0.001)
            request = self._client.build_request(
                "GET", self.host.origin + path, headers=_credential_header(credential), extensions={"trace": watch},
                timeout=httpx2.Timeout(
                    min(self.settings.request_timeout, left), connect=min(self.settings.connect_timeout, left)
                ),
            )  # fmt: skip
            response = await self._client.send(request, stream=True)
            try:
                body = await _bounded_body(response)
            finally:
                await response.aclose()
        if isinstance(body, Failure):
            return body
        return Reply(
            response.status_code, body,
            retry_after=seconds_from_now(response.headers.get("retry-after")),
            remaining=_count(response.headers.get("x-ratelimit-remaining")),
            reset=seconds_from_now(response.headers.get("x-ratelimit-reset")),
        )  # fmt: skip


@asynccontextmanager
async def connect(host: ApiHost, settings: VerificationSettings) -> AsyncIterator[HttpClient]:
    """Open a client for `host`.

    Raises TrustError when `settings.extra_ca` cannot be read, ProxyError when the environment's proxy cannot be used.
    """
    async with _client(host, settings) as client:
        yield HttpClient(host, settings, client)


def _client(host: ApiHost, settings: VerificationSettings) -> httpx2.AsyncClient:
    trust = _trust(settings)
    try:
        return httpx2.AsyncClient(
            verify=trust,
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "User-Agent": f"monei-guard/{__version__}",
            },
            # One key's session must not answer for the next one.
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
            limits=httpx2.Limits(max_connections=settings.concurrency, max_keepalive_connections=settings.concurrency),
            # A plain-http loopback request through a proxy would hand the key to the proxy.
            trust_env=settings.environment_proxies and not host.loopback,
        )
    except (ImportError, ValueError, httpx2.InvalidURL) as error:  # the proxy's URL may hold a password: not repeated
        raise ProxyError(
            "the proxy in HTTPS_PROXY or ALL_PROXY cannot be used",
            hint="give an http:// or https:// URL; SOCKS needs the package socksio",
        ) from error


def _trust(settings: VerificationSettings) -> ssl.SSLContext:
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.extra_ca is not None:
        try:
            context.load_verify_locations(cafile=str(settings.extra_ca))
        except OSError as error:  # ssl.SSLError is one
            raise TrustError(
                f"cannot read certificates from {settings.extra_ca}", hint="SSL_CERT_FILE must name a PEM file"
            ) from error
    return context


def _credential_header(credential: Credential | None) -> dict[bytes, bytes]:
    if credential is None:
        return {}
    value = credential.secret.reveal()
    if credential.scheme is Scheme.BEARER:
        return {b"Authorization": b"Bearer " + value}
    return {b"X-API-KEY": value}


async def _bounded_body(response: httpx2.Response) -> bytes | Failure:
    """Read the body, or fail as soon as it is larger than MAX_BODY, packed or unpacked."""
    raw = bytearray()
    async for chunk in response.aiter_raw():
        raw += chunk
        if len(raw) > MAX_BODY:
            return _TOO_LARGE
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("identity", ""):
        return bytes(raw)
    # We asked for none, yet some gateways pack all the same.
    if encoding not in ("gzip", "deflate"):
        return Failure(FailureKind.ENCODING, "the answer is packed in a way that was not asked for")
    unpacker = zlib.decompressobj(wbits=47)  # gzip or zlib, by its header
    try:
        body = unpacker.decompress(bytes(raw), MAX_BODY + 1)
    except zlib.error:
        return Failure(FailureKind.ENCODING, "the answer says it is packed, and is not")
    return _TOO_LARGE if len(body) > MAX_BODY else body


_TOO_LARGE = Failure(FailureKind.TOO_LARGE, f"the answer is larger than {MAX_BODY // 1024} KiB")


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _failure(host: ApiHost, error: Exception) -> Failure:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Failure(
                FailureKind.CERTIFICATE, f"the certificate of {host.name} is not valid: {cause.verify_message}"
            )
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
            return Failure(FailureKind.TLS, f"{host.name} does not agree on TLS 1.2 or newer")
    if isinstance(error, httpx2.ProxyError):
        return Failure(FailureKind.PROXY, "the proxy did not let the request through")
    if isinstance(error, httpx2.TimeoutException):
        return Failure(FailureKind.TIMEOUT, f"{host.name} did not answer in time")
    if isinstance(error, (httpx2.ConnectError, httpx2.UnsupportedProtocol)):
        return Failure(FailureKind.UNREACHABLE, f"{host.name} cannot be reached")
    return Failure(FailureKind.BROKEN, f"{host.name} broke off in the middle of its answer")


def seconds_from_now(text: str | None) -> float | None:
    """Return seconds from now for `Retry-After` (a number or an HTTP date, RFC 9110 10.2.3) or a reset time."""
    if text is None:
        return None
    text = text.strip()
    now = datetime.now(UTC).timestamp()
    if text.replace(".", "", 1).isdecimal() and text.isascii():
        value = float(text)
        if value >= _MILLISECONDS_FROM:
            value /= 1000
        return max(0.0, value - now) if value >= _EPOCH_FROM else value
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _count(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdecimal() and len(text) < 10 else None  # noqa: PLR2004 - more digits is no count
