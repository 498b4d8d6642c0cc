"""Where the built-in rules are, and the little of them that a clean commit needs."""

import os
import re
from functools import cache

from monei_guard.errors import GuardError

OWN_PROVIDER = "monei"
# What begins a suppression in a file. Content that holds one is looked at: it may be one that suppresses nothing.
DIRECTIVE = "monei-guard:"
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_CREDENTIAL = b'\nkind = "credential"\n'
_KEYWORDS = rb"^keywords = \[([^\]]*)\]"
_PREFIXES = rb"^prefixes = \[([^\]]*)\]"
# A pattern that is a prefix, and so many characters of one kind.
_FIXED = rb"^pattern = '+\{left\}\(\?P<secret>([A-Za-z_]+_)(\[[^\]]+\]\{\d+\})\)\{right\}'+$"
_SHARED = b'\nunattributed = "unknown"'


class BundledRulesError(GuardError):
    """The installation has lost its rules."""


def bundled_rules() -> str:
    """Return the folder of the built-in rules."""
    return bundled("rules")


def bundled(name: str) -> str:
    """Return a folder that comes with the package: inside an installed wheel, or beside the package in a checkout."""
    installed = os.path.join(_PACKAGE, "bundled", name)
    return installed if os.path.isdir(installed) else os.path.join(os.path.dirname(_PACKAGE), name)


def toml_files(folder: str) -> list[str]:
    """Return the rule files in one provider's folder, sorted. Raises OSError."""
    return sorted(entry.path for entry in os.scandir(folder) if entry.name.endswith(".toml"))


def is_bundled(path: str) -> bool:
    """Return whether a file is one of the built-in rules."""
    folder = os.path.realpath(bundled_rules())
    return os.path.realpath(path).startswith(folder + os.sep)


def credential_keywords() -> tuple[str, ...]:
    """Return the prefilter's words: those of every built-in credential rule, lower case.

    Read without a TOML parser, which would take longer than everything else a clean commit costs: a rule file has
    its keywords in one list of plain strings (`rules check` and tests/unit hold that this equals the parsed rules).
    Raises BundledRulesError.
    """
    return tuple(dict.fromkeys(word for raw in _credential_rules(bundled_rules()) for word in _words(_KEYWORDS, raw)))


def credential_prefixes() -> tuple[str, ...]:
    """Return how keys begin that are known by it: keywords that end in "_", and what a rule calls its prefixes.

    Those of other companies that a rule reports are among them. Read as the keywords are. Raises BundledRulesError.
    """
    return tuple(
        dict.fromkeys(
            word
            for raw in _credential_rules(bundled_rules())
            for word in (*_words(_KEYWORDS, raw), *_words(_PREFIXES, raw))
            if word.endswith("_")
        )
    )


def own_keys() -> tuple[tuple[str, str], ...]:
    """Return prefix and pattern of what follows it for each kind of key that is Monei's by its prefix alone.

    The pattern is "" for kinds whose values have no one length. Read as the keywords are. Raises BundledRulesError.
    """
    found: dict[str, str] = {}
    for raw in _credential_rules(bundled_rules()):
        fixed = re.search(_FIXED, raw, re.MULTILINE)
        rest = {fixed[1].decode(): fixed[2].decode()} if fixed else {}
        own = () if _SHARED in raw else _words(_KEYWORDS, raw)
        found.update({word: rest.get(word, "") for word in own if word.endswith("_")})
    return tuple(found.items())


def _words(pattern: bytes, raw: bytes) -> list[str]:
    found = re.search(pattern, raw, re.MULTILINE)
    return re.findall(r'"([^"]+)"', found[1].decode().lower()) if found else []


@cache
def _credential_rules(rules: str) -> tuple[bytes, ...]:
    """Return what stands before the first table of every built-in credential rule, read once.

    Raises BundledRulesError.
    """
    folder = os.path.join(rules, OWN_PROVIDER)
    found: list[bytes] = []
    try:
        for path in toml_files(folder):
            with open(path, "rb") as file:
                raw = file.read()
            if _CREDENTIAL in raw:
                found.append(raw.partition(b"\n[")[0])
    except OSError as error:
        raise BundledRulesError(
            f"cannot read the rules in {folder}: {error.strerror}", hint="reinstall monei-guard"
        ) from error
    return tuple(found)
