"""`monei-guard staged` in a merge: what any parent already has is not new; what the merge itself adds is."""

from collections.abc import Callable

import pytest
from git_repository import GitRepository
from guard_process import Outcome
from made_keys import api_key

Guard = Callable[..., Outcome]
LINES = "".join(f"line {number}\n" for number in range(1, 31))


@pytest.fixture
def forked(repository: GitRepository) -> GitRepository:
    """Return a repository on main, with a branch `other`; each side has committed a key of its own."""
    repository.commit_file("shared.txt", LINES)
    repository.git("checkout", "-q", "-b", "other")
    repository.commit_file("theirs.txt", f"key={api_key('theirs')}\n")
    repository.commit_file("shared.txt", f"{LINES}key={api_key('their line')}\n")
    repository.git("checkout", "-q", "main")
    repository.commit_file("ours.txt", f"key={api_key('ours')}\n")
    repository.commit_file("shared.txt", f"key={api_key('our line')}\n{LINES}")
    return repository


def test_what_either_parent_has_is_not_new(forked: GitRepository, guard: Guard) -> None:
    forked.git("merge", "-q", "--no-commit", "other")
    assert forked.git("diff", "--cached", "--name-only")
    outcome = guard("staged", cwd=forked.top)
    assert (outcome.code, outcome.findings) == (0, [])


def test_what_the_merge_itself_adds_is_new(forked: GitRepository, guard: Guard) -> None:
    forked.git("merge", "-q", "--no-commit", "other")
    forked.stage("evil.txt", f"key={api_key('evil')}\n")
    forked.stage(
        "shared.txt",
        f"key={api_key('our line')}\n{LINES}key={api_key('their line')}\nkey={api_key('evil line')}\n",
    )
    assert guard("staged", cwd=forked.top).places == [("evil.txt", 1), ("shared.txt", 33)]


def test_a_key_added_while_resolving_a_conflict_is_new(repository: GitRepository, guard: Guard) -> None:
    repository.commit_file("a.txt", "base\n")
    repository.git("checkout", "-q", "-b", "other")
    repository.commit_file("a.txt", "theirs\n")
    repository.git("checkout", "-q", "main")
    repository.commit_file("a.txt", "ours\n")
    repository.git("merge", "-q", "other", ok=False)
    repository.stage("a.txt", f"key={api_key(1)}\n")
    assert guard("staged", cwd=repository.top).places == [("a.txt", 1)]


def test_taking_one_side_of_a_conflict_is_not_new(repository: GitRepository, guard: Guard) -> None:
    repository.commit_file("a.txt", "base\n")
    repository.git("checkout", "-q", "-b", "other")
    repository.commit_file("a.txt", f"key={api_key(1)}\n")
    repository.git("checkout", "-q", "main")
    repository.commit_file("a.txt", "ours\n")
    repository.git("merge", "-q", "other", ok=False)
    repository.git("checkout", "--theirs", "a.txt")
    repository.stage("a.txt")
    assert guard("staged", cwd=repository.top).code == 0


def test_an_octopus_merge_knows_all_its_parents(repository: GitRepository, guard: Guard) -> None:
    for branch in ("one", "two", "three"):
        repository.git("checkout", "-q", "-b", branch, "main")
        repository.commit_file(f"{branch}.txt", f"key={api_key(branch)}\n")
    repository.git("checkout", "-q", "main")
    repository.commit_file("main.txt", "x\n")
    repository.git("merge", "-q", "--no-commit", "one", "two", "three")
    assert guard("staged", cwd=repository.top).code == 0
    repository.stage("evil.txt", f"key={api_key('evil')}\n")
    assert guard("staged", cwd=repository.top).places == [("evil.txt", 1)]


def test_a_squashed_merge_has_one_parent_so_everything_is_new(forked: GitRepository, guard: Guard) -> None:
    forked.git("merge", "-q", "--squash", "other")
    assert guard("staged", cwd=forked.top).places == [("shared.txt", 32), ("theirs.txt", 1)]


def test_a_cherry_pick_brings_something_new(forked: GitRepository, guard: Guard) -> None:
    forked.git("cherry-pick", "-n", "other~1")
    assert guard("staged", cwd=forked.top).places == [("theirs.txt", 1)]


def test_a_revert_brings_a_deleted_key_back(repository: GitRepository, guard: Guard) -> None:
    repository.commit_file("a.txt", f"key={api_key(1)}\n")
    repository.git("rm", "-q", "a.txt")
    repository.commit()
    repository.git("revert", "-n", "HEAD")
    assert guard("staged", cwd=repository.top).places == [("a.txt", 1)]


def test_a_merge_with_a_damaged_list_of_parents_is_not_taken_for_clean(forked: GitRepository, guard: Guard) -> None:
    forked.git("merge", "-q", "--no-commit", "other")
    (forked.top / ".git" / "MERGE_HEAD").write_text("not an id\n")
    outcome = guard("staged", cwd=forked.top)
    assert outcome.code in {1, 3}
    assert b"Traceback" not in outcome.err
