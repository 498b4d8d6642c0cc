"""Other scanners' lists of accepted findings, read as tests that our own findings pass or not.

Nothing is taken over blindly: a finding of ours is accepted where the other file names its value, or, where that file
holds no value, its place. What the file accepts and we do not find needs no entry.
"""

import hashlib
import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from monei_guard.model.finding import Finding
from monei_guard.policy.baseline import BaselineError

_REDACTED = re.compile(r"(REDACTED|\*+|.{0,12}\.\.\.)", re.IGNORECASE)
_FORMS = "a .gitleaksignore, a gitleaks or betterleaks JSON report, or a detect-secrets baseline"


@dataclass(frozen=True, slots=True)
class Accepted:
    """What another tool's file accepts. Paths are `/`-separated; a value or hash of path None holds anywhere."""

    tool: str
    count: int
    locations: frozenset[tuple[str, int]] = frozenset()  # path, line from 1
    values: dict[str, frozenset[bytes]] = field(default_factory=dict)  # path -> SHA-1 of values

    def covers(self, finding: Finding, path: str | None) -> bool:
        """Return whether the file accepts `finding`, which stands in `path`."""
        if path is None:
            return False
        if (path, finding.location.start_line) in self.locations:
            return True
        if finding.secret is None or path not in self.values:
            return False
        # SHA-1 because that is what detect-secrets stores; nothing here is protected by it.
        return hashlib.sha1(finding.secret.reveal(), usedforsecurity=False).digest() in self.values[path]


def read_foreign(raw: bytes, name: str) -> Accepted:
    """Return what a file of gitleaks, betterleaks or detect-secrets accepts; `name` names it in errors.

    Raises BaselineError for anything else.
    """
    text = raw.decode("utf-8-sig", "replace")
    if text.lstrip()[:1] in {"{", "["}:
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BaselineError(f"{name} is not valid JSON: {error}", hint=f"give {_FORMS}") from error
        if isinstance(document, dict) and isinstance(document.get("results"), dict):
            return _detect_secrets(document["results"], name)
        if isinstance(document, dict) and isinstance(document.get("findings"), list):
            document = document["findings"]
        if isinstance(document, list) and all(isinstance(entry, dict) for entry in document):
            return _leaks_report(document, name)
        raise BaselineError(f"{name} is no file of another scanner that is known here", hint=f"give {_FORMS}")
    if text.lstrip()[:1] and all(_is_ignore_line(line) for line in text.splitlines()):
        return _gitleaks_ignore(text)
    raise BaselineError(f"{name} is no file of another scanner that is known here", hint=f"give {_FORMS}")


def _is_ignore_line(line: str) -> bool:
    line = line.strip()
    return not line or line.startswith("#") or re.fullmatch(r".+:[^:]+:\d+", line) is not None


def _gitleaks_ignore(text: str) -> Accepted:
    """Read `[commit:]path:rule:line`, gitleaks' fingerprints."""
    locations = set()
    for line in text.splitlines():
        entry = line.strip()
        if entry and not entry.startswith("#"):
            where, _, number = entry.rpartition(":")
            path = re.sub(r"^[0-9a-f]{40,64}:", "", where.rpartition(":")[0])
            locations.add((_path(path), int(number)))
    return Accepted("gitleaks", len(locations), frozenset(locations))


def _leaks_report(entries: list[dict[str, Any]], name: str) -> Accepted:
    """Read a gitleaks or betterleaks report: values where it has them, places where they are redacted."""
    locations: set[tuple[str, int]] = set()
    values: dict[str, set[bytes]] = defaultdict(set)
    for entry in entries:
        path, line, value = (_field(entry, *names) for names in (("File", "path"), ("StartLine", "line"), ("Secret",)))
        if not isinstance(path, str) or not path:
            raise BaselineError(f"{name} has an entry without a file", hint=f"give {_FORMS}")
        if isinstance(value, str) and value and not _REDACTED.fullmatch(value):
            values[_path(path)].add(_sha1(value))
        elif isinstance(line, int):
            locations.add((_path(path), line))
    frozen = {path: frozenset(hashes) for path, hashes in values.items()}
    return Accepted("gitleaks or betterleaks", len(entries), frozenset(locations), frozen)


def _field(entry: dict[str, Any], *names: str) -> Any:
    for name in names:
        for spelling in (name, name.lower(), name[0].lower() + name[1:]):
            if spelling in entry:
                return entry[spelling]
    attributes = entry.get("attributes")
    return _field(attributes, *names) if isinstance(attributes, dict) else None


def _detect_secrets(results: dict[str, Any], name: str) -> Accepted:
    """Read `results`: path -> entries with the SHA-1 of the value. What its audit calls real stays a finding."""
    values: dict[str, frozenset[bytes]] = {}
    count = 0
    try:
        for path, entries in results.items():
            accepted = [entry for entry in entries if entry.get("is_secret") is not True]
            values[_path(path)] = frozenset(bytes.fromhex(entry["hashed_secret"]) for entry in accepted)
            count += len(accepted)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BaselineError(f"{name} looks like a detect-secrets baseline but is damaged: {error!r}") from error
    return Accepted("detect-secrets", count, frozenset(), values)


def _path(path: str) -> str:
    """Return the path as ours are: Windows' separators turned, no leading `./`."""
    return path.replace("\\", "/").removeprefix("./")


def _sha1(value: str) -> bytes:
    return hashlib.sha1(value.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()
