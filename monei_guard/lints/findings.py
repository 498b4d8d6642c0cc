"""From violations to findings: locations, masked snippets, the value's path as related locations, fingerprints."""

import re
from collections.abc import Iterable
from functools import cache

from monei_guard.lints.analysis.names import is_credential_literal, key_beginnings
from monei_guard.lints.analysis.trace import Step
from monei_guard.lints.violation import Violation
from monei_guard.model.blob import View
from monei_guard.model.finding import Finding, Related, Snippet, fingerprint
from monei_guard.model.location import Span
from monei_guard.model.masking import redact
from monei_guard.model.rule import Confidence, Environment, Rule
from monei_guard.model.snippet import LEAD, WIDTH
from monei_guard.model.snippet import snippet as lines_around

_TOKEN = re.compile(r"[A-Za-z0-9_\-+/=.~]{12,}")


def findings(
    violations: Iterable[tuple[Rule, Violation]], view: View, vendor: str, shown_path: str | None
) -> list[Finding]:
    """Return the findings of one file in file order; `violations` come with the rules they break.

    `vendor` is whose API the file uses ("unknown" where nothing says), `shown_path` replaces the displayed path.
    """
    counts: dict[str, int] = {}
    made = [_finding(rule, violation, view, vendor, shown_path, counts) for rule, violation in violations]
    return sorted(made, key=lambda finding: (finding.location.start_byte, finding.code))


def _finding(
    rule: Rule, violation: Violation, view: View, vendor: str, shown_path: str | None, counts: dict[str, int]
) -> Finding:
    span = Span(violation.start, max(violation.end, violation.start))
    confidence = min(rule.confidence, violation.confidence) if violation.confidence is not None else rule.confidence
    if vendor == "unknown":
        confidence = min(confidence, Confidence.MEDIUM)
    hint = rule.hint
    if violation.fix:
        hint = f"{hint} Write: {masked(' '.join(violation.fix.split()))}"
    return Finding(
        code=rule.code,
        rule=rule.id,
        kind=rule.kind,
        severity=rule.severity,
        confidence=confidence,
        vendor="unknown" if vendor == "unknown" else "monei",
        environment=Environment.UNKNOWN,
        message=masked(violation.message),
        hint=hint,
        secret=None,
        location=view.locate(span, shown_path),
        fingerprint=_fingerprint(rule, violation, view, counts),
        snippet=snippet(view, span),
        related=tuple(_related(violation, view, shown_path)),
    )


def _fingerprint(rule: Rule, violation: Violation, view: View, counts: dict[str, int]) -> str:
    """Return a digest that survives line moves: of the code itself, white space apart, and its number in `counts`."""
    code = b" ".join(view.data[violation.start : violation.end].split())
    parts = (rule.code.encode(), view.blob.path or b"", code)
    key = fingerprint(*parts)
    number = counts[key] = counts.get(key, -1) + 1
    return fingerprint(*parts, b"%d" % number)


def _related(violation: Violation, view: View, shown_path: str | None) -> Iterable[Related]:
    """Yield the value's way, source first; stops on the line of the finding itself are left out."""
    steps: list[Step] = [*(violation.trace.steps if violation.trace is not None else ()), *violation.steps]
    line = view.data.count(b"\n", 0, violation.start)
    seen: set[tuple[bytes | None, int]] = set()
    for step in steps:
        other = step.view
        same_file = other is view
        at = other.data.count(b"\n", 0, step.start)
        key = (other.blob.path, at)
        if (same_file and at == line) or key in seen:
            continue
        seen.add(key)
        yield Related(
            masked(step.message),
            other.locate(Span(step.start, max(step.end, step.start)), shown_path if same_file else None),
        )


def masked(text: str) -> str:
    """Return `text` with everything that looks like a credential masked."""
    prefixed = _prefixed()

    def replace(match: re.Match[str]) -> str:
        value = match.group()
        if prefixed.fullmatch(value) or is_credential_literal(value):
            return redact(value.encode())
        return prefixed.sub(lambda inner: redact(inner.group().encode()), value)

    return _TOKEN.sub(replace, text)


@cache
def _prefixed() -> re.Pattern[str]:
    return re.compile(rf"(?:{key_beginnings()})[A-Za-z0-9_\-]{{8,}}")


def snippet(view: View, span: Span) -> Snippet:
    """Return the line of `span`, one before and one after, masked; long lines are cut around the span."""

    def show(start: int, end: int, is_focus: bool) -> tuple[str, tuple[int, int]]:
        if not is_focus:
            return masked(_text(view, start, min(end, start + WIDTH))), (0, 0)
        left = max(start, span.start - LEAD) if end - start > WIDTH else start
        right = min(end, max(left + WIDTH, span.start + WIDTH))
        before = masked(_text(view, left, span.start))
        inside = masked(_text(view, span.start, min(span.end, right)))
        after = masked(_text(view, min(span.end, right), right))
        return before + inside + after, (len(before), len(before) + len(inside))

    return lines_around(view, span, show)


def _text(view: View, start: int, end: int) -> str:
    return view.data[start:end].rstrip(b"\r").decode(view.text_encoding, "replace")
