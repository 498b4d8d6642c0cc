"""The last look at a report's texts: a key in a variable's name, a path, a ref or git's own words is masked too.

Where a key was found, detection has masked it already. This is for texts that quote a repository and were not made by
detection.
"""

from dataclasses import replace

from monei_guard.model.blob import Skipped
from monei_guard.model.finding import Finding, Related, Snippet, Triaged
from monei_guard.model.location import Location
from monei_guard.reporting.redaction import without_keys
from monei_guard.reporting.report import Report


def report_without_keys(report: Report) -> Report:
    """Return the report with no key in any text that it shows."""
    configuration = report.summary.configuration
    return replace(
        report,
        triaged=tuple(_triaged(triaged) for triaged in report.triaged),
        skipped=tuple(_skipped(skipped) for skipped in report.skipped),
        errors=tuple(map(without_keys, report.errors)),
        summary=replace(
            report.summary,
            configuration=replace(
                configuration,
                file=None if configuration.file is None else without_keys(configuration.file),
                turned_off=tuple(map(without_keys, configuration.turned_off)),
            ),
        ),
    )


def _triaged(triaged: Triaged) -> Triaged:
    finding = _finding(triaged.finding)
    reason = triaged.suppression
    if reason is not None and without_keys(reason.reason) != reason.reason:
        reason = replace(reason, reason=without_keys(reason.reason))
    same = finding is triaged.finding and reason is triaged.suppression
    return triaged if same else replace(triaged, finding=finding, suppression=reason)


def _finding(finding: Finding) -> Finding:
    life = finding.life
    changed = {
        "message": without_keys(finding.message),
        "hint": without_keys(finding.hint),
        "location": _location(finding.location),
        "related": tuple(
            Related(without_keys(related.message), _location(related.location)) for related in finding.related
        ),
        "life": life and replace(life, reachable_from=tuple(map(without_keys, life.reachable_from))),
        "snippet": finding.snippet and _snippet(finding.snippet),
    }
    same = all(value == getattr(finding, name) for name, value in changed.items())
    return finding if same else replace(finding, **changed)  # type: ignore[arg-type] # each has its field's type


def _location(location: Location) -> Location:
    path = location.path and without_keys(location.path)
    return location if path == location.path else replace(location, path=path, path_bytes=None)


def _snippet(snippet: Snippet) -> Snippet:
    # A key that a check of names shows on its line would move the caret: the line is worth more than its caret.
    return replace(snippet, lines=tuple(replace(line, text=without_keys(line.text)) for line in snippet.lines))


def _skipped(skipped: Skipped) -> Skipped:
    path = skipped.path
    if path is not None:
        path = without_keys(path.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    return Skipped(path, without_keys(skipped.reason), skipped.incomplete)
