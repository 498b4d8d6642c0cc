"""Where a key may be sent: the API's two hosts, or one named on the command line.

Nothing that a scanned repository can write (a configuration file, a dotenv file, an environment variable set by one)
reaches this module: a hostile repository must not choose where keys go. Hosts: the gateway's OpenAPI document.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from monei_guard.errors import GuardError
from monei_guard.model.rule import Environment

_HOST_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*\.?", re.ASCII)
_PRINTABLE = re.compile(r"[\x21-\x7e]+")


class ApiUrlError(GuardError):
    """An `--api-url` that keys are not sent to."""


@dataclass(frozen=True, slots=True)
class ApiHost:
    """One host of the API. `origin` is scheme, name and port, without a path.

    `environment` is what a key accepted here, and refused by the host before it, belongs to when nothing better tells
    (the documentation pairs development keys with the development host); UNKNOWN where the host tells nothing:
    sandbox keys are used against the production host too.
    """

    origin: str
    environment: Environment = Environment.UNKNOWN

    @property
    def name(self) -> str:
        """The host as people and logs name it: without the scheme."""
        return self.origin.partition("://")[2]

    @property
    def loopback(self) -> bool:
        """Whether the host is this machine: never reached through a proxy."""
        return is_loopback(urlsplit(self.origin).hostname or "")


PRODUCTION = ApiHost("https://api.monei.cc")
DEVELOPMENT = ApiHost("https://api.dev.monei.cc", Environment.SANDBOX)

# In the order they are asked: a key dead on one is asked on the next before it is called inactive.
DEFAULT_HOSTS = (PRODUCTION, DEVELOPMENT)


def is_loopback(name: str) -> bool:
    """Return whether a host name or address literal means this machine."""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def parse_api_url(text: str, environment: Environment = Environment.UNKNOWN) -> ApiHost:
    """Return the host named by `--api-url`. Raises ApiUrlError for anything but scheme, host and port.

    https everywhere; plain http for loopback only.
    """
    hint = "give scheme, host and port only, as in https://api.example.com:8443"
    if not _PRINTABLE.fullmatch(text):  # urlsplit drops newlines and tabs in silence
        raise ApiUrlError("--api-url is not a URL", hint=hint)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ApiUrlError("--api-url is not a URL", hint=hint) from error
    if port == 0:  # no server has it, and without it the key would go to the scheme's own port
        raise ApiUrlError("--api-url has port 0, which no server has", hint=hint)
    name = parts.hostname or ""
    if parts.scheme not in ("https", "http") or not name:
        raise ApiUrlError("--api-url must be an https URL", hint=hint)
    if parts.scheme == "http" and not is_loopback(name):
        raise ApiUrlError(
            "--api-url is http, and keys are not sent unencrypted", hint="use https; http is for this machine only"
        )
    if parts.username or parts.password or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ApiUrlError("--api-url has more than a host in it", hint=hint)
    is_ipv6 = ":" in name
    if not is_ipv6 and not _HOST_NAME.fullmatch(name):
        raise ApiUrlError("--api-url has a host name that is not one", hint=hint)
    shown = f"[{ipaddress.IPv6Address(name)}]" if is_ipv6 else name
    return ApiHost(f"{parts.scheme}://{shown}{f':{port}' if port else ''}", environment)
