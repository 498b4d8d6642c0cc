import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from report_values import HOSTILE, api_key, finding, full_report, location, rule

from monei_guard.model.blob import Skipped
from monei_guard.model.finding import Triaged
from monei_guard.model.location import display_path
from monei_guard.reporting.json_report import encode, write_json, write_jsonl
from monei_guard.reporting.report import Report, make_report, rules_digest

ROOT = Path(__file__).resolve().parents[2]
SCHEMA: dict[str, Any] = json.loads((ROOT / "docs" / "monei-guard-report-v1.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)

# Copied from the design: order counts, and nothing else may appear.
FINDING_FIELDS = [
    "code", "rule", "severity", "confidence", "vendor", "environment", "message", "hint", "secret", "location",
    "related", "life", "fingerprint", "suppression", "verification",
]  # fmt: skip
LOCATION_FIELDS = [
    "path", "start_line", "start_column", "end_line", "end_column", "encoding_path", "commit", "author", "date",
    "origin",
]  # fmt: skip


def text_of(report: Report, write: Any = write_json) -> str:
    stream = io.StringIO()
    write(report, stream)
    return stream.getvalue()


def test_the_schema_is_itself_valid_and_closed_at_every_level() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    for node in _objects(SCHEMA):
        assert "additionalProperties" in node, node
        assert node["additionalProperties"] is False or node["additionalProperties"] == {"type": "string"}


def _objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if node.get("type") == "object":
            yield node
        for value in node.values():
            yield from _objects(value)
    elif isinstance(node, list):
        for value in node:
            yield from _objects(value)


def test_a_report_with_one_of_everything_fits_the_published_schema() -> None:
    VALIDATOR.validate(json.loads(text_of(full_report())))


def test_fields_stand_in_the_documented_order_and_no_other_appears() -> None:
    document = json.loads(text_of(full_report()))
    assert list(document) == ["version", "tool", "findings", "skipped", "errors", "summary"]
    for one in document["findings"]:
        assert list(one) == FINDING_FIELDS
        assert list(one["location"]) == LOCATION_FIELDS
    required = SCHEMA["$defs"]["finding"]["required"]
    assert required == FINDING_FIELDS == list(SCHEMA["$defs"]["finding"]["properties"])
    assert SCHEMA["$defs"]["location"]["required"] == LOCATION_FIELDS


def test_a_name_that_is_not_utf_8_is_given_exactly_in_hex() -> None:
    raw = b"caf\xe9/\xff.env"
    shown = display_path(raw)
    report = make_report(
        (Triaged(finding(location=location(path=shown, path_bytes=raw))),), (Skipped(raw, "unreadable"),), version="0"
    )
    document = json.loads(text_of(report))
    VALIDATOR.validate(document)
    for place in (document["findings"][0]["location"], document["skipped"][0]):
        assert place["path"] == "caf\\xe9/\\xff.env"
        assert bytes.fromhex(place["path_bytes"]) == raw


def test_a_guessable_secret_has_no_hash() -> None:
    findings = json.loads(text_of(full_report()))["findings"]
    assert findings[4]["secret"] == {"redacted": "••••", "sha256": None, "length": 4}
    assert re.fullmatch("[0-9a-f]{64}", findings[0]["secret"]["sha256"])


def test_counts_tell_findings_suppressed_skipped_and_incomplete_apart() -> None:
    summary = json.loads(text_of(full_report()))["summary"]
    assert summary == {
        "files": 12, "blobs": 10, "bytes": 3_400_000, "findings": 4, "suppressed": 1, "skipped": 2, "incomplete": 1,
        "configuration": {"file": "pyproject.toml", "turned_off": ["plain"]},
    }  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("write", [write_json, write_jsonl])
def test_hostile_text_is_carried_exactly_and_cannot_reach_a_log(text: str, write: Any) -> None:
    output = text_of(full_report(text), write)
    assert output.isascii()
    assert all(char.isprintable() or char == "\n" for char in output)
    assert not re.search(r"##[A-Za-z]*\[", output)
    assert all(line[:1] in '{"]' for line in output.splitlines())
    lines = (
        [json.loads(line) for line in output.splitlines()] if write is write_jsonl else json.loads(output)["findings"]
    )
    assert lines[1]["location"]["path"] == text
    assert lines[1]["location"]["author"] == text


@given(st.text(st.characters(codec=None)))
def test_any_text_gives_a_valid_document(text: str) -> None:
    output = text_of(full_report(text))
    VALIDATOR.validate(json.loads(output))
    output.encode("utf-8")


@given(st.text('#[]\\"u0023vso:\n', max_size=40))
def test_breaking_logging_commands_never_changes_a_value(text: str) -> None:
    assert json.loads(encode([text])) == [text]


def test_jsonl_has_a_finding_a_line_and_a_closing_line() -> None:
    *findings, closing = [json.loads(line) for line in text_of(full_report(), write_jsonl).splitlines()]
    assert len(findings) == 5
    definitions = {"$defs": SCHEMA["$defs"]}
    for one in findings:
        Draft202012Validator({**definitions, "$ref": "#/$defs/finding"}).validate(one)
    Draft202012Validator({**definitions, "$ref": "#/$defs/closing_line"}).validate(closing)


def test_an_empty_report_is_valid_in_both_shapes() -> None:
    report = make_report((), version="0.1.0")
    VALIDATOR.validate(json.loads(text_of(report)))
    assert len(text_of(report, write_jsonl).splitlines()) == 1


def test_no_value_stands_in_the_output() -> None:
    output = text_of(full_report())
    for seed in (0, 7, 8):
        assert api_key(seed).decode() not in output


def test_the_digest_depends_on_what_rules_find_and_not_on_where_they_were_read_from() -> None:
    one, other = rule("MG101"), rule("MG102")
    assert rules_digest([one, other]) == rules_digest([other, rule("MG101", source="/elsewhere/api-key.toml")])
    assert rules_digest([one]) != rules_digest([rule("MG101", pattern="y")])
    assert rules_digest([one]) != rules_digest([one, other])
