"""What identifiers, environment names, hosts and literals say about Monei credentials.

Names of keys are shared by monei.cc and MONEI.com (see docs/lints.md): a name says "a Monei credential", never whose.
"""

import re
from collections.abc import Iterable
from functools import cache, lru_cache

from monei_guard.ruleset.bundled import credential_prefixes, own_keys

# Letters and digits of an identifier, split where the case or a separator changes.
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_CREDENTIAL_WORDS = frozenset({
    "key", "apikey", "secret", "token", "jwt", "bearer", "pin", "password", "credential", "credentials", "keys",
    "tokens", "secrets", "accesstoken", "refreshtoken", "secretkey", "apisecret",
})  # fmt: skip
_HARMLESS_WORDS = frozenset({
    "public", "publishable", "has", "is", "no", "missing", "need", "needs", "require", "required", "valid", "invalid",
    "masked", "redacted", "hashed", "hash", "encrypted", "sealed", "fake", "dummy", "mock", "placeholder", "example",
    "use", "uses", "show", "with", "without", "idempotency", "primary", "foreign", "cache", "sort", "storage", "header",
    "csrf", "xsrf", "field", "column", "idempotent", "reset", "invalidate", "should", "can", "hidden", "safe",
    "signature", "partition", "translation", "query", "react",
})  # fmt: skip

PUBLIC_PREFIXES = (
    "NEXT_PUBLIC_", "VITE_", "REACT_APP_", "EXPO_PUBLIC_", "NUXT_PUBLIC_", "GATSBY_", "PUBLIC_", "VUE_APP_",
    "STORYBOOK_", "NG_APP_", "RAZZLE_", "SNOWPACK_PUBLIC_", "PARCEL_PUBLIC_", "REDWOOD_ENV_", "TARO_APP_",
    "PLASMO_PUBLIC_", "WXT_", "BUN_PUBLIC_", "RSBUILD_PUBLIC_", "UMI_APP_", "ELECTRON_RENDERER_", "RENDERER_VITE_",
    "SOLID_PUBLIC_", "ASTRO_PUBLIC_",
)  # fmt: skip
PUBLIC_NAME = re.compile(r"[A-Z0-9_]*MONEI[A-Z0-9_]*")

HOST = re.compile(r"(?<![\w.-])(?:[a-z0-9-]+\.)*monei\.cc(?![\w-]|\.\w)", re.IGNORECASE)

# Signs of each company in a file (facts: SDK packages, classes, hosts, headers).
MONEI_COM = re.compile(
    rb"@monei-js/|(?<![\w-])monei\.(?:com|net)(?![\w-])|MONEI_ACCOUNT_ID|MONEI_TEST_API_KEY|monei-api-key"
    rb"|MONEI_GRAPHQL|(?m:^\s*(?:from|import)\s+Monei\b)|Monei\\\\?MoneiClient|monei-php-sdk|monei/monei-",
)
_PYTHON_CC = re.compile(rb"(?m)^\s*(?:from\s+monei(?:\.\w+)*\s+import\b|import\s+monei[ \t]*(?:$|[#,.;]|as\b|\r))")
_HOST_CC = re.compile(rb"(?<![\w.-])(?:[A-Za-z0-9-]+\.)*monei\.cc(?![\w-]|\.\w)", re.IGNORECASE)
_BEFORE_KEY = "(?<![A-Za-z0-9_])"


@cache
def fixed_keys() -> str:
    """Return the pattern of the keys that prefix and length together show to be Monei's."""
    return _any_of(prefix + rest for prefix, rest in own_keys() if rest)


@cache
def key_literal() -> re.Pattern[str]:
    """Return what matches one of these keys in a program's text."""
    return re.compile(f"{_BEFORE_KEY}(?:{fixed_keys()})(?![A-Za-z0-9])")


@cache
def _connect_literal() -> re.Pattern[str]:
    prefixes = _any_of(prefix for prefix, rest in own_keys() if not rest)
    return re.compile(f"{_BEFORE_KEY}(?:{prefixes})[0-9A-Za-z_-]{{16,}}")


@cache
def _key_signs() -> tuple[tuple[bytes, ...], re.Pattern[bytes]]:
    """Return the prefixes of these keys, and what matches one of them whatever follows it."""
    prefixes = tuple(prefix.encode() for prefix, rest in own_keys() if rest)
    return prefixes, re.compile(f"{_BEFORE_KEY}(?:{fixed_keys()})".encode())


@cache
def key_beginnings() -> str:
    """Return a pattern for the first word of every prefix that keys are known by, whosever they are: `sk_`, `mni_`."""
    return _any_of(dict.fromkeys(f"{prefix.partition('_')[0]}_" for prefix in credential_prefixes()))


@cache
def _prefixed() -> re.Pattern[str]:
    return re.compile(key_beginnings())


def _any_of(patterns: Iterable[str]) -> str:
    return "|".join(patterns) or "(?!)"


def _shows_key(data: bytes) -> bool:
    prefixes, pattern = _key_signs()
    return any(prefix in data for prefix in prefixes) and pattern.search(data) is not None


def names_monei_cc(data: bytes) -> bool:
    """Whether the text carries evidence of monei.cc: its SDK, its hosts, its webhook header, its key shape."""
    if b"monei-sdk" in data or b"MoneiSDK" in data or b"@mrmonei/" in data:
        return True
    lowered = data.lower()
    return (
        b"x-monei-signature" in lowered
        or (b"monei.cc" in lowered and _HOST_CC.search(data) is not None)
        or _shows_key(data)
        or (b"monei" in data and _PYTHON_CC.search(data) is not None)
    )


def names_monei_com(data: bytes) -> bool:
    """Whether the text carries evidence of MONEI.com."""
    return MONEI_COM.search(data) is not None


@lru_cache(maxsize=4096)  # depends on nothing but the name
def words(name: str) -> tuple[str, ...]:
    """Return the lower-case words of an identifier: `moneiApiKey` and `MONEI_API_KEY2` are monei, api, key."""
    found = [word.lower() for word in _WORD.findall(name)]
    while found and found[-1].isdigit():
        found.pop()
    return tuple(found)


@lru_cache(maxsize=4096)  # depends on nothing but the name
def is_credential_name(name: str) -> bool:
    """Whether a name says "a Monei key, secret or token"."""
    parts = words(name)
    return (
        bool(parts)
        and parts[-1] in _CREDENTIAL_WORDS
        and any(part.startswith("monei") for part in parts)
        and not _HARMLESS_WORDS.intersection(parts)
    )


@lru_cache(maxsize=4096)  # depends on nothing but the name
def is_secret_word(name: str) -> bool:
    """Whether a name says "a key, secret or token", of whomever."""
    parts = words(name)
    return bool(parts) and parts[-1] in _CREDENTIAL_WORDS and not _HARMLESS_WORDS.intersection(parts)


def what_is(name: str) -> str:
    """Return the noun for a credential's name: key, token, secret or PIN."""
    last = words(name)[-1:] or ("key",)
    nouns = {"token": "token", "tokens": "token", "jwt": "token", "bearer": "token", "secret": "secret", "pin": "PIN"}
    return nouns.get(last[0], "token" if "token" in last[0] else "key")


def is_key_literal(text: str) -> bool:
    """Whether a literal contains a Monei key or Connect credential, and not the documentation's own sample."""
    found = key_literal().search(text) or _connect_literal().search(text)
    return found is not None and not is_documented(found.group())


def is_documented(value: str) -> bool:
    """Whether a key is the one the API documentation shows (facts: section 1), or a row of one digit."""
    body = value.rpartition("_")[2]
    return "1234567890abcdef" in body or len(set(body)) <= 2 or "raw_" in value or "your" in value  # noqa: PLR2004 - xxxx


def public_env_names(text: str) -> list[tuple[int, str]]:
    """Return offset and name of each environment name that a bundler publishes and that names a Monei credential."""
    if not any(prefix in text for prefix in PUBLIC_PREFIXES):
        return []
    found = ((m.start(), m.group()) for m in PUBLIC_NAME.finditer(text))
    return [
        (start, name)
        for start, name in found
        if is_public_credential(name) and not re.match(r"[a-z]", text[max(start - 1, 0) : start])
    ]


def is_public_credential(name: str) -> bool:
    """Whether `name` is a Monei credential under a prefix that bundlers publish."""
    prefix = next((p for p in PUBLIC_PREFIXES if name.startswith(p)), "")
    return bool(prefix) and is_credential_name(name[len(prefix) :])


_PLACEHOLDER = re.compile(
    r"your|example|placeholder|change.?me|replace|insert|<.*>|\{\{.*\}\}|\$\{|xxx|dummy|fake|todo|redacted|\.\.\.|…|"
    r"^(?:test|none|null|undefined|empty|missing|unset|not[ _-]?set|key|secret|token|api[ _-]?key)$",
    re.IGNORECASE,
)


def is_credential_literal(text: str) -> bool:
    """Whether a literal used in a credential's place is one, and no placeholder, sentence or empty default."""
    if is_key_literal(text):
        return True
    if len(text) < 12 or any(char.isspace() for char in text) or _PLACEHOLDER.search(text):  # noqa: PLR2004 - as a key
        return False
    if not re.fullmatch(r"[A-Za-z0-9_\-+/=.~]+", text):
        return False
    if _prefixed().match(text):
        return any(char.isdigit() for char in text)
    digits = sum(char.isdigit() for char in text)
    return digits >= 3 and len(text) >= 20 and any(char.isalpha() for char in text)  # noqa: PLR2004 - random-looking
