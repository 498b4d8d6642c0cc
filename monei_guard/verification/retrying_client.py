"""One host, asked politely: paced, tried again where that helps, every request on the record."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import tenacity

from monei_guard.verification.audit_log import AuditLog
from monei_guard.verification.eligibility import Credential
from monei_guard.verification.http_client import HttpClient
from monei_guard.verification.rate_limit import HostPace
from monei_guard.verification.responses import Answer, Failure, FailureKind
from monei_guard.verification.settings import VerificationSettings

_GIVE_UP_AFTER = 3  # questions in a row without any answer


@dataclass(slots=True)
class HostRequests:
    """Asks one host. `deadline` is a time of the event loop's clock; mutable: it counts silent answers."""

    client: HttpClient
    pace: HostPace
    settings: VerificationSettings
    deadline: float
    now: Callable[[], float]
    audit: AuditLog | None = None
    _unanswered: int = field(default=0, init=False)

    async def ask(self, path: str, credential: Credential | None) -> Answer:
        """Return the host's answer, the last one when several tries gave none that lasts."""
        if self._unanswered >= _GIVE_UP_AFTER:
            return Failure(FailureKind.UNREACHABLE, f"{self.client.host.name} stopped answering")
        answers: list[Answer] = []

        async def ask_once() -> Answer:
            answers.append(await self._ask_once(path, credential))
            return answers[-1]

        retrying = tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(self.settings.attempts),
            wait=tenacity.wait_exponential_jitter(
                multiplier=self.settings.first_backoff, jitter=self.settings.first_backoff,
                max=self.settings.longest_backoff,
            ),
            sleep=self._sleep,
            retry=tenacity.retry_if_result(_worth_another_try),
            retry_error_callback=_last_answer,
        )  # fmt: skip
        answer: Answer = await retrying(ask_once)
        if _is_deadline(answer) and len(answers) > 1 and isinstance(answers[-2], Failure):
            answer = answers[-2]  # what went wrong tells more than that there was no time to try again
        silent = isinstance(answer, Failure) and answer.transient
        self._unanswered = self._unanswered + 1 if silent else 0
        return answer

    # The deadline ends waits and shortens requests; it never cancels one, for the library leaves the socket of a
    # cancelled handshake open.
    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, min(seconds, self.deadline - self.now())))

    async def _ask_once(self, path: str, credential: Credential | None) -> Answer:
        name = self.client.host.name
        too_late = Failure(FailureKind.DEADLINE, f"the deadline passed before {name} could be asked")
        if self.now() >= self.deadline:
            return too_late
        if self.now() + self.pace.pause_left() > self.deadline:
            return Failure(FailureKind.DEADLINE, f"{name} asks for a wait longer than the time left")
        try:
            async with asyncio.timeout_at(self.deadline):
                await self.pace.slot()
        except TimeoutError:
            return too_late
        answer = await self.client.get(path, credential, self.deadline)
        self.pace.heed(answer)
        if self.audit is not None:
            self.audit.record(self.client.host.name, path, answer, credential.secret if credential else None)
        return answer


def _is_deadline(answer: Answer) -> bool:
    return isinstance(answer, Failure) and answer.kind is FailureKind.DEADLINE


def _worth_another_try(answer: Answer) -> bool:
    return answer.transient


def _last_answer(state: tenacity.RetryCallState) -> Answer:
    assert state.outcome is not None  # noqa: S101 - tenacity calls this after an attempt
    answer: Answer = state.outcome.result()
    return answer
