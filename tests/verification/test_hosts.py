"""Where keys may go: the two hosts, or one named on the command line, over TLS; proxies for the rest of the world."""

import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from socket import create_connection, create_server, socket

import pytest
from verification.stand_in import StandIn, serve
from verification.two_hosts import Api

from monei_guard.model.finding import Verification
from monei_guard.model.rule import Environment
from monei_guard.model.secret import Secret
from monei_guard.verification.eligibility import Credential, Scheme
from monei_guard.verification.hosts import DEFAULT_HOSTS, ApiUrlError, parse_api_url
from monei_guard.verification.http_client import ProxyError
from monei_guard.verification.settings import VerificationSettings
from monei_guard.verification.verifier import verify

MakeKey = Callable[[], bytes]


def test_by_default_only_the_two_documented_hosts_are_asked() -> None:
    assert [host.origin for host in DEFAULT_HOSTS] == ["https://api.monei.cc", "https://api.dev.monei.cc"]


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://api.example.com", "https://api.example.com"),
        ("https://API.Example.com:8443/", "https://api.example.com:8443"),
        ("https://127.0.0.1:1", "https://127.0.0.1:1"),
        ("http://localhost:3001", "http://localhost:3001"),
        ("http://127.1.2.3", "http://127.1.2.3"),
        ("http://[::1]:80", "http://[::1]:80"),
        ("https://[2001:DB8::1]", "https://[2001:db8::1]"),
    ],
)
def test_a_host_is_scheme_name_and_port(text: str, origin: str) -> None:
    assert parse_api_url(text).origin == origin


@pytest.mark.parametrize(
    "text",
    [
        "", "api.monei.cc", "ftp://api.monei.cc", "file:///etc/passwd", "https://", "https://:443", "http://api.monei.cc",
        "http://localhost.evil.test", "http://127.0.0.1.evil.test", "http://0x7f000001", "http://10.0.0.1",
        "https://user@api.monei.cc", "https://user:pass@api.monei.cc", "https://api.monei.cc/api", "https://h?q=1",
        "https://h#f", "https://h:99999", "https://h:port", "https://[::1", "https://ex ample.com", "https://a\nb",
        "https://-bad-.test", "https://exämple.test", "https://a..b", "javascript:alert(1)", "https://h\x00",
    ],
)  # fmt: skip
def test_what_is_not_exactly_a_safe_host_is_refused(text: str) -> None:
    with pytest.raises(ApiUrlError):
        parse_api_url(text)


def test_the_refusal_never_repeats_credentials_in_the_url(make_key: MakeKey) -> None:
    key = make_key().decode()
    for text in (f"https://{key}@host", f"https://host/{key}", f"https://host?key={key}", f"http://{key}"):
        with pytest.raises(ApiUrlError) as caught:
            parse_api_url(text)
        assert key not in str(caught.value)


def test_importing_the_assessment_and_the_selection_loads_no_http_library() -> None:
    modules = "eligibility hosts validity settings responses monei_probe rate_limit audit_log"
    imports = "; ".join(f"import monei_guard.verification.{name}" for name in modules.split())
    code = f"import sys; {imports}; print([m for m in ('httpx2', 'truststore', 'ssl', 'tenacity') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    # asyncio itself imports ssl where there is one
    assert done.stdout.strip() in ("[]", "['ssl']")


# --- proxies ---------------------------------------------------------------------------------------------------------
@contextmanager
def connect_proxy(target: int, *, refuse: bool = False) -> Iterator[tuple[int, list[bytes]]]:
    """Run a CONNECT proxy that leads every name to `target` on loopback; yields its port and what it was asked."""
    heads: list[bytes] = []
    listener = create_server(("127.0.0.1", 0))

    def pump(source: socket, sink: socket) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        finally:
            sink.close()

    def run() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(65536)
            heads.append(head)
            if refuse:
                client.sendall(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
                client.close()
                continue
            upstream = create_connection(("127.0.0.1", target))
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            for pair in ((client, upstream), (upstream, client)):
                threading.Thread(target=pump, args=pair, daemon=True).start()

    threading.Thread(target=run, daemon=True).start()
    try:
        yield listener.getsockname()[1], heads
    finally:
        listener.close()


def ask_test_host(key: bytes, settings: VerificationSettings) -> Verification:
    hosts = (parse_api_url("https://api.monei.test"),)  # a name that never resolves (RFC 6761)
    secret = Secret(key)
    return verify([Credential(secret, Scheme.API_KEY)], hosts, settings)[secret]


def test_https_proxy_is_honoured_and_sees_no_key(
    api: Api, make_key: MakeKey, settings: VerificationSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = api.live(make_key())
    with connect_proxy(int(api.hosts[0].origin.rpartition(":")[2])) as (port, heads):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        answer = ask_test_host(key, replace(settings, environment_proxies=True))

    assert answer.verdict == "live"
    assert heads
    assert all(head.startswith(b"CONNECT api.monei.test:443 ") and key not in head for head in heads)


def test_a_proxy_that_refuses_is_unknown_not_inactive(
    api: Api, make_key: MakeKey, settings: VerificationSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect_proxy(0, refuse=True) as (port, _):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        answer = ask_test_host(make_key(), replace(settings, environment_proxies=True))

    assert answer.verdict == "unknown"
    assert "proxy" in answer.reason


@pytest.mark.parametrize(
    "url", ["socks5://127.0.0.1:1", "ftp://127.0.0.1", "http://user:hunter2@[::1", "http://h:port"]
)
def test_a_proxy_that_cannot_be_used_is_one_clear_error(
    url: str, make_key: MakeKey, settings: VerificationSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", url)
    with pytest.raises(ProxyError) as caught:
        ask_test_host(make_key(), replace(settings, environment_proxies=True))

    assert "hunter2" not in str(caught.value)


def test_no_proxy_and_loopback_go_direct(
    api: Api, make_key: MakeKey, settings: VerificationSettings, monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext
) -> None:
    with connect_proxy(0, refuse=True) as (port, heads), serve(StandIn(), None) as plain:
        for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        monkeypatch.setenv("NO_PROXY", "api.monei.test")
        through_environment = replace(settings, environment_proxies=True)
        assert "cannot be reached" in ask_test_host(make_key(), through_environment).reason
        monkeypatch.delenv("NO_PROXY")
        secret = Secret(make_key())
        for host in (api.hosts[0], parse_api_url(f"http://127.0.0.1:{plain}")):
            answers = verify([Credential(secret, Scheme.API_KEY)], (host,), through_environment)
            assert answers[secret].verdict == "inactive"

    assert heads == []


def test_the_environment_is_ignored_unless_the_command_says_so(
    api: Api, make_key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect_proxy(0, refuse=True) as (port, heads):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        assert api.ask(api.live(make_key())).environment is Environment.PRODUCTION

    assert heads == []
