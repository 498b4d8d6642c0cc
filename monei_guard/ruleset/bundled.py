"""Where the built-in rules are, and the little of them that a clean commit needs."""

import os
import re

from monei_guard.errors import GuardError

OWN_PROVIDER = "monei"
# What begins a suppression in a file. Content that holds one is looked at: it may be one that suppresses nothing.
DIRECTIVE = "monei-guard:"
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_CREDENTIAL = b'\nkind = "credential"\n'
_KEYWORDS = rb"^keywords = \[([^\]]*)\]"


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


def credential_keywords() -> tuple[str, ...]:
    """Return the prefilter's words: those of every built-in credential rule, lower case.

    Read without a TOML parser, which would take longer than everything else a clean commit costs: a rule file has
    its keywords in one list of plain strings (`rules check` and tests/unit hold that this equals the parsed rules).
    Raises BundledRulesError.
    """
    words: dict[str, None] = {}
    folder = os.path.join(bundled_rules(), OWN_PROVIDER)
    try:
        for path in toml_files(folder):
            with open(path, "rb") as file:
                raw = file.read()
            if _CREDENTIAL in raw:
                found = re.search(_KEYWORDS, raw, re.MULTILINE)
                words.update(dict.fromkeys(re.findall(r'"([^"]+)"', found[1].decode().lower()) if found else []))
    except OSError as error:
        raise BundledRulesError(
            f"cannot read the rules in {folder}: {error.strerror}", hint="reinstall monei-guard"
        ) from error
    return tuple(words)
