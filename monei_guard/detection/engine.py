"""From views to findings: match, drop placeholders, attribute, judge, resolve overlaps.

Most of what names a keyword holds nothing that matches, so what judges matches is imported with the first one.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from time import process_time
from typing import TYPE_CHECKING

from monei_guard.detection.matcher import Candidate, Matcher, SlowRuleError
from monei_guard.model.blob import Skipped, View
from monei_guard.model.rule import Rule

if TYPE_CHECKING:
    from monei_guard.detection.assessment import Assessment
    from monei_guard.detection.context_filter import ContextJudge
    from monei_guard.model.finding import Finding


class Engine:
    """All detection rules, ready to judge views.

    `evidence` and `manifests` are called only when a match must be attributed: the rules of other companies, and the
    lower-cased text of the repository's dependency files.
    """

    def __init__(
        self,
        rules: Iterable[Rule],
        evidence: Callable[[], Iterable[Rule]],
        manifests: Callable[[], bytes] = lambda: b"",
        *,
        seconds: float = 10.0,
    ) -> None:
        self.rules = tuple(rules)
        self.matcher = Matcher(self.rules, seconds=seconds)
        self._load_evidence = evidence
        self._load_manifests = manifests

    @cached_property
    def _dropped_by_value(self) -> "Callable[[Candidate], Assessment | None]":
        from monei_guard.detection.value_filter import dropped_by_value  # noqa: PLC0415 - only for a match

        return dropped_by_value

    @cached_property
    def _context(self) -> "ContextJudge":
        from monei_guard.detection.context_filter import ContextJudge  # noqa: PLC0415 - only for what may be a key

        return ContextJudge(self._load_evidence, self._load_manifests)

    def findings(
        self, views: Sequence[View], shown_path: str | None = None, cuts: list[Skipped] | None = None
    ) -> "list[Finding]":
        """Return the findings in one blob's views, in order of place.

        `shown_path` replaces the displayed path (where the path itself holds a secret). Where time runs out, what was
        found by then is returned and the rest goes to `cuts`; without `cuts`, SlowRuleError is raised.
        """
        judged: list[tuple[View, Assessment]] = []
        deadline = self.matcher.deadline()
        try:
            for view in views:
                judged.extend((view, verdict) for verdict in self.verdicts(view, deadline))
        except SlowRuleError as error:
            if cuts is None:
                raise
            cuts.append(Skipped(views[0].blob.path, str(error)))
        if all(verdict.dropped for _, verdict in judged):
            return []
        from monei_guard.detection.findings import verdict_findings  # noqa: PLC0415 - only with a finding

        return verdict_findings(judged, shown_path)

    def verdicts(self, view: View, deadline: float | None = None) -> "Iterator[Assessment]":
        """Yield every candidate of the view with what became of it (`explain` shows the dropped ones too).

        Raises SlowRuleError at the deadline (`Matcher.deadline`), a whole period from now if none is given.
        """
        text = None
        until = self.matcher.deadline() if deadline is None else deadline
        for number, candidate in enumerate(self.matcher.candidates(view, until), 1):
            if process_time() > until:
                raise SlowRuleError(
                    f"only {number} matches could be judged in {self.matcher.seconds:g} s",
                    hint="what was found before is reported; scan the file in parts for the rest",
                )
            verdict = self._dropped_by_value(candidate)
            if verdict is None:
                text = text or self._context.text(view)
                verdict = self._context.verdict(text, candidate)
            yield verdict
