"""Asking about many keys: each once, politely, within one deadline; and waiting until all of them are dead."""

import asyncio
import math
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace

from monei_guard.model.finding import Verification
from monei_guard.model.secret import Secret
from monei_guard.verification.audit_log import AuditLog
from monei_guard.verification.eligibility import Credential
from monei_guard.verification.hosts import ApiHost
from monei_guard.verification.http_client import connect
from monei_guard.verification.monei_probe import MORE_READS, Control, HostAnswer, Standing, control, probe
from monei_guard.verification.rate_limit import HostPace
from monei_guard.verification.retrying_client import HostRequests
from monei_guard.verification.settings import VerificationSettings
from monei_guard.verification.validity import Validity, assess_validity

_SHORTEST_DEADLINE = 600.0

# Called after each verdict with how many keys have one and how many there are.
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Hearing:
    """One open host; `control` asks it without a key before the first key, once."""

    host: ApiHost
    requests: HostRequests
    permissions: bool
    _control: asyncio.Task[Control] | None = field(default=None, init=False)

    async def control(self) -> Control:
        """Return what the host answers without a key."""
        if self._control is None:
            asking = control(self.host.name, self.requests.ask, permissions=self.permissions)
            self._control = asyncio.create_task(asking)
        return await self._control


def requests_per_key(settings: VerificationSettings) -> int:
    """Return how many requests a live key costs on the host that accepts it."""
    return 2 + (len(MORE_READS) if settings.permissions else 0)


def expected_seconds(keys: int, settings: VerificationSettings) -> float:
    """Return how long the rate limit alone makes `keys` take, if all are live."""
    return keys * requests_per_key(settings) / settings.rate


def verify(
    credentials: Sequence[Credential],
    hosts: Sequence[ApiHost],
    settings: VerificationSettings,
    *,
    audit: AuditLog | None = None,
    progress: Progress | None = None,
) -> dict[Secret, Verification]:
    """Ask `hosts`, in their order, about each distinct credential and return a verdict for every one.

    Nothing that a host or the network does raises. Raises TrustError when the extra certificate authority cannot be
    read and ProxyError when the environment's proxy cannot be used (nothing was sent then), and AuditLogError when a
    request cannot be recorded (no further one is sent).
    """
    return asyncio.run(_verify(credentials, hosts, settings, audit, progress))


def wait_until_inactive(
    credentials: Sequence[Credential],
    hosts: Sequence[ApiHost],
    settings: VerificationSettings,
    *,
    seconds: float,
    audit: AuditLog | None = None,
    progress: Progress | None = None,
) -> dict[Secret, Verification]:
    """Ask again and again until every key is inactive or `seconds` have passed; return the last verdicts.

    The waits between rounds grow from `settings.first_poll` to `settings.longest_poll`. Raises as `verify` does.
    """
    return asyncio.run(_wait_until_inactive(credentials, hosts, settings, seconds, audit, progress))


async def _wait_until_inactive(
    credentials: Sequence[Credential],
    hosts: Sequence[ApiHost],
    settings: VerificationSettings,
    seconds: float,
    audit: AuditLog | None,
    progress: Progress | None,
) -> dict[Secret, Verification]:
    clock = asyncio.get_running_loop().time
    end = clock() + seconds
    poll = settings.first_poll
    verifications: dict[Secret, Verification] = {}
    left = list(credentials)
    while True:
        round_settings = replace(settings, deadline=max(end - clock(), settings.request_timeout))
        verifications |= await _verify(left, hosts, round_settings, audit, None)
        left = [c for c in left if verifications[c.secret].verdict != Validity.INACTIVE]
        if progress is not None:
            progress(len(credentials) - len(left), len(credentials))
        if not left or clock() >= end:
            return verifications
        wait = poll * random.uniform(0.9, 1.1)  # noqa: S311 - spreads load, guards nothing
        await asyncio.sleep(min(wait, end - clock()))  # the last question is asked when time is up
        poll = min(poll * 1.5, settings.longest_poll)


async def _verify(
    credentials: Sequence[Credential],
    hosts: Sequence[ApiHost],
    settings: VerificationSettings,
    audit: AuditLog | None,
    progress: Progress | None,
) -> dict[Secret, Verification]:
    distinct = tuple({credential.secret: credential for credential in credentials}.values())
    seconds = settings.deadline or max(_SHORTEST_DEADLINE, 3 * expected_seconds(len(distinct), settings))
    deadline = asyncio.get_running_loop().time() + seconds
    verifications: dict[Secret, Verification] = {}
    queue = iter(distinct)

    async def work(hearings: Sequence[Hearing]) -> None:
        for credential in queue:  # shared: each worker takes the next one
            answers = await _ask_hosts(credential, hearings, settings)
            verifications[credential.secret] = assess_validity(answers, hosts, permissions=settings.permissions)
            if progress is not None:
                progress(len(verifications), len(distinct))

    async with _open(hosts, settings, deadline, audit) as hearings:
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(_workers(settings), len(distinct))):
                    group.create_task(work(hearings))
        except ExceptionGroup as failed:
            # One is enough to stop all, and all have the same cause: the record cannot be kept.
            raise failed.exceptions[0] from None
    return verifications


def _workers(settings: VerificationSettings) -> int:
    """Return how many keys to ask about at once: enough for the rate at 100 ms an answer, and four for slow ones."""
    return min(settings.concurrency, max(4, math.ceil(settings.rate / 10)))


@asynccontextmanager
async def _open(
    hosts: Sequence[ApiHost], settings: VerificationSettings, deadline: float, audit: AuditLog | None
) -> AsyncIterator[tuple[Hearing, ...]]:
    clock = asyncio.get_running_loop().time
    async with AsyncExitStack() as stack:
        hearings = []
        for host in hosts:
            client = await stack.enter_async_context(connect(host, settings))
            requests = HostRequests(client, HostPace(settings.rate), settings, deadline, clock, audit)
            hearings.append(Hearing(host, requests, settings.permissions))
        yield tuple(hearings)


async def _ask_hosts(
    credential: Credential, hearings: Sequence[Hearing], settings: VerificationSettings
) -> list[HostAnswer]:
    """Ask one host after the other until one lets the key in."""
    answers: list[HostAnswer] = []
    for hearing in hearings:
        checked = await hearing.control()
        answer = await probe(
            hearing.host.name, credential, checked, hearing.requests.ask, permissions=settings.permissions
        )
        answers.append(answer)
        if answer.standing in (Standing.ACCEPTED, Standing.LIMITED):
            break
    return answers
