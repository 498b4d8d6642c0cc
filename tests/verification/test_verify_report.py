"""`monei-guard verify REPORT`: the places a report names are read again, whoever wrote it."""

import hashlib
import json
from collections.abc import Callable

import pytest
from verification.program import Program, git

MakeKey = Callable[[], bytes]


def test_a_report_names_places_which_are_read_again(program: Program, make_key: MakeKey) -> None:
    live, dead, gone = program.api.live(make_key()), make_key(), make_key()
    for name, key in (("live.env", live), ("dead.env", dead), ("gone.env", gone)):
        (program.folder / name).write_bytes(b"MONEI_API_KEY=" + key + b"\n")
    program.run("scan", "--format", "json", "--output", "report.json")
    (program.folder / "gone.env").write_text("MONEI_API_KEY=\n")

    done = program.verify("report.json", "--format", "json")

    document = json.loads(done.stdout)
    assert done.returncode == 3
    assert [(one["location"]["path"], one["verification"]["verdict"]) for one in document["findings"]] == [
        ("live.env", "live"), ("dead.env", "inactive"),
    ]  # fmt: skip
    assert document["skipped"] == [{"path": "gone.env", "reason": "the key the report names is no longer there"}]


def test_a_report_is_read_from_standard_input_as_well(program: Program, make_key: MakeKey) -> None:
    (program.folder / "a.env").write_bytes(b"MONEI_API_KEY=" + program.api.live(make_key()))
    report = program.run("scan", "--format", "json").stdout.encode()

    done = program.verify("-", stdin=report)

    assert done.returncode == 1
    assert "live in production" in done.stdout


def test_a_report_of_staged_content_is_read_from_the_index(program: Program, make_key: MakeKey) -> None:
    git(program.folder, "init")
    (program.folder / "a.env").write_bytes(b"MONEI_API_KEY=" + program.api.live(make_key()))
    git(program.folder, "add", "-f", "a.env")
    program.run("staged", "--format", "json", "--output", "report.json")
    (program.folder / "a.env").unlink()

    assert program.verify("report.json").returncode == 1


@pytest.mark.parametrize("path", ["/etc/passwd", "../outside.env", "a/../../outside.env", "C:/x", "\\\\host\\x"])
def test_a_hostile_report_cannot_name_files_outside_the_root(program: Program, make_key: MakeKey, path: str) -> None:
    key = program.api.live(make_key())
    (program.folder / "a.env").write_bytes(b"MONEI_API_KEY=" + key)
    report = json.loads(program.run("scan", "--format", "json").stdout)
    (program.folder.parent / "outside.env").write_bytes(b"MONEI_API_KEY=" + key)
    report["findings"][0]["location"]["path"] = path

    done = program.verify("-", stdin=json.dumps(report).encode())

    assert done.returncode == 3
    assert "outside the scanned root" in done.stdout
    assert program.api.production.seen == []


def test_what_a_report_claims_does_not_decide_what_is_sent(program: Program, make_key: MakeKey) -> None:
    stripe = "sk_live_" + make_key().decode()[4:28]
    (program.folder / "a.env").write_text(
        f"import stripe\nSTRIPE_SECRET_KEY={stripe}\nMONEI_API_KEY={make_key().decode()}"
    )
    report = json.loads(program.run("scan", "--format", "json").stdout)
    report["findings"].append(report["findings"][0] | {"vendor": "monei", "confidence": "high"})
    report["findings"][-1]["secret"] = {"redacted": "x", "sha256": hashlib.sha256(stripe.encode()).hexdigest()}

    program.verify("-", stdin=json.dumps(report).encode())

    arrived = b"".join(seen.everything() for seen in (*program.api.production.seen, *program.api.development.seen))
    assert program.api.production.paths() == ["/api/v1/user/me"]
    assert stripe.encode() not in arrived
