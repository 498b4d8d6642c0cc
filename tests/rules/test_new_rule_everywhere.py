"""A fact about a credential stands in its rule file: a new prefix is known everywhere, without another edit."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import monei_guard
from monei_guard.ruleset.bundled import bundled
from monei_guard.ruleset.templates import expand

KEY, OTHER = expand("zork_<<hex:32>>", "new rule"), expand("grue_<<hex:32>>", "new rule")
RULE = """code = "MG150"
id = "zork-key"
kind = "credential"
title = "Zork key"
keywords = ["zork_"]
pattern = '{left}(?P<secret>zork_[0-9a-f]{32}){right}'
precedence = 96
hint = "Ask the wizard for another."

[verify]
scheme = "api-key"
vouches = true

[text]
what = "Finds it."
"""
NEVER = (
    RULE.replace("MG150", "MG151")
    .replace("zork", "grue")
    .replace("vouches = true", 'because = "it is dark"')
    .replace('"api-key"', '"never"')
    .replace("96", "97")
)

PROGRAM = """
import io, json, os, sys
from dataclasses import replace
from report_values import finding, full_report
from monei_guard.application.hooks.pattern import hook_pattern
from monei_guard.detection.prefilter import Prefilter
from monei_guard.lints.analysis.names import is_key_literal, names_monei_cc
from monei_guard.lints.findings import masked
from monei_guard.model.secret import Secret
from monei_guard.reporting.formats import FORMATS, writer
from monei_guard.reporting.report_redaction import report_without_keys
from monei_guard.ruleset.bundled import credential_keywords
from monei_guard.verification.eligibility import select

key, other = sys.argv[1:]

def quoted(one):
    # What detection and the API say has been masked before: here, all else that a report quotes.
    place = replace(one.finding.location, author="Ann")
    said = one.verification and replace(one.verification, reason="so it said")
    source = one.suppression and replace(one.suppression, source="a.toml")
    return replace(one, finding=replace(one.finding, location=place), verification=said, suppression=source)

report = full_report(f"made of {key}")
report = report_without_keys(replace(report, triaged=tuple(map(quoted, report.triaged))))
shown = []
for name in FORMATS:
    stream = io.StringIO()
    writer(name)(report, stream)
    if key in stream.getvalue():
        shown.append(name)
credentials, declined = select(
    [finding(code="MG150", secret=Secret(key.encode())), finding(code="MG151", secret=Secret(other.encode()))]
)
print(json.dumps({
    "formats": len(FORMATS),
    "shown": shown,
    "hook": hook_pattern().decode(),
    "masked": masked(f"x {key} y"),
    "literal": is_key_literal(key) and names_monei_cc(key.encode()),
    "escaped": Prefilter(credential_keywords()).hits(b"%7a" + key.encode()[1:]),
    "sent": [[one.secret.reveal().decode(), one.scheme.value] for one in credentials],
    "declined": list(declined.values()),
}))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a checkout with two rules more."""
    folder = tmp_path_factory.mktemp("copy")
    package = Path(monei_guard.__file__).parent
    shutil.copytree(package, folder / "monei_guard", ignore=shutil.ignore_patterns("__pycache__", "bundled"))
    for name in ("rules", "hooks"):
        shutil.copytree(bundled(name), folder / name)
    (folder / "rules" / "monei" / "zork-key.toml").write_text(RULE)
    (folder / "rules" / "monei" / "grue-key.toml").write_text(NEVER)
    return folder


def run(copy: Path, *arguments: str) -> str:
    path = os.pathsep.join((str(copy), str(Path(__file__).parents[1])))
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=copy, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def seen(copy: Path) -> Any:
    return json.loads(run(copy, "-c", PROGRAM, KEY, OTHER))


def test_every_report_masks_a_key_by_its_prefix(seen: Any) -> None:
    assert seen["formats"] >= 10
    assert seen["shown"] == []


def test_the_hook_and_the_escapes_know_it(seen: Any) -> None:
    assert "[zZ][oO][rR][kK]_" in seen["hook"]
    assert "z" in seen["hook"].partition("|%[2-7])")[0].rpartition("[")[2]
    assert seen["escaped"]


def test_the_lints_know_and_mask_it(seen: Any) -> None:
    assert seen["literal"]
    assert seen["masked"].startswith("x zork_")
    assert KEY[7:-4] not in seen["masked"]


def test_whether_it_is_sent_is_as_the_rule_says(seen: Any) -> None:
    assert seen["sent"] == [[KEY, "X-API-KEY"]]
    assert seen["declined"] == ["it is dark"]


def test_it_is_found(copy: Path) -> None:
    (copy / "scanned").mkdir()
    (copy / "scanned" / "a.txt").write_text(f"key = {KEY}\n")
    report = json.loads(run(copy, "-m", "monei_guard", "scan", "scanned", "--format", "json"))
    assert [one["code"] for one in report["findings"]] == ["MG150"]
    assert KEY not in json.dumps(report)
