"""JSON, version 1: the frozen machine-readable shape (docs/monei-guard-report-v1.json) and its line-by-line sister.

The shape is written out here by hand, field by field, so that a change of the model cannot change what users parse.
Output is ASCII with one finding a line: no control character, no bidirectional override and no CI workflow command
from a repository can reach a log through it, and a report of any size is never held in memory.
"""

import json
from collections.abc import Iterable
from typing import Any, TextIO

from monei_guard.model.blob import Skipped
from monei_guard.model.finding import Life, Suppression, Triaged, Verification
from monei_guard.model.location import Location, display_path
from monei_guard.model.secret import Secret
from monei_guard.reporting.escaping import well_formed
from monei_guard.reporting.report import TOOL_NAME, Report, rules_digest

_ENCODER = json.JSONEncoder(separators=(", ", ": "))


def write_json(report: Report, stream: TextIO) -> None:
    """Write one JSON document."""
    stream.write(f'{{"version": 1, "tool": {encode(tool_object(report))}, "findings": [')
    write_items((finding_object(triaged) for triaged in report.triaged), stream)
    stream.write('], "skipped": [')
    write_items((skipped_object(skipped) for skipped in report.skipped), stream)
    stream.write(f'], "errors": {encode(_errors(report))}, "summary": {encode(summary_object(report))}}}\n')


def write_jsonl(report: Report, stream: TextIO) -> None:
    """Write one finding a line, then one line with everything else (it is the one that has `summary`)."""
    stream.writelines(encode(finding_object(triaged)) + "\n" for triaged in report.triaged)
    stream.write(f'{{"version": 1, "tool": {encode(tool_object(report))}, "skipped": [')
    stream.writelines(
        (", " if number else "") + encode(skipped_object(skipped)) for number, skipped in enumerate(report.skipped)
    )
    stream.write(f'], "errors": {encode(_errors(report))}, "summary": {encode(summary_object(report))}}}\n')


def encode(value: Any) -> str:
    """Return `value` as ASCII JSON on one line in which no CI system finds a logging command."""
    text = _ENCODER.encode(value)
    # "#" stands only inside strings, and a backslash before it is always the second of a pair.
    return text.replace("##", "#\\u0023") if "##" in text else text


def write_items(items: Iterable[Any], stream: TextIO) -> None:
    """Write the elements of an array, one a line."""
    separator = "\n"
    for item in items:
        stream.write(separator + encode(item))
        separator = ",\n"
    if separator != "\n":
        stream.write("\n")


def tool_object(report: Report) -> dict[str, Any]:
    """Return who made the report, and with which rules."""
    return {"name": TOOL_NAME, "version": report.version, "rules_digest": rules_digest(report.rules)}


def finding_object(triaged: Triaged) -> dict[str, Any]:
    """Return one finding in the frozen shape."""
    finding = triaged.finding
    return {
        "code": finding.code,
        "rule": finding.rule,
        "severity": finding.severity.label,
        "confidence": finding.confidence.label,
        "vendor": finding.vendor,
        "environment": finding.environment.value,
        "message": well_formed(finding.message),
        "hint": well_formed(finding.hint),
        "secret": None if finding.secret is None else _secret(finding.secret),
        "location": location_object(finding.location),
        "related": [
            {"message": well_formed(related.message), "location": location_object(related.location)}
            for related in finding.related
        ],
        "life": None if finding.life is None else _life(finding.life),
        "fingerprint": finding.fingerprint,
        "suppression": None if triaged.suppression is None else _suppression(triaged.suppression),
        "verification": None if triaged.verification is None else _verification(triaged.verification),
    }


def location_object(location: Location) -> dict[str, Any]:
    """Return one place; `path_bytes` (hex) is there only when `path` cannot give the exact name back."""
    fields = {
        "path": None if location.path is None else well_formed(location.path),
        "start_line": location.start_line,
        "start_column": location.start_column,
        "end_line": location.end_line,
        "end_column": location.end_column,
        "encoding_path": list(location.encoding_path),
        "commit": location.commit,
        "author": None if location.author is None else well_formed(location.author),
        "date": location.date,
        "origin": location.origin.value,
    }
    if location.path_bytes is not None:
        fields["path_bytes"] = location.path_bytes.hex()
    return fields


def skipped_object(skipped: Skipped) -> dict[str, Any]:
    """Return one thing that was not scanned, and why."""
    path = None if skipped.path is None else display_path(skipped.path)
    fields: dict[str, Any] = {"path": path, "reason": well_formed(skipped.reason)}
    if path is not None and skipped.path is not None and path.encode() != skipped.path:
        fields["path_bytes"] = skipped.path.hex()
    return fields


def summary_object(report: Report) -> dict[str, Any]:
    """Return the counts, and the configuration that was in force."""
    summary = report.summary
    return {
        "files": summary.coverage.files,
        "blobs": summary.coverage.blobs,
        "bytes": summary.coverage.bytes,
        "findings": summary.findings,
        "suppressed": summary.suppressed,
        "skipped": summary.skipped,
        "incomplete": summary.incomplete,
        "configuration": {
            "file": None if summary.configuration.file is None else well_formed(summary.configuration.file),
            "turned_off": [well_formed(text) for text in summary.configuration.turned_off],
        },
    }


def _errors(report: Report) -> list[dict[str, str]]:
    return [{"message": well_formed(message)} for message in report.errors]


def _secret(secret: Secret) -> dict[str, Any]:
    return {"redacted": secret.redacted, "sha256": secret.sha256, "length": secret.length}


def _life(life: Life) -> dict[str, Any]:
    return {
        "first_commit": life.first_commit,
        "last_commit": life.last_commit,
        "versions": life.versions,
        "reachable_from": [well_formed(ref) for ref in life.reachable_from],
        "in_head": life.in_head,
        "in_worktree": life.in_worktree,
    }


def _suppression(suppression: Suppression) -> dict[str, Any]:
    return {
        "kind": suppression.kind,
        "reason": well_formed(suppression.reason),
        "until": suppression.until,
        "source": well_formed(suppression.source),
    }


def _verification(verification: Verification) -> dict[str, Any]:
    return {
        "verdict": verification.verdict,
        "reason": well_formed(verification.reason),
        "environment": verification.environment.value,
        "host": verification.host,
        "details": {name: well_formed(value) for name, value in verification.details},
    }
