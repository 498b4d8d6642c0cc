"""`monei-guard range`: only what the commits of a range add."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from history_repositories import commit, made_key, new_repository, run_git

from monei_guard.commands.cli import run

Scan = Callable[..., tuple[int, list[dict[str, Any]]]]
ZERO = "0" * 40


def line(seed: int) -> str:
    return f"MONEI_API_KEY={made_key(seed)}\n"


@pytest.fixture
def scan(tmp_path: Path) -> Scan:
    report = tmp_path / "report.json"

    def call(repository: Path, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
        code = run(["range", "-C", str(repository), "--format", "json", "--output", str(report), *arguments])
        return code, json.loads(report.read_text())["findings"] if report.exists() else []

    return call


def test_only_what_the_range_adds_is_reported(tmp_path: Path, scan: Scan) -> None:
    repository = new_repository(tmp_path / "r")
    base = commit(repository, f"old {made_key(1)}", old=line(2), both=line(3))
    added = commit(repository, "add", both=line(3) + "x = 1\n" + line(4))
    commit(repository, "remove again", both=line(3))
    message = commit(repository, f"said {made_key(5)}")
    code, found = scan(repository, f"{base}..HEAD")
    assert code == 1
    places = {(one["location"]["path"], one["location"]["start_line"], one["location"]["commit"]) for one in found}
    assert places == {("both", 3, added), (None, 1, message)}
    assert found[0]["location"]["author"] == "A. Developer <dev@example.com>"


def test_a_range_of_three_dots_begins_at_the_merge_base(tmp_path: Path, scan: Scan) -> None:
    repository = new_repository(tmp_path / "r")
    commit(repository, "start", a="one\n")
    run_git(repository, "checkout", "-q", "-b", "side")
    commit(repository, "side", b=line(1))
    run_git(repository, "checkout", "-q", "main")
    commit(repository, "main", c=line(2))
    assert [one["location"]["path"] for one in scan(repository, "main...side")[1]] == ["b"]


def test_a_merge_adds_only_what_no_parent_has(tmp_path: Path, scan: Scan) -> None:
    repository = new_repository(tmp_path / "r")
    base = commit(repository, "start", a="one\n")
    run_git(repository, "checkout", "-q", "-b", "side")
    side = commit(repository, "side", b=line(1))
    run_git(repository, "checkout", "-q", "main")
    commit(repository, "main", c="three\n")
    run_git(repository, "merge", "-q", "--no-commit", "--no-ff", "side")
    merge = commit(repository, "merge", a=line(2))
    _, found = scan(repository, f"{base}..HEAD")
    assert {(one["location"]["path"], one["location"]["commit"]) for one in found} == {("b", side), ("a", merge)}


def test_a_new_branch_is_what_no_remote_has_and_a_deleted_one_nothing(tmp_path: Path, scan: Scan) -> None:
    origin = new_repository(tmp_path / "origin")
    commit(origin, "pushed before", a=line(1))
    run_git(tmp_path, "clone", "-q", "origin", "copy")
    head = commit(tmp_path / "copy", "new", b=line(2))
    assert [one["location"]["path"] for one in scan(tmp_path / "copy", f"{ZERO}..{head}")[1]] == ["b"]
    assert scan(tmp_path / "copy", f"{head}..{ZERO}") == (0, [])


def test_since_takes_the_commits_after_a_date(tmp_path: Path, scan: Scan, capsys: pytest.CaptureFixture[str]) -> None:
    repository = new_repository(tmp_path / "r")
    commit(repository, "in November 2023", a=line(1))
    assert len(scan(repository, "--since", "2023-01-01")[1]) == 1
    assert scan(repository, "--since", "2024-01-01")[1] == []
    assert scan(repository, "--since", "the day before")[0] == 2
    assert "is not a date" in capsys.readouterr().err


def test_a_shallow_clone_that_has_the_base_is_enough(tmp_path: Path, scan: Scan) -> None:
    origin = new_repository(tmp_path / "origin")
    for number in range(4):
        commit(origin, f"change {number}", a=f"{number}\n", **{f"f{number}": line(number)})
    run_git(tmp_path, "clone", "-q", "--depth=2", origin.as_uri(), "shallow")
    assert [one["location"]["path"] for one in scan(tmp_path / "shallow", "HEAD~1..HEAD")[1]] == ["f3"]


def test_a_clone_that_is_too_shallow_says_what_it_needs(
    tmp_path: Path, scan: Scan, capsys: pytest.CaptureFixture[str]
) -> None:
    origin = new_repository(tmp_path / "origin")
    base = commit(origin, "base", a="0\n")
    for number in range(3):
        commit(origin, f"change {number}", a=f"{number}\n", **{f"f{number}": line(number)})
    run_git(tmp_path, "clone", "-q", "--depth=2", origin.as_uri(), "shallow")
    shallow = tmp_path / "shallow"
    assert scan(shallow, f"{base}..HEAD")[0] == 3
    assert "fetch-depth" in capsys.readouterr().err
    code, found = scan(shallow, f"{ZERO}..HEAD")
    assert (code, found) == (0, [])
    run_git(shallow, "update-ref", "-d", "refs/remotes/origin/main")
    run_git(shallow, "update-ref", "-d", "refs/remotes/origin/HEAD")
    code, found = scan(shallow, f"{ZERO}..HEAD")
    assert code == 3
    assert [one["location"]["path"] for one in found] == ["f2"]


@pytest.mark.parametrize("text", ["HEAD", "..", "-x..HEAD", "a..b..c", "no-such-branch..HEAD"])
def test_what_is_no_range_is_misuse(tmp_path: Path, scan: Scan, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    repository = new_repository(tmp_path / "r")
    commit(repository, "start", a="one\n")
    assert scan(repository, "--", text)[0] == 2
    assert capsys.readouterr().err


def test_a_tag_that_is_pushed_has_its_message_scanned(tmp_path: Path, scan: Scan) -> None:
    repository = new_repository(tmp_path / "r")
    base = commit(repository, "start", a="one\n")
    commit(repository, "next", a="two\n")
    run_git(repository, "tag", "-a", "v1", "-m", f"release {made_key(7)}")
    assert len(scan(repository, f"{base}..v1")[1]) == 1
