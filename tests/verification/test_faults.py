"""Every fault of host and network, over the real wire: never "inactive", never an exception, never a second victim."""

import gzip
import json
import ssl
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme
from verification.stand_in import (
    MAINNET,
    Fault,
    RawAnswer,
    StandIn,
    controls_then,
    envelope,
    error,
    gzip_bomb,
    http_bytes,
    says,
    serve,
    serve_handshakes,
    serve_raw,
    slow_body,
    slow_headers,
    truncated,
    user,
)
from verification.two_hosts import Api, server_tls

from monei_guard.model.finding import Verification
from monei_guard.model.secret import Secret
from monei_guard.verification.eligibility import Credential, Scheme
from monei_guard.verification.hosts import parse_api_url
from monei_guard.verification.http_client import TrustError
from monei_guard.verification.settings import VerificationSettings
from monei_guard.verification.verifier import verify

MakeKey = Callable[[], bytes]
ME = "/api/v1/user/me"

ODD_ANSWERS: dict[str, Fault] = {
    "slow headers": slow_headers(3),
    "slow body": slow_body(60),
    "truncated body": truncated(),
    "truncated refusal": truncated(401),
    "not JSON": says(200, b"<html>welcome</html>"),
    "empty": says(200, b""),
    "a JSON list": says(200, [1, 2]),
    "deeply nested JSON": says(200, b"[" * 100_000),
    "not UTF-8": says(200, b"\xff\xfe\x00"),
    "gzip bomb": gzip_bomb(),
    "large body": says(200, b"x" * 1_000_000),
    "not gzip at all": says(200, b"plain", content_encoding="gzip"),
    "brotli nobody asked for": says(200, b"plain", content_encoding="br"),
    "a proxy's 401": says(401, b"<html>log in to the proxy</html>"),
    "a proxy's 403": says(403, b"<html>blocked</html>"),
    "a proxy's 403 in JSON": says(403, {"blocked": True}),
    "a 401 that calls itself 403": says(401, error(403, "odd")),
    "402": says(402, error(402, "pay")),
    "404": says(404, error(404, "Not Found")),
    "418": says(418, error(418, "teapot")),
    "500 for ever": says(500, error(500, "oops")),
    "503 for ever": says(503, b"unavailable"),
    "429 for ever": says(429, error(429, "slow down"), retry_after="0"),
    "redirect": says(302, b"", location="https://localhost/elsewhere"),
    "permanent redirect": says(308, b"", location="/api/v1/user/me2"),
    "not modified": says(304, b""),
    "no content": says(204, b""),
}


@pytest.mark.parametrize("name", ODD_ANSWERS)
def test_an_odd_answer_to_a_key_is_unknown_whatever_the_other_host_says(api: Api, make_key: MakeKey, name: str) -> None:
    key = make_key()  # the development host refuses it with a proper 401
    api.production.fail(ME, *[ODD_ANSWERS[name]] * 3, keyed=True)

    answer = api.ask(key)

    assert answer.verdict == "unknown", answer
    assert answer.reason
    assert "does not tell for the other host" in answer.reason


@pytest.mark.parametrize("name", ODD_ANSWERS)
def test_an_odd_answer_without_a_key_means_that_no_key_is_sent(api: Api, make_key: MakeKey, name: str) -> None:
    api.production.fail(ME, ODD_ANSWERS[name])
    api.development.fail(ME, ODD_ANSWERS[name])

    answer = api.ask(api.live(make_key()), attempts=1)

    assert answer.verdict == "unknown", answer
    assert api.production.paths() == api.development.paths() == []


@pytest.mark.parametrize("status", [401, 403, 407, 500, 511])
def test_a_host_that_refuses_even_the_public_greeting_gets_no_key(api: Api, make_key: MakeKey, status: int) -> None:
    api.production.always = api.development.always = says(status, error(status, "Unauthorized"))

    answer = api.ask(make_key())

    assert answer.verdict == "unknown"
    assert api.production.paths() == api.development.paths() == []


def test_a_captive_portal_that_says_200_to_everything_is_unknown_not_live(api: Api, make_key: MakeKey) -> None:
    api.production.always = api.development.always = says(200, envelope(user()))

    answer = api.ask(make_key())

    assert answer.verdict == "unknown"
    assert "captive portal" in answer.reason
    assert api.production.paths() == []


def test_server_errors_then_success_is_live(api: Api, make_key: MakeKey) -> None:
    api.production.fail(ME, says(500, b""), says(502, b""), keyed=True)

    assert api.ask(api.live(make_key())).verdict == "live"


def test_a_key_accepted_once_and_refused_at_once_after_is_unknown(api: Api, make_key: MakeKey) -> None:
    answer = api.ask(api.live(make_key(), dies_after=1))

    assert answer.verdict == "unknown"


def test_a_redirect_is_not_followed_to_any_host(api: Api, make_key: MakeKey, tls: ssl.SSLContext) -> None:
    elsewhere = StandIn()
    with serve(elsewhere, tls) as port:
        for status in (301, 302, 303, 307, 308):
            to = f"https://localhost:{port}/api/v1/user/me"
            api.production.fail(ME, says(status, b"", location=to), keyed=True)
            answer = api.ask(api.live(make_key()))
            assert answer.verdict == "unknown"
            assert "redirects elsewhere" in answer.reason

    assert elsewhere.seen == []


def test_a_gzip_answer_of_honest_size_is_read(api: Api, make_key: MakeKey) -> None:
    body = gzip.compress(json.dumps(envelope(user())).encode())
    api.production.fail(ME, says(200, body, content_encoding="gzip"), keyed=True)

    assert api.ask(api.live(make_key())).verdict == "live"


def test_a_cookie_from_one_key_is_not_sent_with_the_next(api: Api, make_key: MakeKey) -> None:
    api.production.cookies = True
    api.verify(*(api.live(make_key()) for _ in range(4)), concurrency=1)

    assert all(seen.header(b"cookie") is None for seen in api.production.seen)


# --- below HTTP ------------------------------------------------------------------------------------------------------
def ask_one(
    port: int, key: bytes, settings: VerificationSettings, *, name: str = "localhost", scheme: str = "https"
) -> Verification:
    secret = Secret(key)
    hosts = (parse_api_url(f"{scheme}://{name}:{port}"),)
    return verify([Credential(secret, Scheme.API_KEY)], hosts, settings)[secret]


RAW: dict[str, RawAnswer] = {
    "reset before any answer": lambda _: (b"", True),
    "closed before any answer": lambda _: (b"", False),
    "reset in the headers": lambda _: (b"HTTP/1.1 401 Unauthorized\r\ncontent-", True),
    "reset in the body": lambda _: (b'HTTP/1.1 401 X\r\ncontent-length: 99\r\n\r\n{"statusCode": 401', True),
    "not HTTP": lambda _: (b"220 mail.example ESMTP\r\n", False),
    "endless headers": lambda _: (b"HTTP/1.1 401 X\r\n" + b"x-pad: 1\r\n" * 200_000, False),
    "two content lengths": lambda _: (b"HTTP/1.1 401 X\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}", False),
    "a bad chunk": lambda _: (b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n", False),
    "a negative length": lambda _: (b"HTTP/1.1 200 X\r\ncontent-length: -5\r\n\r\n{}", False),
    "status 999": lambda _: (http_bytes(999, error(401, "odd")), False),
}


@pytest.mark.parametrize("name", RAW)
def test_a_broken_connection_is_unknown(
    name: str, tls: ssl.SSLContext, settings: VerificationSettings, make_key: MakeKey
) -> None:
    with serve_raw(controls_then(RAW[name]), tls) as port:
        answer = ask_one(port, make_key(), settings)

    assert answer.verdict == "unknown"


def test_a_connection_that_breaks_once_is_tried_again(
    tls: ssl.SSLContext, settings: VerificationSettings, make_key: MakeKey
) -> None:
    answers = iter(
        [(b"", True), (http_bytes(200, envelope(user())), False), (http_bytes(200, envelope(MAINNET)), False)]
    )
    with serve_raw(controls_then(lambda _: next(answers)), tls) as port:
        assert ask_one(port, make_key(), settings).verdict == "live"


def test_a_port_nobody_listens_on_is_unknown(settings: VerificationSettings, make_key: MakeKey) -> None:
    with serve_raw(lambda _: (b"", True), None) as port:
        pass

    answer = ask_one(port, make_key(), settings)

    assert answer.verdict == "unknown"
    assert "cannot be reached" in answer.reason


# --- TLS -------------------------------------------------------------------------------------------------------------
def expired(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    past = datetime(2020, 1, 1, tzinfo=UTC)
    authority.issue_cert("localhost", not_before=past, not_after=past.replace(year=2021)).configure_cert(context)
    return context


def unknown_authority(_: trustme.CA) -> ssl.SSLContext:
    return server_tls(trustme.CA(), "localhost")


def self_signed(_: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own = trustme.CA()
    with own.cert_pem.tempfile() as certificate, own.private_key_pem.tempfile() as key:
        context.load_cert_chain(certificate, key)
    return context


def wrong_name(authority: trustme.CA) -> ssl.SSLContext:
    return server_tls(authority, "api.example.test")


@pytest.mark.parametrize(
    ("make_tls", "reason"),
    [
        (expired, "certificate has expired"),
        (self_signed, "self-signed certificate"),
        (unknown_authority, "unable to get local issuer certificate"),
        (wrong_name, "Hostname mismatch"),
    ],
)
def test_a_host_that_cannot_prove_who_it_is_gets_nothing(
    make_tls: Callable[[trustme.CA], ssl.SSLContext],
    reason: str,
    authority: trustme.CA,
    settings: VerificationSettings,
    make_key: MakeKey,
) -> None:
    stand_in = StandIn()
    with serve(stand_in, make_tls(authority)) as port:
        answer = ask_one(port, make_key(), settings)

    assert answer.verdict == "unknown"
    assert reason in answer.reason
    assert stand_in.seen == []


def test_a_host_that_speaks_only_tls_1_0_and_1_1_gets_nothing(
    authority: trustme.CA, settings: VerificationSettings, make_key: MakeKey
) -> None:
    context = server_tls(authority, "localhost")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    with serve_handshakes(context) as (port, outcomes):
        answer = ask_one(port, make_key(), settings)

    assert answer.verdict == "unknown"
    assert "TLS 1.2 or newer" in answer.reason
    assert set(outcomes) == {"UNSUPPORTED_PROTOCOL"}


def test_a_certificate_of_an_authority_nobody_trusts_is_refused(
    api: Api, make_key: MakeKey, settings: VerificationSettings
) -> None:
    port = int(api.hosts[0].origin.rpartition(":")[2])

    answer = ask_one(port, make_key(), replace(settings, extra_ca=None))

    assert answer.verdict == "unknown"
    assert "certificate" in answer.reason
    assert api.production.seen == []


def test_tls_is_1_2_or_newer_and_both_work(
    authority: trustme.CA, settings: VerificationSettings, make_key: MakeKey
) -> None:
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = server_tls(authority, "localhost")
        context.minimum_version = context.maximum_version = version
        with serve(StandIn(), context) as port:
            assert ask_one(port, make_key(), settings).verdict == "inactive"


def test_plain_http_is_spoken_to_this_machine_only_when_asked_for(
    settings: VerificationSettings, make_key: MakeKey
) -> None:
    with serve(StandIn(), None) as port:
        assert ask_one(port, make_key(), settings, name="127.0.0.1", scheme="http").verdict == "inactive"
        assert ask_one(port, make_key(), settings).verdict == "unknown"  # https to a server that has no TLS


def test_an_unreadable_authority_file_is_one_clear_error(
    api: Api, make_key: MakeKey, settings: VerificationSettings, tmp_path: Path
) -> None:
    broken = tmp_path / "ca.pem"
    broken.write_text("not a certificate")
    port = int(api.hosts[0].origin.rpartition(":")[2])
    for path in (broken, tmp_path / "missing.pem"):
        with pytest.raises(TrustError, match="cannot read certificates"):
            ask_one(port, make_key(), replace(settings, extra_ca=path))


def test_a_slow_host_costs_one_timeout_a_try_not_one_a_byte(api: Api, make_key: MakeKey) -> None:
    api.production.fail(ME, *[slow_body(60)] * 3, keyed=True)
    api.development.fail("/api/v1", says(404, b""))

    before = time.monotonic()
    answer = api.ask(make_key(), request_timeout=0.2)

    assert answer.verdict == "unknown"
    assert time.monotonic() - before < 6  # of the minute that the answer would take
