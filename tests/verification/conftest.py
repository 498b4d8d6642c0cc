"""Two hosts of the stand-in on loopback, certificates by trustme, settings with small times."""

import random
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from verification.program import Program
from verification.stand_in import StandIn, serve
from verification.two_hosts import Api, server_tls

from monei_guard.model.rule import Environment
from monei_guard.verification.hosts import parse_api_url
from monei_guard.verification.settings import VerificationSettings


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture(scope="session", autouse=True)
def _small_system_store(ca_file: Path) -> Iterator[None]:
    """Let the system's store be one certificate, of an authority that signs nothing: loading the real one is slow."""
    store = ca_file.with_name("store.pem")
    trustme.CA().cert_pem.write_to_path(store)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(store))
        patch.setenv("SSL_CERT_DIR", str(ca_file.parent / "none"))
        yield


@pytest.fixture(scope="session")
def tls(authority: trustme.CA) -> ssl.SSLContext:
    return server_tls(authority, "localhost", "127.0.0.1", "api.monei.test")


@pytest.fixture(scope="session")
def _running(tls: ssl.SSLContext) -> Iterator[tuple[StandIn, StandIn, int, int]]:
    production, development = StandIn(), StandIn()
    with serve(production, tls) as first, serve(development, tls) as second:
        yield production, development, first, second


@pytest.fixture
def settings(ca_file: Path) -> VerificationSettings:
    """Give times small enough for a test; nothing else differs from a real run."""
    return VerificationSettings(
        rate=1000, connect_timeout=2, request_timeout=0.5, deadline=20, attempts=3, first_backoff=0.01,
        longest_backoff=0.05, first_poll=0.05, longest_poll=0.1, extra_ca=ca_file,
    )  # fmt: skip


@pytest.fixture
def api(_running: tuple[StandIn, StandIn, int, int], settings: VerificationSettings) -> Api:
    production, development, first, second = _running
    production.reset()
    development.reset()
    hosts = (
        parse_api_url(f"https://localhost:{first}"),
        parse_api_url(f"https://localhost:{second}", Environment.SANDBOX),
    )
    return Api(production, development, hosts, settings)


@pytest.fixture
def make_key() -> Callable[[], bytes]:
    """Keys of the documented shape from a seed; none stands in the repository."""
    source = random.Random(20_261_124)  # noqa: S311 - test data
    return lambda: b"mni_" + source.randbytes(16).hex().encode()


@pytest.fixture
def program(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Program:
    folder = tmp_path / "project"
    folder.mkdir()
    return Program(api, folder, monkeypatch, capfdbinary)
