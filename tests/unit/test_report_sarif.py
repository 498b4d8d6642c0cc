import io
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from jsonschema import Draft4Validator, Draft7Validator
from report_values import HOSTILE, api_key, finding, full_report, location, rule

from monei_guard.model.blob import Skipped
from monei_guard.model.finding import Suppression, Triaged
from monei_guard.model.location import display_path
from monei_guard.model.rule import RuleKind
from monei_guard.reporting.report import Report, make_report
from monei_guard.reporting.sarif import artifact_uri, message_text, write_sarif

SCHEMA_FILE = Path(__file__).resolve().parents[3] / "shared" / "schemas" / "sarif-schema-2.1.0.json"


def sarif(report: Report) -> dict[str, Any]:
    stream = io.StringIO()
    write_sarif(report, stream)
    document: dict[str, Any] = json.loads(stream.getvalue())
    return document


@pytest.fixture(scope="module")
def official() -> Draft4Validator | Draft7Validator:
    if not SCHEMA_FILE.is_file():
        pytest.skip(f"the official SARIF schema is not at {SCHEMA_FILE}")
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    kind = Draft4Validator if "draft-04" in schema["$schema"] else Draft7Validator
    return kind(schema, format_checker=kind.FORMAT_CHECKER)


@pytest.mark.parametrize("text", ["plain", *HOSTILE])
def test_every_report_fits_the_official_schema(text: str, official: Draft4Validator) -> None:
    official.validate(sarif(full_report(text)))
    official.validate(sarif(make_report((), version="0.1.0")))


def test_the_schema_check_can_fail(official: Draft4Validator) -> None:
    document = sarif(full_report())
    document["runs"][0]["results"][0]["level"] = "catastrophic"
    assert not official.is_valid(document)


def test_rules_carry_help_and_results_point_at_them() -> None:
    run = sarif(full_report())["runs"][0]
    entry = run["tool"]["driver"]["rules"][0]
    assert entry["id"] == "MG101"
    assert entry["name"] == "ApiKey"
    assert entry["help"]["text"].startswith("What it is.\n\nWhy it is bad.\n\nUse the environment.")
    assert "## Why is this bad?\nWhy it is bad." in entry["help"]["markdown"]
    assert entry["properties"]["security-severity"] == "9.5"
    assert all(
        run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"]
    )


def test_evidence_is_no_rule_and_an_unlisted_code_has_no_index() -> None:
    evidence = rule("", kind=RuleKind.EVIDENCE)
    run = sarif(make_report((Triaged(finding(code="MG999")),), version="0", rules=(evidence,)))["runs"][0]
    assert run["tool"]["driver"]["rules"] == []
    assert "ruleIndex" not in run["results"][0]


def test_fingerprints_do_not_move_with_the_line() -> None:
    here, moved = finding(), finding(location=location(line=900))
    results = sarif(make_report((Triaged(here), Triaged(moved)), version="0"))["runs"][0]["results"]
    assert results[0]["partialFingerprints"] == results[1]["partialFingerprints"] == {"moneiGuard/v1": here.fingerprint}
    assert results[0]["locations"] != results[1]["locations"]


def test_regions_have_lines_columns_in_characters_and_bytes() -> None:
    run = sarif(make_report((Triaged(finding()),), version="0"))["runs"][0]
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["results"][0]["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 3, "startColumn": 14, "endLine": 3, "endColumn": 50, "byteOffset": 43, "byteLength": 36,
    }  # fmt: skip


@pytest.mark.parametrize(
    "raw",
    [
        b"a b/c#d?e%.js",
        b"-dash",
        b"c:/x",
        b"caf\xe9/\xff",
        "日本/\U0001f511.env".encode(),
        b"a\nb\x1b",
        b"a\\b",
        b"x!/y",
    ],
)
def test_uris_are_percent_encoded_and_lead_back_to_the_exact_name(raw: bytes) -> None:
    shown = display_path(raw)
    uri = artifact_uri(location(path=shown, path_bytes=raw if shown.encode() != raw else None))
    assert re.fullmatch(r"[A-Za-z0-9/!$&'()*+,;=@~._%-]+", uri)
    assert ":" not in uri
    assert unquote_to_bytes(uri) == raw


def test_an_absolute_name_becomes_a_file_uri() -> None:
    assert artifact_uri(location(path="/etc/monei.env")) == "file:///etc/monei.env"


def test_related_places_become_a_code_flow_that_ends_at_the_finding() -> None:
    result = sarif(full_report())["runs"][0]["results"][1]
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["physicalLocation"]["region"]["startLine"] for step in steps] == [9, 3]
    assert result["relatedLocations"][0]["id"] == 1


def test_suppressions_say_where_and_why() -> None:
    triaged = (
        Triaged(finding(), Suppression("inline", "a sample", "2027-06-30")),
        Triaged(finding(1), Suppression("baseline", "old")),
        Triaged(finding(2)),
    )
    results = sarif(make_report(triaged, version="0"))["runs"][0]["results"]
    assert [result["suppressions"] for result in results] == [
        [{"kind": "inSource", "status": "accepted", "justification": "a sample (until 2027-06-30)"}],
        [{"kind": "external", "status": "accepted", "justification": "old"}],
        [],
    ]


def test_an_incomplete_run_is_not_successful_and_says_what_was_missed() -> None:
    skipped = (Skipped(b"a b.bin", "permission denied"), Skipped(b"c.sock", "a socket", incomplete=False))
    invocation = sarif(make_report((), skipped, version="0"))["runs"][0]["invocations"][0]
    assert invocation["executionSuccessful"] is False
    first, second = invocation["toolExecutionNotifications"]
    assert (first["level"], second["level"]) == ("error", "note")
    assert first["message"]["text"] == "not scanned: permission denied"
    assert first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b.bin"
    assert sarif(make_report((), skipped[1:], version="0"))["runs"][0]["invocations"][0]["executionSuccessful"] is True


def test_links_and_placeholders_in_messages_are_literal() -> None:
    assert message_text("[click](https://evil.example/) {0}\n") == "\\[click\\](https://evil.example/) {{0}}\\\\x0a"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_cannot_reach_a_log_or_become_a_link(text: str) -> None:
    stream = io.StringIO()
    write_sarif(full_report(text), stream)
    output = stream.getvalue()
    assert output.isascii()
    assert all(char.isprintable() or char == "\n" for char in output)
    assert not re.search(r"##[A-Za-z]*\[", output)
    assert all(line[:1] in '{"]' for line in output.splitlines())
    for result in json.loads(output)["runs"][0]["results"]:
        assert not re.search(r"(?<!\\)\[", result["message"]["text"].replace("\\\\", ""))


def test_no_value_stands_in_the_output() -> None:
    text = json.dumps(sarif(full_report()))
    for seed in (0, 7, 8):
        assert api_key(seed).decode() not in text
