"""`monei-guard staged` run by a real hook, and from every place git itself works in."""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from git_repository import SETTINGS, GitRepository, new_repository
from guard_process import Outcome, run_process
from made_keys import api_key

Guard = Callable[..., Outcome]


def install_hook(repository: GitRepository, hooks: Path | None = None) -> None:
    """Make the real program the pre-commit hook."""
    folder = hooks or repository.top / ".git" / "hooks"
    folder.mkdir(exist_ok=True)
    hook = folder / "pre-commit"
    hook.write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} -m monei_guard staged --format json\n")
    hook.chmod(0o755)


def commit(folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    """Run `git commit` with its hooks."""
    return subprocess.run(
        ["git", "commit", "-q", "-m", "message", *arguments], cwd=folder, env=os.environ | SETTINGS | env,
        capture_output=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def head(repository: GitRepository) -> bytes:
    return repository.git("rev-parse", "HEAD")


def test_a_commit_with_a_key_is_blocked_and_a_clean_one_passes(repository: GitRepository) -> None:
    install_hook(repository)
    before = head(repository)
    repository.stage("a.txt", f"key={api_key(1)}\n")
    assert commit(repository.top).returncode == 1
    assert head(repository) == before
    repository.stage("a.txt", "key from the environment\n")
    done = commit(repository.top)
    assert (done.returncode, head(repository) != before) == (0, True), done.stderr


def test_commit_all_looks_at_the_index_git_is_about_to_commit(repository: GitRepository) -> None:
    repository.commit_file("a.txt", "clean\n")
    install_hook(repository)
    repository.write("a.txt", f"key={api_key(1)}\n")
    assert guard_finding_in(commit(repository.top, "-a")) == "a.txt"


def test_commit_of_one_path_looks_at_that_path_only(repository: GitRepository) -> None:
    repository.commit(a="clean\n", b="clean\n")
    install_hook(repository)
    repository.write("a", f"key={api_key('a')}\n")
    repository.stage("b", f"key={api_key('b')}\n")
    assert guard_finding_in(commit(repository.top, "a")) == "a"
    repository.write("a", "clean again\n")
    assert commit(repository.top, "a").returncode == 0
    assert guard_finding_in(commit(repository.top)) == "b"


def guard_finding_in(done: subprocess.CompletedProcess[bytes]) -> str:
    """Return the path of the one finding in a blocked commit's report (git sends a hook's output to stderr)."""
    assert done.returncode == 1, done.stderr
    (finding,) = Outcome(1, done.stdout or done.stderr, b"").findings
    path = finding["location"]["path"]
    assert isinstance(path, str)
    return path


def test_commit_amend_with_a_key_is_blocked(repository: GitRepository) -> None:
    install_hook(repository)
    repository.stage("a.txt", f"key={api_key(1)}\n")
    assert guard_finding_in(commit(repository.top, "--amend")) == "a.txt"


def test_commit_from_a_subdirectory_is_scanned(repository: GitRepository) -> None:
    repository.commit_file("deep/er/x", "x\n")
    install_hook(repository)
    repository.stage("a.txt", f"key={api_key(1)}\n")
    assert guard_finding_in(commit(repository.top / "deep" / "er")) == "a.txt"


def test_the_first_commit_is_scanned_by_the_hook(tmp_path: Path) -> None:
    unborn = new_repository(tmp_path / "unborn")
    install_hook(unborn)
    unborn.stage("a.txt", f"key={api_key(1)}\n")
    assert guard_finding_in(commit(unborn.top)) == "a.txt"


def test_a_commit_in_a_linked_worktree_is_scanned(repository: GitRepository, tmp_path: Path) -> None:
    install_hook(repository)
    repository.git("worktree", "add", "-q", "-b", "linked", str(tmp_path / "linked"))
    linked = GitRepository(tmp_path / "linked")
    linked.stage("a.txt", f"key={api_key(1)}\n")
    assert guard_finding_in(commit(linked.top)) == "a.txt"
    assert guard_finding_in(commit(linked.top, "a.txt")) == "a.txt"


def test_a_merge_in_a_linked_worktree_knows_its_parents(
    repository: GitRepository, tmp_path: Path, guard: Guard
) -> None:
    repository.git("checkout", "-q", "-b", "other")
    repository.commit_file("theirs.txt", f"key={api_key('theirs')}\n")
    repository.git("checkout", "-q", "main")
    repository.git("worktree", "add", "-q", "-b", "linked", str(tmp_path / "linked"))
    linked = GitRepository(tmp_path / "linked")
    linked.commit_file("ours.txt", "x\n")
    linked.git("merge", "-q", "--no-commit", "other")
    assert guard("staged", cwd=linked.top).code == 0


def test_a_commit_in_a_submodule_is_scanned(repository: GitRepository, tmp_path: Path) -> None:
    library = new_repository(tmp_path / "library")
    library.commit(x="x\n")
    repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library.top), "library")
    inner = GitRepository(repository.top / "library")
    install_hook(inner, repository.top / ".git" / "modules" / "library" / "hooks")
    inner.stage("a.txt", f"key={api_key(1)}\n")
    assert guard_finding_in(commit(inner.top)) == "a.txt"


@pytest.mark.parametrize("below", [".", "deep/er"])
def test_a_separated_git_directory_is_found(tmp_path: Path, guard: Guard, below: str) -> None:
    parted = new_repository(tmp_path / "parted", f"--separate-git-dir={tmp_path / 'elsewhere'}")
    parted.commit_file("deep/er/x", "x\n")
    parted.stage("a.txt", f"key={api_key(1)}\n")
    outcome = guard("staged", cwd=parted.top / below)
    assert outcome.places == [("a.txt", 1)]
    assert "work tree" not in outcome.findings[0]["message"]


def test_the_place_may_be_named_instead_of_entered(repository: GitRepository, tmp_path: Path, guard: Guard) -> None:
    repository.stage("a.txt", f"key={api_key(1)}\n")
    assert guard("staged", "-C", str(repository.top), cwd=tmp_path).places == [("a.txt", 1)]


def test_a_repository_without_user_name_is_scanned(repository: GitRepository) -> None:
    repository.stage("a.txt", f"key={api_key(1)}\n")
    outcome = run_process(
        "staged", "--format", "json", cwd=repository.top, EMAIL="", GIT_AUTHOR_NAME="", GIT_COMMITTER_NAME=""
    )
    assert outcome.places == [("a.txt", 1)]


def test_the_index_git_names_in_the_environment_is_the_one_that_is_scanned(
    repository: GitRepository, tmp_path: Path
) -> None:
    repository.stage("plain.txt", f"key={api_key('plain')}\n")
    other = str(tmp_path / "other-index")
    repository.git("read-tree", "HEAD", GIT_INDEX_FILE=other)
    assert run_process("staged", "--format", "json", cwd=repository.top, GIT_INDEX_FILE=other).code == 0
    assert run_process("staged", "--format", "json", cwd=repository.top).code == 1


def test_a_relative_index_in_the_environment_is_relative_to_where_the_hook_runs(repository: GitRepository) -> None:
    repository.commit_file("deep/x", "x\n")
    repository.stage("a.txt", f"key={api_key(1)}\n")
    outcome = run_process("staged", "--format", "json", cwd=repository.top / "deep", GIT_INDEX_FILE="../.git/index")
    assert outcome.places == [("a.txt", 1)]
