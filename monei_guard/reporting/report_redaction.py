"""The last look at a report: every string in it, wherever it stands, goes through one filter.

Where a key was found, detection has masked it already. This is for texts that quote a repository, a server or a person
and were not made by detection: names of authors, branches and files, reasons, git's own words, what the API answered.
No field is named here to be looked at; a few are, to be looked at more closely or not at all.
"""

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

from monei_guard.model.blob import Skipped
from monei_guard.model.finding import Finding, Life, Suppression, Triaged, Verification
from monei_guard.model.location import Location
from monei_guard.model.masking import MASK
from monei_guard.model.moment import moment
from monei_guard.model.secret import Secret
from monei_guard.reporting.redaction import without_keys, without_secrets
from monei_guard.reporting.report import Report

# What a person may have written anything into, and what is compared or read by machines and made by us alone.
_WRITTEN = frozenset({(Location, "author"), (Life, "reachable_from"), (Suppression, "reason"), (Suppression, "source")})
_ANSWERED = frozenset({(Verification, "reason"), (Verification, "host"), (Verification, "details")})
_OURS = frozenset({(Finding, "fingerprint")})
_DATES = frozenset({(Location, "date"), (Life, "first_date"), (Life, "last_date")})
_SHORTEST_VALUE = 8


def report_without_keys(report: Report) -> Report:
    """Return the report with no key in any text of it. Values that were found are looked for everywhere."""
    values = {item.finding.secret for item in report.triaged if item.finding.secret is not None}
    return _Filter(values).filtered(report)  # type: ignore[no-any-return] # it keeps every type


def triaged_without_keys(triaged: tuple[Triaged, ...]) -> tuple[Triaged, ...]:
    """Return findings as they are shown outside a report."""
    values = {item.finding.secret for item in triaged if item.finding.secret is not None}
    return tuple(_Filter(values).filtered(triaged))


class _Filter:
    """Remembers what became of each text: a report has the same ones over and over."""

    def __init__(self, values: set[Secret]) -> None:
        plain = [secret.reveal().decode("utf-8", "surrogateescape") for secret in values if not secret.guessable]
        self._values = sorted((value for value in plain if len(value) >= _SHORTEST_VALUE), key=len, reverse=True)
        guessable = sorted(secret.reveal().decode("latin-1") for secret in values if secret.guessable)
        self._guessable = re.compile(
            rf"(?<![0-9A-Za-z])(?:{'|'.join(map(re.escape, guessable)) or '(?!)'})(?![0-9A-Za-z])"
        )
        self._known: dict[tuple[str, str], str] = {}

    def filtered(self, value: Any, how: str = "keys") -> Any:
        """Return a value of any type with its texts filtered, the same object where nothing changed."""
        if isinstance(value, Enum | Secret):
            return value
        if isinstance(value, str):
            return self._text(value, how)
        if isinstance(value, bytes):
            text = value.decode("utf-8", "surrogateescape")
            new = self._text(text, how)
            return value if new == text else new.encode("utf-8", "surrogateescape")
        if isinstance(value, Skipped):
            return value._replace(path=self.filtered(value.path), reason=self.filtered(value.reason))
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return type(value)(*(self.filtered(item, how) for item in value))
        if isinstance(value, tuple | list):
            items = tuple(self.filtered(item, how) for item in value)
            return value if all(new is old for new, old in zip(items, value, strict=True)) else items
        return self._dataclass(value) if is_dataclass(value) else value

    def _dataclass(self, value: Any) -> Any:
        kind = type(value)
        changed = {}
        for name in _names(kind):
            old = getattr(value, name)
            if old is None or (kind, name) in _OURS or ((kind, name) in _DATES and moment(old) is not None):
                continue
            how = "written" if (kind, name) in _WRITTEN else "answered" if (kind, name) in _ANSWERED else "keys"
            new = self.filtered(old, how)
            if new is not old:
                changed[name] = new
        if not changed:
            return value
        if kind is Location and "path" in changed:
            changed["path_bytes"] = None
        return replace(value, **changed)

    def _text(self, text: str, how: str) -> str:
        key = (text, how)
        if key not in self._known:
            new = self._without_values(text)
            if how == "written":
                new = self._guessable.sub(MASK, new)
            new = _HOW[how](new)
            self._known[key] = text if new == text else new
        return self._known[key]

    def _without_values(self, text: str) -> str:
        if len(text) >= _SHORTEST_VALUE:
            for value in self._values:
                if value in text:
                    text = text.replace(value, MASK)
        return text


_HOW: dict[str, Callable[[str], str]] = {
    "keys": without_keys,
    "written": without_secrets,
    "answered": lambda text: without_secrets(text, ids=True),
}


def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
