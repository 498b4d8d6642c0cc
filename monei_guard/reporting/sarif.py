"""SARIF 2.1.0 (OASIS standard, errata 01), one result a line so that a log of any size is streamed.

Section numbers below are those of https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/.
"""

import re
from typing import Any, TextIO
from urllib.parse import quote, quote_from_bytes

from monei_guard.model.blob import Skipped
from monei_guard.model.finding import Finding, Suppression, Triaged
from monei_guard.model.location import Location
from monei_guard.model.rule import Rule, Severity
from monei_guard.reporting.escaping import visible, well_formed
from monei_guard.reporting.json_report import encode, location_object, summary_object, write_items
from monei_guard.reporting.report import TOOL_NAME, Report, reported_rules, rules_digest

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"
_SAFE = "/!$&'()*+,;=@~"  # RFC 3986 pchar without ":", which a relative reference may not have in its first segment
_SPECIAL = re.compile(r"[\\\[\]{}]|##")  # what a message has to escape
_PLAIN_PATH = re.compile(r"[A-Za-z0-9._-][A-Za-z0-9/._-]*")
_LEVEL = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
# What GitHub code scanning sorts by: https://docs.github.com/en/code-security/code-scanning (SARIF support).
_SECURITY_SEVERITY = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
    Severity.INFO: "0.5",
}
_SUPPRESSION_KIND = {"inline": "inSource", "baseline": "external"}


def write_sarif(report: Report, stream: TextIO) -> None:
    """Write one SARIF log with one run."""
    rules = reported_rules(report.rules)
    index = {rule.code: number for number, rule in enumerate(rules)}
    stream.write(f'{{"$schema": {encode(_SCHEMA)}, "version": "2.1.0", "runs": [{{\n')
    stream.write(f'"tool": {{"driver": {encode(_driver(report, rules))}}},\n')
    stream.write(f'"columnKind": "unicodeCodePoints", "originalUriBaseIds": {encode(_roots())},\n"results": [')
    write_items((result_object(triaged, index) for triaged in report.triaged), stream)
    stream.write(f'],\n"invocations": [{{"executionSuccessful": {encode(report.complete)}, ')
    stream.write('"toolExecutionNotifications": [')
    write_items((_notification(skipped) for skipped in report.skipped), stream)
    stream.write('], "toolConfigurationNotifications": [')
    write_items((_error(message) for message in report.errors), stream)
    stream.write(f']}}],\n"properties": {{"summary": {encode(summary_object(report))}}}}}]}}\n')


def result_object(triaged: Triaged, index: dict[str, int]) -> dict[str, Any]:
    """Return one result; `index` maps a code to its place in the driver's rules."""
    finding = triaged.finding
    result: dict[str, Any] = {"ruleId": finding.code}
    if finding.code in index:
        result["ruleIndex"] = index[finding.code]
    result |= {
        "level": _LEVEL[finding.severity],
        "message": {"text": message_text(finding.message)},
        "locations": [_location(finding.location)],
        "partialFingerprints": {"moneiGuard/v1": finding.fingerprint},
        "suppressions": [] if triaged.suppression is None else [_suppression(triaged.suppression)],
        "properties": _properties(triaged),
    }
    if finding.related:
        result["relatedLocations"] = [
            _location(related.location) | {"id": number, "message": {"text": message_text(related.message)}}
            for number, related in enumerate(finding.related, 1)
        ]
        result["codeFlows"] = [_code_flow(finding)]
    return result


def message_text(text: str) -> str:
    r"""Return `text` as a SARIF message: on one line, brackets and braces literal (sections 3.11.5 and 3.11.6).

    Unescaped, `[click](https://…)` would be a link in every viewer and `{0}` a placeholder.
    """
    if text.isprintable() and not _SPECIAL.search(text):
        return text
    text = visible(text).replace("\\", "\\\\")
    return text.replace("[", "\\[").replace("]", "\\]").replace("{", "{{").replace("}", "}}")


def artifact_uri(location: Location) -> str:
    """Return the location's path as a relative URI reference, percent-encoded byte for byte."""
    if location.path is not None and location.path_bytes is None and _PLAIN_PATH.fullmatch(location.path):
        return location.path
    if location.path_bytes is not None:
        uri = quote_from_bytes(location.path_bytes, safe=_SAFE)
    else:
        uri = quote(well_formed(location.path or ""), safe=_SAFE)
    return f"file://{uri}" if uri.startswith("/") else uri


def _driver(report: Report, rules: list[Rule]) -> dict[str, Any]:
    return {
        "name": TOOL_NAME,
        "version": report.version,
        "rules": [_rule(rule) for rule in rules],
        "notifications": [
            _notification_kind("not-scanned", "Something was not scanned; the message says why."),
            _notification_kind("error", "Something went wrong; the message says what to do."),
        ],
        "properties": {"rulesDigest": rules_digest(report.rules)},
    }


def _rule(rule: Rule) -> dict[str, Any]:
    text = rule.text
    plain = [part for part in (text.what, text.why, text.instead or rule.hint) if part]
    headed = (("What it does", text.what), ("Why is this bad?", text.why), ("Use instead", text.instead or rule.hint))
    markdown = [f"## {title}\n{body.strip()}" for title, body in headed if body]
    if text.references:
        plain.append("References: " + " ".join(text.references))
        markdown.append("## References\n" + "\n".join(f"- <{url}>" for url in text.references))
    entry: dict[str, Any] = {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.id.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": " ".join((text.what or rule.title).split())},
        "help": {
            "text": "\n\n".join(part.strip() for part in plain) or rule.title,
            "markdown": "\n\n".join(markdown) or rule.title,
        },
        "defaultConfiguration": {"level": _LEVEL[rule.severity]},
        "properties": {
            "tags": ["security", rule.kind.value, rule.vendor],
            "precision": rule.confidence.label,
            "security-severity": _SECURITY_SEVERITY[rule.severity],
        },
    }
    if text.references and text.references[0].startswith("https://"):
        entry["helpUri"] = text.references[0]
    return entry


def _notification_kind(name: str, text: str) -> dict[str, Any]:
    """Return a notification descriptor with all the texts GitHub's validator asks for."""
    return {"id": name} | {key: {"text": text} for key in ("shortDescription", "fullDescription", "help")}


def _location(location: Location) -> dict[str, Any]:
    if location.path is None:
        name = location.origin.value if location.commit is None else f"{location.origin.value} {location.commit}"
        return {"logicalLocations": [{"fullyQualifiedName": name, "kind": "module"}]}
    length = max(location.end_byte - location.start_byte, 0)
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": artifact_uri(location), "uriBaseId": _ROOT},
            "region": {
                "startLine": location.start_line,
                "startColumn": location.start_column,
                "endLine": location.end_line,
                "endColumn": location.end_column,
                "byteOffset": location.start_byte,
                "byteLength": length,
            },
        }
    }


def _code_flow(finding: Finding) -> dict[str, Any]:
    """Return the way to the finding: the places that explain it, then the finding itself."""
    steps = [(related.location, related.message) for related in finding.related]
    steps.append((finding.location, finding.message))
    return {
        "threadFlows": [
            {
                "locations": [
                    {"location": _location(location) | {"message": {"text": message_text(message)}}}
                    for location, message in steps
                ]
            }
        ]
    }


def _suppression(suppression: Suppression) -> dict[str, Any]:
    until = f" (until {suppression.until})" if suppression.until else ""
    return {
        "kind": _SUPPRESSION_KIND.get(suppression.kind, "external"),
        "status": "accepted",
        "justification": visible(suppression.reason + until),
    }


def _properties(triaged: Triaged) -> dict[str, Any]:
    finding = triaged.finding
    location = location_object(finding.location)
    properties = {
        "confidence": finding.confidence.label,
        "severity": finding.severity.label,
        "vendor": finding.vendor,
        "environment": finding.environment.value,
        "hint": well_formed(finding.hint),
        "secret": None if finding.secret is None else finding.secret.redacted,
        "sha256": None if finding.secret is None else finding.secret.sha256,
        "verdict": None if triaged.verification is None else triaged.verification.verdict,
        "encodingPath": location["encoding_path"],
        "commit": location["commit"],
        "author": location["author"],
        "date": location["date"],
        "origin": location["origin"],
    }
    return {name: value for name, value in properties.items() if value not in (None, [], "")}


def _notification(skipped: Skipped) -> dict[str, Any]:
    notification: dict[str, Any] = {
        "descriptor": {"id": "not-scanned", "index": 0},
        "level": "error" if skipped.incomplete else "note",
        "message": {"text": message_text(f"not scanned: {skipped.reason}")},
    }
    if skipped.path is not None:
        uri = quote_from_bytes(skipped.path, safe=_SAFE)
        artifact = {"uri": f"file://{uri}"} if uri.startswith("/") else {"uri": uri, "uriBaseId": _ROOT}
        notification["locations"] = [{"physicalLocation": {"artifactLocation": artifact}}]
    return notification


def _error(message: str) -> dict[str, Any]:
    return {
        "descriptor": {"id": "error", "index": 1},
        "level": "error",
        "message": {"text": message_text(message)},
    }


def _roots() -> dict[str, Any]:
    return {_ROOT: {"description": {"text": "the scanned root"}}}
