"""Keys in texts that quote a repository and were not made by detection: known by their prefix, and masked.

Needs no rule but the beginnings of keys, so that it costs next to nothing.
"""

import re
from functools import cache

from monei_guard.model.masking import redact
from monei_guard.ruleset.bundled import BundledRulesError, credential_prefixes

_ANY_PREFIX = r"[A-Za-z]{2,6}_(?:[A-Za-z]{2,6}_)?"


def without_keys(text: str) -> str:
    """Return `text` with everything that begins like a key, and is as long as one, masked."""
    return _key().sub(lambda found: redact(found[0].encode()), text) if "_" in text else text


@cache
def _key() -> re.Pattern[str]:
    """Return what matches a key of any kind that the rules know by its prefix; more than that where the rules are lost.

    16 characters are more than any word has.
    """
    try:
        prefixes = "|".join(map(re.escape, credential_prefixes()))
    except BundledRulesError:
        prefixes = _ANY_PREFIX
    return re.compile(f"(?:{prefixes})[0-9A-Za-z]{{16,}}")
