"""`monei-guard hook-commit-msg` as git itself runs it: what would be recorded is looked at, and nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from git_repository import SETTINGS, GitRepository
from made_up_keys import api_key

HOOK = f'#!/bin/sh\nexec "{sys.executable}" -P -m monei_guard hook-commit-msg "$@"\n'
KEY = api_key(1)
SCISSORS = "------------------------ >8 ------------------------"


@pytest.fixture
def guarded(repository: GitRepository) -> GitRepository:
    hook = repository.top / ".git" / "hooks" / "commit-msg"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(HOOK)
    hook.chmod(0o755)
    repository.git("config", "status.branch", "true")
    return repository


def commit(
    repository: GitRepository, *arguments: str, typed: str | None = None, settings: tuple[str, ...] = ()
) -> tuple[bool, bool, str]:
    """Commit, with an editor that puts `typed` first; return: was it refused, would it be recorded, what was said."""
    env = os.environ | SETTINGS
    if typed is not None:
        script = repository.top / ".git" / "editor"
        script.write_text(f'#!/bin/sh\n{{ cat \'{script}.txt\'; cat "$1"; }} >"$1.new" && mv "$1.new" "$1"\n')
        Path(f"{script}.txt").write_text(typed)
        script.chmod(0o755)
        env |= {"GIT_EDITOR": str(script)}
    given = [part for one in settings for part in ("-c", one)]
    done = subprocess.run(
        ["git", *given, "commit", "--allow-empty", *arguments],
        cwd=repository.top, env=env, capture_output=True, check=False,
    )  # fmt: skip
    said = (done.stdout + done.stderr).decode("utf-8", "replace")
    # The truth: what git records of the same message when no hook is asked.
    unguarded = subprocess.run(
        ["git", *given, "commit", "--allow-empty", "--no-verify", *arguments],
        cwd=repository.top, env=env, capture_output=True, check=False,
    )  # fmt: skip
    assert unguarded.returncode == 0, unguarded.stderr
    return done.returncode != 0, KEY.encode() in repository.git("log", "-1", "--format=%B"), said


@pytest.mark.parametrize(
    ("arguments", "typed", "settings"),
    [
        (("-m", f"fix\n\nuse {KEY}"), None, ()),
        (("-m", f"fix\n\n# {KEY}"), None, ()),
        (("-m", f"fix\n\n# {KEY}"), None, ("commit.cleanup=strip",)),
        (("-m", "fix"), None, ()),
        ((), f"fix {KEY}\n", ()),
        ((), f"fix\n# {KEY}\n", ()),
        ((), f"fix\n# {KEY}\n", ("commit.cleanup=whitespace",)),
        ((), f"fix\n; {KEY}\n", ("core.commentChar=;",)),
        ((), f"fix\n# {KEY}\n", ("core.commentChar=;",)),
        ((), f"fix\n# {SCISSORS}\n{KEY}\n", ()),
        ((), f"fix\n# {SCISSORS}\n{KEY}\n", ("commit.cleanup=scissors",)),
        (("-m", f"fix\n\n# {SCISSORS}\n{KEY}"), None, ()),
        (("-m", f"fix\n\n# {SCISSORS}\n{KEY}"), None, ("commit.cleanup=scissors",)),
    ],
)
def test_exactly_what_is_recorded_decides(
    guarded: GitRepository, arguments: tuple[str, ...], typed: str | None, settings: tuple[str, ...]
) -> None:
    refused, is_recorded, said = commit(guarded, *arguments, typed=typed, settings=settings)
    assert refused == is_recorded, said
    assert KEY not in said


def test_the_diff_below_the_scissors_of_a_verbose_commit_does_not_count(guarded: GitRepository) -> None:
    guarded.commit(app=f"KEY = '{KEY}'\n")
    guarded.stage("app", "KEY = ''\n")
    refused, is_recorded, said = commit(guarded, "--verbose", "--verbose", typed="take it out\n")
    assert (refused, is_recorded) == (False, False), said


def test_a_refusal_names_line_and_column_and_where_the_message_is(guarded: GitRepository) -> None:
    _, _, said = commit(guarded, typed=f"fix\n\nwith {KEY}\n")
    assert "message:3:6" in said
    assert "COMMIT_EDITMSG" in said


def test_a_comment_character_that_git_chooses_itself_hides_nothing(guarded: GitRepository) -> None:
    refused, is_recorded, _ = commit(guarded, "-m", f"fix\n\n# {KEY}", settings=("core.commentChar=auto",))
    assert (refused, is_recorded) == (True, True)


def test_a_merge_is_asked_too(guarded: GitRepository) -> None:
    guarded.git("checkout", "-q", "-b", "side")
    guarded.commit(side="x")
    guarded.git("checkout", "-q", "main")
    guarded.commit(main="x")
    done = subprocess.run(
        ["git", "merge", "--no-ff", "-m", f"with {KEY}", "side"],
        cwd=guarded.top, env=os.environ | SETTINGS, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert KEY.encode() not in done.stdout + done.stderr
