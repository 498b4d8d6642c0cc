"""The terminal report of an audit: the life of each distinct secret, the most urgent first, then everything else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO

from monei_guard.model.finding import Life, Triaged
from monei_guard.model.levels import Severity
from monei_guard.model.moment import moment
from monei_guard.model.rule import Environment
from monei_guard.reporting.escaping import visible
from monei_guard.reporting.html_summary import ROTATE_AFTER, in_force, secret_key
from monei_guard.reporting.report import Report
from monei_guard.reporting.terminal import (
    SEVERITY_COLOR,
    Style,
    configuration_lines,
    finding_lines,
    location_text,
    problem_lines,
    summary_line,
)

_MAX_LOCATIONS = 8
_REFS = 3


@dataclass(frozen=True, slots=True)
class SecretLife:
    """All findings about one secret. `start` is when its first commit was made, `end` when its last one was."""

    found: tuple[Triaged, ...]
    start: datetime | None
    end: datetime | None
    in_head: bool
    in_worktree: bool
    refs: tuple[str, ...]

    @property
    def validity(self) -> str | None:
        """What the API said, None where it was not asked."""
        return next((triaged.verification.verdict for triaged in self.found if triaged.verification is not None), None)

    def age(self, now: float) -> int | None:
        """Return the days since the secret was first committed, None where that is not known."""
        return None if self.start is None else max((datetime.fromtimestamp(now, UTC) - self.start).days, 0)


def secret_lives(found: Sequence[Triaged]) -> list[SecretLife]:
    """Return the findings about secrets, grouped by secret, in the order in which to deal with them."""
    groups: dict[str, list[Triaged]] = {}
    for triaged in found:
        if triaged.finding.secret is not None:
            groups.setdefault(secret_key(triaged.finding), []).append(triaged)
    return sorted((_life(tuple(group)) for group in groups.values()), key=_urgency)


def write_audit(report: Report, stream: TextIO, style: Style) -> None:
    """Write the lives, then findings that are not about a secret, what was not scanned, and the counts."""
    found = in_force(report)
    lives = secret_lives(found)
    for number, life in enumerate(lives, 1):
        stream.writelines(line + "\n" for line in _life_lines(number, life, report.finished, style))
    for triaged in found:
        if triaged.finding.secret is None:
            stream.writelines(line + "\n" for line in finding_lines(triaged, style))
    stream.writelines(line + "\n" for line in problem_lines(report, style))
    locations = sum(len(_locations(life)) for life in lives)
    stream.write(f"{len(lives)} distinct secrets in {locations} places; {summary_line(report.summary, style)}\n")
    stream.writelines(line + "\n" for line in configuration_lines(report.summary, style))


def _life(found: tuple[Triaged, ...]) -> SecretLife:
    lives: list[Life] = [triaged.finding.life for triaged in found if triaged.finding.life is not None]
    starts = [when for life in lives if (when := moment(life.first_date)) is not None]
    starts += [when for triaged in found if (when := moment(triaged.finding.location.date)) is not None]
    ends = [when for life in lives if (when := moment(life.last_date)) is not None]
    is_uncommitted = any(triaged.finding.life is None and triaged.finding.location.commit is None for triaged in found)
    never = datetime.max.replace(tzinfo=UTC)
    return SecretLife(
        found=tuple(sorted(found, key=lambda triaged: moment(triaged.finding.location.date) or never)),
        start=min(starts, default=None),
        end=max(ends, default=None),
        in_head=any(life.in_head for life in lives),
        in_worktree=is_uncommitted or any(life.in_worktree for life in lives),
        refs=tuple(sorted({ref for life in lives for ref in life.reachable_from})),
    )


def _urgency(life: SecretLife) -> tuple[bool, int, bool, bool, float]:
    worst = max(triaged.finding.severity for triaged in life.found)
    production = any(triaged.finding.environment is Environment.PRODUCTION for triaged in life.found)
    start = life.start.timestamp() if life.start is not None else 0.0
    return (life.validity != "live", -worst, not production, not (life.in_head or life.in_worktree), start)


def _life_lines(number: int, life: SecretLife, now: float, style: Style) -> Iterator[str]:
    first = life.found[0].finding
    worst = max((triaged.finding for triaged in life.found), key=lambda triaged: triaged.severity)
    severity = style.paint(f"{worst.severity.label}[{worst.code}]", SEVERITY_COLOR[worst.severity])
    redacted = first.secret.redacted if first.secret is not None else ""
    environments = sorted({triaged.finding.environment.value for triaged in life.found} - {"unknown"})
    where = " and ".join(environments) or "environment unknown"
    yield f"{number}. {severity}: {visible(redacted)}, {worst.rule}, {where}"
    facts = [
        ("introduced", _introduced(life)),
        ("spread", _spread(life)),
        ("now", _now(life)),
        ("age", _age(life, now)),
        ("API", f"the API says: {life.validity}" if life.validity else "not asked (--verify does)"),
        ("do first", _first_step(life, worst.severity)),
    ]
    for label, text in facts:
        if text:
            yield f"   {label:10} {visible(text)}"
    if worst.hint:
        yield f"   {'help':10} {visible(worst.hint)}"
    yield ""


def _introduced(life: SecretLife) -> str:
    first = life.found[0].finding.location
    if life.start is None or first.commit is None:
        return "not committed" if first.commit is None else f"in commit {first.commit[:12]}"
    return f"{life.start.date()} by {first.author or 'unknown'} in {first.commit[:12]}, {location_text(first)}"


def _spread(life: SecretLife) -> str:
    locations = _locations(life)
    more = f" and {len(locations) - _MAX_LOCATIONS} more" if len(locations) > _MAX_LOCATIONS else ""
    count = "1 place" if len(locations) == 1 else f"{len(locations)} places"
    return f"{count}: {', '.join(locations[:_MAX_LOCATIONS])}{more}"


def _locations(life: SecretLife) -> list[str]:
    return list(dict.fromkeys(location_text(triaged.finding.location) for triaged in life.found))


def _now(life: SecretLife) -> str:
    where = [name for name, there in (("HEAD", life.in_head), ("the work tree", life.in_worktree)) if there]
    if where:
        return f"still in {' and '.join(where)}"
    removed = f"removed after {life.end.date()}" if life.end is not None else "removed"
    if not life.refs:
        return f"{removed}; reachable from no branch or tag, but in the object store and in mirror copies"
    more = f" and {len(life.refs) - _REFS} more" if len(life.refs) > _REFS else ""
    return f"{removed}, but still in history: {', '.join(life.refs[:_REFS])}{more}"


def _age(life: SecretLife, now: float) -> str:
    days = life.age(now)
    if days is None:
        return ""
    overdue = f", over the {ROTATE_AFTER} after which keys are to be rotated" if days > ROTATE_AFTER else ""
    return f"{days} days{overdue}"


def _first_step(life: SecretLife, worst: Severity) -> str:
    if life.validity == "inactive":
        return "nothing urgent: the API does not take it any more; delete it where it still stands"
    if worst < Severity.HIGH:
        return "check whether it is in use; if so, make a new one and revoke this"
    if life.in_head or life.in_worktree:
        return "make a new key, deploy it, revoke this one; then delete it from the files"
    return "revoke it: removing it from files took it away from nobody who has a copy"
