"""How a run of verification behaves. Built by the command; tests inject smaller times."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class VerificationSettings:
    """Options of one run; all times in seconds.

    There is, on purpose, none that switches certificate checks off and none that names a host.
    `deadline` None means "long enough for the number of requests, at least ten minutes".
    `extra_ca` is a PEM file trusted besides the system's store; `environment_proxies` lets HTTPS_PROXY and NO_PROXY
    count (never for loopback).
    """

    rate: float = 2.0  # requests a second and host
    concurrency: int = 16  # at most; a low rate needs fewer
    connect_timeout: float = 5.0
    request_timeout: float = 10.0  # for one request in all, however slowly it drips
    deadline: float | None = None
    attempts: int = 4
    first_backoff: float = 0.5
    longest_backoff: float = 20.0
    first_poll: float = 5.0
    longest_poll: float = 60.0
    permissions: bool = False
    extra_ca: Path | None = None
    environment_proxies: bool = False
