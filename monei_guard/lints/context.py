"""What the lints have to say of one file, collected."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from monei_guard.lints.analysis.project import Project
from monei_guard.lints.violation import Violation
from monei_guard.model.blob import Skipped, View
from monei_guard.model.rule import Rule

if TYPE_CHECKING:
    from monei_guard.model.finding import Finding

_MAX_FINDINGS = 200  # of one lint in one file


@dataclass(slots=True)
class LintContext:
    """Collects the hits of one file."""

    view: View
    project: Project
    rules: Mapping[str, Rule]
    vendor: str
    shown_path: str | None = None
    _hits: list[tuple[Rule, Violation]] = field(default_factory=list)
    _skipped: list[Skipped] = field(default_factory=list)

    def add(self, rule_id: str, hits: Iterable[Violation]) -> None:
        """Add the hits of one lint; a rule that is not in force adds none."""
        rule = self.rules.get(rule_id)
        if rule is None:
            return
        for number, hit in enumerate(hits):
            if number >= _MAX_FINDINGS:
                self.skip(f"{rule.code}: more than {_MAX_FINDINGS} findings; the rest is not shown")
                break
            self._hits.append((rule, hit))

    def skip(self, reason: str) -> None:
        """Note that a part of the file was not looked at."""
        self._skipped.append(Skipped(self.view.blob.path, reason, incomplete=False))

    def results(self) -> "list[Finding | Skipped]":
        """Return everything, findings in file order."""
        if not self._hits:
            return [*self._skipped]
        from monei_guard.lints.findings import findings  # noqa: PLC0415 - most files that name Monei break no rule

        return [*findings(self._hits, self.view, self.vendor, self.shown_path), *self._skipped]
