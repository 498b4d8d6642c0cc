"""GitLab, JUnit, GitHub annotations, Markdown and CSV."""

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from markdown_it import MarkdownIt
from report_values import HOSTILE, api_key, finding, full_report, location

from monei_guard.model.blob import Skipped
from monei_guard.model.finding import Suppression, Triaged
from monei_guard.model.levels import Severity
from monei_guard.reporting.csv_report import inert
from monei_guard.reporting.formats import writer
from monei_guard.reporting.markdown import code
from monei_guard.reporting.report import Coverage, Report, make_report

SCHEMAS = Path(__file__).resolve().parents[3] / "shared" / "schemas"
FORMATS = ("gitlab", "junit", "github", "markdown", "csv")


def text_of(name: str, report: Report) -> str:
    stream = io.StringIO(newline="")
    writer(name)(report, stream)
    return stream.getvalue()


def schema(name: str) -> Path:
    path = SCHEMAS / name
    if not path.is_file():
        pytest.skip(f"the published schema is not at {path}")
    return path


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_printable_and_gives_no_ci_system_a_command(name: str, text: str) -> None:
    output = text_of(name, full_report(text))
    assert not re.search(r"##[A-Za-z]*\[", output)
    for line in re.split(r"\r?\n", output):
        assert line.isprintable()
        if line.lstrip().startswith("::"):
            assert name == "github"
            assert re.match(r"::(error|warning|notice) (file=[^:]*,line=\d+,|title=[^:]*::)", line), line


@pytest.mark.parametrize("name", FORMATS)
def test_no_value_stands_in_the_output(name: str) -> None:
    output = text_of(name, full_report())
    assert not any(api_key(seed).decode() in output for seed in (0, 7, 8))


@pytest.mark.parametrize("text", ["plain", *HOSTILE])
def test_gitlab_reports_fit_the_published_schema(text: str) -> None:
    rules = json.loads(schema("gitlab-secret-detection-report-15.0.7.json").read_text(encoding="utf-8"))
    validator = Draft7Validator(rules)
    for report in (full_report(text), make_report((), version="0.1.0")):
        validator.validate(json.loads(text_of("gitlab", report)))


def gitlab(report: Report) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text_of("gitlab", report))
    return document


def test_gitlab_gets_what_counts_and_hears_of_the_rest() -> None:
    document = gitlab(full_report())
    assert len(document["vulnerabilities"]) == 4
    assert document["scan"]["status"] == "failure"
    assert {"level": "info", "value": "1 findings are suppressed"} in document["scan"]["messages"]
    assert {"level": "warn", "value": "not scanned: plain: plain"} in document["scan"]["messages"]
    first = document["vulnerabilities"][0]
    assert first["location"] == {"commit": {"sha": "0000000"}, "file": "src/pay.js", "start_line": 3, "end_line": 3}
    assert first["severity"] == "Critical"
    assert first["identifiers"][0]["value"] == "MG101"


def test_gitlab_ids_are_the_same_in_the_next_run() -> None:
    ids = [[one["id"] for one in gitlab(full_report())["vulnerabilities"]] for _ in range(2)]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 4


@pytest.mark.parametrize("text", ["plain", *HOSTILE])
def test_junit_reports_fit_the_strict_schema(text: str, strict: xmlschema.XMLSchema) -> None:
    strict.validate(text_of("junit", full_report(text)))


@pytest.fixture(scope="module")
def strict() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(schema("junit.xsd")))


def test_junit_counts_failures_skips_and_errors(strict: xmlschema.XMLSchema) -> None:
    suite = ET.fromstring(text_of("junit", full_report())).find("testsuite")  # noqa: S314 - our own
    assert suite is not None
    assert [suite.get(name) for name in ("tests", "failures", "skipped", "errors")] == ["7", "4", "1", "2"]
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert "--> src/pay.js:3:14" in str(failure.text)
    assert '"no findings"' in text_of("junit", make_report((), version="0"))
    strict.validate(text_of("junit", make_report((), version="0")))


def test_github_annotations_point_at_the_line() -> None:
    first, *_, last = text_of("github", make_report((Triaged(finding()),), version="0")).splitlines()
    assert first.startswith("::error file=src/pay.js,line=3,endLine=3,col=14,endColumn=50,title=MG101 api-key::Monei")
    assert last == "monei-guard: 1 finding (0 suppressed), 0 skipped; 0 files, 0 B scanned"


def test_github_properties_cannot_be_broken_out_of() -> None:
    one = Triaged(finding(location=location(path="a,line=9::b%0A")))
    (first, _) = text_of("github", make_report((one,), version="0")).splitlines()
    assert "file=a%2Cline=9%3A%3Bb".replace("%3B", "%3A") in first
    assert "%250A,line=3" in first


@pytest.mark.parametrize(("severity", "command"), [(Severity.MEDIUM, "warning"), (Severity.INFO, "notice")])
def test_github_levels_follow_severity(severity: Severity, command: str) -> None:
    assert text_of("github", make_report((Triaged(finding(severity=severity)),), version="0")).startswith(
        f"::{command} "
    )


def _tokens(markdown: str) -> list[str]:
    """Return the kinds of everything a GitHub-like renderer makes of the text."""
    renderer = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable(["table", "strikethrough"])
    tokens = renderer.parse(markdown)
    return [one.type for token in tokens for one in [token, *(token.children or [])]]


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_renders_no_link_image_html_or_broken_table(text: str) -> None:
    markdown = text_of("markdown", full_report(text))
    kinds = _tokens(markdown)
    assert not {"link_open", "image", "html_inline", "html_block", "em_open"} & set(kinds)
    assert kinds.count("heading_open") == 1
    assert kinds.count("tr_open") == 5
    assert kinds.count("td_open") == 20


@given(st.text(st.characters(codec=None), max_size=80))
def test_any_text_in_markdown_stays_inside_its_code_span(text: str) -> None:
    kinds = _tokens(f"| a | b |\n|---|---|\n| {code(text)} | x |\n")
    assert kinds.count("td_open") == 2
    assert set(kinds) <= {
        "table_open", "thead_open", "tr_open", "th_open", "inline", "text", "th_close", "tr_close", "thead_close",
        "tbody_open", "td_open", "code_inline", "td_close", "tbody_close", "table_close",
    }  # fmt: skip


def test_markdown_stays_below_the_size_limit_and_counts_the_rest() -> None:
    triaged = tuple(Triaged(finding(seed, location=location(path="p" * 500))) for seed in range(2000))
    skipped = tuple(Skipped(b"x" * 900, "y" * 900) for _ in range(2000))
    markdown = text_of("markdown", make_report(triaged, skipped, version="0"))
    assert len(markdown) < 65_536
    shown = markdown.count("| MG101 |")
    assert f"… and {2000 - shown:,} more; the JSON report has them all." in markdown


def test_markdown_says_when_all_is_well_and_when_the_scan_is_incomplete() -> None:
    assert text_of("markdown", make_report((), version="0")).startswith("## monei-guard: ✅ no findings\n")
    assert "⚠️ **The scan is incomplete**" in text_of("markdown", full_report())


def test_csv_has_one_row_a_finding_and_reads_back() -> None:
    rows = list(csv.DictReader(io.StringIO(text_of("csv", full_report()), newline="")))
    assert len(rows) == 5
    assert rows[0]["path"] == "src/pay.js"
    assert rows[1]["suppressed"] == "inline"
    assert rows[2]["verdict"] == "live"
    assert rows[1]["first_commit"] == "a" * 40


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(1)", "|x", "%x", "  =1", "\t=1", "\r=1", "＝1"])
def test_no_cell_is_a_formula(text: str) -> None:
    report = make_report((Triaged(finding(message=text), Suppression("inline", text)),), version="0")
    (row,) = csv.DictReader(io.StringIO(text_of("csv", report), newline=""))
    assert row["message"] == row["reason"] == inert(text)
    assert row["message"].lstrip()[0] not in "=+-@|%＝"


def test_gitlab_times_are_those_of_the_run() -> None:
    scan = gitlab(make_report((), version="0", coverage=Coverage(started=0.0)))["scan"]
    assert scan["start_time"] == "1970-01-01T00:00:00"
    assert scan["end_time"] > "2025"
