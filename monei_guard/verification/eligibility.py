"""Which secrets may be sent to the API, and in which header. Everything else is declined, with the reason.

The rule: only what is attributed to monei with confidence medium or better, of a kind that a GET can test without
doing harm. A key of another company is never sent, whatever else claims it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from monei_guard.model.finding import Finding
from monei_guard.model.rule import Confidence, VerifyPolicy, VerifyScheme
from monei_guard.model.secret import Secret
from monei_guard.ruleset.rule_files import load_verify_policies

_VENDOR = "monei"
_LONGEST = 8192  # bytes; a JWT with many claims has two or three thousand
_HEADER_SAFE = re.compile(rb"[\x21-\x7e]+")
_JWT = re.compile(rb"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_API_KEY = re.compile(rb"mni_[0-9a-f]{32}")


class Scheme(StrEnum):
    """The header a credential travels in; it is never put anywhere else."""

    API_KEY = "X-API-KEY"
    BEARER = "Authorization"


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret that may be sent, and how."""

    secret: Secret
    scheme: Scheme


@dataclass(frozen=True, slots=True)
class Declined:
    """A secret that is not sent, and why. `final` wins over every finding that would allow it."""

    reason: str
    final: bool = True


# Shapes that are never sent, whatever rule found them and whatever it says: a second belt, which tests compare with the
# rules' own policies.
_NEEDS_A_REQUEST = "a Connect client secret can only be tested by requesting a token"
_NEVER_READS = "an API secret is sent by no endpoint that only reads"
_NOT_FOR_AN_API = "a webhook secret is never sent to an API"
_PIN = "a transaction PIN is never sent"
_OTHERS = "the key belongs to another company"
NEVER_SHAPES = (
    (b"mcr_", "testing a refresh token would use it up and end the session it belongs to"),
    (b"mcs_", _NEEDS_A_REQUEST),
    (b"mni_sk_", _NEVER_READS),
    (b"whsec_", _NOT_FOR_AN_API),
    (b"pk_live_", _OTHERS),
    (b"pk_test_", _OTHERS),
    (b"rk_live_", _OTHERS),
    (b"rk_test_", _OTHERS),
    (b"FLWSECK", _OTHERS),
)
_MCP_TOKEN = re.compile(rb"[0-9a-f]{64}")


def select(
    findings: Iterable[Finding], policies: Mapping[str, VerifyPolicy] | None = None, *, own_rules: bool = False
) -> tuple[tuple[Credential, ...], dict[Secret, str]]:
    """Return the distinct credentials to ask about, in order of appearance, and why each other secret is declined.

    `policies` say by the code of a rule whether what it finds may be sent; None means those of the built-in rules.

    A secret found several times is decided once: a final refusal beats a permission, and a permission beats a
    finding that merely does not vouch for the value. `own_rules` says that the scanned repository's configuration
    brought rules, which may have called any value Monei's: then only values of a unique shape are sent. Raises
    RuleError where the built-in rules cannot be read.
    """
    policies = load_verify_policies() if policies is None else policies
    decisions: dict[Secret, Credential | Declined] = {}
    for finding in findings:
        if finding.secret is None:
            continue
        earlier = decisions.get(finding.secret)
        decision = decide(finding, policies.get(finding.code))
        if own_rules and isinstance(decision, Credential) and not _API_KEY.fullmatch(finding.secret.reveal()):
            decision = Declined("the scanned repository brings rules of its own, so its attribution proves nothing")
        decisions[finding.secret] = _stronger(earlier, decision)
    credentials = tuple(d for d in decisions.values() if isinstance(d, Credential))
    declined = {secret: d.reason for secret, d in decisions.items() if isinstance(d, Declined)}
    return credentials, declined


def _stronger(earlier: Credential | Declined | None, now: Credential | Declined) -> Credential | Declined:
    if isinstance(earlier, Declined) and (earlier.final or isinstance(now, Declined)):
        return now if isinstance(now, Declined) and now.final and not earlier.final else earlier
    if isinstance(earlier, Credential) and not (isinstance(now, Declined) and now.final):
        return earlier
    return now


def decide(finding: Finding, policy: VerifyPolicy | None) -> Credential | Declined:
    """Return how the finding's secret may be asked about, or why it is not sent."""
    secret = finding.secret
    if secret is None:
        return Declined("there is no value to ask about", final=False)
    if policy is not None and policy.scheme is VerifyScheme.NEVER:
        return Declined(policy.because)
    if finding.vendor != _VENDOR:
        owner = "nobody in particular" if finding.vendor == "unknown" else finding.vendor
        # An unattributed sighting does not forbid what another sighting proves; another owner does.
        return Declined(f"the key is attributed to {owner}, not to monei", final=finding.vendor != "unknown")
    if finding.confidence < Confidence.MEDIUM:
        return Declined("confidence is below medium: it may be another company's key", final=False)
    return _by_shape(secret, finding.code, policy)


def _by_shape(secret: Secret, code: str, policy: VerifyPolicy | None) -> Credential | Declined:
    value = secret.reveal()
    is_token = policy is not None and policy.scheme is VerifyScheme.BEARER
    forbidden = _forbidden(secret, is_token=is_token)
    if forbidden:
        return Declined(forbidden)
    vouched = policy is not None and policy.vouches
    # Many companies issue JWTs, so here too the rule has to vouch.
    if is_token and vouched and (value.startswith(b"mct_") or _JWT.fullmatch(value)):
        return Credential(secret, Scheme.BEARER)
    if _API_KEY.fullmatch(value) or (vouched and not is_token):
        return Credential(secret, Scheme.API_KEY)
    return Declined(f"{code} does not say what kind of key this is", final=False)


def _forbidden(secret: Secret, *, is_token: bool) -> str:
    """Return why the value is never sent whatever vouches for it, or ''."""
    value = secret.reveal()
    if secret.guessable:
        return _PIN
    for prefix, reason in NEVER_SHAPES:
        if value.startswith(prefix):
            return reason
    if len(value) > _LONGEST or not _HEADER_SAFE.fullmatch(value):
        return "the value cannot stand in a header"
    if is_token and _MCP_TOKEN.fullmatch(value):
        return "a token of the MCP server is not known to the API"
    return ""
