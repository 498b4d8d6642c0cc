"""What a manager reads first: one sentence, a few numbers, what to do."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from monei_guard.model.finding import Finding, Triaged
from monei_guard.model.levels import Severity
from monei_guard.model.moment import moment
from monei_guard.model.rule import Environment
from monei_guard.reporting.report import Report
from monei_guard.reporting.terminal import location_text

ROTATE_AFTER = 90  # days: docs.monei.cc/security/guidelines
_MAX_STEPS = 5


def in_force(report: Report) -> list[Triaged]:
    """Return the findings that count."""
    return [triaged for triaged in report.triaged if triaged.suppression is None]


def secret_key(finding: Finding) -> str:
    """Return what tells secrets apart: the hash where there is one, else where it stands."""
    return (finding.secret.sha256 if finding.secret is not None else None) or finding.fingerprint


def age_in_days(finding: Finding, now: float) -> int | None:
    """Return how long ago the finding was committed, None where that is not known."""
    when = moment(finding.location.date)
    return None if when is None else max((datetime.fromtimestamp(now, UTC) - when).days, 0)


def headline(report: Report) -> str:
    """Return the state of things in one sentence. Information (keys of nobody, advice) is no leak."""
    found = [triaged for triaged in in_force(report) if triaged.finding.severity > Severity.INFO]
    incomplete = "" if report.complete else " Part of it could not be scanned, so there may be more."
    if not found:
        return "Nothing was found that needs attention." + incomplete
    secrets = _distinct(triaged for triaged in found if triaged.finding.secret is not None)
    live = _distinct(
        triaged for triaged in found if triaged.verification is not None and triaged.verification.verdict == "live"
    )
    production = _distinct(
        triaged
        for triaged in found
        if triaged.finding.secret is not None and triaged.finding.environment is Environment.PRODUCTION
    )
    if live:
        return f"{_count(live, 'key')} still open{'s' * (live == 1)} the API: revoke {_it(live)} today." + incomplete
    if production:
        return (
            f"{_count(production, 'production secret')} {'has' if production == 1 else 'have'} leaked into files: "
            f"revoke {_it(production)}, then clean up." + incomplete
        )
    if secrets:
        return (
            f"{_count(secrets, 'secret')} {'stands' if secrets == 1 else 'stand'} where others can read." + incomplete
        )
    return f"No secret was found, but {_count(len(found), 'habit')} that could leak one." + incomplete


def tiles(report: Report) -> list[tuple[str, str, str]]:
    """Return the numbers at the top: label, value, and a class for its colour."""
    found = in_force(report)
    counts = Counter(triaged.finding.severity for triaged in found)
    ages = [age for triaged in found if (age := age_in_days(triaged.finding, report.finished)) is not None]
    secrets = _distinct(triaged for triaged in found if triaged.finding.secret is not None)
    shown = [(severity.label, f"{counts[severity]:,}", severity.label) for severity in sorted(Severity, reverse=True)]
    shown.append(("distinct secrets", f"{secrets:,}", "plain"))
    if ages:
        overdue = sum(age > ROTATE_AFTER for age in ages)
        shown.append((f"older than {ROTATE_AFTER} days", f"{overdue:,}", "plain"))
    shown.append(("suppressed", f"{report.summary.suppressed:,}", "plain"))
    shown.append(("not scanned", f"{report.summary.incomplete:,}", "high" if report.summary.incomplete else "plain"))
    return shown


def first_steps(report: Report) -> list[tuple[str, str, str, str]]:
    """Return the secrets to deal with first: label, where, what to do, and the fingerprint to open."""
    seen: set[str] = set()
    steps = []
    for triaged in sorted(in_force(report), key=_urgency):
        finding = triaged.finding
        key = secret_key(finding)
        if key in seen:
            continue
        seen.add(key)
        what = finding.message if finding.secret is None else f"{finding.message}: {finding.secret.redacted}"
        steps.append((what, location_text(finding.location), finding.hint, finding.fingerprint[:48]))
        if len(steps) == _MAX_STEPS:
            break
    return steps


def _urgency(triaged: Triaged) -> tuple[bool, int, int, bool]:
    live = triaged.verification is not None and triaged.verification.verdict == "live"
    production = triaged.finding.environment is Environment.PRODUCTION
    return (not live, -triaged.finding.severity, -triaged.finding.confidence, not production)


def _distinct(found: Iterable[Triaged]) -> int:
    return len({secret_key(triaged.finding) for triaged in found})


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + "s" * (count != 1)


def _it(count: int) -> str:
    return "it" if count == 1 else "them"
