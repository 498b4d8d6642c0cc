"""Whatever the answers: "inactive" needs the API's own 401 from hosts that refused nothing else."""

import asyncio
import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from verification.stand_in import Fault, StandIn, error, says, truncated
from verification.two_hosts import Api

from monei_guard.model.rule import Environment
from monei_guard.model.secret import Secret
from monei_guard.verification.eligibility import Credential, Scheme
from monei_guard.verification.hosts import ApiHost
from monei_guard.verification.http_client import seconds_from_now
from monei_guard.verification.monei_probe import GREETING, USER_ME, HostAnswer, Standing, control, probe
from monei_guard.verification.responses import Answer, Failure, FailureKind, Reply
from monei_guard.verification.validity import assess_validity

HOSTS = (ApiHost("https://one.test"), ApiHost("https://two.test", Environment.SANDBOX))
KEY = Credential(Secret(b"mni_" + random.Random(3).randbytes(16).hex().encode()), Scheme.API_KEY)  # noqa: S311

# Likely answers often, so that whole conversations make sense now and then; odd ones always possible.
REFUSAL = Reply(401, json.dumps(error(401, "Invalid API key", "Unauthorized")).encode())
WELCOME = Reply(200, json.dumps({"statusCode": 200, "data": {"id": "acc_123456"}}).encode())
SCOPE = Reply(403, json.dumps(error(403, "Forbidden")).encode())
REPLIES = st.builds(
    Reply,
    st.sampled_from([200, 201, 204, 301, 302, 400, 401, 403, 404, 407, 429, 451, 500, 502, 503]),
    st.one_of(
        st.binary(max_size=30),
        st.builds(
            lambda status, data: json.dumps({"statusCode": status, "data": data}).encode(),
            st.sampled_from([200, 401, 403, "401", None]),
            st.none() | st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=3), max_size=2)
            | st.lists(st.integers(), max_size=2),
        ),
    ),
)  # fmt: skip
ANSWERS: st.SearchStrategy[Answer] = st.one_of(
    st.just(REFUSAL), st.just(REFUSAL), st.just(WELCOME), st.just(SCOPE), REPLIES,
    st.builds(Failure, st.sampled_from(FailureKind), st.just("it failed")),
)  # fmt: skip
Asked = list[tuple[str, bool, Answer]]


def converse(host: ApiHost, answers: list[Answer], *, permissions: bool) -> tuple[HostAnswer, Asked]:
    """Let one host give `answers` in this order; return what was made of them and what was asked."""
    asked: Asked = []

    async def ask(path: str, credential: Credential | None) -> Answer:
        answer = answers[len(asked) % len(answers)]
        asked.append((path, credential is not None, answer))
        return answer

    async def run() -> HostAnswer:
        checked = await control(host.name, ask, permissions=permissions)
        return await probe(host.name, KEY, checked, ask, permissions=permissions)

    return asyncio.run(run()), asked


def is_api_401(answer: Answer) -> bool:
    return isinstance(answer, Reply) and answer.status == 401 and b'"statusCode": 401' in answer.body


def refused(answer: Answer) -> bool:
    return isinstance(answer, Failure) or answer.status not in (200, 201, 204, 404)


@settings(max_examples=400, deadline=None)
@given(st.lists(ANSWERS, min_size=12, max_size=12), st.lists(ANSWERS, min_size=12, max_size=12), st.booleans())
def test_inactive_needs_the_apis_401_from_every_host_and_no_other_refusal(
    first: list[Answer], second: list[Answer], permissions: bool
) -> None:
    heard = [
        converse(host, answers, permissions=permissions) for host, answers in zip(HOSTS, (first, second), strict=True)
    ]
    verdict = assess_validity([answer for answer, _ in heard], HOSTS, permissions=permissions).verdict

    if verdict == "inactive":
        for _, asked in heard:
            about_key = [(path, answer) for path, keyed, answer in asked if keyed]
            assert [path for path, _ in about_key] == [USER_ME]
            assert is_api_401(about_key[0][1])
            without = {path: answer for path, keyed, answer in asked if not keyed}
            assert not refused(without[GREETING])
            assert is_api_401(without[USER_ME])


@settings(max_examples=200, deadline=None)
@given(st.lists(ANSWERS, min_size=12, max_size=12))
def test_no_key_is_sent_before_the_host_refused_a_request_without_one(answers: list[Answer]) -> None:
    _, asked = converse(HOSTS[0], answers, permissions=True)

    for number, (_, keyed, _) in enumerate(asked):
        if keyed:
            assert any(path == USER_ME and not k and is_api_401(a) for path, k, a in asked[:number])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(Standing), min_size=1, max_size=2))
def test_a_key_let_in_anywhere_is_never_called_unknown_or_inactive(standings: list[Standing]) -> None:
    answers = [HostAnswer(host.name, standing, "") for host, standing in zip(HOSTS, standings, strict=False)]
    verdict = assess_validity(answers, HOSTS).verdict

    if {Standing.ACCEPTED, Standing.LIMITED} & set(standings):
        assert verdict in ("live", "restricted")
    assert (verdict == "inactive") == (standings == [Standing.REFUSED, Standing.REFUSED])


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=20), st.from_regex(r"[0-9]{1,40}(\.[0-9]{1,3})?", fullmatch=True), st.datetimes().map(str)
    )
)
def test_whatever_a_host_writes_for_a_time_is_a_wait_or_nothing(text: str) -> None:
    seconds = seconds_from_now(text)

    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("0", 0, 0), ("7", 7, 7), ("0.5", 0.5, 0.5), ("Thu, 01 Jan 1970 00:00:00 GMT", 0, 0), (" 3 ", 3, 3),
     ("Fri, 31 Dec 2100 23:59:59 GMT", 2e9, 4e9), ("1000000000", 0, 0), ("9" * 400, float("inf"), float("inf"))],
)  # fmt: skip
def test_a_time_is_seconds_a_date_or_a_point_in_time(text: str, low: float, high: float) -> None:
    seconds = seconds_from_now(text)

    assert seconds is not None
    assert low <= seconds <= high


@pytest.mark.parametrize("text", ["", "soon", "-5", "1e9", "٣", "1.2.3", "Fri, 99 Foo 2026", None])
def test_what_is_no_time_is_nothing(text: str | None) -> None:
    assert seconds_from_now(text) is None


WIRE_FAULTS: dict[str, Fault | None] = {
    "register": None,
    "401": says(401, error(401, "Invalid API key", "Unauthorized")),
    "401 of a proxy": says(401, b"<html>"),
    "403": says(403, error(403, "Forbidden")),
    "200": says(200, {"statusCode": 200, "data": {}}),
    "500": says(500, b""),
    "404": says(404, error(404, "Not Found")),
    "302": says(302, b"", location="/"),
    "truncated": truncated(401),
}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(sorted(WIRE_FAULTS)), min_size=8, max_size=8))
def test_over_the_wire_inactive_means_that_every_host_gave_its_own_401_to_the_key(api: Api, names: list[str]) -> None:
    for stand_in, own in ((api.production, names[:4]), (api.development, names[4:])):
        stand_in.reset()
        script(stand_in, own)

    answer = api.ask(KEY.secret.reveal(), attempts=1)

    if answer.verdict == "inactive":
        for own in (names[:4], names[4:]):
            greeting, control_answer, _, keyed = own
            assert greeting in ("register", "200", "404")
            assert control_answer in ("register", "401")
            assert keyed in ("register", "401")


def script(stand_in: StandIn, names: list[str]) -> None:
    """Set the four answers of a conversation about a dead key: greeting, two controls, the key."""
    for path, name, keyed in zip(
        ("/api/v1", USER_ME, "/api/v1/evm/networks", USER_ME), names, (False, False, False, True), strict=True
    ):
        fault = WIRE_FAULTS[name]
        if fault is not None:
            stand_in.fail(path, fault, keyed=keyed)
