"""Rate, limits, deadline, waiting for a revocation."""

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

from verification.stand_in import says, slow_headers
from verification.two_hosts import Api

from monei_guard.model.secret import Secret
from monei_guard.verification.eligibility import Credential, Scheme
from monei_guard.verification.verifier import verify, wait_until_inactive

MakeKey = Callable[[], bytes]
ME = "/api/v1/user/me"


def test_the_rate_is_kept_on_each_host(api: Api, make_key: MakeKey) -> None:
    api.verify(*(api.live(make_key()) for _ in range(12)), rate=40)

    times = [seen.at for seen in api.production.seen]
    assert len(times) == 3 + 24
    # The first arrives late, after the TLS handshake; a tenth of a second may be caught up after a stall.
    assert times[-1] - times[1] >= 25 / 40 - 0.11


def test_a_low_rate_never_bursts(api: Api, make_key: MakeKey) -> None:
    api.ask(api.live(make_key()), rate=5)

    times = [seen.at for seen in api.production.seen][1:]  # the first arrives late, after the TLS handshake
    assert len(times) == 4
    assert all(later - earlier > 0.12 for earlier, later in pairwise(times))


def test_retry_after_is_obeyed_by_every_worker(api: Api, make_key: MakeKey) -> None:
    api.production.retry_after = "1"
    keys = [api.live(make_key(), requests_left=0 if number == 2 else None) for number in range(8)]

    answers = api.verify(*keys, rate=200, concurrency=4)

    assert {answer.verdict for answer in answers.values()} == {"live"}
    times = [seen.at for seen in api.production.seen]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert max(gaps) > 0.95
    assert sum(gap > 0.5 for gap in gaps) == 1


def test_an_exhausted_allowance_is_waited_out_before_the_next_request(api: Api, make_key: MakeKey) -> None:
    limits = {"x_ratelimit_limit": "60", "x_ratelimit_remaining": "0", "x_ratelimit_reset": "0.6"}
    api.production.fail("/api/v1", says(200, {}, **limits))

    api.ask(make_key())

    assert api.production.seen[1].at - api.production.seen[0].at > 0.55


def test_a_reset_given_as_a_point_in_time_is_understood(api: Api, make_key: MakeKey) -> None:
    limits = {"x_ratelimit_remaining": "0", "x_ratelimit_reset": f"{int((time.time() + 0.7) * 1000)}"}
    api.production.fail("/api/v1", says(200, {}, **limits))

    api.ask(make_key())

    assert 0.4 < api.production.seen[1].at - api.production.seen[0].at < 1.5


def test_a_wait_longer_than_the_deadline_is_not_begun(api: Api, make_key: MakeKey) -> None:
    api.production.fail(ME, says(429, {"statusCode": 429}, retry_after="3600"), keyed=True)
    api.development.fail(ME, says(429, {"statusCode": 429}, retry_after="Fri, 31 Dec 2100 23:59:59 GMT"), keyed=True)

    before = time.monotonic()
    answers = api.verify(*(api.live(make_key()) for _ in range(5)), deadline=10, concurrency=1)

    assert time.monotonic() - before < 9
    assert {answer.verdict for answer in answers.values()} == {"unknown"}
    assert "longer than the time left" in answers[next(iter(answers))].reason


def test_the_deadline_ends_a_run_and_what_is_known_by_then_is_kept(api: Api, make_key: MakeKey) -> None:
    keys = [api.live(make_key()) for _ in range(40)]

    before = time.monotonic()
    answers = api.verify(*keys, rate=20, deadline=1.0)

    assert time.monotonic() - before < 6
    verdicts = [answers[key].verdict for key in keys]
    assert set(verdicts) == {"live", "unknown"}
    assert all("deadline" in a.reason or "time left" in a.reason for a in answers.values() if a.verdict == "unknown")


def test_a_host_that_fell_silent_is_not_asked_about_every_key(api: Api, make_key: MakeKey) -> None:
    api.production.fail(ME, *[slow_headers(5)] * 500, keyed=True)

    answers = api.verify(*(make_key() for _ in range(30)), request_timeout=0.1, attempts=2, concurrency=2)

    assert {answer.verdict for answer in answers.values()} == {"unknown"}
    assert any("stopped answering" in answer.reason for answer in answers.values())
    assert len(api.production.paths()) < 15


def test_never_more_requests_at_once_than_allowed(api: Api, make_key: MakeKey) -> None:
    api.production.fail(ME, *[slow_headers(0.1)] * 12, keyed=True)

    before = time.monotonic()
    api.verify(*(api.live(make_key()) for _ in range(12)), concurrency=3)

    assert time.monotonic() - before > 4 * 0.1


def test_progress_counts_every_key(api: Api, make_key: MakeKey) -> None:
    told: list[tuple[int, int]] = []
    credentials = [Credential(Secret(make_key()), Scheme.API_KEY) for _ in range(6)]
    verify(credentials, api.hosts, api.settings, progress=lambda done, total: told.append((done, total)))

    assert told == [(number, 6) for number in range(1, 7)]


def test_no_key_at_all_asks_nothing(api: Api) -> None:
    assert api.verify() == {}
    assert api.production.seen == []


def test_waiting_ends_when_the_key_is_revoked(api: Api, make_key: MakeKey) -> None:
    key = api.live(make_key(), dies_after=6)
    secret = Secret(key)

    before = time.monotonic()
    answer = wait_until_inactive([Credential(secret, Scheme.API_KEY)], api.hosts, api.settings, seconds=20)[secret]

    assert answer.verdict == "inactive"
    assert time.monotonic() - before < 10
    assert api.production.paths().count(ME) == 4


def test_waiting_ends_when_time_is_up(api: Api, make_key: MakeKey) -> None:
    secret = Secret(api.live(make_key()))

    before = time.monotonic()
    answer = wait_until_inactive([Credential(secret, Scheme.API_KEY)], api.hosts, api.settings, seconds=0.6)[secret]

    assert answer.verdict == "live"
    assert time.monotonic() - before < 6


def test_waiting_does_not_take_a_network_failure_for_a_revocation(api: Api, make_key: MakeKey) -> None:
    secret = Secret(api.live(make_key()))
    api.production.always = api.development.always = says(503, b"")

    answers = wait_until_inactive(
        [Credential(secret, Scheme.API_KEY)], api.hosts, replace(api.settings, attempts=1), seconds=0.4
    )

    assert answers[secret].verdict == "unknown"
