"""From what the hosts say to a verdict, and from verdicts to findings. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from monei_guard.model.finding import Triaged, Verification
from monei_guard.model.rule import Environment, Severity
from monei_guard.model.secret import Secret
from monei_guard.verification.hosts import ApiHost
from monei_guard.verification.monei_probe import HostAnswer, Reading, Standing


class Validity(StrEnum):
    """What is known about a key. Only LIVE and INACTIVE are certain."""

    LIVE = "live"
    RESTRICTED = "restricted"
    UNKNOWN = "unknown"
    INACTIVE = "inactive"


# The documentation's causes of a 401 (docs.monei.cc, authentication). An inactive client and an address that is not
# on the key's list may give a 401 too: the status used for them is not documented.
CAUSES_OF_401 = (
    "the key is wrong or was revoked; it has expired; it was sent in the wrong header;"
    " or it belongs to the other environment (sandbox or production)"
)
STEPS = (
    "rotate the key in the dashboard (monei.cc): create a new one and put it where the old one is used",
    "revoke the old key there, and check with 'monei-guard verify --wait-revoked 30m'",
    "purge the old key from files, history, logs and images",
    "check the account's transactions since the key was first exposed",
)
_ALWAYS_ADDED = (
    ("not_tested", "transactions and account changes (only doing one would show)"),
    *((f"step_{number}", step) for number, step in enumerate(STEPS, 1)),
)
_ORDER = {Validity.LIVE: 0, Validity.RESTRICTED: 1, Validity.UNKNOWN: 2, Validity.INACTIVE: 3}
_ENVIRONMENT_ORDER = {Environment.PRODUCTION: 0, Environment.UNKNOWN: 1, Environment.SANDBOX: 2}


def assess_validity(
    answers: Sequence[HostAnswer], hosts: Sequence[ApiHost], *, permissions: bool = False
) -> Verification:
    """Return the verdict on one key from the answers of the hosts asked, in the order of `hosts`.

    Accepted anywhere is live; limited anywhere is restricted; refused by every host, and nothing else said by any,
    is inactive; everything else is unknown.
    """
    for standing, validity in ((Standing.ACCEPTED, Validity.LIVE), (Standing.LIMITED, Validity.RESTRICTED)):
        for number, answer in enumerate(answers):
            if answer.standing is standing:
                return _let_in(validity, answer, answers[:number], hosts, permissions=permissions)
    refused = [answer.host for answer in answers if answer.standing is Standing.REFUSED]
    if len(refused) == len(hosts) > 0:
        reason = f"refused with 401 by {' and '.join(refused)}"
        return Verification(Validity.INACTIVE, reason, host=refused[0], details=(("causes_of_401", CAUSES_OF_401),))
    reasons = [answer.reason for answer in answers if answer.standing is not Standing.REFUSED]
    reasons += [f"{name} refuses the key (401), which does not tell for the other host" for name in refused]
    return Verification(Validity.UNKNOWN, "; ".join(reasons) or "not asked", host=answers[0].host if answers else None)


def not_asked(reason: str) -> Verification:
    """Return the verdict on a key that should have been sent and was not."""
    return Verification(Validity.UNKNOWN, f"not asked: {reason}")


def declined(reason: str) -> Verification:
    """Return the verdict on a key that is not sent as a matter of principle."""
    return Verification(Validity.UNKNOWN, f"not sent: {reason}")


def is_declined(verification: Verification | None) -> bool:
    """Return whether a key was not sent as a matter of principle, rather than for want of an answer."""
    return verification is None or verification.reason.startswith("not sent: ")


def _let_in(
    validity: Validity, answer: HostAnswer, before: Sequence[HostAnswer], hosts: Sequence[ApiHost], *, permissions: bool
) -> Verification:
    environment, basis = answer.environment, answer.environment_basis
    host = next(host for host in hosts if host.name == answer.host)
    if environment is Environment.UNKNOWN and before and all(a.standing is Standing.REFUSED for a in before):
        environment = host.environment
        if environment is not Environment.UNKNOWN:
            basis = f"refused by {before[0].host}, accepted by {answer.host}"
    details = [*answer.account, ("environment_basis", basis)]
    if permissions:
        details += [
            ("permission_class", _permission_class(answer.readings)),
            ("reads", ", ".join(f"{reading.name}: {reading.outcome}" for reading in answer.readings)),
        ]
    details += _ALWAYS_ADDED
    return Verification(validity, answer.reason, environment, answer.host, tuple(details))


def _permission_class(readings: Iterable[Reading]) -> str:
    """Return the part of the permission class (Read Only … Full Access) that reading can show."""
    tested = {r.name: r.outcome for r in readings if r.outcome in ("allowed", "denied")}
    allowed = [name for name, outcome in tested.items() if outcome == "allowed"]
    if not allowed:
        return "reads nothing that was tested"
    if {"profile", "transactions"} <= set(allowed):
        return "at least Read Only; whether Transactions, Account Management or Full Access is not tested"
    return f"reads {', '.join(allowed)} only, less than Read Only gives; more is not tested"


def with_verifications(triaged: Iterable[Triaged], verifications: Mapping[Secret, Verification]) -> list[Triaged]:
    """Return the findings with their verdicts: live production keys first and critical, the rest in their order.

    A verdict raises severity and never lowers it: not even a dead key's, which somebody may still have used.
    """
    verified = [_with_verification(item, verifications) for item in triaged]
    return sorted(verified, key=sort_key)


def sort_key(triaged: Triaged) -> tuple[int, int]:
    """Return the sort key that brings live production keys to the front and changes no other order."""
    verification = triaged.verification
    if verification is None or verification.verdict != Validity.LIVE:
        return 1, 0
    return 0, _ENVIRONMENT_ORDER[verification.environment]


def _with_verification(triaged: Triaged, verifications: Mapping[Secret, Verification]) -> Triaged:
    finding = triaged.finding
    verification = verifications.get(finding.secret) if finding.secret is not None else None
    if verification is None:
        return triaged
    if verification.verdict == Validity.LIVE:
        environment = verification.environment
        lowest = Severity.CRITICAL if environment is Environment.PRODUCTION else Severity.HIGH
        finding = replace(
            finding, severity=max(finding.severity, lowest),
            environment=finding.environment if environment is Environment.UNKNOWN else environment,
        )  # fmt: skip
    return replace(triaged, finding=finding, verification=verification)
