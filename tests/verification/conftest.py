"""Two hosts of the stand-in on loopback, certificates by trustme, settings with small times."""

import random
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import trustme
from verification.stand_in import Client, StandIn, serve

from monei_guard.model.finding import Verification
from monei_guard.model.rule import Environment
from monei_guard.model.secret import Secret
from monei_guard.verification.eligibility import Credential, Scheme
from monei_guard.verification.hosts import ApiHost, parse_api_url
from monei_guard.verification.settings import VerificationSettings
from monei_guard.verification.verifier import verify


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


def server_tls(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


@pytest.fixture(scope="session")
def tls(authority: trustme.CA) -> ssl.SSLContext:
    return server_tls(authority, "localhost", "127.0.0.1", "api.monei.test")


@dataclass(frozen=True, slots=True)
class Api:
    """Both hosts: `production` is asked first."""

    production: StandIn
    development: StandIn
    hosts: tuple[ApiHost, ApiHost]
    settings: VerificationSettings

    def verify(self, *keys: bytes, scheme: Scheme = Scheme.API_KEY, **changes: object) -> dict[bytes, Verification]:
        settings = replace(self.settings, **changes)  # type: ignore[arg-type]
        credentials = [Credential(Secret(key), scheme) for key in keys]
        return {secret.reveal(): v for secret, v in verify(credentials, self.hosts, settings).items()}

    def ask(self, key: bytes, **changes: object) -> Verification:
        return self.verify(key, **changes)[key]  # type: ignore[arg-type]

    def live(self, key: bytes, **record: object) -> bytes:
        self.production.clients[key] = Client(**record)  # type: ignore[arg-type]
        return key


@pytest.fixture(scope="session")
def _running(tls: ssl.SSLContext) -> Iterator[tuple[StandIn, StandIn, int, int]]:
    production, development = StandIn(), StandIn()
    with serve(production, tls) as first, serve(development, tls) as second:
        yield production, development, first, second


@pytest.fixture
def settings(ca_file: Path) -> VerificationSettings:
    """Times small enough for a test; nothing else differs from a real run."""
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
