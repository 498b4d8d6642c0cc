"""What is sent where, seen from the server's side; what comes out of the answers, seen from every output."""

import json
import logging
import os
import random
import ssl
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from http.client import HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from verification.stand_in import PLANTED, says, serve_raw
from verification.two_hosts import Api

from monei_guard.model.finding import Finding, Triaged, Verification
from monei_guard.model.location import Location, Origin
from monei_guard.model.rule import Confidence, Environment, RuleKind, Severity
from monei_guard.model.secret import Secret
from monei_guard.verification.audit_log import AuditLog, AuditLogError, open_audit_log
from monei_guard.verification.eligibility import Credential, Scheme, select
from monei_guard.verification.validity import with_verifications
from monei_guard.verification.verifier import verify

MakeKey = Callable[[], bytes]
SOURCE = random.Random(7)  # noqa: S311 - test data


def hexes(count: int) -> bytes:
    return SOURCE.randbytes((count + 1) // 2).hex()[:count].encode()


def finding(
    value: bytes,
    code: str = "MG101",
    *,
    vendor: str = "monei",
    confidence: Confidence = Confidence.HIGH,
    guessable: bool = False,
    severity: Severity = Severity.HIGH,
) -> Finding:
    place = Location("a.env", 1, 1, 1, 2, 0, 1, Origin.WORKTREE)
    return Finding(
        code, "rule", RuleKind.CREDENTIAL, severity, confidence, vendor, Environment.UNKNOWN, "message", "hint",
        Secret(value, guessable=guessable), place, "fingerprint",
    )  # fmt: skip


def value_of(one: Finding) -> bytes:
    assert one.secret is not None
    return one.secret.reveal()


API_KEY = b"mni_" + hexes(32)
JWT = b"eyJhbGciOi" + hexes(20) + b".eyJzdWIi" + hexes(20) + b"." + hexes(40)

# name: (finding, words of the reason)
FORBIDDEN: dict[str, tuple[Finding, str]] = {
    "a Stripe key": (finding(b"sk_live_" + hexes(24), "MG103", vendor="stripe"), "stripe, not to monei"),
    "a key nobody owns": (finding(b"sk_live_" + hexes(32), "MG103", vendor="unknown"), "nobody in particular"),
    "low confidence": (finding(b"sk_test_" + hexes(32), "MG103", confidence=Confidence.LOW), "below medium"),
    "a MONEI.com key": (finding(b"pk_live_" + hexes(32), "MG111", vendor="monei.com"), "another company"),
    "a MONEI.com key called monei's": (finding(b"pk_test_" + hexes(32), "MG107"), "another company"),
    "a restricted Stripe key called monei's": (finding(b"rk_live_" + hexes(32), "MG107"), "another company"),
    "a refresh token": (finding(b"mcr_" + hexes(40), "MG105"), "use it up"),
    "a refresh token called a key": (finding(b"mcr_" + hexes(40), "MG107"), "use it up"),
    "a PIN": (finding(hexes(6), "MG108", guessable=True), "PIN is never sent"),
    "a PIN called a key": (finding(hexes(4), "MG107", guessable=True), "PIN is never sent"),
    "a webhook secret": (finding(hexes(48), "MG106"), "never sent to an API"),
    "a whsec secret called a key": (finding(b"whsec_" + hexes(32), "MG107"), "never sent to an API"),
    "a client secret": (finding(b"mcs_" + hexes(32), "MG104"), "requesting a token"),
    "an API secret": (finding(b"mni_sk_" + hexes(32), "MG102"), "no endpoint that only reads"),
    "an MCP token": (finding(hexes(64), "MG109"), "MCP server"),
    "a header injection": (finding(b"x\r\nHost: evil.test\r\n\r\n" + hexes(8), "MG107"), "stand in a header"),
    "a value with a space": (finding(b"two words " + hexes(8), "MG107"), "stand in a header"),
    "a value that is not ASCII": (finding("schlüssel".encode() + hexes(8), "MG107"), "stand in a header"),
    "an endless value": (finding(hexes(10_000), "MG107"), "stand in a header"),
    "an empty value": (finding(b"", "MG107"), "stand in a header"),
    "a JWT that a rule of one's own calls monei's": (finding(JWT + b"x", "XX001"), "does not say what kind"),
    "a lint's value of no shape": (finding(hexes(40), "MG303"), "does not say what kind"),
}
SENDABLE: dict[str, tuple[Finding, Scheme]] = {
    "an API key": (finding(API_KEY), Scheme.API_KEY),
    "an API key in a lint": (finding(b"mni_" + hexes(32), "MG301"), Scheme.API_KEY),
    "a secret key attributed to monei": (
        finding(b"sk_live_" + hexes(32), "MG103", confidence=Confidence.MEDIUM), Scheme.API_KEY,
    ),
    "an unprefixed key": (finding(hexes(40), "MG107"), Scheme.API_KEY),
    "a Connect access token": (finding(b"mct_" + hexes(40), "MG105"), Scheme.BEARER),
    "a JWT": (finding(JWT, "MG109"), Scheme.BEARER),
}  # fmt: skip


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_must_not_be_sent_is_declined_with_its_reason(name: str) -> None:
    forbidden, words = FORBIDDEN[name]
    credentials, declined = select([forbidden])

    assert credentials == ()
    assert forbidden.secret is not None
    assert words in declined[forbidden.secret]


@pytest.mark.parametrize("name", SENDABLE)
def test_what_may_be_sent_is_given_its_header(name: str) -> None:
    sendable, scheme = SENDABLE[name]

    assert select([sendable]) == ((Credential(sendable.secret, scheme),), {})  # type: ignore[arg-type]


def test_one_finding_that_names_another_owner_outweighs_all_that_say_monei() -> None:
    value = b"sk_live_" + hexes(32)
    ours, theirs = finding(value, "MG103"), finding(value, "MG103", vendor="stripe")

    for order in ([ours, theirs], [theirs, ours], [ours, theirs, ours]):
        credentials, declined = select(order)
        assert credentials == ()
        assert len(declined) == 1


def test_an_unattributed_sighting_does_not_forbid_what_another_one_proves() -> None:
    value = b"sk_live_" + hexes(32)
    ours, nobodys = finding(value, "MG103"), finding(value, "MG103", vendor="unknown", confidence=Confidence.LOW)

    for order in ([ours, nobodys], [nobodys, ours]):
        assert len(select(order)[0]) == 1


def test_with_rules_of_the_repository_in_force_only_a_unique_shape_is_sent() -> None:
    credentials, declined = select([one for one, _ in SENDABLE.values()], own_rules=True)

    assert all(one.secret.reveal().startswith(b"mni_") for one in credentials)
    assert len(credentials) == 2
    assert len(declined) == len(SENDABLE) - 2


def test_no_forbidden_key_ever_arrives_in_no_header_url_or_body(api: Api) -> None:
    findings = [one for one, _ in (*FORBIDDEN.values(), *SENDABLE.values())]
    for sendable, _ in SENDABLE.values():
        api.live(value_of(sendable))

    credentials, _ = select(findings)
    verdicts = verify(credentials, api.hosts, replace(api.settings, permissions=True))

    assert {v.verdict for v in verdicts.values()} == {"live"}
    arrived = b"\n".join(seen.everything() for seen in (*api.production.seen, *api.development.seen))
    for name, (forbidden, _) in FORBIDDEN.items():
        assert value_of(forbidden) == b"" or value_of(forbidden) not in arrived, name
    for name, (sendable, _) in SENDABLE.items():
        assert value_of(sendable) in arrived, name


def test_a_key_stands_in_one_header_and_nowhere_else(api: Api, make_key: MakeKey) -> None:
    key, token = api.live(make_key()), api.live(JWT)
    api.verify(key, permissions=True)
    api.verify(token, scheme=Scheme.BEARER, permissions=True)

    for seen in api.production.seen:
        assert seen.query == seen.body == b""
        for name, value in seen.headers:
            assert key not in value or (name, value) == (b"x-api-key", key)
            assert token not in value or (name, value) == (b"authorization", b"Bearer " + token)
        assert not (seen.header(b"x-api-key") and seen.header(b"authorization"))


def test_nothing_but_gets_to_the_listed_paths_is_sent(api: Api, make_key: MakeKey) -> None:
    lines: list[bytes] = []

    def handler(request: bytes) -> tuple[bytes, bool]:
        lines.append(request.split(b"\r\n")[0])
        return b"", True

    with serve_raw(handler, None) as port:
        host = f"http://127.0.0.1:{port}"
        api_hosts = (type(api.hosts[0])(host),)
        verify([Credential(Secret(make_key()), Scheme.API_KEY)], api_hosts, api.settings)
    api.verify(api.live(make_key()), permissions=True)

    assert set(lines) == {b"GET /api/v1 HTTP/1.1"}
    assert set(api.production.paths()) == {
        "/api/v1/user/me", "/api/v1/evm/networks", "/api/v1/wallet/me", "/api/v1/transactions/user",
        "/api/v1/kyc/status", "/api/v1/bills/records", "/api/v1/offramp/ledger/history",
    }  # fmt: skip


def test_personal_data_is_in_no_output_log_or_cache(
    api: Api, make_key: MakeKey, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    keys = [api.live(make_key()), api.live(make_key(), allowed_ips=("192.0.2.9",)), make_key()]
    credentials = [Credential(Secret(key), Scheme.API_KEY) for key in keys]
    audit = open_audit_log(tmp_path / "audit.jsonl", lambda: datetime.now(UTC))
    settings = replace(api.settings, permissions=True)

    verdicts = verify(credentials, api.hosts, settings, audit=audit)
    audit.close()

    assert [verdicts[one.secret].verdict for one in credentials] == ["live", "restricted", "inactive"]
    files = "".join(path.read_text() for path in tmp_path.iterdir())
    logged = "".join(f"{record.getMessage()} {record.__dict__!r}" for record in caplog.records)
    streams = capfd.readouterr()
    everything = f"{verdicts!r} {files} {logged} {streams.out} {streams.err}"
    for field, value in PLANTED.items():
        assert value not in everything, field
    for key in keys:
        assert key.decode() not in everything


HOSTILE_USERS = {
    "an e-mail as id": {"id": PLANTED["email"]},
    "a phone number as id": {"id": "2348055501234"},
    "a name as id": {"id": "Planted Person"},
    "a control character in the id": {"id": "abc\x1b[31mdef"},
    "a newline in the status": {"status": "active\n::warning::"},
    "an object as tier": {"kycInfo": {"currentTier": {"name": "Plantedfirst"}}},
    "a sentence as status": {"status": "owner is Plantedfirst"},
    "a long id": {"id": "a" * 1000},
    "a boolean id": {"id": True},
}


@pytest.mark.parametrize("name", HOSTILE_USERS)
def test_a_field_that_does_not_look_like_itself_is_not_repeated(api: Api, make_key: MakeKey, name: str) -> None:
    body = {"statusCode": 200, "data": HOSTILE_USERS[name]}
    api.production.fail("/api/v1/user/me", says(200, body), keyed=True)

    answer = api.ask(api.live(make_key()))

    assert answer.verdict == "live"
    assert not {"account_id", "kyc_tier", "account_status"} & dict(answer.details).keys()


def test_the_audit_log_has_a_line_a_request_and_no_key(api: Api, make_key: MakeKey, tmp_path: Path) -> None:
    key, dead = api.live(make_key()), make_key()
    path = tmp_path / "audit.jsonl"
    for _ in range(2):
        audit = open_audit_log(path, lambda: datetime(2026, 11, 24, 7, 0, tzinfo=UTC))
        verify([Credential(Secret(k), Scheme.API_KEY) for k in (key, dead)], api.hosts, api.settings, audit=audit)
        audit.close()

    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(lines) == len(api.production.seen) + len(api.development.seen)
    assert all(line.keys() == {"time", "host", "path", "status", "failure", "key"} for line in lines)
    assert {line["time"] for line in lines} == {"2026-11-24T07:00:00.000+00:00"}
    assert len({line["key"] for line in lines} - {None}) == 2  # the same over both runs
    assert key.decode() not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "audit.jsonl.key").stat().st_mode) == 0o600


def test_the_audit_log_records_failures_too(api: Api, make_key: MakeKey, tmp_path: Path) -> None:
    api.production.fail("/api/v1/user/me", says(200, b"x" * 1_000_000), keyed=True)
    audit = open_audit_log(tmp_path / "log", lambda: datetime.now(UTC))
    verify([Credential(Secret(make_key()), Scheme.API_KEY)], api.hosts, api.settings, audit=audit)
    audit.close()

    failures = [json.loads(line)["failure"] for line in (tmp_path / "log").read_text().splitlines()]
    assert "too-large" in failures


def test_two_audit_logs_give_the_same_key_different_fingerprints(tmp_path: Path, make_key: MakeKey) -> None:
    logs = [open_audit_log(tmp_path / name, lambda: datetime.now(UTC)) for name in ("a", "b")]
    secret = Secret(make_key())

    assert logs[0].fingerprint(secret) != logs[1].fingerprint(secret)
    for log in logs:
        log.close()


def test_an_audit_log_that_cannot_be_opened_or_keyed_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "log.key").write_text("zz")
    with pytest.raises(AuditLogError, match="not a fingerprint key"):
        open_audit_log(tmp_path / "log", lambda: datetime.now(UTC))
    with pytest.raises(AuditLogError, match="cannot open the audit log"):
        open_audit_log(tmp_path / "missing" / "log", lambda: datetime.now(UTC))


def test_nothing_more_is_sent_once_the_audit_log_cannot_be_written(api: Api, make_key: MakeKey, tmp_path: Path) -> None:
    (tmp_path / "log").touch()
    audit = AuditLog(os.open(tmp_path / "log", os.O_RDONLY), b"k" * 32, lambda: datetime.now(UTC))

    with pytest.raises(AuditLogError):
        verify([Credential(Secret(make_key()), Scheme.API_KEY)], api.hosts, api.settings, audit=audit)
    audit.close()
    assert len(api.production.seen) == 1
    assert api.production.paths() == []


def triaged(one: Finding) -> Triaged:
    return Triaged(one)


def test_live_production_keys_come_first_and_are_critical_and_nothing_is_lowered() -> None:
    quiet = finding(b"mni_" + hexes(32), severity=Severity.MEDIUM)
    sandbox = finding(b"mni_" + hexes(32), severity=Severity.MEDIUM)
    dead = finding(b"mni_" + hexes(32), severity=Severity.CRITICAL)
    production = finding(b"mni_" + hexes(32), severity=Severity.HIGH)
    verdicts = {
        sandbox.secret: Verification("live", "", Environment.SANDBOX),
        dead.secret: Verification("inactive", ""),
        production.secret: Verification("live", "", Environment.PRODUCTION),
    }

    result = with_verifications(map(triaged, (quiet, dead, sandbox, production)), verdicts)  # type: ignore[arg-type]

    assert [one.finding.secret for one in result] == [production.secret, sandbox.secret, quiet.secret, dead.secret]
    assert [one.finding.severity for one in result] == [
        Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.CRITICAL,
    ]  # fmt: skip
    assert result[0].finding.environment is Environment.PRODUCTION


def test_the_stand_in_keeps_url_headers_and_body_so_that_a_leak_would_be_seen(api: Api) -> None:
    place = urlsplit(api.hosts[0].origin)
    trust = ssl.create_default_context(cafile=str(api.settings.extra_ca))
    connection = HTTPSConnection(place.hostname or "", place.port, context=trust)
    connection.request("POST", "/api/v1?in=url", body=b"in-body", headers={"X-Any": "in-header"})
    connection.getresponse().read()
    connection.close()

    arrived = api.production.seen[0].everything()
    assert all(word in arrived for word in (b"in=url", b"in-body", b"in-header"))
