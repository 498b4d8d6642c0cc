"""What each command does with a work tree that git was told to use and that knows nothing of the repository.

`core.worktree` can name any folder: of somebody else's repository it must not lead a scan to files it has no business
with, but a commit made that way is a commit.
"""

from pathlib import Path

import pytest
from git_repository import GitRepository
from guard_process import run_process
from made_keys import api_key


@pytest.fixture
def foreign(repository: GitRepository, tmp_path: Path) -> Path:
    """Return a folder with a key that the repository names as its work tree, and that holds no .git."""
    repository.commit_file("a.txt", "nothing\n")
    folder = tmp_path / "foreign"
    folder.mkdir()
    (folder / "private.txt").write_text(f"MONEI_API_KEY={api_key('private')}\n")
    repository.git("config", "core.worktree", str(folder))
    return folder


@pytest.mark.parametrize(
    "arguments",
    [("audit", "."), ("history", "."), ("range", "HEAD~0..HEAD"), ("ci", "--plain")],
    ids=lambda arguments: arguments[0],
)
def test_what_reads_files_takes_none_from_there(
    repository: GitRepository, foreign: Path, arguments: tuple[str, ...]
) -> None:
    outcome = run_process(*arguments, "--format", "json", cwd=repository.top)
    assert outcome.code == 0, outcome.text
    assert outcome.places == []
    assert (foreign / "private.txt").exists()


def test_what_is_staged_from_there_is_scanned(repository: GitRepository, foreign: Path) -> None:
    repository.git("add", "private.txt")
    outcome = run_process("staged", "--format", "json", cwd=repository.top)
    assert ("private.txt", 1) in outcome.places
    # The repository checks ask git in the work tree, which knows of no repository there: that is said.
    assert outcome.code == 3, outcome.text
    assert "hygiene was not checked" in outcome.text


@pytest.mark.parametrize("command", ["audit", "history"])
def test_what_is_no_repository_is_said_with_its_name(tmp_path: Path, command: str) -> None:
    (tmp_path / "{braces}").mkdir()
    outcome = run_process(command, "{braces}", cwd=tmp_path)
    assert outcome.code == 2
    assert "{braces} is not a git repository" in outcome.text
