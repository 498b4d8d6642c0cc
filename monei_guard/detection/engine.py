"""From views to findings: match, drop placeholders, attribute, judge, resolve overlaps."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from time import process_time

import regex

from monei_guard.content.document_places import byte_place, document_places
from monei_guard.content.table_columns import table_and_column
from monei_guard.detection.attribution import UNIQUE_SHAPE, Attribution, Known, VendorSigns, attribute, vendor_signs
from monei_guard.detection.environment import environment
from monei_guard.detection.matcher import Candidate, Matcher, SlowRuleError
from monei_guard.detection.placeholders import looks_generated, placeholder_reason
from monei_guard.detection.snippet import Mask, Masks, all_masks, masked_snippet
from monei_guard.detection.surroundings import Surroundings, surroundings
from monei_guard.model.blob import Blob, Skipped, View
from monei_guard.model.finding import Finding
from monei_guard.model.location import Location, Span
from monei_guard.model.rule import Confidence, Environment, Rule, Severity, Unattributed
from monei_guard.model.secret import Secret

# File-wide evidence is read from the beginning, where imports and settings stand.
_HEAD = 1 << 18
_CERTAIN = 7  # evidence score from which an attribution is beyond doubt
_LIKELY = 3
_ENOUGH = 2
_FAR = 1000  # columns: beyond it, the line is a minified file's and its reader needs the offset in bytes
_NOWHERE = Surroundings("", "", b"", b"")  # of values that were dropped before anyone looked around


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one candidate. `dropped` says why it is no finding ("" for a finding)."""

    candidate: Candidate
    around: Surroundings
    vendor: str = ""
    environment: Environment = Environment.UNKNOWN
    confidence: Confidence = Confidence.HIGH
    severity: Severity = Severity.HIGH
    dropped: str = ""
    secret: bool = True  # whether the value must be masked wherever it is shown


@dataclass(frozen=True, slots=True)
class _Text:
    """What the matches in one view have in common; the functions remember their answers."""

    path: bytes | None
    head: bytes  # the lower-cased beginning
    spoken_of: Known
    around: Callable[[int, int], Surroundings]


def _text(view: View) -> _Text:
    head = view.data[:_HEAD].lower()
    return _Text(
        path=view.blob.path,
        head=head,
        spoken_of=cache(lambda company: company.mentioned(head)),
        around=cache(
            lambda start, end: surroundings(view.data, start, end, table_and_column(view.blob.path, view.data, start))
        ),
    )


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
    def _signs(self) -> tuple[VendorSigns, ...]:
        return vendor_signs(self._load_evidence())

    @cached_property
    def _declared(self) -> Known:
        manifests = self._load_manifests()
        return cache(lambda company: company.declared(manifests))

    def findings(
        self, views: Sequence[View], shown_path: str | None = None, cuts: list[Skipped] | None = None
    ) -> list[Finding]:
        """Return the findings in one blob's views, in order of place.

        `shown_path` replaces the displayed path (where the path itself holds a secret). Where time runs out, what was
        found by then is returned and the rest goes to `cuts`; without `cuts`, SlowRuleError is raised.
        """
        judged: list[tuple[View, Verdict]] = []
        deadline = self.matcher.deadline()
        try:
            for view in views:
                judged.extend((view, verdict) for verdict in self.verdicts(view, deadline))
        except SlowRuleError as error:
            if cuts is None:
                raise
            cuts.append(Skipped(views[0].blob.path, str(error)))
        return self._resolved(judged, shown_path)

    def _resolved(self, judged: list[tuple[View, Verdict]], shown_path: str | None) -> list[Finding]:
        kept = _resolve_overlaps([(view, verdict) for view, verdict in judged if not verdict.dropped])
        masks = all_masks(
            (_mask(view, verdict.candidate) for view, verdict in judged if verdict.secret),
            {verdict.candidate.value for _, verdict in judged if verdict.secret},
        )
        seen: Counter[str] = Counter()
        findings = []
        places = _places(kept)
        for view, verdict in sorted(kept, key=lambda item: _root_span(*item).start):
            identity = _identity(verdict, view.blob)
            seen[identity] += 1
            findings.append(_finding(view, verdict, f"{identity}:{seen[identity]}", masks, shown_path, places))
        return findings

    def verdicts(self, view: View, deadline: float | None = None) -> Iterator[Verdict]:
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
            text = text or _text(view)
            yield self._judge(text, candidate)

    def _judge(self, text: "_Text", candidate: Candidate) -> Verdict:
        rule, value = candidate.rule, candidate.value
        is_prefixed = not rule.context.name and not rule.guessable
        # The value first: nearly all candidates of the open patterns are words, and fail here for next to nothing.
        unfit = _unfit_value(rule, value)
        if unfit:
            return Verdict(candidate, _NOWHERE, dropped=unfit, secret=is_prefixed)
        filler = placeholder_reason(value)
        if filler:
            return Verdict(candidate, _NOWHERE, dropped=f"placeholder: {filler}", secret=False)
        around = text.around(candidate.start, candidate.end)
        unmet = _unmet_context(rule, around)
        if unmet:
            return Verdict(candidate, around, dropped=unmet, secret=is_prefixed)
        owner = self._owner(rule, value, around, text.spoken_of)
        vendor, doubt = _vendor(rule, owner)
        if not vendor:
            return Verdict(candidate, around, dropped=doubt)
        where = environment(value, around, text.head, text.path)
        return Verdict(
            candidate, around, vendor, where, _confidence(rule, vendor, owner), _severity(rule, vendor, where)
        )

    def _owner(self, rule: Rule, value: bytes, around: Surroundings, in_file: Known) -> Attribution:
        if rule.unattributed is Unattributed.KEEP and not rule.context.vendor and rule.vendor != "other":
            return Attribution(rule.vendor, UNIQUE_SHAPE)
        return attribute(value, around, self._signs, in_file, self._declared)


def _unmet_context(rule: Rule, around: Surroundings) -> str:
    """Return which condition of the rule's context the match's surroundings do not meet, or ""."""
    context = rule.context
    if context.name and not regex.search(context.name, around.name):
        return "it is not given to a name this rule looks for"
    if context.not_name and regex.search(context.not_name, around.name):
        return "its name says it is something else"
    return ""


def _unfit_value(rule: Rule, value: bytes) -> str:
    """Return which condition of the rule's context the value itself does not meet, or ""."""
    context = rule.context
    if context.value and not regex.fullmatch(context.value.encode(), value):
        return "its form is not the one this rule looks for"
    if context.random and not looks_generated(_body(value)):
        return "it does not look generated"
    return ""


def _body(value: bytes) -> bytes:
    """Return the value without its vendor prefix: `sk_live_` says nothing about how random the rest is."""
    prefix = regex.match(rb"[A-Za-z]{2,5}_(?:(?:live|test|prod|sandbox)_)?", value)
    return value[prefix.end() :] if prefix else value


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
        return "unknown", ""
    return "", "nothing says that it is Monei's"


def _confidence(rule: Rule, vendor: str, owner: Attribution) -> Confidence:
    if vendor == "unknown":
        return Confidence.LOW
    if owner.score >= _CERTAIN:
        return rule.confidence
    return min(rule.confidence, Confidence.MEDIUM if owner.score >= _LIKELY else Confidence.LOW)


def _severity(rule: Rule, vendor: str, where: Environment) -> Severity:
    if vendor == "unknown":
        return min(rule.severity, Severity.MEDIUM)
    if where is Environment.SANDBOX:
        return min(rule.severity, Severity.HIGH)
    return rule.severity


def _root_span(view: View, verdict: Verdict) -> Span:
    return view.root_span(Span(verdict.candidate.start, verdict.candidate.end))[1]


def _resolve_overlaps(found: list[tuple[View, Verdict]]) -> list[tuple[View, Verdict]]:
    """Keep, of findings that share bytes of the blob, the most informative one.

    Two keys of one encoded text may share its bytes without being one; a value that a decoded view only copies is
    the root's.
    """
    taken: defaultdict[int, list[tuple[Span, bytes]]] = defaultdict(list)  # by kilobyte: a file may hold thousands
    kept: list[tuple[View, Verdict]] = []

    def rank(item: tuple[View, Verdict]) -> tuple[int, int, int]:
        view, verdict = item
        size = verdict.candidate.end - verdict.candidate.start
        return (-verdict.candidate.rule.precedence, len(view.encoding_path), -size)

    for view, verdict in sorted(found, key=rank):
        root, span = view.root_span(Span(verdict.candidate.start, verdict.candidate.end))
        value = verdict.candidate.value
        copied = root.data[span.start : span.end] == value
        places = range(span.start >> 10, (span.end >> 10) + 1)
        if not any(
            span.start < other.end and other.start < span.end and (copied or value in before or before in value)
            for place in places
            for other, before in taken[place]
        ):
            for place in places:
                taken[place].append((span, value))
            kept.append((view, verdict))
    return kept


def _mask(view: View, candidate: Candidate) -> Mask:
    _, span = view.root_span(Span(candidate.start, candidate.end))
    secret = Secret(candidate.value, guessable=candidate.rule.guessable)
    return Mask(span, secret.redacted if not view.encoding_path else f"‹{view.encoding_path[-1]}: {secret.redacted}›")


def _identity(verdict: Verdict, blob: Blob) -> str:
    """Return a digest that survives line moves. A guessable value does not go into it: its name does."""
    rule, value = verdict.candidate.rule, verdict.candidate.value
    what = verdict.around.name.encode() if rule.guessable else value
    parts = (rule.code.encode(), blob.path or b"", what)
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:32]


def _finding(
    view: View, verdict: Verdict, fingerprint: str, masks: Masks, shown_path: str | None, places: dict[int, str]
) -> Finding:
    candidate, rule = verdict.candidate, verdict.candidate.rule
    span = Span(candidate.start, candidate.end)
    root, root_span = view.root_span(span)
    location = view.locate(span, shown_path)
    if location.author:
        location = replace(location, author=_masked(location.author, masks.values))
    if view.blob.is_name:
        location = replace(location, start_line=1, start_column=1, end_line=1, end_column=1, start_byte=0, end_byte=0)
    return Finding(
        code=rule.code,
        rule=rule.id,
        severity=verdict.severity,
        confidence=verdict.confidence,
        vendor=verdict.vendor,
        environment=verdict.environment,
        message=_masked(_message(verdict, view.blob, _place(location, root_span, places)), masks.values),
        hint=rule.hint,
        secret=Secret(candidate.value, guessable=rule.guessable),
        location=location,
        fingerprint=fingerprint,
        snippet=masked_snippet(root, root_span, masks),
    )


def _masked(text: str, values: tuple[bytes, ...]) -> str:
    """Return text about a finding (it may quote a name that is itself a key) without any of the values."""
    raw = text.encode("utf-8", "surrogateescape")
    for value in values:
        if value in raw:
            raw = raw.replace(value, Secret(value).redacted.encode())
    return raw.decode("utf-8", "surrogateescape")


def _places(kept: list[tuple[View, Verdict]]) -> dict[int, str]:
    """Return what a document's reader calls the places of the findings."""
    if not kept or kept[0][0].blob.is_name:
        return {}
    root, _ = kept[0][0].root_span(Span(0, 0))
    return document_places(root.blob.path, root.data, [_root_span(*item).start for item in kept])


def _place(location: Location, span: Span, places: dict[int, str]) -> str:
    place = places.get(span.start, "")
    far = byte_place(location.start_byte) if location.start_column > _FAR else ""
    return ", ".join(part for part in (place, far) if part)


def _message(verdict: Verdict, blob: Blob, place: str) -> str:
    text = verdict.candidate.rule.title
    if verdict.vendor == "unknown":
        text = f"{text}, of an unknown company"
    elif verdict.vendor != "monei":
        text = f"{text} ({verdict.vendor})"
    if verdict.environment is not Environment.UNKNOWN:
        text = f"{text}, {verdict.environment}"
    if blob.is_name:
        text = f"{text}, in the name itself"
    if place:
        text = f"{text}; {place}"
    note = blob.note(verdict.candidate.value) if blob.note else ""
    return f"{text}; {note}" if note else text
