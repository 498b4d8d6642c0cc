"""What a person decided about a finding."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from monei_guard.policy.baseline import Entry


class Resolution(StrEnum):
    """The four things a finding can turn out to be."""

    REAL = "real"
    FALSE_ALARM = "false alarm"
    TEST_VALUE = "test value"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class ResolvedFinding:
    """What a finding turned out to be, and why; `until` (ISO date) is the last day an accepted one is accepted."""

    resolution: Resolution
    reason: str
    until: str | None = None

    @property
    def goes_into_baseline(self) -> bool:
        """Whether the finding is not to be reported again (a real one is to be mended instead)."""
        return self.resolution is not Resolution.REAL

    def entry(self, template: Entry) -> Entry:
        """Return the baseline entry's fields that the resolution gives; the rest comes from `template`."""
        return replace(template, reason=f"{self.resolution}: {self.reason}", until=self.until)


def fault(resolution: Resolution, reason: str, until: str, today: date) -> str:
    """Return what is wrong with a resolution as it was typed in, or ""."""
    if not reason.strip():
        return "A reason is needed: whoever reads it next year was not here."
    if resolution is not Resolution.ACCEPTED:
        return ""
    try:
        day = date.fromisoformat(until.strip())
    except ValueError:
        return "Accepted until when? Write a date like 2027-06-30."
    return "" if day >= today else "That date has passed."
