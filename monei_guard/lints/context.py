"""What the lints have to say of one file, collected."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from monei_guard.lints.violation import Violation
from monei_guard.model.blob import Skipped
from monei_guard.model.rule import Rule

_MAX_FINDINGS = 200  # of one lint in one file


@dataclass(slots=True)
class LintContext:
    """Collects the violations of one file, each with the rule it breaks, and what was not looked at."""

    path: bytes
    violations: list[tuple[Rule, Violation]] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def add(self, rule: Rule, found: Iterable[Violation]) -> None:
        """Add what one rule found in one document."""
        for number, violation in enumerate(found):
            if number >= _MAX_FINDINGS:
                self.skip(f"{rule.code}: more than {_MAX_FINDINGS} findings; the rest is not shown")
                break
            self.violations.append((rule, violation))

    def skip(self, reason: str) -> None:
        """Note that a part of the file was not looked at."""
        self.skipped.append(Skipped(self.path, reason, incomplete=False))
