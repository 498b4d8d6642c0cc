"""`monei-guard staged`: which changes of the index are new, and which are not."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from git_repository import GitRepository, new_repository
from guard_process import Outcome
from made_keys import api_key

Guard = Callable[..., Outcome]
LINES = "".join(f"line {number}\n" for number in range(1, 31))


def test_the_staged_bytes_count_and_the_work_tree_does_not(repository: GitRepository, guard: Guard) -> None:
    repository.stage("clean.txt", "nothing here\n")
    repository.write("clean.txt", f"key={api_key('unstaged')}\n")
    repository.write("untracked.txt", f"key={api_key('untracked')}\n")
    outcome = guard("staged", cwd=repository.top)
    assert (outcome.code, outcome.findings) == (0, [])


def test_a_key_cleaned_in_the_work_tree_after_staging_is_found_with_a_message_of_its_own(
    repository: GitRepository, guard: Guard
) -> None:
    repository.stage("cleaned.txt", f"key={api_key(1)}\n")
    repository.write("cleaned.txt", "key=\n")
    outcome = guard("staged", cwd=repository.top)
    assert outcome.code == 1
    assert "the work tree no longer holds it" in outcome.findings[0]["message"]
    assert "git add" in outcome.findings[0]["message"]


def test_a_key_deleted_in_the_work_tree_after_staging_is_found_with_a_message_of_its_own(
    repository: GitRepository, guard: Guard
) -> None:
    repository.stage("deleted.txt", f"key={api_key(1)}\n")
    os.unlink(repository.place("deleted.txt"))
    outcome = guard("staged", cwd=repository.top)
    assert outcome.code == 1
    assert "the work tree no longer holds it" in outcome.findings[0]["message"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "utf-32"])
def test_a_key_that_still_stands_in_the_work_tree_gets_no_such_message(
    repository: GitRepository, guard: Guard, encoding: str
) -> None:
    repository.stage("kept.txt", f"# a file\nkey={api_key(1)}\n".encode(encoding))
    outcome = guard("staged", cwd=repository.top)
    assert outcome.places == [("kept.txt", 2)]
    assert "work tree" not in outcome.findings[0]["message"]


def test_only_added_lines_count(repository: GitRepository, guard: Guard) -> None:
    old = f"old={api_key('old')}\n"
    repository.commit_file("both.txt", LINES + old + LINES)
    repository.stage("both.txt", "first\n" + LINES + old + LINES + f"new={api_key('new')}\n")
    outcome = guard("staged", cwd=repository.top)
    assert outcome.places == [("both.txt", 63)]


def test_whole_files_counts_every_line(repository: GitRepository, guard: Guard) -> None:
    repository.commit_file("both.txt", f"old={api_key('old')}\n{LINES}")
    repository.stage("both.txt", f"old={api_key('old')}\n{LINES}more\n")
    assert guard("staged", cwd=repository.top).code == 0
    assert guard("staged", "--whole-files", cwd=repository.top).places == [("both.txt", 1)]


def test_a_changed_key_on_an_old_line_is_new(repository: GitRepository, guard: Guard) -> None:
    repository.commit_file("a.txt", f"{LINES}key={api_key('old')}\n{LINES}")
    repository.stage("a.txt", f"{LINES}key={api_key('new')}\n{LINES}")
    assert guard("staged", cwd=repository.top).places == [("a.txt", 31)]


def test_a_pure_rename_is_not_new(repository: GitRepository, guard: Guard) -> None:
    repository.commit_file("old.txt", f"{LINES}key={api_key(1)}\n")
    repository.git("mv", "old.txt", "new.txt")
    assert guard("staged", cwd=repository.top).code == 0


def test_a_rename_with_an_edit_reports_the_edit_only(repository: GitRepository, guard: Guard) -> None:
    repository.commit_file("old.txt", f"{LINES}key={api_key('old')}\n{LINES}")
    repository.git("mv", "old.txt", "new.txt")
    repository.stage("new.txt", f"{LINES}key={api_key('old')}\n{LINES}key={api_key('new')}\n")
    assert guard("staged", cwd=repository.top).places == [("new.txt", 62)]


def test_a_copy_is_new(repository: GitRepository, guard: Guard) -> None:
    repository.commit_file("old.txt", f"{LINES}key={api_key(1)}\n")
    repository.stage("copy.txt", f"{LINES}key={api_key(1)}\n")
    assert guard("staged", cwd=repository.top).places == [("copy.txt", 31)]


def test_a_file_that_is_only_intended_to_be_added_is_not_staged(repository: GitRepository, guard: Guard) -> None:
    repository.write("intended.txt", f"key={api_key(1)}\n")
    repository.git("add", "-N", "intended.txt")
    outcome = guard("staged", cwd=repository.top)
    assert (outcome.code, outcome.skipped) == (0, {})
    repository.git("add", "intended.txt")
    assert guard("staged", cwd=repository.top).code == 1


def test_a_deletion_is_not_new(repository: GitRepository, guard: Guard) -> None:
    repository.commit_file("gone.txt", f"key={api_key(1)}\n")
    repository.git("rm", "-q", "gone.txt")
    assert guard("staged", cwd=repository.top).code == 0


def test_a_mode_change_is_not_new(repository: GitRepository, guard: Guard) -> None:
    repository.commit_file("run.sh", f"key={api_key(1)}\n")
    repository.git("update-index", "--chmod=+x", "run.sh")
    assert b"old mode" in repository.git("diff", "--cached")
    assert guard("staged", cwd=repository.top).code == 0


def test_a_symbolic_link_is_scanned_as_its_target_text(repository: GitRepository, guard: Guard) -> None:
    os.symlink(f"/nowhere/{api_key(1)}/x", repository.place("link"))
    repository.stage("link")
    assert guard("staged", cwd=repository.top).places == [("link", 1)]


def test_a_link_to_a_file_with_a_key_is_not_followed(repository: GitRepository, guard: Guard, tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text(f"key={api_key(1)}\n")
    os.symlink("../outside.txt", repository.place("link"))
    repository.stage("link")
    assert guard("staged", cwd=repository.top).code == 0


def test_a_file_that_was_a_link_is_new_as_a_whole(repository: GitRepository, guard: Guard) -> None:
    os.symlink(f"key={api_key(1)}", repository.place("changed"))
    repository.stage("changed")
    repository.commit()
    os.unlink(repository.place("changed"))
    repository.stage("changed", f"key={api_key(1)}")
    assert guard("staged", cwd=repository.top).places == [("changed", 1)]


def test_a_submodule_link_is_no_content_and_does_not_fail(repository: GitRepository, guard: Guard) -> None:
    head = repository.git("rev-parse", "HEAD").decode().strip()
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{head},vendored")
    outcome = guard("staged", cwd=repository.top)
    assert (outcome.code, outcome.skipped) == (0, {})
    repository.commit()
    repository.git("update-index", "--cacheinfo", f"160000,{'1' * 40},vendored")
    assert guard("staged", cwd=repository.top).code == 0


def test_the_first_commit_of_a_repository_is_scanned(tmp_path: Path, guard: Guard) -> None:
    unborn = new_repository(tmp_path / "unborn")
    assert guard("staged", cwd=unborn.top).code == 0
    unborn.stage("first.txt", f"key={api_key(1)}\n")
    assert guard("staged", cwd=unborn.top).places == [("first.txt", 1)]


def test_an_unborn_branch_beside_another_is_scanned_as_a_whole(repository: GitRepository, guard: Guard) -> None:
    repository.commit_file("a.txt", f"key={api_key(1)}\n")
    repository.git("checkout", "-q", "--orphan", "pages")
    assert guard("staged", cwd=repository.top).places == [("a.txt", 1)]


def test_a_detached_head_is_scanned(repository: GitRepository, guard: Guard) -> None:
    repository.git("checkout", "-q", "--detach")
    repository.stage("a.txt", f"key={api_key(1)}\n")
    assert guard("staged", cwd=repository.top).code == 1


def test_a_repository_with_sha256_objects_is_scanned(tmp_path: Path, guard: Guard) -> None:
    wide = new_repository(tmp_path / "sha256", "--object-format=sha256")
    wide.stage("a.txt", f"key={api_key(1)}\n")
    assert guard("staged", cwd=wide.top).code == 1
    wide.commit()
    wide.stage("a.txt", f"key={api_key(1)}\nkey={api_key(2)}\n")
    assert guard("staged", cwd=wide.top).places == [("a.txt", 2)]


def test_a_thousand_staged_files_are_all_scanned(repository: GitRepository, guard: Guard) -> None:
    for number in range(1000):
        content = f"key={api_key(number)}\n" if number in {0, 499, 999} else f"file {number}\n"
        repository.write(f"many/{number:04}.txt", content)
    repository.git("add", ".")
    outcome = guard("staged", cwd=repository.top)
    assert outcome.places == [("many/0000.txt", 1), ("many/0499.txt", 1), ("many/0999.txt", 1)]
    assert outcome.report["summary"]["files"] == 1000


def test_a_staged_file_over_the_limit_is_an_incomplete_scan(repository: GitRepository, guard: Guard) -> None:
    repository.stage("big.txt", b"x" * 5000)
    repository.stage("small.txt", f"key={api_key(1)}\n")
    outcome = guard("staged", "--max-size", "1KB", cwd=repository.top)
    assert outcome.code == 3
    assert "raise --max-size" in outcome.skipped["big.txt"]
    assert outcome.places == [("small.txt", 1)]


def test_a_key_in_a_staged_name_is_found_once_and_masked(repository: GitRepository, guard: Guard) -> None:
    key = api_key(1)
    for name in ("a.txt", "b.txt"):
        repository.stage(f"dir-{key}/{name}", "nothing\n")
    outcome = guard("staged", cwd=repository.top)
    assert len(outcome.findings) == 1
    assert "work tree" not in outcome.findings[0]["message"]
    assert key not in outcome.text


def test_a_key_in_the_name_of_a_modified_file_is_not_new(repository: GitRepository, guard: Guard) -> None:
    name = f"dump-{api_key(1)}.txt"
    repository.commit_file(name, "one\n")
    repository.stage(name, "one\ntwo\n")
    assert guard("staged", cwd=repository.top).code == 0
    repository.git("mv", name, f"dump-{api_key(2)}.txt")
    assert guard("staged", cwd=repository.top).code == 1


def test_an_unmerged_path_is_named_and_the_rest_is_scanned(repository: GitRepository, guard: Guard) -> None:
    repository.commit_file("a.txt", "base\n")
    repository.git("checkout", "-q", "-b", "other")
    repository.commit_file("a.txt", f"key={api_key('theirs')}\n")
    repository.git("checkout", "-q", "main")
    repository.commit_file("a.txt", "ours\n")
    repository.git("merge", "-q", "other", ok=False)
    repository.stage("b.txt", f"key={api_key('staged')}\n")
    outcome = guard("staged", cwd=repository.top)
    assert outcome.places == [("b.txt", 1)]
    assert "unmerged" in outcome.skipped["a.txt"]
