"""Repositories and programs that lead git astray: what can be scanned is, all else ends with 3 and a report."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from git_repository import GitRepository, new_repository
from guard_process import Outcome, run_process
from made_up_keys import api_key

Change = Callable[[GitRepository, Path], None]


def guard(command: str, repository: Path, *arguments: str | bytes, env: dict[str, str] | None = None) -> Outcome:
    """Run a command on a repository; one that hangs is ended after two seconds."""
    named = [str(repository)] if command in {"history", "audit", "scan"} else ["-C", str(repository)]
    settings = {"XDG_STATE_HOME": str(repository.parent / "state")} | (env or {})
    return run_process(
        command, *named, "--format=json", "--git-timeout=2", *arguments, cwd=repository, stdin=None, timeout=60,
        **settings,
    )  # fmt: skip


def holding(top: Path) -> GitRepository:
    """Return a repository with one key committed and one staged."""
    repository = new_repository(top)
    repository.commit_file("old.js", f"one\nkey={api_key(1)}\n")
    repository.commit_file("old.js", "one\n")
    repository.stage("new.js", f"key={api_key(2)}\n")
    return repository


def setting(name: str, value: str) -> Change:
    def change(repository: GitRepository, tmp_path: Path) -> None:
        repository.git("config", name, value.format(tmp=tmp_path))

    return change


def pipe(name: str) -> Change:
    def change(repository: GitRepository, _tmp_path: Path) -> None:
        path = repository.top / ".git" / name
        path.unlink(missing_ok=True)
        os.mkfifo(path)

    return change


def cut_index(size: int) -> Change:
    def change(repository: GitRepository, _tmp_path: Path) -> None:
        for number in range(4):
            repository.stage(f"file{number}", f"{number}\n")
        path = repository.top / ".git/index"
        path.write_bytes(path.read_bytes()[:size])

    return change


# What is done, and for each command the exit codes that are right.
ATTACKS: dict[str, tuple[Change, dict[str, set[int]]]] = {
    "a work tree elsewhere": (setting("core.worktree", "{tmp}"), {"staged": {1, 3}, "history": {1}, "scan": {1}}),
    "a work tree that is nowhere": (setting("core.worktree", "{tmp}/no"), {"staged": {1, 3}, "history": {1}}),
    "a pipe for an index": (pipe("index"), {"staged": {3}, "history": {3}}),
    "a pipe for packed refs": (pipe("packed-refs"), {"staged": {1, 3}, "history": {3}}),
    "a pipe for the merged heads": (pipe("MERGE_HEAD"), {"staged": {1}, "history": {1}}),
    "a pipe for a shallow file": (pipe("shallow"), {"staged": {1, 3}, "history": {1, 3}}),
    "a pipe for alternates": (pipe("objects/info/alternates"), {"staged": {1, 3}, "history": {1, 3}}),
    "a pipe for a configuration": (pipe("config"), {"staged": {3}, "history": {3}}),
    "an index of 100 bytes": (cut_index(100), {"staged": {3}, "history": {3}}),
    "an index of 200 bytes": (cut_index(200), {"staged": {3}, "history": {3}}),
    "an index of 20 bytes": (cut_index(20), {"staged": {3}, "history": {3}}),
}


@pytest.mark.parametrize(
    ("attack", "command"), [(attack, command) for attack, (_, codes) in ATTACKS.items() for command in codes]
)
def test_it_is_scanned_or_incomplete_and_the_report_is_written(tmp_path: Path, attack: str, command: str) -> None:
    change, codes = ATTACKS[attack]
    repository = holding(tmp_path / "r")
    change(repository, tmp_path)
    begun = time.monotonic()
    outcome = guard(command, repository.top)
    assert time.monotonic() - begun < 50
    assert outcome.code in codes[command], outcome.text
    assert "Traceback" not in outcome.text
    report = outcome.report
    if outcome.code == 1:
        assert report["findings"]
    else:
        assert report["errors"] or [one for one in report["skipped"] if one["reason"]]


@pytest.mark.parametrize("command", ["staged", "history", "scan"])
@pytest.mark.parametrize("name", ["with\nline feed", "at the end\n", "\n"], ids=["inside", "at the end", "only"])
def test_a_folder_with_a_line_feed_in_its_name(tmp_path: Path, command: str, name: str) -> None:
    repository = holding(tmp_path / name / "r" if name == "\n" else tmp_path / name)
    outcome = guard(command, repository.top)
    assert outcome.code == 1, outcome.text
    assert "new.js" in {path for path, _ in outcome.places}


def test_bare_repositories_are_scanned_where_the_user_is_careful_with_them(tmp_path: Path) -> None:
    holding(tmp_path / "r").git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    careful = tmp_path / "gitconfig"
    careful.write_text("[safe]\n\tbareRepository = explicit\n")
    outcome = guard("history", tmp_path / "bare.git", env={"GIT_CONFIG_GLOBAL": str(careful)})
    assert outcome.code == 1, outcome.text


def test_staged_in_a_partial_clone_is_scanned(tmp_path: Path) -> None:
    origin = new_repository(tmp_path / "origin")
    origin.commit(**{"a.txt": "one\n" * 50, "b.txt": "two\n" * 50, "c.txt": f"key={api_key(3)}\n"})
    origin.git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    origin.git("clone", "-q", "--no-checkout", "--no-local", "--filter=blob:none", origin.top.as_uri(), str(clone))
    partial = GitRepository(clone)
    partial.git("read-tree", "HEAD")
    partial.git("rm", "-q", "--cached", "a.txt")
    partial.stage("moved.txt", "one\n" * 50 + f"key={api_key(4)}\n")
    partial.stage("b.txt", f"key={api_key(5)}\n" + "two\n" * 50)
    outcome = guard("staged", clone)
    assert outcome.code == 1, outcome.text
    assert set(outcome.places) == {("moved.txt", 51), ("b.txt", 1)}


HANGS = "#!/bin/sh\nexec sleep 60\n"
HANGS_WHEN_READING = '#!/bin/sh\ncase "$*" in *cat-file*) exec sleep 60;; esac\nexec {git} "$@"\n'


def program(folder: Path, script: str) -> str:
    """Write a git and return the PATH on which it comes first."""
    folder.mkdir(parents=True)
    found = subprocess.run(["sh", "-c", "command -v git"], capture_output=True, check=True, text=True).stdout.strip()
    (folder / "git").write_text(script.replace("{git}", found))
    (folder / "git").chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.parametrize("command", ["staged", "history", "range"])
@pytest.mark.parametrize("script", [HANGS, HANGS_WHEN_READING], ids=["always", "when it reads objects"])
def test_a_git_that_hangs_is_ended_and_said(tmp_path: Path, command: str, script: str) -> None:
    repository = holding(tmp_path / "r")
    path = program(tmp_path / "programs", script)
    arguments = ["HEAD~1..HEAD"] if command == "range" else []
    begun = time.monotonic()
    outcome = guard(command, repository.top, *arguments, env={"PATH": path})
    assert time.monotonic() - begun < 50
    assert outcome.code == 3, outcome.text
    assert "did not answer within 2 seconds and was ended" in outcome.text or "could not read it again" in outcome.text
    assert outcome.report["errors"] or outcome.report["skipped"]


CANARY = "#!/bin/sh\ntouch {trace}\nexit 1\n"
# Where a git lies, seen from the folder that is scanned, and how PATH leads there.
OWN_GITS = {
    "an empty element": ("r", ""),
    "the current directory": ("r", "."),
    "a relative folder": ("r/bin", "bin"),
    "a folder of the scanned tree": ("r/bin", "{top}/bin"),
    "a folder of the scanned tree, by a detour": ("r/bin", "{top}/../r/bin"),
    "a link into the scanned tree": ("r/bin", "{tmp}/link"),
}


@pytest.mark.parametrize("attack", OWN_GITS)
@pytest.mark.parametrize("command", ["staged", "history", "scan"])
def test_a_git_that_came_with_the_repository_is_not_run(tmp_path: Path, attack: str, command: str) -> None:
    repository = holding(tmp_path / "r")
    folder, element = OWN_GITS[attack]
    trace = tmp_path / "was-run"
    (tmp_path / folder).mkdir(exist_ok=True)
    (tmp_path / "link").symlink_to(tmp_path / "r/bin")
    (tmp_path / folder / "git").write_text(CANARY.format(trace=trace))
    (tmp_path / folder / "git").chmod(0o755)
    path = element.format(top=repository.top, tmp=tmp_path) + os.pathsep + os.environ["PATH"]
    named = [] if command == "staged" else ["."]
    outcome = run_process(command, *named, "--format=json", cwd=repository.top, PATH=path)
    assert not trace.exists()
    assert outcome.code == 1, outcome.text


def test_without_another_git_that_is_said(tmp_path: Path) -> None:
    repository = holding(tmp_path / "r")
    outcome = run_process("staged", cwd=repository.top, PATH=os.pathsep)
    assert outcome.code == 2
    assert b"git was not found" in outcome.err


@pytest.mark.parametrize("ref", ["refs/heads/", "refs/tags/"])
def test_a_refused_name_is_shown_with_what_to_do(tmp_path: Path, ref: str) -> None:
    repository = new_repository(tmp_path / "r")
    commit = repository.commit(a="one\n")
    name = f"{ref}release-{api_key(6)}"
    lines = f"{name} {commit} {name} {'0' * 40}\n".encode()
    outcome = run_process("hook-pre-push", "origin", "url", cwd=repository.top, stdin=lines)
    assert outcome.code == 1
    assert f"{ref}release-mni_" in outcome.text
    assert "git push REMOTE LOCAL:OTHER-NAME" in outcome.text
    assert "--amend" not in outcome.text
    assert api_key(6) not in outcome.text


def test_a_push_that_git_says_nothing_of_is_looked_at(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "r")
    repository.commit(a="one\n")
    repository.git("init", "-q", "--bare", str(tmp_path / "origin.git"))
    repository.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    repository.git("push", "-q", "origin", "main")
    nothing = run_process("hook-pre-push", "origin", "url", cwd=repository.top, stdin=b"")
    assert (nothing.code, nothing.text) == (0, "")
    repository.commit(b=f"key={api_key(7)}\n")
    repository.commit(b="two\n")
    outcome = run_process("hook-pre-push", "origin", "url", "--format=json", cwd=repository.top, stdin=b"")
    assert outcome.code == 1
    assert json.loads(outcome.out)["findings"][0]["location"]["path"] == "b"
    assert b"use_stdin: true" in outcome.err
