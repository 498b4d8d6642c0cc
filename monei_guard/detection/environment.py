"""Which side of the API a key opens, from what is written around it.

`mni_` values carry no marker (facts 1: the environment is a property of the API client's record), so the value decides
only where its prefix says `live` or `test`. Otherwise the nearest statement decides: the name it is given, its line,
the Monei settings of the file, the development host, the file's own name. Contradicting statements at one distance
say nothing. The production host says nothing either: sandbox keys are used against it (facts 2.7).
"""

import re
from functools import lru_cache

from monei_guard.detection.assessment import MatchContext
from monei_guard.model.rule import Environment

_PRODUCTION = frozenset({"prod", "production", "live", "prd", "mainnet"})
_SANDBOX = frozenset({
    "sandbox", "test", "testing", "dev", "develop", "development", "staging", "stage", "stg", "uat", "qa", "testnet",
})  # fmt: skip
_VALUE = re.compile(rb"^[A-Za-z]{2,7}[_-](?:(?P<production>live|prod)|(?P<sandbox>test|sandbox))[_-]", re.IGNORECASE)
_SETTING = re.compile(
    rb"""monei[_.\-]?(?:api[_.\-]?)?(?:env(?:ironment)?|mode)["'\]]{0,2}\s*(?::\s*str\s*)?(?::=|:|\?=|=(?!=))\s*["'`]?"""
    rb"""(?P<value>[a-z]{2,12})"""
)
_NEAR_SETTING = re.compile(
    rb"""\b(?:env(?:ironment)?|mode)["'\]]{0,2}\s*(?::=|:|\?=|=(?!=))\s*["'`](?P<value>[a-z]{2,12})["'`]"""
)
_LINE_WORD = re.compile(rb"\b(?:production|prod|live|sandbox|staging|development)\b(?![._/-])")
_DEVELOPMENT_HOST = re.compile(rb"api\.dev\.monei\.cc")
_PRODUCTION_HOST = re.compile(rb"api\.monei\.cc")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_HOLDERS = frozenset({"jobs", "services", "scripts", "stages", "targets", "tasks", "steps"})
_CI_FILE = re.compile(
    r"(?:^|/)(?:\.github/workflows/|\.circleci/|\.gitlab-ci|\.travis\.yml$|azure-pipelines|bitbucket-pipelines|Jenkinsfile)"
)
_SETTINGS_MODULE = re.compile(r"(?:^|/)(?:settings|config|environments?)/[^/]+\.(?:py|rb|exs?|php|[cm]?[jt]s)$")
_SETTINGS_FILE = re.compile(
    r"(?:^|[.\-_])env(?:$|[.\-_])|\.(?:env|ya?ml|json|jsonc|toml|ini|conf|cfg|properties|tfvars|xml|plist|xcconfig)$",
    re.IGNORECASE,
)


def environment(value: bytes, around: MatchContext, file_head: bytes, path: bytes | None) -> Environment:
    """Return the environment of `value`; `file_head` is the lower-cased beginning of its file."""
    by_prefix = _VALUE.match(value)
    if by_prefix:
        return Environment.PRODUCTION if by_prefix["production"] else Environment.SANDBOX
    for part in _telling_parts(around.original_name, path):
        named = _from_words(_WORDS.findall(part))
        if named is not Environment.UNKNOWN:
            return named
    statements = (
        _LINE_WORD.findall(around.line),
        _NEAR_SETTING.findall(around.near) if b"monei" in around.near else [],
    )
    for words in statements:
        named = _from_words([word.decode() for word in words])
        if named is not Environment.UNKNOWN:
            return named
    named = _from_head(file_head)
    return _from_path(path) if named is Environment.UNKNOWN else named


@lru_cache(maxsize=4)  # a file with thousands of keys has one head
def _from_head(file_head: bytes) -> Environment:
    named = _from_words([word.decode() for word in _SETTING.findall(file_head)])
    if named is not Environment.UNKNOWN:
        return named
    is_development = _DEVELOPMENT_HOST.search(file_head) and not _PRODUCTION_HOST.search(file_head)
    return Environment.SANDBOX if is_development else Environment.UNKNOWN


def _telling_parts(name: str, path: bytes | None) -> list[str]:
    """Return the parts of a name path that may name an environment, nearest first.

    What a job, a service or a script is called ("test") says nothing about the keys it is given.
    """
    parts = name.split(".")
    if path is not None and _CI_FILE.search(path.decode("utf-8", "replace")):
        return parts[-1:]
    return [part for before, part in zip(["", *parts], parts, strict=False) if before.lower() not in _HOLDERS][::-1]


def _from_words(words: list[str]) -> Environment:
    lower = {word.lower() for word in words}
    production, sandbox = bool(lower & _PRODUCTION), bool(lower & _SANDBOX)
    if production == sandbox:
        return Environment.UNKNOWN
    return Environment.PRODUCTION if production else Environment.SANDBOX


def _from_path(path: bytes | None) -> Environment:
    """Read the file's name, then its folders, nearest first. A test's name says nothing of the key it holds."""
    if path is None:
        return Environment.UNKNOWN
    *folders, name = path.decode("utf-8", "replace").split("/")
    if _SETTINGS_FILE.search(name) or _SETTINGS_MODULE.search("/".join((*folders, name))):
        named = _from_words(_WORDS.findall(name))
        if named is not Environment.UNKNOWN:
            return named
        for folder in reversed(folders):
            named = _from_words([folder])
            if named is not Environment.UNKNOWN:
                return named
    return Environment.UNKNOWN
