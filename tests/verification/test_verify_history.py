"""Verdicts on keys that live in a repository's past, and in every report that carries them."""

import json
import subprocess
from collections.abc import Callable

import pytest
from verification.program import Program, git

MakeKey = Callable[[], bytes]


@pytest.fixture
def key(program: Program, make_key: MakeKey) -> bytes:
    """Return a live key that a commit added and the next one removed."""
    live = program.api.live(make_key())
    git(program.folder, "init")
    for number, content in enumerate((b"", b"MONEI_API_KEY=" + live + b"\n", b"MONEI_API_KEY=\n")):
        (program.folder / "settings.txt").write_bytes(content)
        git(program.folder, "add", "settings.txt")
        git(program.folder, "commit", "--allow-empty", "-m", f"commit {number}")
    return live


def test_history_asks_about_a_key_once_however_many_commits_hold_it(program: Program, key: bytes) -> None:
    for number in range(3):
        (program.folder / f"copy{number}.txt").write_bytes(b"MONEI_API_KEY=" + key + b"\n")
        git(program.folder, "add", ".")
        git(program.folder, "commit", "-m", "again")

    done = program.run("history", "--verify", "--yes", *program.urls, "--format", "json")

    keys = [one for one in json.loads(done.stdout)["findings"] if one["code"] == "MG101"]
    assert done.returncode == 1, done.stderr
    assert {(one["verification"]["verdict"], one["severity"]) for one in keys} == {("live", "critical")}
    assert program.api.production.paths().count("/api/v1/user/me") == 1


def test_range_carries_the_verdict(program: Program, key: bytes) -> None:
    first = subprocess.run(
        ["git", "rev-list", "--max-parents=0", "HEAD"], cwd=program.folder, capture_output=True, text=True, check=True
    ).stdout.strip()

    done = program.run("range", f"{first}..HEAD", "--verify", "--yes", *program.urls)

    assert done.returncode == 1, done.stderr
    assert "the API says: live in production" in done.stdout


def test_a_report_of_the_history_is_read_again_from_its_commits(program: Program, key: bytes) -> None:
    program.run("history", "--format", "json", "--output", "report.json")

    done = program.verify("report.json", "--format", "json")

    assert done.returncode == 1, done.stderr
    assert [one["verification"]["verdict"] for one in json.loads(done.stdout)["findings"]] == ["live"]


def test_a_report_of_another_repository_names_nothing_here(program: Program, key: bytes) -> None:
    report = program.run("history", "--format", "json").stdout.encode()
    elsewhere = program.folder.parent / "elsewhere"
    elsewhere.mkdir()
    git(elsewhere, "init")

    done = program.verify("-", "--root", str(elsewhere), stdin=report)

    assert done.returncode == 3
    assert "git does not have it any more" in done.stdout
    assert program.api.production.seen == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("html", "1 key still opens the API"),
        ("terminal", "the API says: live in production"),
        *((name, "live") for name in ("json", "jsonl", "sarif", "markdown", "csv", "github", "gitlab")),
    ],
)
def test_every_report_shows_the_verdict_and_no_key(program: Program, key: bytes, name: str, words: str) -> None:
    done = program.run("history", "--verify", "--yes", *program.urls, "--format", name)

    assert words in done.stdout
    assert key.decode() not in done.stdout + done.stderr


def test_an_audit_carries_the_verdict(program: Program, key: bytes) -> None:
    done = program.run("audit", "--verify", "--yes", *program.urls, "--format", "json")

    keys = [one for one in json.loads(done.stdout)["findings"] if one["code"] == "MG101"]
    assert done.returncode == 1, done.stderr
    assert {(one["verification"]["verdict"], one["severity"]) for one in keys} == {("live", "critical")}
    assert program.api.production.paths().count("/api/v1/user/me") == 1
    assert key not in done.stdout.encode() + done.stderr.encode()
