"""JUnit XML, as Jenkins, GitLab, Azure DevOps and CircleCI read it: a finding is a failed test.

The order of the elements is that of the strict schema of Apache Ant's report, which looser readers accept too. The
library builds the document in memory.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TextIO

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite
from junitparser.junitparser import etree  # type: ignore[attr-defined] # lxml's where that is installed

from monei_guard.model.finding import Triaged
from monei_guard.model.location import display_path
from monei_guard.reporting.escaping import visible
from monei_guard.reporting.report import TOOL_NAME, Report
from monei_guard.reporting.terminal import Style, finding_lines, location_text, summary_line


def write_junit(report: Report, stream: TextIO) -> None:
    """Write one suite: a failure for each finding in force, a skip for each suppressed one, an error for each miss."""
    suite = TestSuite(TOOL_NAME)
    suite.hostname = "localhost"
    suite.timestamp = datetime.fromtimestamp(report.started, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    suite.add_property("version", report.version)
    suite.add_property("configuration", visible(report.summary.configuration.file or "defaults"))
    cases = list(_cases(report))
    suite.add_testcases(cases or [_case("no findings", "monei-guard")])
    suite.time = round(report.finished - report.started, 3)
    # The strict schema wants these four, which the library leaves to the caller.
    root = suite._elem  # noqa: SLF001 - it offers no other way
    root.set("package", TOOL_NAME)
    root.set("id", "0")
    etree.SubElement(root, "system-out").text = summary_line(report.summary, Style())
    etree.SubElement(root, "system-err")
    document = JUnitXml(TOOL_NAME)
    document.add_testsuite(suite)
    for name in list(document._elem.attrib):  # noqa: SLF001 - totals the strict schema does not know
        del document._elem.attrib[name]  # noqa: SLF001
    stream.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    stream.write(etree.tostring(document._elem, encoding="unicode") + "\n")  # noqa: SLF001


def _cases(report: Report) -> Iterator[TestCase]:
    for triaged in report.triaged:
        yield _finding(triaged)
    for skipped in report.skipped:
        if skipped.incomplete:
            name = "content without a name" if skipped.path is None else display_path(skipped.path)
            case = _case(f"not scanned: {name}", "monei-guard")
            case.result = [Error(visible(skipped.reason), "not-scanned")]
            yield case
    for message in report.errors:
        case = _case("error", "monei-guard")
        case.result = [Error(visible(message), "error")]
        yield case


def _finding(triaged: Triaged) -> TestCase:
    finding = triaged.finding
    case = _case(f"{finding.code} {location_text(finding.location)}", f"{finding.code}.{finding.rule}")
    if triaged.suppression is not None:
        case.result = [Skipped(visible(f"suppressed ({triaged.suppression.kind}): {triaged.suppression.reason}"))]
        return case
    failure = Failure(visible(finding.message), finding.severity.label)
    failure.text = "\n".join(finding_lines(triaged, Style()))
    case.result = [failure]
    return case


def _case(name: str, group: str) -> TestCase:
    return TestCase(visible(" ".join(name.split(" "))), group, 0)
