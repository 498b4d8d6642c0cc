"""From assessments to findings: overlaps resolved, values masked, places named."""

from collections import Counter, defaultdict
from dataclasses import replace
from typing import NamedTuple

from monei_guard.detection.assessment import Assessment
from monei_guard.detection.documents.json_paths import byte_position, document_titles
from monei_guard.detection.matcher import Candidate
from monei_guard.model.blob import Blob, View
from monei_guard.model.finding import Finding, fingerprint
from monei_guard.model.location import Location, Span
from monei_guard.model.rule import Environment
from monei_guard.model.secret import Secret
from monei_guard.model.snippet import Mask, Masks, all_masks, masked_snippet

_FAR = 1000  # columns: beyond it, the line is a minified file's and its reader needs the offset in bytes


def masks_of(assessments: list[tuple[View, Assessment]]) -> Masks:
    """Return what of one blob must not show, whether it is a finding or not."""
    return all_masks(
        (_mask(view, assessment.candidate) for view, assessment in assessments if assessment.secret),
        {assessment.candidate.value for _, assessment in assessments if assessment.secret},
    )


def findings(assessments: list[tuple[View, Assessment]], masks: Masks, shown_path: str | None) -> list[Finding]:
    """Return the findings among the assessments of one blob's views, in order of place; see `Engine.findings`."""
    kept = _resolve_overlaps([item for item in assessments if not item[1].dropped or item[1].vendor])
    seen: Counter[str] = Counter()
    made = []
    titles = _titles(kept)
    for view, assessment in sorted(kept, key=lambda item: _root_span(*item).start):
        identity = _identity(assessment, view.blob)
        seen[identity] += 1
        made.append(_finding(view, assessment, f"{identity}:{seen[identity]}", masks, shown_path, titles))
    return made


def _root_span(view: View, assessment: Assessment) -> Span:
    return view.root_span(Span(assessment.candidate.start, assessment.candidate.end))[1]


def _resolve_overlaps(found: list[tuple[View, Assessment]]) -> list[tuple[View, Assessment]]:
    """Keep, of findings that share bytes of the blob, the most informative one.

    Two keys of one encoded text may share its bytes without being one; a value that a decoded view only copies is
    the root's, and so is what a value of the root decodes to. A key known to be another company's is no finding, but
    what lies within it is none either.
    """
    taken: defaultdict[int, list[_Taken]] = defaultdict(list)  # by kilobyte: a file may hold thousands
    kept: list[tuple[View, Assessment]] = []

    def rank(item: tuple[View, Assessment]) -> tuple[int, int, int]:
        view, assessment = item
        size = assessment.candidate.end - assessment.candidate.start
        return (-assessment.candidate.rule.precedence, len(view.encoding_path), -size)

    for view, assessment in sorted(found, key=rank):
        root, span = view.root_span(Span(assessment.candidate.start, assessment.candidate.end))
        value = assessment.candidate.value
        own = _Taken(span, value, root.data[span.start : span.end] == value)
        kilobytes = range(span.start >> 10, (span.end >> 10) + 1)
        is_new = not any(own.is_part_of(other) for kilobyte in kilobytes for other in taken[kilobyte])
        if is_new or assessment.dropped:
            for kilobyte in kilobytes:
                taken[kilobyte].append(own)
        if is_new and not assessment.dropped:
            kept.append((view, assessment))
    return kept


class _Taken(NamedTuple):
    """Bytes of a blob that make a value; `copied` says that they are its own letters."""

    span: Span
    value: bytes
    copied: bool

    def is_part_of(self, other: "_Taken") -> bool:
        """Whether this is the other value once more: some of its bytes, or what they decode to."""
        if self.span.start >= other.span.end or other.span.start >= self.span.end:
            return False
        decodes = other.copied and other.span.start <= self.span.start and self.span.end <= other.span.end
        return self.copied or decodes or self.value in other.value or other.value in self.value


def _mask(view: View, candidate: Candidate) -> Mask:
    _, span = view.root_span(Span(candidate.start, candidate.end))
    secret = Secret(candidate.value, guessable=candidate.rule.guessable)
    return Mask(span, secret.redacted if not view.encoding_path else f"‹{view.encoding_path[-1]}: {secret.redacted}›")


def _identity(assessment: Assessment, blob: Blob) -> str:
    """Return a digest that survives line moves. A guessable value does not go into it: its name does."""
    rule, value = assessment.candidate.rule, assessment.candidate.value
    what = assessment.around.name.encode() if rule.guessable else value
    return fingerprint(rule.code.encode(), blob.path or b"", what)


def _finding(
    view: View, assessment: Assessment, identity: str, masks: Masks, shown_path: str | None, titles: dict[int, str]
) -> Finding:
    candidate, rule = assessment.candidate, assessment.candidate.rule
    span = Span(candidate.start, candidate.end)
    root, root_span = view.root_span(span)
    location = view.locate(span, shown_path)
    if location.author:
        location = replace(location, author=masks.hidden(location.author))
    if view.blob.is_name:
        location = replace(location, start_line=1, start_column=1, end_line=1, end_column=1, start_byte=0, end_byte=0)
    return Finding(
        code=rule.code,
        rule=rule.id,
        kind=rule.kind,
        severity=assessment.severity,
        confidence=assessment.confidence,
        vendor=assessment.vendor,
        environment=assessment.environment,
        message=masks.hidden(_message(assessment, view.blob, _position(location, root_span, titles))),
        hint=rule.hint,
        secret=Secret(candidate.value, guessable=rule.guessable),
        location=location,
        fingerprint=identity,
        snippet=masked_snippet(root, root_span, masks),
    )


def _titles(kept: list[tuple[View, Assessment]]) -> dict[int, str]:
    """Return what a document's reader calls the places of the findings."""
    if not kept or kept[0][0].blob.is_name:
        return {}
    root, _ = kept[0][0].root_span(Span(0, 0))
    return document_titles(root.blob.path, root.data, [_root_span(*item).start for item in kept])


def _position(location: Location, span: Span, titles: dict[int, str]) -> str:
    title = titles.get(span.start, "")
    far = byte_position(location.start_byte) if location.start_column > _FAR else ""
    return ", ".join(part for part in (title, far) if part)


def _message(assessment: Assessment, blob: Blob, position: str) -> str:
    text = assessment.candidate.rule.title
    if assessment.vendor == "unknown":
        text = f"{text}, of an unknown company"
    elif assessment.vendor != "monei":
        text = f"{text} ({assessment.vendor})"
    if assessment.environment is not Environment.UNKNOWN:
        text = f"{text}, {assessment.environment}"
    if blob.is_name:
        text = f"{text}, in the name itself"
    if position:
        text = f"{text}; {position}"
    note = blob.note(assessment.candidate.value) if blob.note else ""
    return f"{text}; {note}" if note else text
