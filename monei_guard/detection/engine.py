"""From views to findings: match, drop placeholders, attribute, judge, resolve overlaps.

Most of what names a keyword holds nothing that matches, so what judges matches is imported with the first one.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, partial
from time import process_time
from typing import TYPE_CHECKING, NamedTuple

from monei_guard.deferred import load
from monei_guard.detection.matcher import Candidate, Matcher, SlowRuleError
from monei_guard.model.blob import Skipped, View
from monei_guard.model.rule import Rule

if TYPE_CHECKING:
    from monei_guard.detection.assessment import Assessment
    from monei_guard.detection.context_filter import ContextFilter
    from monei_guard.model.finding import Finding
    from monei_guard.model.snippet import Masks


class Detected(NamedTuple):
    """The findings in one blob's views, in order of place, what of it could not be judged in time, and its masks."""

    findings: "tuple[Finding, ...]" = ()
    skipped: tuple[Skipped, ...] = ()
    masks: "Masks | None" = None  # what of the blob must not show; None where nothing matched


class Engine:
    """All detection rules, ready to judge views.

    `evidence` and `manifests` are called only when a match must be attributed: the rules of other companies, and the
    lower-cased text of the repository's dependency files. `mentions` says whether any file of the repository may hold
    what an extended regular expression of POSIX matches, whatever its case; it is asked of keys that are nobody's.
    """

    def __init__(
        self,
        rules: Iterable[Rule],
        evidence: Callable[[], Iterable[Rule]],
        manifests: Callable[[], bytes] = lambda: b"",
        mentions: Callable[[str], bool] = lambda _pattern: False,
        *,
        seconds: float = 10.0,
    ) -> None:
        self.rules = tuple(rules)
        self.matcher = Matcher(self.rules, seconds=seconds)
        self._load_evidence = evidence
        self._load_manifests = manifests
        self._mentions = mentions

    @cached_property
    def _dropped_by_value(self) -> "Callable[[Candidate], Assessment | None]":
        return load("monei_guard.detection.value_filter:dropped_by_value")  # type: ignore[no-any-return] # as declared

    @cached_property
    def _context(self) -> "ContextFilter":
        return load("monei_guard.detection.context_filter:ContextFilter")(  # type: ignore[no-any-return] # as declared
            self._load_evidence, self._load_manifests, self._mentions
        )

    def findings(self, views: Sequence[View], shown_path: str | None = None) -> Detected:
        """Return the findings in one blob's views; `shown_path` replaces the displayed path (to mask one).

        Where time runs out, what was found by then is returned with what was not judged.
        """
        assessments: list[tuple[View, Assessment]] = []
        skipped: tuple[Skipped, ...] = ()
        deadline = self.matcher.deadline()
        try:
            for view in views:
                assessments.extend((view, assessment) for assessment in self._surviving(view, deadline))
        except SlowRuleError as error:
            skipped = (Skipped(views[0].blob.path, str(error)),)
        if not any(assessment.secret or not assessment.dropped for _, assessment in assessments):
            return Detected((), skipped)
        masks = load("monei_guard.detection.findings:masks_of")(assessments)
        if all(assessment.dropped for _, assessment in assessments):
            return Detected((), skipped, masks)
        make = load("monei_guard.detection.findings:findings")
        return Detected(tuple(make(assessments, masks, shown_path)), skipped, masks)

    def _surviving(self, view: View, deadline: float) -> "Iterator[Assessment]":
        """Yield the candidates of the view that may be findings or have to be masked, with what became of them."""
        return self._assessed(view, self.matcher.surviving(view, deadline, self.is_dropped), deadline)

    def is_dropped(self, candidate: Candidate) -> bool:
        """Return whether a candidate is neither a finding nor to be masked, whatever stands around it."""
        assessment = self._dropped_by_value(candidate)
        return assessment is not None and not assessment.secret

    def ruled_out_by_context(self, view: View) -> "Callable[[Candidate], bool]":
        """Return a test for candidates in a view that what stands around them rules out, whoever's they would be."""
        return partial(self._context.rules_out, self._context.text(view))

    def assessments(self, view: View, deadline: float | None = None) -> "Iterator[Assessment]":
        """Yield every candidate of the view with what became of it (`explain` shows the dropped ones too).

        Raises SlowRuleError at the deadline (`Matcher.deadline`), a whole period from now if none is given.
        """
        until = self.matcher.deadline() if deadline is None else deadline
        return self._assessed(view, self.matcher.candidates(view, until), until)

    def _assessed(self, view: View, candidates: Iterable[Candidate], until: float) -> "Iterator[Assessment]":
        text = None
        for number, candidate in enumerate(candidates, 1):
            if process_time() > until:
                raise SlowRuleError(
                    f"only {number} matches could be judged in {self.matcher.seconds:g} s",
                    hint="what was found before is reported; scan the file in parts for the rest",
                )
            assessment = self._dropped_by_value(candidate)
            if assessment is None:
                text = text or self._context.text(view)
                assessment = self._context.assess(text, candidate)
            yield assessment
