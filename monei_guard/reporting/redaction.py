"""The one filter for text that leaves: what a repository, a server or git say of themselves may hold a key.

Keys are known by their prefixes, other companies' by the forms that their own documentation gives, and both under every
encoding that detection reads. Needs no rule but the beginnings of keys, so that it costs next to nothing; what looks
encoded is decoded only then.
"""

import re
from collections.abc import Callable
from functools import cache

from monei_guard.deferred import load
from monei_guard.model.masking import MASK, redact
from monei_guard.model.words import is_wordlike
from monei_guard.ruleset.bundled import BundledRulesError, credential_prefixes

_ANY_PREFIX = r"[A-Za-z]{2,6}_(?:[A-Za-z]{2,6}_)?"
# Credentials of others by their form, from their documentation and from what GitHub's secret scanning knows.
_FORMS = (
    r"(?:AKIA|ASIA)[A-Z0-9]{16}",
    r"gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w\-]{16,}",
    r"xox[a-z]-[\w\-]{10,}|xapp-[\w\-]{10,}",
    r"AIza[\w\-]{30,}|ya29\.[\w\-]{20,}|GOCSPX-[\w\-]{20,}",
    r"\bsk-[\w\-]{20,}",
    r"\bSG\.[\w\-]{16,}\.[\w\-]{16,}|\bkey-[0-9a-f]{32}|\b(?:AC|SK)[0-9a-f]{32}\b",
    r"\beyJ[\w\-]{8,}\.[\w\-]{8,}(?:\.[\w\-]*)?",
    r"\b(?:npm|pypi|dop_v1|shpat|shpss|hf|dckr_pat|lin_api|rk_live|rk_test)[_\-][\w\-]{20,}",
    r"\bsq0[a-z]{3}-[\w\-]{20,}",
    r"(?<=hooks\.slack\.com/)\S+|(?<=discord\.com/api/webhooks/)\S+|(?<=api\.telegram\.org/bot)\S+|\b\d{8,10}:[\w\-]{35}",
    r"(?<=://)[^\s/@:]*:[^\s/@]+(?=@)",
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*",
)
# Compiled when they are first used: a hook that has nothing to say pays for none.
_FORMS_BEGIN = (
    "AKIA|ASIA|gh[pousr]_|github_pat|glpat|xox|xapp|AIza|ya29|GOCSPX|sk-|SG\\.|key-|AC|SK|eyJ|npm|pypi|dop_|shp|hf_|dckr|lin_"
    "|rk_|sq0|hooks|discord|telegram|://|BEGIN|\\d:"
)
_SHORTEST = 16  # characters more than any word has
_MAY_BE_ENCODED = r"[A-Za-z0-9+/_\-]{24}|%[0-9A-Fa-f]{2}|&[#a-z]|\\[0-7ux]|=[0-9A-F]{2}|\+|\s[0-9a-f]{2}\s"
_HEX_ID = r"[0-9a-f]{40}(?:[0-9a-f]{24})?"
_GENERATED = r"[A-Za-z0-9+/_=\-]{16,}"
_IDENTIFIER = r"(?i)(?:[0-9a-f]++-?)+"
_ASSIGNED = (
    r"(?i)((?:pass(?:word|wd|phrase)?|pwd|secret|token|(?:api|access|private)[_\-]?key|pin)\w{0,20}[\"']?\s*[=:]\s*)\S+"
)


def without_keys(text: str) -> str:
    """Return `text` with everything masked that has a key's form, as it stands or under an encoding."""
    if len(text) < _SHORTEST or re.fullmatch(_HEX_ID, text):
        return text
    if "_" in text:
        text = _key().sub(_redacted, text)
    if re.search(_FORMS_BEGIN, text):
        text = _forms().sub(MASK, text)
    return _decoding()(text) if re.search(_MAY_BE_ENCODED, text) else text


def without_secrets(text: str, *, ids: bool = False) -> str:
    """Return text that a person wrote (a name, a branch, a reason) with what looks generated masked too.

    `ids` says that hexadecimal digits and UUIDs are to stay.
    """
    text = without_keys(text)
    if not ids:
        text = re.sub(_ASSIGNED, rf"\g<1>{MASK}", text)

    def generated(found: re.Match[str]) -> str:
        token = found[0]
        if ids and re.fullmatch(_IDENTIFIER, token):
            return token
        odd = sum(len(part) for part in re.split("[^A-Za-z0-9]", token) if part and not is_wordlike(part.encode()))
        return MASK if 2 * odd >= len(token) else token

    return re.sub(_GENERATED, generated, text)


def key_pattern() -> str:
    """Return the pattern of a key of any kind that the rules know by its prefix, or that is another company's."""
    return f"(?:{_prefixes()})[0-9A-Za-z]{{{_SHORTEST},}}|" + "|".join(_FORMS)


def _redacted(found: re.Match[str]) -> str:
    return redact(found[0].encode())


@cache
def _decoding() -> Callable[[str], str]:
    """Return what masks encoded keys."""
    masked: Callable[[str], str] = load("monei_guard.reporting.encoded_keys:without_encoded_keys")
    return masked


@cache
def _key() -> re.Pattern[str]:
    return re.compile(f"(?:{_prefixes()})[0-9A-Za-z]{{{_SHORTEST},}}")


@cache
def _forms() -> re.Pattern[str]:
    return re.compile("|".join(_FORMS), re.DOTALL)


def _prefixes() -> str:
    """Return the prefixes that the rules know; more than that where the rules are lost."""
    try:
        return "|".join(map(re.escape, credential_prefixes()))
    except BundledRulesError:
        return _ANY_PREFIX
