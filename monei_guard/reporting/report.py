"""The one value every report is written from. A format reads it, owns its own shape and never changes it."""

import hashlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from monei_guard.model.blob import Skipped
from monei_guard.model.finding import Triaged
from monei_guard.model.rule import Rule, RuleKind

TOOL_NAME = "monei-guard"

# What does not change which findings a rule makes: where it was read from, and its own tests.
_NOT_IN_DIGEST = frozenset({"source", "examples", "counter_examples"})


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much was looked at. `files` have a name in the scanned place, `blobs` are distinct contents.

    `started` is when it began, in seconds since 1970 (None: when the report is made).
    """

    files: int = 0
    blobs: int = 0
    bytes: int = 0
    started: float | None = None


@dataclass(frozen=True, slots=True)
class Configuration:
    """The configuration file in force (None: defaults) and, in words, each thing it turns off."""

    file: str | None = None
    turned_off: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts over a whole run. `findings` counts those in force, `incomplete` the skips that mean exit code 3."""

    findings: int
    suppressed: int
    skipped: int
    incomplete: int
    coverage: Coverage
    configuration: Configuration


@dataclass(frozen=True, slots=True)
class Report:
    """Everything one run says. `triaged` holds suppressed findings too; `errors` are ready-to-show lines."""

    version: str  # of monei-guard
    rules: tuple[Rule, ...]  # the rules in force, for their text and the digest
    triaged: Sequence[Triaged]
    skipped: Sequence[Skipped]
    errors: tuple[str, ...]
    summary: Summary
    started: float  # seconds since 1970
    finished: float

    @property
    def complete(self) -> bool:
        """Whether all that should have been scanned was."""
        return not self.summary.incomplete and not self.errors


def make_report(
    triaged: Sequence[Triaged],
    skipped: Sequence[Skipped] = (),
    errors: Iterable[str] = (),
    *,
    version: str,
    rules: Iterable[Rule] = (),
    coverage: Coverage | None = None,
    configuration: Configuration | None = None,
) -> Report:
    """Return the report of a run, with its counts taken from the values themselves."""
    now = time.time()
    coverage = coverage or Coverage()
    suppressed = sum(1 for item in triaged if item.suppression is not None)
    return Report(
        version=version,
        rules=tuple(rules),
        triaged=triaged,
        skipped=skipped,
        errors=tuple(errors),
        summary=Summary(
            findings=len(triaged) - suppressed,
            suppressed=suppressed,
            skipped=len(skipped),
            incomplete=sum(1 for item in skipped if item.incomplete),
            coverage=coverage,
            configuration=configuration or Configuration(),
        ),
        started=now if coverage.started is None else coverage.started,
        finished=now,
    )


def rules_digest(rules: Iterable[Rule]) -> str:
    """Return hex SHA-256 over all that decides what the rules find and say; same rules, same digest, on any machine."""
    digest = hashlib.sha256()
    names = [field.name for field in fields(Rule) if field.name not in _NOT_IN_DIGEST]
    for rule in sorted(rules, key=lambda rule: (rule.code, rule.id)):
        digest.update(repr([(name, getattr(rule, name)) for name in names]).encode())
    return digest.hexdigest()


def reported_rules(rules: Iterable[Rule]) -> list[Rule]:
    """Return the rules that can appear in a report (evidence cannot), by code."""
    return sorted((rule for rule in rules if rule.kind is not RuleKind.EVIDENCE), key=lambda rule: rule.code)
