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

_PLACES = 8
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
    def verdict(self) -> str | None:
        """What the API said, None where it was not asked."""
        return next((one.verification.verdict for one in self.found if one.verification is not None), None)

    def age(self, now: float) -> int | None:
        """Return the days since the secret was first committed, None where that is not known."""
        return None if self.start is None else max((datetime.fromtimestamp(now, UTC) - self.start).days, 0)


def secret_lives(found: Sequence[Triaged]) -> list[SecretLife]:
    """Return the findings about secrets, grouped by secret, in the order in which to deal with them."""
    groups: dict[str, list[Triaged]] = {}
    for one in found:
        if one.finding.secret is not None:
            groups.setdefault(secret_key(one.finding), []).append(one)
    return sorted((_life(tuple(group)) for group in groups.values()), key=_urgency)


def write_audit(report: Report, stream: TextIO, style: Style) -> None:
    """Write the lives, then findings that are not about a secret, what was not scanned, and the counts."""
    found = in_force(report)
    lives = secret_lives(found)
    for number, life in enumerate(lives, 1):
        stream.writelines(line + "\n" for line in _life_lines(number, life, report.finished, style))
    for one in found:
        if one.finding.secret is None:
            stream.writelines(line + "\n" for line in finding_lines(one, style))
    stream.writelines(line + "\n" for line in problem_lines(report, style))
    places = sum(len(_places(life)) for life in lives)
    stream.write(f"{len(lives)} distinct secrets in {places} places; {summary_line(report.summary, style)}\n")
    stream.writelines(line + "\n" for line in configuration_lines(report.summary, style))


def _life(found: tuple[Triaged, ...]) -> SecretLife:
    known: list[Life] = [one.finding.life for one in found if one.finding.life is not None]
    starts = [when for one in known if (when := moment(one.first_date)) is not None]
    starts += [when for one in found if (when := moment(one.finding.location.date)) is not None]
    ends = [when for one in known if (when := moment(one.last_date)) is not None]
    here = any(one.finding.life is None and one.finding.location.commit is None for one in found)
    never = datetime.max.replace(tzinfo=UTC)
    return SecretLife(
        found=tuple(sorted(found, key=lambda one: moment(one.finding.location.date) or never)),
        start=min(starts, default=None),
        end=max(ends, default=None),
        in_head=any(one.in_head for one in known),
        in_worktree=here or any(one.in_worktree for one in known),
        refs=tuple(sorted({ref for one in known for ref in one.reachable_from})),
    )


def _urgency(life: SecretLife) -> tuple[bool, int, bool, bool, float]:
    worst = max(one.finding.severity for one in life.found)
    production = any(one.finding.environment is Environment.PRODUCTION for one in life.found)
    start = life.start.timestamp() if life.start is not None else 0.0
    return (life.verdict != "live", -worst, not production, not (life.in_head or life.in_worktree), start)


def _life_lines(number: int, life: SecretLife, now: float, style: Style) -> Iterator[str]:
    first = life.found[0].finding
    worst = max((one.finding for one in life.found), key=lambda one: one.severity)
    severity = style.paint(f"{worst.severity.label}[{worst.code}]", SEVERITY_COLOR[worst.severity])
    redacted = first.secret.redacted if first.secret is not None else ""
    environments = sorted({one.finding.environment.value for one in life.found} - {"unknown"})
    where = " and ".join(environments) or "environment unknown"
    yield f"{number}. {severity}: {visible(redacted)}, {worst.rule}, {where}"
    facts = [
        ("introduced", _introduced(life)),
        ("spread", _spread(life)),
        ("now", _now(life)),
        ("age", _age(life, now)),
        ("API", f"the API says: {life.verdict}" if life.verdict else "not asked (--verify does)"),
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
    places = _places(life)
    more = f" and {len(places) - _PLACES} more" if len(places) > _PLACES else ""
    count = "1 place" if len(places) == 1 else f"{len(places)} places"
    return f"{count}: {', '.join(places[:_PLACES])}{more}"


def _places(life: SecretLife) -> list[str]:
    return list(dict.fromkeys(location_text(one.finding.location) for one in life.found))


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
    if life.verdict == "inactive":
        return "nothing urgent: the API does not take it any more; delete it where it still stands"
    if worst < Severity.HIGH:
        return "check whether it is in use; if so, make a new one and revoke this"
    if life.in_head or life.in_worktree:
        return "make a new key, deploy it, revoke this one; then delete it from the files"
    return "revoke it: removing it from files took it away from nobody who has a copy"
