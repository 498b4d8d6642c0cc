"""Turning what a check saw into a `Finding`. Wording comes from the rule's TOML; only the blanks are filled here."""

import shlex
from collections.abc import Callable
from dataclasses import replace

from monei_guard.hygiene.snapshot import RepositorySnapshot
from monei_guard.model.blob import Blob, View
from monei_guard.model.finding import Finding, Related, fingerprint
from monei_guard.model.location import Location, Span, display_path
from monei_guard.model.rule import Confidence, Environment, Rule, Severity


def shown(path: bytes) -> str:
    """Return `path` as it is typed in a shell, quoted where it must be."""
    return shlex.quote(display_path(path))


def file_location(files: RepositorySnapshot, path: bytes, line: int = 1) -> Location:
    """Return the location of a whole line, or of a file (line 1, nothing marked)."""
    name = display_path(path)
    return Location(
        path=name, start_line=line, start_column=1, end_line=line, end_column=1, start_byte=0, end_byte=0,
        origin=files.origin, path_bytes=path if name.encode("utf-8", "replace") != path else None,
    )  # fmt: skip


def locator(files: RepositorySnapshot, path: bytes, content: bytes) -> Callable[[Span], Location]:
    """Return what gives the location of a span in a file's content: one for all spans, which finds its lines once."""
    return View(Blob(content, files.origin, path), content).locate


def about_file(  # noqa: PLR0913 - one keyword a blank of the report
    rule: Rule,
    location: Location,
    message: str,
    *,
    blanks: dict[str, str] | None = None,
    severity: Severity | None = None,
    confidence: Confidence | None = None,
    related: tuple[Related, ...] = (),
    subject: str = "",
) -> Finding:
    """Return a finding about a file or a line of it. `subject` tells several in one file apart in the fingerprint."""
    return Finding(
        code=rule.code, rule=rule.id, kind=rule.kind, severity=rule.severity if severity is None else severity,
        confidence=rule.confidence if confidence is None else confidence,
        vendor=rule.vendor, environment=Environment.UNKNOWN, message=message, hint=filled(rule.hint, blanks or {}),
        secret=None, location=location, fingerprint=_fingerprint(rule, location.path or "", subject), related=related,
    )  # fmt: skip


def about_key(
    rule: Rule,
    key: Finding,
    message: str,
    *,
    blanks: dict[str, str] | None = None,
    related: tuple[Related, ...] = (),
) -> Finding:
    """Return a finding about a key that the engine found: same location, same masked snippet, this rule's advice."""
    subject = "" if key.secret is None else key.secret.sha256 or ""
    return replace(
        key, code=rule.code, rule=rule.id, kind=rule.kind, severity=rule.severity,
        confidence=min(rule.confidence, key.confidence), message=message, hint=filled(rule.hint, blanks or {}),
        related=related, fingerprint=_fingerprint(rule, key.location.path or "", subject),
    )  # fmt: skip


def filled(hint: str, blanks: dict[str, str]) -> str:
    """Return a rule's hint with its `{name}` blanks filled. Braces of other languages (`${{ … }}`) stay."""
    for name, text in blanks.items():
        hint = hint.replace("{" + name + "}", text)
    return hint


def path_of(finding: Finding) -> bytes:
    """Return the exact path of a finding's file."""
    location = finding.location
    return location.path_bytes if location.path_bytes is not None else (location.path or "").encode()


def _fingerprint(rule: Rule, path: str, subject: str) -> str:
    """Stable while lines move: rule, path and what the finding is about."""
    return fingerprint(*(part.encode("utf-8", "surrogatepass") for part in (rule.code, path, subject)))
