"""What a match is by what stands around it: whose key, of which environment, how certain, how bad."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, cached_property

import regex

from monei_guard.detection.assessment import NO_CONTEXT, Assessment, MatchContext
from monei_guard.detection.assignment import surroundings, uses
from monei_guard.detection.attribution import (
    UNIQUE_SHAPE,
    Attribution,
    CompanyTest,
    VendorSigns,
    attribute,
    vendor_signs,
)
from monei_guard.detection.documented_values import is_documented
from monei_guard.detection.documents.table_columns import table_and_column
from monei_guard.detection.environment import environment
from monei_guard.detection.matcher import Candidate
from monei_guard.detection.named_company import named_company
from monei_guard.detection.opaque_values import opaque_reason
from monei_guard.detection.value_filter import is_prefixed
from monei_guard.model.blob import View
from monei_guard.model.rule import Confidence, Environment, Rule, Severity, Unattributed

# File-wide evidence is read from the beginning, where imports and settings stand.
_HEAD = 1 << 18
_CERTAIN = 7  # evidence score from which an attribution is beyond doubt
_LIKELY = 3
_ENOUGH = 2
NOBODY = "unknown"  # the vendor of a key that nothing gives to any company


@dataclass(frozen=True, slots=True)
class Text:
    """What the matches in one view have in common; the functions remember their answers."""

    path: bytes | None
    data: bytes
    head: bytes  # the lower-cased beginning
    spoken_of: CompanyTest
    concerns: Callable[[str], bool]  # whether anything there speaks of the company
    around: Callable[[int, int], MatchContext]
    uses: Callable[[int, int], tuple[MatchContext, ...]]  # of the name that a value is given


class ContextFilter:
    """Assesses matches by their surroundings.

    Evidence, manifests and mentions (see `engine.Engine`) are read when they are needed.
    """

    def __init__(
        self, evidence: Callable[[], Iterable[Rule]], manifests: Callable[[], bytes], mentions: Callable[[str], bool]
    ) -> None:
        self._load_evidence = evidence
        self._load_manifests = cache(manifests)
        self._mentions = cache(mentions)

    @cached_property
    def _signs(self) -> tuple[VendorSigns, ...]:
        return vendor_signs(self._load_evidence())

    @cached_property
    def _declared(self) -> CompanyTest:
        return cache(lambda company: company.declared(self._load_manifests()))

    def text(self, view: View) -> Text:
        """Return what there is to ask about the matches in a view."""
        head = view.data[:_HEAD].lower()
        return Text(
            path=view.blob.path,
            data=view.data,
            head=head,
            spoken_of=cache(lambda company: company.mentioned(head)),
            concerns=cache(lambda vendor: self._concerns(view, vendor)),
            around=cache(
                lambda start, end: surroundings(
                    view.data, start, end, table_and_column(view.blob.path, view.data, start)
                )
            ),
            uses=cache(lambda start, end: tuple(uses(view.data, start, end))),
        )

    def assess(self, text: Text, candidate: Candidate) -> Assessment:
        """Return what becomes of a candidate that its value did not drop."""
        ruled_out = _ruled_out(text, candidate)
        if ruled_out is not None:
            return ruled_out
        rule, value, around = candidate.rule, candidate.value, _fitting(text, candidate)
        owner = self._owner(rule, value, around, text.spoken_of)
        vendor, doubt = _vendor(rule, owner)
        if not vendor:
            another = owner.vendor if rule.vendor != "other" else ""
            return Assessment(candidate, around, another, dropped=doubt)
        where = environment(value, around, text.head, text.path)
        confidence, severity = _confidence(rule, vendor, owner), _severity(rule, vendor, where)
        if vendor == NOBODY:
            vendor = self._named(rule, around)
            severity = severity if text.concerns(rule.vendor) else Severity.INFO
        return Assessment(candidate, around, vendor, where, confidence, severity)

    def _named(self, rule: Rule, around: MatchContext) -> str:
        """Return the company that the name of nobody's key speaks of, if it is not the rule's own."""
        is_own = any(company.vendor == rule.vendor and company.named(around.name) for company in self._signs)
        return NOBODY if is_own else named_company(around.original_name) or NOBODY

    def _concerns(self, view: View, vendor: str) -> bool:
        """Whether the file, its path, the dependency files or another file of the repository may speak of a company.

        What no evidence describes may always be spoken of.
        """
        signs = [company for company in self._signs if company.vendor == vendor and company.anywhere]
        texts = (view.blob.path or b"", view.data, bytes(view.blob.content))
        return not signs or any(
            any(map(company.hinted_at, texts))
            or company.hinted_at(self._load_manifests())
            or self._mentions(company.anywhere)
            for company in signs
        )

    def rules_out(self, text: Text, candidate: Candidate) -> bool:
        """Return whether a candidate that its value did not drop is no finding whoever's it would be."""
        return _ruled_out(text, candidate) is not None

    def _owner(self, rule: Rule, value: bytes, around: MatchContext, in_file: CompanyTest) -> Attribution:
        if rule.unattributed is Unattributed.KEEP and not rule.context.vendor and rule.vendor != "other":
            return Attribution(rule.vendor, UNIQUE_SHAPE)
        return attribute(value, around, self._signs, in_file, self._declared)


def _ruled_out(text: Text, candidate: Candidate) -> Assessment | None:
    """Return why a candidate is no finding whoever's it would be, None where it may be one."""
    if is_documented(candidate.value):
        reason = "placeholder: it is printed in public documentation"
        return Assessment(candidate, NO_CONTEXT, dropped=reason, secret=False)
    around = _fitting(text, candidate)
    unmet = _unmet_context(candidate.rule, around) or _opaque(text, candidate)
    return Assessment(candidate, around, dropped=unmet, secret=is_prefixed(candidate.rule)) if unmet else None


def _fitting(text: Text, candidate: Candidate) -> MatchContext:
    """Return the surroundings that say what a value is for: its own, or those of a place where its name is used."""
    own = text.around(candidate.start, candidate.end)
    if not _unmet_context(candidate.rule, own) or _is_misnamed(candidate.rule, own):
        return own
    uses_of_name = text.uses(candidate.start, candidate.end)
    return next((use for use in uses_of_name if not _unmet_context(candidate.rule, use)), own)


def _opaque(text: Text, candidate: Candidate) -> str:
    """Return why a value that only its name makes a credential is none after all, or ""."""
    if is_prefixed(candidate.rule) or candidate.rule.guessable:
        return ""
    own = text.around(candidate.start, candidate.end)
    return opaque_reason(text.data, candidate.start, candidate.end, own.name, text.path)


def _unmet_context(rule: Rule, around: MatchContext) -> str:
    """Return which condition of the rule's context the match's surroundings do not meet, or ""."""
    if rule.context.name and not regex.search(rule.context.name, around.name):
        return "it is not given to a name this rule looks for"
    return "its name says it is something else" if _is_misnamed(rule, around) else ""


def _is_misnamed(rule: Rule, around: MatchContext) -> bool:
    return bool(rule.context.not_name) and regex.search(rule.context.not_name, around.name) is not None


def _vendor(rule: Rule, owner: Attribution) -> tuple[str, str]:
    """Return the vendor to report, or "" and the reason why the match is not reported."""
    if rule.vendor == "other":
        if owner.vendor and owner.vendor != "monei":
            return owner.vendor, ""
        return "", "no other company's key"
    if owner.vendor == rule.vendor and (owner.score >= _ENOUGH or rule.unattributed is Unattributed.KEEP):
        return rule.vendor, ""
    if owner.vendor and owner.vendor != rule.vendor:
        return "", f"it is a key of {owner.vendor}"
    if rule.unattributed is Unattributed.UNKNOWN:
        return NOBODY, ""
    return "", "nothing says that it is Monei's"


def _confidence(rule: Rule, vendor: str, owner: Attribution) -> Confidence:
    if vendor == NOBODY:
        return Confidence.LOW
    if owner.score >= _CERTAIN:
        return rule.confidence
    return min(rule.confidence, Confidence.MEDIUM if owner.score >= _LIKELY else Confidence.LOW)


def _severity(rule: Rule, vendor: str, where: Environment) -> Severity:
    if vendor == NOBODY:
        return min(rule.severity, Severity.MEDIUM)
    if where is Environment.SANDBOX:
        return min(rule.severity, Severity.HIGH)
    return rule.severity
