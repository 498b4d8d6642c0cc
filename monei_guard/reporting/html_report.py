"""HTML: one file that opens anywhere, asks nobody for anything, and cannot run what a repository wrote into it.

The findings are a compressed block of data; the page's own script (named by its hash in the content security policy,
with trusted types required) shows them with `textContent` only. Charts are drawn here, by pygal, as plain SVG.
"""

import base64
import hashlib
import json
import os
import zlib
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TextIO

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from monei_guard.model.finding import Finding, Triaged
from monei_guard.model.levels import Severity
from monei_guard.model.location import display_path
from monei_guard.model.rule import Rule
from monei_guard.reporting.escaping import visible
from monei_guard.reporting.html_charts import charts
from monei_guard.reporting.html_summary import first_steps, headline, tiles
from monei_guard.reporting.report import Report, reported_rules, rules_digest
from monei_guard.reporting.terminal import location_text, size

_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "html")
_MAX_LISTED = 200  # things not scanned that are named
_LINE = 240  # characters of a snippet's line


def write_html(report: Report, stream: TextIO) -> None:
    """Write the page."""
    style, script = (_asset(name) for name in ("report.css", "report.js"))
    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters["visible"] = visible
    missed = [skipped for skipped in report.skipped if skipped.incomplete]
    page = environment.get_template("report.html").generate(
        policy=_policy(style, script),
        style=style,
        script=script,
        data=_packed(_data(report)),
        charts=charts(report),
        headline=headline(report),
        tiles=tiles(report),
        steps=first_steps(report),
        made=datetime.fromtimestamp(report.finished, UTC).strftime("%Y-%m-%d %H:%M UTC"),
        digest=rules_digest(report.rules)[:12],
        scanned=size(report.summary.coverage.bytes),
        missed=[(_name(skipped.path), skipped.reason) for skipped in missed[:_MAX_LISTED]],
        missed_more=max(len(missed) - _MAX_LISTED, 0),
        report=report,
    )
    stream.writelines(page)


def _asset(name: str) -> str:
    with open(os.path.join(_FOLDER, name), encoding="utf-8") as file:
        return file.read()


def _policy(style: str, script: str) -> str:
    """Return the content security policy: nothing but the two inline blocks, named by their hashes."""
    style_hash, script_hash = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)
    )
    return (
        f"default-src 'none'; script-src 'sha256-{script_hash}'; style-src 'sha256-{style_hash}'; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _packed(data: dict[str, Any]) -> str:
    """Return the data as base64 of raw deflate, which the browser's DecompressionStream undoes."""
    squeeze = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    return base64.b64encode(squeeze.compress(text) + squeeze.flush()).decode()


class _Table:
    """Distinct values in order of appearance; findings refer to them by number."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._numbers: dict[Hashable, int] = {}

    def number(self, key: Hashable, make: Callable[[], Any]) -> int:
        if key not in self._numbers:
            self._numbers[key] = len(self.values)
            self.values.append(make())
        return self._numbers[key]


def _data(report: Report) -> dict[str, Any]:
    texts = _Table()

    def text(value: str | None) -> int:
        return texts.number(value, lambda: None if value is None else visible(value))

    rows = [_row(triaged, text) for triaged in report.triaged]
    return {
        "rules": {rule.code: _rule(rule) for rule in reported_rules(report.rules)},
        "severities": [severity.label for severity in Severity],
        "rows": rows,
        "texts": texts.values,
    }


def _row(triaged: Triaged, text: Callable[[str | None], int]) -> list[Any]:
    """Return one finding as a list; `report.js` names the columns in the same order."""
    finding, location = triaged.finding, triaged.finding.location
    return [
        text(finding.code),
        int(finding.severity),
        text(finding.confidence.label),
        text(finding.vendor),
        text(finding.environment.value),
        text(finding.message),
        text(finding.hint),
        text(finding.secret.redacted if finding.secret is not None else None),
        text(location.path),
        location.start_line,
        location.start_column,
        text(location.commit),
        text(location.author),
        text(location.date),
        finding.fingerprint[:48],
        text(finding.rule),
        _snippet(finding),
        [text(note) for note in _notes(triaged)],
        text(f"{triaged.suppression.kind}: {triaged.suppression.reason}" if triaged.suppression is not None else None),
        text(triaged.verification.verdict if triaged.verification is not None else None),
    ]


def _snippet(finding: Finding) -> list[Any]:
    snippet = finding.snippet
    if snippet is None:
        return []
    lines = [[line.number, visible(line.text.replace("\t", " "))[:_LINE]] for line in snippet.lines]
    return [snippet.focus, *lines]


def _notes(triaged: Triaged) -> Iterable[str]:
    finding = triaged.finding
    if finding.location.encoding_path:
        yield f"decoded from {' > '.join(finding.location.encoding_path)}"
    for related in finding.related:
        yield f"{related.message}: {location_text(related.location)}"
    life = finding.life
    if life is not None:
        where = [name for name, there in (("HEAD", life.in_head), ("the work tree", life.in_worktree)) if there]
        yield f"first seen in commit {(life.first_commit or 'unknown')[:12]}, {life.versions} versions"
        yield f"still in {' and '.join(where)}" if where else "gone from HEAD and the work tree"
        yield f"reachable from {', '.join(life.reachable_from[:5]) or 'nothing'}"
    if triaged.verification is not None:
        yield f"the API says: {triaged.verification.verdict} ({triaged.verification.reason})"
    if triaged.suppression is not None and triaged.suppression.until:
        yield f"suppressed until {triaged.suppression.until}"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "title": rule.title,
        "why": " ".join(rule.text.why.split()),
        "instead": " ".join((rule.text.instead or rule.hint).split()),
        "references": _links(rule.text.references),
    }


def _links(references: Sequence[str]) -> list[str]:
    return [url for url in references if url.startswith("https://")]


def _name(path: bytes | None) -> str:
    return "content without a name" if path is None else display_path(path)
