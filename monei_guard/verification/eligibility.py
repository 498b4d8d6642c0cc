"""Which secrets may be sent to the API, and in which header. Everything else is declined, with the reason.

The rule: only what is attributed to monei with confidence medium or better, of a kind that a GET can test without
doing harm. A key of another company is never sent, whatever else claims it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from monei_guard.model.finding import Finding
from monei_guard.model.rule import Confidence
from monei_guard.model.secret import Secret

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


# Kinds that no finding may override. What each is: `docs/verify.md`.
_NEVER = {
    "MG102": "an API secret is sent by no endpoint that only reads",
    "MG104": "a Connect client secret can only be tested by requesting a token",
    "MG106": "a webhook secret is never sent to an API",
    "MG108": "a transaction PIN is never sent",
    "MG111": "the key belongs to another company",
}
# Kinds whose value has no shape of its own: the built-in rule that found it vouches for it.
_SHAPELESS = frozenset({"MG103", "MG107"})
# Tokens: many companies issue JWTs, so again the rule must vouch. (A rule of one's own cannot take a built-in code.)
_TOKENS = frozenset({"MG105", "MG109"})
# (prefix, reason): shapes that are never sent, whatever rule found them.
_NEVER_SHAPES = (
    (b"mcr_", "testing a refresh token would use it up and end the session it belongs to"),
    (b"mcs_", _NEVER["MG104"]),
    (b"mni_sk_", _NEVER["MG102"]),
    (b"whsec_", _NEVER["MG106"]),
    (b"pk_live_", _NEVER["MG111"]),
    (b"pk_test_", _NEVER["MG111"]),
    (b"rk_live_", _NEVER["MG111"]),
    (b"rk_test_", _NEVER["MG111"]),
    (b"FLWSECK", _NEVER["MG111"]),
)
_MCP_TOKEN = re.compile(rb"[0-9a-f]{64}")


def select(findings: Iterable[Finding], *, own_rules: bool = False) -> tuple[tuple[Credential, ...], dict[Secret, str]]:
    """Return the distinct credentials to ask about, in order of appearance, and why each other secret is declined.

    A secret found several times is decided once: a final refusal beats a permission, and a permission beats a
    finding that merely does not vouch for the value. `own_rules` says that the scanned repository's configuration
    brought rules, which may have called any value Monei's: then only values of a unique shape are sent.
    """
    decisions: dict[Secret, Credential | Declined] = {}
    for finding in findings:
        if finding.secret is None:
            continue
        earlier = decisions.get(finding.secret)
        decision = decide(finding)
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


def decide(finding: Finding) -> Credential | Declined:
    """Return how the finding's secret may be asked about, or why it is not sent."""
    secret = finding.secret
    if secret is None:
        return Declined("there is no value to ask about", final=False)
    if finding.code in _NEVER:
        return Declined(_NEVER[finding.code])
    if finding.vendor != _VENDOR:
        owner = "nobody in particular" if finding.vendor == "unknown" else finding.vendor
        # An unattributed sighting does not forbid what another sighting proves; another owner does.
        return Declined(f"the key is attributed to {owner}, not to monei", final=finding.vendor != "unknown")
    if finding.confidence < Confidence.MEDIUM:
        return Declined("confidence is below medium: it may be another company's key", final=False)
    return _by_shape(secret, finding.code)


def _by_shape(secret: Secret, code: str) -> Credential | Declined:
    value = secret.reveal()
    forbidden = _forbidden(secret, code)
    if forbidden:
        return Declined(forbidden)
    if code in _TOKENS and (value.startswith(b"mct_") or _JWT.fullmatch(value)):
        return Credential(secret, Scheme.BEARER)
    if _API_KEY.fullmatch(value) or code in _SHAPELESS:
        return Credential(secret, Scheme.API_KEY)
    return Declined(f"{code} does not say what kind of key this is", final=False)


def _forbidden(secret: Secret, code: str) -> str:
    """Return why the value is never sent whatever vouches for it, or ''."""
    value = secret.reveal()
    if secret.guessable:
        return _NEVER["MG108"]
    for prefix, reason in _NEVER_SHAPES:
        if value.startswith(prefix):
            return reason
    if len(value) > _LONGEST or not _HEADER_SAFE.fullmatch(value):
        return "the value cannot stand in a header"
    if code == "MG109" and _MCP_TOKEN.fullmatch(value):
        return "a token of the MCP server is not known to the API"
    return ""
