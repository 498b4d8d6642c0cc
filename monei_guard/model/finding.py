"""What was found, and what later stages say about it. A later stage wraps a value; it never changes one."""

import hashlib
from dataclasses import dataclass

from monei_guard.model.location import Location
from monei_guard.model.rule import Confidence, Environment, RuleKind, Severity
from monei_guard.model.secret import Secret


@dataclass(frozen=True, slots=True)
class SnippetLine:
    """One line of source with every secret in it already masked; `number` counts from 1."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Snippet:
    """Masked source around a finding. The caret runs below `[caret_start, caret_end)` (from 0) of the `focus` line."""

    lines: tuple[SnippetLine, ...]
    focus: int  # line number the caret belongs to
    caret_start: int
    caret_end: int


@dataclass(frozen=True, slots=True)
class Related:
    """A second place that explains the finding ("read here", "assigned here")."""

    message: str
    location: Location


@dataclass(frozen=True, slots=True)
class Life:
    """The life of a secret in a repository's history. Commits are full hex ids.

    `first_date` and `last_date` (ISO 8601) are those of the commits that brought it and that last held it.
    """

    first_commit: str | None
    last_commit: str | None
    versions: int
    reachable_from: tuple[str, ...]
    in_head: bool
    in_worktree: bool
    first_date: str | None = None
    last_date: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem at one place. `kind` is its rule's; `secret` is None for findings that are not about a value."""

    code: str
    rule: str
    kind: RuleKind
    severity: Severity
    confidence: Confidence
    vendor: str | None  # whose API it is about; None where that is nobody's in particular
    environment: Environment
    message: str
    hint: str
    secret: Secret | None
    location: Location
    fingerprint: str
    snippet: Snippet | None = None
    related: tuple[Related, ...] = ()
    life: Life | None = None


def fingerprint(*parts: bytes) -> str:
    """Return a digest of what makes a finding this one. The parts are what does not change while lines move."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why a finding does not count: by whom it was silenced, for what reason, until when (ISO date or None)."""

    kind: str  # "inline" | "baseline"
    reason: str
    until: str | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """What the API said about a key: verdict "live" | "inactive" | "restricted" | "unknown", and how that is known."""

    verdict: str
    reason: str
    environment: Environment = Environment.UNKNOWN
    host: str | None = None
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Triaged:
    """A finding after policy: `suppression` is None when it counts."""

    finding: Finding
    suppression: Suppression | None = None
    verification: Verification | None = None
