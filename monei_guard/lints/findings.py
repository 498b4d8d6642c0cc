"""From violations to findings: locations, masked snippets, the value's path as related locations, fingerprints."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from monei_guard.lints.analysis.names import is_credential_literal, key_beginnings
from monei_guard.lints.analysis.trace import Step
from monei_guard.lints.violation import Violation
from monei_guard.model.blob import View
from monei_guard.model.finding import Finding, Related, fingerprint
from monei_guard.model.location import Span
from monei_guard.model.masking import redact
from monei_guard.model.rule import Confidence, Environment, Rule
from monei_guard.model.snippet import NO_MASKS, Masks, masked_code, masked_snippet, without_values

_TOKEN = re.compile(r"[A-Za-z0-9_\-+/=.~]{12,}")
_DIGITS = re.compile(rb"\d{4,}")  # a PIN has so many


@dataclass(frozen=True, slots=True)
class _Shown:
    """One file, and how it is shown."""

    view: View
    vendor: str
    path: str | None
    masks: Masks


def findings(
    violations: Iterable[tuple[Rule, Violation]],
    view: View,
    vendor: str,
    shown_path: str | None,
    masks: Masks | None = None,
) -> list[Finding]:
    """Return the findings of one file in file order; `violations` come with the rules they break.

    `vendor` is whose API the file uses ("unknown" where nothing says), `shown_path` replaces the displayed path,
    `masks` are what detection has found in the file.
    """
    shown = _Shown(view, vendor, shown_path, masks or NO_MASKS)
    counts: dict[str, int] = {}
    made = [_finding(rule, violation, shown, counts) for rule, violation in violations]
    return sorted(made, key=lambda finding: (finding.location.start_byte, finding.code))


def _finding(rule: Rule, violation: Violation, shown: _Shown, counts: dict[str, int]) -> Finding:
    view, vendor = shown.view, shown.vendor
    span = Span(violation.start, max(violation.end, violation.start))
    confidence = min(rule.confidence, violation.confidence) if violation.confidence is not None else rule.confidence
    if vendor == "unknown":
        confidence = min(confidence, Confidence.MEDIUM)
    hint = rule.hint
    if violation.fix:
        hint = f"{hint} Write: {masked(masked_code(' '.join(violation.fix.split()), shown.masks))}"
    return Finding(
        code=rule.code,
        rule=rule.id,
        kind=rule.kind,
        severity=rule.severity,
        confidence=confidence,
        vendor="unknown" if vendor == "unknown" else "monei",
        environment=Environment.UNKNOWN,
        message=masked(shown.masks.hidden(violation.message)),
        hint=hint,
        secret=None,
        location=view.locate(span, shown.path),
        fingerprint=_fingerprint(rule, span, shown, counts),
        snippet=masked_snippet(view, span, shown.masks),
        related=tuple(_related(violation, shown)),
    )


def _fingerprint(rule: Rule, span: Span, shown: _Shown, counts: dict[str, int]) -> str:
    """Return a digest that survives line moves: of the code without its values, and its number in `counts`.

    What is small enough to be guessed could be found by trying all that fits.
    """
    code = b" ".join(_DIGITS.sub(b"0", without_values(shown.view, span, shown.masks)).split())
    parts = (rule.code.encode(), shown.view.blob.path or b"", code)
    key = fingerprint(*parts)
    number = counts[key] = counts.get(key, -1) + 1
    return fingerprint(*parts, b"%d" % number)


def _related(violation: Violation, shown: _Shown) -> Iterable[Related]:
    """Yield the value's way, source first; stops on the line of the finding itself are left out."""
    steps: list[Step] = [*(violation.trace.steps if violation.trace is not None else ()), *violation.steps]
    view = shown.view
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
            masked(shown.masks.hidden(step.message)),
            other.locate(Span(step.start, max(step.end, step.start)), shown.path if same_file else None),
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
