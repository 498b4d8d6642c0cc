"""What a range adds does not depend on what the clocks of its commits said: dates are whatever who commits likes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from git_repository import SETTINGS, GitRepository, new_repository
from guard_process import run_process
from history_repositories import made_key, run_git
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monei_guard.application.opening import open_run
from monei_guard.application.options import RunOptions
from monei_guard.git.repository import discover
from monei_guard.scanning.scanner import scan
from monei_guard.sources.commit_range import range_items, read_range
from monei_guard.sources.source import SourceOptions

KEY = f"MONEI_API_KEY={made_key(1)}\n"
ZEROS = "0" * 40
HOOK = f'#!/bin/sh\nexec "{sys.executable}" -P -m monei_guard hook-pre-receive\n'

Steps = list[tuple[str, dict[str, str]]]  # message, and what is done to paths: content, "+x", "-x" or "-"

# Histories with the same versions brought several times, and what of them is to be found: path and line.
HISTORIES: dict[str, tuple[Steps, set[tuple[str, int]]]] = {
    "a mode changed after": ([("lines", {"a": "one\n" + KEY}), ("mode", {"a": "+x"})], {("a", 2)}),
    "a mode changed twice": ([("lines", {"a": KEY}), ("x", {"a": "+x"}), ("-x", {"a": "-x"})], {("a", 1)}),
    "the same version again, from another": (
        [("lines", {"a": "one\n" + KEY}), ("other", {"a": "two\n"}), ("again", {"a": "one\n" + KEY})],
        {("a", 2)},
    ),
    "removed and brought back": ([("lines", {"a": KEY}), ("gone", {"a": "-"}), ("back", {"a": KEY})], {("a", 1)}),
    "each half from another version": (
        [
            ("first", {"a": "x\n" + KEY}),
            ("both", {"a": KEY + "x\n" + KEY}),
            ("second", {"a": KEY + "x\n"}),
            ("both again", {"a": KEY + "x\n" + KEY}),
        ],
        {("a", 1), ("a", 2), ("a", 3)},
    ),
}


def made(top: Path, steps: Steps, dates: list[int]) -> GitRepository:
    """Return a repository whose first commit is empty and whose others are the steps, at these dates."""
    repository = new_repository(top)
    repository.commit("base", base="base\n")
    for (message, changes), date in zip(steps, dates, strict=True):
        for path, what in changes.items():
            if what in {"+x", "-x"}:
                repository.git("update-index", f"--chmod={what}", path)
            elif what == "-":
                repository.git("rm", "-q", "--cached", path)
            else:
                repository.stage(path, what)
        when = f"@{date} +0000"
        repository.git("commit", "-q", "-m", message, GIT_COMMITTER_DATE=when, GIT_AUTHOR_DATE=when)
    return repository


def places(repository: GitRepository, base: str) -> list[tuple[str | None, int]]:
    found = discover(os.fsencode(repository.top))
    assert found is not None
    items = range_items(found, read_range(found, f"{base}..HEAD"), SourceOptions())
    result = scan(items, open_run(RunOptions(), None).scanner)
    assert result.is_complete
    return sorted((finding.location.path, finding.location.start_line) for finding in result.findings)


@pytest.mark.parametrize("name", HISTORIES)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_found_does_not_depend_on_dates(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    steps, expected = HISTORIES[name]
    dates = data.draw(st.lists(st.integers(1, 2_000_000_000), min_size=len(steps), max_size=len(steps)))
    repository = made(tmp_path_factory.mktemp("r") / "r", steps, dates)
    found = places(repository, f"HEAD~{len(steps)}")
    assert set(found) == expected
    assert len(found) == len(expected), "one line is told once"


@pytest.mark.parametrize("command", ["range", "ci"])
def test_a_child_dated_before_its_parent_hides_nothing(tmp_path: Path, command: str) -> None:
    steps, expected = HISTORIES["a mode changed after"]
    repository = made(tmp_path / "r", steps, [1_700_000_000, 1_600_000_000])
    base = repository.git("rev-parse", "HEAD~2").decode().strip()
    arguments = ["range", f"{base}..HEAD"] if command == "range" else ["ci", f"--base={base}", "--plain"]
    outcome = run_process(*arguments, "--format=json", "--quiet", cwd=repository.top)
    assert outcome.code == 1, outcome.text
    assert set(outcome.places) == expected


def test_a_push_of_such_a_child_is_refused(tmp_path: Path) -> None:
    steps, _ = HISTORIES["a mode changed after"]
    repository = made(tmp_path / "r", steps, [1_700_000_000, 1_600_000_000])
    server = tmp_path / "server.git"
    run_git(tmp_path, "init", "-q", "--bare", str(server))
    hook = server / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(HOOK)
    hook.chmod(0o755)
    pushed = subprocess.run(
        ["git", "push", str(server), "HEAD:refs/heads/main"],
        cwd=repository.top, env=os.environ | SETTINGS, capture_output=True, check=False,
    )  # fmt: skip
    assert pushed.returncode != 0
    assert b"MG101" in pushed.stdout + pushed.stderr
