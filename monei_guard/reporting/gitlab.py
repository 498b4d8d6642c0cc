"""GitLab's secret detection report, schema 15.0.7 (gitlab.com/gitlab-org/security-products/security-report-schemas).

Findings in force only: GitLab would open a vulnerability for a suppressed one too. GitLab shows descriptions and
solutions as Markdown, so text from a repository is in code spans or plain fields.
"""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, TextIO

from monei_guard.model.finding import Triaged
from monei_guard.model.location import display_path
from monei_guard.reporting.escaping import visible
from monei_guard.reporting.json_report import encode, write_items
from monei_guard.reporting.markdown import code
from monei_guard.reporting.report import TOOL_NAME, Report, reported_rules

_VERSION = "15.0.7"
_NAMESPACE = uuid.UUID("5f4dd7a5-8b6a-5f0e-9a3a-6f0f4b7c1d21")  # random once; ids are made from fingerprints under it
_NO_COMMIT = "0000000"  # what GitLab's own analyzer writes for a work tree
_NAME = 255  # characters GitLab takes
_SOLUTION = 7000


def write_gitlab(report: Report, stream: TextIO) -> None:
    """Write one report, for a job's `artifacts:reports:secret_detection`."""
    texts = {rule.code: rule.text.why or rule.title for rule in reported_rules(report.rules)}
    stream.write(f'{{"version": "{_VERSION}", "scan": {encode(_scan(report))},\n"vulnerabilities": [')
    write_items((_vulnerability(triaged, texts) for triaged in report.triaged if triaged.suppression is None), stream)
    stream.write("]}\n")


def _scan(report: Report) -> dict[str, Any]:
    tool = {"id": TOOL_NAME, "name": TOOL_NAME, "version": report.version, "vendor": {"name": TOOL_NAME}}
    return {
        "analyzer": tool,
        "scanner": tool,
        "type": "secret_detection",
        "start_time": _time(report.started),
        "end_time": _time(report.finished),
        "status": "success" if report.complete else "failure",
        "messages": list(_messages(report)),
    }


def _messages(report: Report) -> Iterator[dict[str, str]]:
    for skipped in report.skipped:
        name = "content without a name" if skipped.path is None else display_path(skipped.path)
        yield {
            "level": "warn" if skipped.incomplete else "info",
            "value": visible(f"not scanned: {name}: {skipped.reason}"),
        }
    for message in report.errors:
        yield {"level": "fatal", "value": visible(message) or "error"}
    if report.summary.suppressed:
        yield {"level": "info", "value": f"{report.summary.suppressed} findings are suppressed"}


def _vulnerability(triaged: Triaged, texts: dict[str, str]) -> dict[str, Any]:
    finding, location = triaged.finding, triaged.finding.location
    details = [texts.get(finding.code, "").strip(), code(finding.message)]
    if triaged.verification is not None:
        details.append(f"The API says: {triaged.verification.verdict}.")
    where: dict[str, Any] = {"commit": {"sha": location.commit or _NO_COMMIT}}
    if location.author is not None:
        where["commit"]["author"] = visible(location.author)
    if location.date is not None:
        where["commit"]["date"] = visible(location.date)
    if location.path is not None:
        where |= {"file": visible(location.path), "start_line": location.start_line, "end_line": location.end_line}
    vulnerability: dict[str, Any] = {
        "id": str(uuid.uuid5(_NAMESPACE, f"{finding.fingerprint} {location.commit}")),
        "name": visible(finding.message)[:_NAME],
        "description": "\n\n".join(part for part in details if part),
        "severity": finding.severity.label.capitalize(),
        "solution": (code(finding.hint) if finding.hint else "Revoke the key.")[:_SOLUTION],
        "identifiers": [
            {
                "type": "monei_guard_rule_id",
                "name": f"monei-guard rule {finding.code} ({finding.rule})",
                "value": finding.code,
            }
        ],
        "location": where,
    }
    if finding.secret is not None:
        vulnerability["raw_source_code_extract"] = finding.secret.redacted
    return vulnerability


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
