"""CSV (RFC 4180) for spreadsheets, in which no cell is a formula.

A cell that a spreadsheet could run (https://owasp.org/www-community/attacks/CSV_Injection) begins with an apostrophe.
"""

import csv
from collections.abc import Iterator
from typing import TextIO

from monei_guard.model.finding import Triaged
from monei_guard.reporting.escaping import visible
from monei_guard.reporting.report import Report

_COLUMNS = (
    "code", "rule", "severity", "confidence", "vendor", "environment", "message", "hint", "redacted", "sha256",
    "length", "path", "start_line", "start_column", "end_line", "end_column", "encoding_path", "origin", "commit",
    "author", "date", "first_commit", "last_commit", "versions", "in_head", "in_worktree", "fingerprint", "suppressed",
    "reason", "until", "verdict",
)  # fmt: skip
_FORMULA = frozenset("=+-@|%＝＋－＠")


def write_csv(report: Report, stream: TextIO) -> None:
    """Write a header and one row a finding, suppressed ones included. What was not scanned has no place here."""
    rows = csv.writer(stream, lineterminator="\r\n")
    rows.writerow(_COLUMNS)
    rows.writerows(_row(triaged) for triaged in report.triaged)


def inert(text: str) -> str:
    """Return `text` on one line, as a cell that no spreadsheet takes for a formula."""
    if text[:1].isalnum() and "##" not in text and text.isprintable():
        return text
    text = visible(text)
    return f"'{text}" if text.lstrip()[:1] in _FORMULA and text else text


def _row(triaged: Triaged) -> list[object]:
    finding, location = triaged.finding, triaged.finding.location
    return [
        finding.code, finding.rule, finding.severity.label, finding.confidence.label, _text(finding.vendor),
        finding.environment.value, inert(finding.message), inert(finding.hint), *_secret(triaged),
        _text(location.path), location.start_line, location.start_column, location.end_line, location.end_column,
        inert(" > ".join(location.encoding_path)), location.origin.value, location.commit, _text(location.author),
        _text(location.date), *_life(triaged), finding.fingerprint, *_decision(triaged),
    ]  # fmt: skip


def _text(text: str | None) -> str | None:
    return None if text is None else inert(text)


def _secret(triaged: Triaged) -> Iterator[object]:
    secret = triaged.finding.secret
    yield from (None, None, None) if secret is None else (inert(secret.redacted), secret.sha256, secret.length)


def _life(triaged: Triaged) -> Iterator[object]:
    life = triaged.finding.life
    if life is None:
        yield from (None,) * 5
    else:
        yield from (life.first_commit, life.last_commit, life.versions, life.in_head, life.in_worktree)


def _decision(triaged: Triaged) -> Iterator[object]:
    suppression = triaged.suppression
    yield from (None,) * 3 if suppression is None else (suppression.kind, inert(suppression.reason), suppression.until)
    yield triaged.verification.verdict if triaged.verification is not None else None
