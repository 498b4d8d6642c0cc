"""The two hosts of the stand-in as a test sees them, and certificates for any server."""

import ssl
from dataclasses import dataclass, replace

import trustme
from verification.stand_in import Client, StandIn

from monei_guard.model.finding import Verification
from monei_guard.model.secret import Secret
from monei_guard.verification.eligibility import Credential, Scheme
from monei_guard.verification.hosts import ApiHost
from monei_guard.verification.settings import VerificationSettings
from monei_guard.verification.verifier import verify


def server_tls(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


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
