"""Values that look like keys and are none: fillers, sequences, words (`documented_values` has the rest).

Every test here is one that a generated key fails less often than once in ten million (tests/properties/ draws keys to
show it): a placeholder that slips through costs a suppression, a key that is taken for one costs money.
"""

import re
from functools import lru_cache

from monei_guard.detection.bigrams import reads_as_noise
from monei_guard.model.words import is_wordlike

# Words that no generator writes by accident, anywhere in a value.
_WORD = re.compile(
    rb"example|placeholder|changeme|change_me|redacted|replace|your_?key|your_?api|yourapikey|insertkey|dummykey|notareal|"
    rb"not_a_real|not-a-real|not_real|xxxxxx|deadbeef|feedface|cafebabe|lorem_?ipsum|abcdefgh|qwertyui|_here\b"
)
# Words so short that a generator may write them: they count where the value as a whole reads like words.
_SHORT_WORD = re.compile(
    rb"(?:^|[^a-z0-9])(?:your|my|the|some|test|demo|fake|dummy|sample|mock|here|todo|fixme|foo|bar|baz|key|secret|token|"
    rb"abc|xyz|none|null|value|string|insert|change|goes|put|paste|raw|new|old|invalid|hidden|masked|private|api)"
    rb"(?:$|[^a-z0-9])"
)
_SEQUENCES = (
    b"0123456789abcdef0123456789abcdef",
    b"123456789012345678901234567890",
    b"abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz",
    b"fedcba9876543210fedcba9876543210",
    b"zyxwvutsrqponmlkjihgfedcba9876543210",
)
_SEQUENCE_LENGTH = 8
_PIECES = frozenset(
    sequence[start : start + _SEQUENCE_LENGTH]
    for sequence in _SEQUENCES
    for start in range(len(sequence) - _SEQUENCE_LENGTH + 1)
)
_PREFIX = re.compile(rb"^[A-Z]{1,5}_(?:(?:live|test|prod|sandbox|sk|pk)_)?", re.IGNORECASE)
_REPEATED = re.compile(rb"(.)\1{3,}", re.DOTALL)  # fewer than five are no placeholder
_PIN_LENGTH = 6


# Several rules ask about one value, and versions of a file hold the same ones.
@lru_cache(maxsize=1 << 14)
def placeholder_reason(value: bytes) -> str:
    """Return why `value` is no key ("" where it may well be one)."""
    prefix = _PREFIX.match(value)
    body = value[prefix.end() :] if prefix else value
    lower = body.lower()
    if value.isdigit() and len(value) <= _PIN_LENGTH:
        return _pin_reason(value)
    if not body:
        return "nothing follows the prefix"
    word = _WORD.search(lower) or (not is_generated(body) and _SHORT_WORD.search(lower))
    if word:
        return f"it contains the word {word[0].strip(b'_-. ').decode('ascii', 'replace')!r}"
    if _longest_run(lower) >= min(8, max(5, len(body) // 2)):
        return "one character is repeated"
    sequence = _sequence_in(lower)
    if sequence:
        return f"it contains the sequence {sequence!r}"
    if _period(lower) <= len(body) // 2:
        return "it repeats itself"
    if len(set(lower)) <= min(6, len(body) // 4):
        return "it has too few different characters for its length"
    return ""


@lru_cache(maxsize=1 << 14)
def is_generated(value: bytes) -> bool:
    """Return whether a value without a known shape looks as if a generator made it, rather than a person."""
    if len(value) < 16 or len(set(value)) < 8:  # noqa: PLR2004 - less than 48 bits
        return False
    if re.fullmatch(rb"[0-9a-f]+|[0-9A-F]+", value):
        return any(c in b"abcdefABCDEF" for c in value) and any(c in b"0123456789" for c in value)
    if reads_as_noise(value):
        return True
    parts = [part for part in re.split(rb"[^A-Za-z0-9]+", value) if part]
    if not parts or all(is_wordlike(part) for part in parts):
        return False
    longest = max(parts, key=len)
    if len(longest) < 8 and sum(map(is_wordlike, parts)) * 2 > len(parts):  # noqa: PLR2004
        return False
    return any(not is_wordlike(part) for part in parts)


def _pin_reason(value: bytes) -> str:
    if len(set(value)) == 1:
        return "one digit is repeated"
    if value in b"01234567890" or value in b"9876543210":
        return "the digits are in order"
    return ""


def _longest_run(body: bytes) -> int:
    return max((len(found[0]) for found in _REPEATED.finditer(body)), default=0)


def _sequence_in(body: bytes) -> str:
    for start in range(len(body) - _SEQUENCE_LENGTH + 1):
        piece = body[start : start + _SEQUENCE_LENGTH]
        if piece in _PIECES:
            return piece.decode("ascii", "replace")
    return ""


def _period(body: bytes) -> int:
    """Return the smallest period of `body` (its length if it has none): the doubling trick on strings."""
    return (body + body).find(body, 1) if body else 0
