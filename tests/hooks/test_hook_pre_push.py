"""`monei-guard hook-pre-push` as git itself runs it: a real push, a real remote."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from git_repository import SETTINGS, GitRepository
from guard_process import run_process
from made_up_keys import api_key

ZEROS = "0" * 40
HOOK = f'#!/bin/sh\nexec "{sys.executable}" -P -m monei_guard hook-pre-push "$@"\n'


@pytest.fixture
def copy(repository: GitRepository, tmp_path: Path) -> GitRepository:
    """Return a clone whose origin has the branch main, with the hook in place."""
    repository.git("clone", "-q", "--bare", ".", str(tmp_path / "origin.git"))
    repository.git("clone", "-q", str(tmp_path / "origin.git"), str(tmp_path / "copy"))
    made = GitRepository(tmp_path / "copy")
    hook = made.top / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(HOOK)
    hook.chmod(0o755)
    return made


def push(copy: GitRepository, *arguments: str, **env: str) -> tuple[int, str]:
    done = subprocess.run(
        ["git", "push", *arguments], cwd=copy.top, env=os.environ | SETTINGS | env, capture_output=True, check=False
    )
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


def test_a_clean_push_goes_through_and_says_nothing_of_its_own(copy: GitRepository) -> None:
    copy.commit(new="nothing\n")
    code, said = push(copy, "origin", "main")
    assert code == 0
    assert "finding" not in said


@pytest.mark.parametrize("how", [("main",), ("main:new",), ("--all",), ("HEAD^{/take it:refs/heads/x",)], ids=str)
def test_a_key_that_a_later_commit_takes_out_again_is_still_refused(copy: GitRepository, how: tuple[str, ...]) -> None:
    bad = copy.commit(**{"app.py": f"KEY = '{api_key(1)}'\n"})
    copy.commit("take it {out}", **{"app.py": "KEY = ''\n"})
    code, said = push(copy, "origin", *(one.replace("/take it", "/take it}") for one in how))
    assert code == 1
    assert "app.py:1:8" in said
    assert bad[:12] in said
    assert "git rebase -i" in said
    assert api_key(1) not in said


def test_each_of_several_refs_is_looked_at(copy: GitRepository) -> None:
    copy.git("checkout", "-q", "-b", "clean")
    copy.commit(clean="nothing\n")
    copy.git("checkout", "-q", "-b", "dirty", "main")
    copy.commit(dirty=f"KEY = '{api_key(2)}'\n")
    assert push(copy, "origin", "clean")[0] == 0
    assert push(copy, "origin", "clean:other", "dirty")[0] == 1


def test_what_the_remote_has_already_is_not_looked_at_again(copy: GitRepository) -> None:
    copy.commit(old=f"KEY = '{api_key(3)}'\n")
    assert push(copy, "--no-verify", "origin", "main:there")[0] == 0
    copy.commit(new="nothing\n")
    assert push(copy, "origin", "main", "main:new")[0] == 0


def test_another_remote_may_lack_what_origin_has(copy: GitRepository, tmp_path: Path) -> None:
    copy.commit(old=f"KEY = '{api_key(4)}'\n")
    push(copy, "--no-verify", "origin", "main")
    copy.git("init", "-q", "--bare", str(tmp_path / "public.git"))
    copy.git("remote", "add", "public", str(tmp_path / "public.git"))
    assert push(copy, "public", "main")[0] == 1
    assert push(copy, str(tmp_path / "public.git"), "main")[0] == 1


def test_tags_messages_names_of_refs_and_tagged_blobs_count(copy: GitRepository) -> None:
    copy.git("tag", "-a", "-m", f"with {api_key(5)}", "v1")
    assert push(copy, "origin", "v1")[0] == 1
    assert push(copy, "origin", f"main:{api_key(6)}")[0] == 1
    blob = copy.git("hash-object", "-w", "--stdin", stdin=f"KEY = '{api_key(7)}'\n".encode()).decode().strip()
    assert push(copy, "origin", f"{blob}:refs/tags/blob")[0] == 1
    tree = copy.git("mktree", stdin=f"100644 blob {blob}\tnested.py\n".encode()).decode().strip()
    code, said = push(copy, "origin", f"{tree}:refs/tags/tree")
    assert code == 1
    assert "nested.py:1:8" in said
    copy.git("tag", "-a", "-m", "about a tree", "v2", tree)
    assert push(copy, "origin", "v2")[0] == 1


def test_a_deletion_and_a_forced_push_of_clean_commits_go_through(copy: GitRepository) -> None:
    copy.commit(one="one\n")
    assert push(copy, "origin", "main:gone")[0] == 0
    copy.git("commit", "-q", "--amend", "-m", "again")
    assert push(copy, "--force", "origin", "main:gone")[0] == 0
    assert push(copy, "origin", ":gone")[0] == 0


def test_what_git_says_is_checked(repository: GitRepository) -> None:
    for lines in (b"refs/heads/x abc refs/heads/x def\n", b"one two\n", b"\xff \xff \xff \xff\n"):
        outcome = run_process("hook-pre-push", "origin", "url", cwd=repository.top, stdin=lines)
        assert outcome.code == 3
        assert b"cannot be read" in outcome.err
    missing = f"refs/heads/x {'1' * 40} refs/heads/x {ZEROS}\n".encode()
    outcome = run_process("hook-pre-push", "origin", "url", cwd=repository.top, stdin=missing)
    assert outcome.code == 3
    outcome = run_process("hook-pre-push", cwd=repository.top, stdin=missing, MONEI_GUARD_ON_ERROR="warn")
    assert outcome.code == 0
    assert b"let through (MONEI_GUARD_ON_ERROR=warn)" in outcome.err


def test_a_gap_is_let_through_where_that_is_wished_but_a_finding_never(repository: GitRepository) -> None:
    repository.commit(large="x" * 5000)
    pushed = f"HEAD {repository.commit(new='x')} refs/heads/x {ZEROS}\n".encode()
    arguments = ("hook-pre-push", "--max-size", "1000", "origin", "url")
    assert run_process(*arguments, cwd=repository.top, stdin=pushed).code == 3
    soft = run_process(*arguments, cwd=repository.top, stdin=pushed, MONEI_GUARD_ON_ERROR="warn")
    assert (soft.code, soft.out) == (0, b"")
    assert b"large" in soft.err
    pushed = f"HEAD {repository.commit(key=api_key(8))} refs/heads/x {ZEROS}\n".encode()
    assert run_process(*arguments, cwd=repository.top, stdin=pushed, MONEI_GUARD_ON_ERROR="warn").code == 1


def test_a_commit_with_a_gap_is_let_through_where_that_is_wished_but_a_finding_never(repository: GitRepository) -> None:
    repository.stage("large", "x" * 5000)
    arguments = ("staged", "--max-size", "1000")
    assert run_process(*arguments, cwd=repository.top).code == 3
    soft = run_process(*arguments, cwd=repository.top, MONEI_GUARD_ON_ERROR="warn")
    assert (soft.code, soft.out) == (0, b"")
    assert b"large" in soft.err
    repository.stage("key", api_key(9))
    assert run_process(*arguments, cwd=repository.top, MONEI_GUARD_ON_ERROR="warn").code == 1
