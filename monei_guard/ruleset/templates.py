"""Values for rule examples, made from a seed, so that no real-looking key stands in the repository.

`<<kind:length>>` in a text becomes a generated value: `hex`, `HEX`, `alnum`, `upper` (A-Z, 0-9), `lower` (a-z, 0-9),
`digits`, `base64`, `base64url`, `uuid` and `jwt` (no length). `<<text:abc>>` becomes `abc`: it splits a documented
value that other scanners would take for a key.
"""

import base64
import hashlib
import re
import string
from collections.abc import Iterator

from monei_guard.ruleset.rule_files import RuleError

_TEMPLATE = re.compile(r"<<(?P<kind>\w+)(?::(?P<argument>[^<>\n]*))?>>")
_MAX_LENGTH = 1 << 16
_ALPHABETS = {
    "hex": "0123456789abcdef",
    "HEX": "0123456789ABCDEF",
    "alnum": string.digits + string.ascii_letters,
    "upper": string.digits + string.ascii_uppercase,
    "lower": string.digits + string.ascii_lowercase,
    "digits": string.digits,
    "base64": string.ascii_letters + string.digits + "+/",
    "base64url": string.ascii_letters + string.digits + "-_",
}


def expand(template: str, seed: str | int) -> str:
    """Return `template` with every `<<…>>` replaced; the same seed gives the same text. Raises RuleError.

    Each template of a text gets a value of its own.
    """
    parts: list[str] = []
    at = 0
    for number, found in enumerate(_TEMPLATE.finditer(template)):
        parts += (template[at : found.start()], _value(found, f"{seed}/{number}"))
        at = found.end()
    return "".join(parts) + template[at:]


def _value(found: re.Match[str], seed: str) -> str:
    kind, argument = found["kind"], found["argument"]
    if kind == "text" and argument is not None:
        return argument
    if kind == "uuid" and argument is None:
        return _uuid(seed)
    if kind == "jwt" and argument is None:
        return _jwt(seed)
    if kind not in _ALPHABETS or not (argument or "").isdecimal() or not 0 < int(argument) <= _MAX_LENGTH:
        raise RuleError(
            f"example template {found[0]!r} is not known",
            hint=f"write <<kind:length>> with one of {', '.join(_ALPHABETS)}, or <<uuid>>, <<jwt>>, <<text:…>>",
        )
    return _characters(_ALPHABETS[kind], int(argument), seed)


def _characters(alphabet: str, length: int, seed: str) -> str:
    """Return `length` characters of `alphabet`, none the same as, or next in order to, the one before it.

    Without that, one PIN in a hundred would be a sequence, and examples would depend on luck. A value of letters and
    digits holds at least one of each.
    """
    chosen: list[str] = []
    for number in _numbers(seed):
        index = number % len(alphabet)
        if not chosen or abs(index - alphabet.index(chosen[-1])) > 1:
            chosen.append(alphabet[index])
        if len(chosen) == length:
            break
    value = "".join(chosen)
    mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    if length >= 8 and not mixed and any(map(str.isalpha, alphabet)):  # noqa: PLR2004 - shorter ones may be anything
        return _characters(alphabet, length, f"{seed}'")
    return value


def _numbers(seed: str) -> Iterator[int]:
    """Yield endless evenly spread 32-bit numbers."""
    block = 0
    while True:
        digest = hashlib.sha256(f"{seed}#{block}".encode()).digest()
        yield from (int.from_bytes(digest[at : at + 4], "big") for at in range(0, len(digest), 4))
        block += 1


def _jwt(seed: str) -> str:
    subject = _uuid(seed)
    claims = f'{{"sub":"{subject}","iat":1767225600,"exp":1767312000}}'
    signature = hashlib.sha256(seed.encode()).digest()
    parts = (b'{"alg":"HS256","typ":"JWT"}', claims.encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def _uuid(seed: str) -> str:
    digits = _characters(_ALPHABETS["hex"], 32, seed)
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
