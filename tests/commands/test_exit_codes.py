"""What the process tells its caller: 0 clean, 1 findings, 2 misuse, 3 incomplete, 130 interrupted."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from git_repository import GitRepository
from guard_process import Outcome
from made_keys import api_key, line_of

Guard = Callable[..., Outcome]


def test_nothing_found_is_0(tmp_path: Path, guard: Guard) -> None:
    (tmp_path / "a.txt").write_text("nothing\n")
    assert guard("scan", cwd=tmp_path).code == 0


def test_a_finding_is_1(tmp_path: Path, guard: Guard) -> None:
    (tmp_path / "a.txt").write_text(api_key(1))
    assert guard("scan", cwd=tmp_path).code == 1


@pytest.mark.parametrize(("severity", "code"), [("info", 1), ("low", 1), ("medium", 1), ("high", 1), ("critical", 0)])
def test_findings_below_fail_on_are_reported_and_are_0(tmp_path: Path, guard: Guard, severity: str, code: int) -> None:
    (tmp_path / "a.env").write_text(line_of("MG108", "fail-on")[0])  # a PIN: high
    outcome = guard("scan", "--fail-on", severity, cwd=tmp_path)
    assert [one["severity"] for one in outcome.findings if one["code"] == "MG108"] == ["high"]
    assert guard("scan", "--select", "MG108", "--fail-on", severity, cwd=tmp_path).code == code


@pytest.mark.parametrize(
    "arguments",
    [
        ("scan", "missing.txt"),
        ("scan", "--no-such-option"),
        ("scan", "--format", "yaml"),
        ("scan", "--report", "json"),
        ("scan", "--report", "yaml=x"),
        ("scan", "--max-size", "lots"),
        ("scan", "--fail-on", "always"),
        ("scan", "--config", "missing.toml"),
        ("scan", "--select", "MG999"),
        ("scan", "--select", "MG101", "--ignore", "MG101"),
        ("scan", "--ignore", "ALL"),
        ("scan", "--reveal"),
        ("staged",),
        ("staged", "-C", "missing"),
        ("no-such-command",),
        ("explain", "MG999"),
        ("rules", "show", "MG999"),
    ],
    ids=" ".join,
)
def test_misuse_is_2_says_what_and_shows_no_traceback(tmp_path: Path, guard: Guard, arguments: tuple[str, ...]) -> None:
    outcome = guard(*arguments, cwd=tmp_path, plain=True)
    assert outcome.code == 2, outcome.text
    assert outcome.out == b""
    assert outcome.err.strip()
    assert b"Traceback" not in outcome.err
    assert b"bug" not in outcome.err


def test_incomplete_is_3_and_dominates_findings(tmp_path: Path, guard: Guard) -> None:
    (tmp_path / "big.bin").write_bytes(b"x" * 2000)
    assert guard("scan", "--max-size", "1KB", cwd=tmp_path).code == 3
    (tmp_path / "a.txt").write_text(api_key(1))
    outcome = guard("scan", "--max-size", "1KB", cwd=tmp_path)
    assert (outcome.code, len(outcome.findings)) == (3, 1)


def test_fail_on_does_not_excuse_an_incomplete_scan(tmp_path: Path, guard: Guard) -> None:
    (tmp_path / "big.bin").write_bytes(b"x" * 2000)
    assert guard("scan", "--max-size", "1KB", "--fail-on", "critical", cwd=tmp_path).code == 3


def test_a_missing_object_is_3(repository: GitRepository, guard: Guard) -> None:
    repository.stage("a.txt", "x\n")
    repository.stage("b.txt", f"key={api_key(1)}\n")
    lost = repository.git("rev-parse", ":a.txt").decode().strip()
    (repository.top / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    outcome = guard("staged", cwd=repository.top)
    assert (outcome.code, outcome.places) == (3, [("b.txt", 1)])
    assert "missing" in outcome.skipped["a.txt"]


@pytest.mark.parametrize("damage", [b"", b"garbage", b"x\x9c\x00\x00"])
def test_a_damaged_object_is_3_and_hides_nothing_else(repository: GitRepository, guard: Guard, damage: bytes) -> None:
    repository.stage("a.txt", "x\n" * 100)
    repository.stage("b.txt", f"key={api_key(1)}\n")
    repository.stage("c.txt", f"key={api_key(2)}\n")
    lost = repository.git("rev-parse", ":a.txt").decode().strip()
    place = repository.top / ".git" / "objects" / lost[:2] / lost[2:]
    place.chmod(0o600)
    place.write_bytes(damage)
    outcome = guard("staged", cwd=repository.top)
    assert (outcome.code, outcome.places) == (3, [("b.txt", 1), ("c.txt", 1)])
    assert list(outcome.skipped) == ["a.txt"]


@pytest.mark.parametrize("damage", [b"DIRC garbage", b"", b"DIRC\0\0\0\x02\xff\xff\xff\xff"])
def test_a_damaged_index_is_3_and_says_what_to_do(repository: GitRepository, guard: Guard, damage: bytes) -> None:
    repository.stage("a.txt", f"key={api_key(1)}\n")
    (repository.top / ".git" / "index").write_bytes(damage)
    outcome = guard("staged", cwd=repository.top, plain=True)
    if damage == b"" and outcome.code == 0:
        return  # git takes an empty file for an empty index, and would commit nothing
    assert outcome.code == 3
    assert b"index" in outcome.out  # in the report that was asked for
    assert b"git fsck" in outcome.out


def test_a_damaged_head_is_never_0(repository: GitRepository, guard: Guard) -> None:
    repository.stage("a.txt", f"key={api_key(1)}\n")
    for damage in ("ref: refs/heads/../../x\n", "garbage\n", "1" * 40 + "\n", ""):
        (repository.top / ".git" / "HEAD").write_text(damage)
        outcome = guard("staged", cwd=repository.top, plain=True)
        assert outcome.code in {1, 2, 3}, damage
        assert b"Traceback" not in outcome.err
    (repository.top / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (repository.top / ".git" / "refs" / "heads" / "main").write_text("1" * 40 + "\n")
    assert guard("staged", cwd=repository.top, plain=True).code in {1, 3}


def test_a_repository_that_has_moved_away_from_its_worktree_is_never_0(
    repository: GitRepository, guard: Guard, tmp_path: Path
) -> None:
    repository.git("worktree", "add", "-q", "-b", "linked", str(tmp_path / "linked"))
    (tmp_path / "linked" / "a.txt").write_text(api_key(1))
    repository.top.rename(tmp_path / "moved")
    assert guard("staged", cwd=tmp_path / "linked", plain=True).code in {2, 3}
    scan = guard("scan", cwd=tmp_path / "linked")
    assert scan.places == [("a.txt", 1)]


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_an_interrupted_scan_is_130_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "slow").mkdir()
    with subprocess.Popen(
        [sys.executable, "-m", "monei_guard", "scan", "-"],
        cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - no threads yet
    ) as process:  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(b"x" * 100_000)
        process.stdin.flush()  # more than a pipe holds: the program is reading now
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == b""
    assert err.strip() == b"interrupted"


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_an_interrupted_scan_leaves_the_old_report_and_no_half_of_a_new_one(tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(3000):
        (folder / f"{number}.txt").write_text(f"monei\nkey={api_key(number)}\n")
    (tmp_path / "report.json").write_text("old")
    with subprocess.Popen(
        [sys.executable, "-m", "monei_guard", "scan", "many", "--format", "json", "--output", "report.json"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - no threads yet
    ) as process:  # fmt: skip
        time.sleep(0.6)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    if process.returncode == 130:
        assert (tmp_path / "report.json").read_text() == "old"
    assert b"Traceback" not in err
    assert sorted(os.listdir(tmp_path)) == ["many", "report.json"]
