"""`monei-guard scan`: files, directories and standard input, in git and outside, friendly and hostile."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from git_repository import GitRepository, new_repository
from guard_process import Outcome, run_process
from made_keys import api_key

Guard = Callable[..., Outcome]


def line(name: str | int) -> str:
    return f"key={api_key(name)}\n"


def test_a_directory_outside_git_is_scanned_but_for_git_directories(tmp_path: Path, guard: Guard) -> None:
    for name in ("a.txt", "deep/er/b.txt", ".hidden/c.txt", "node_modules/x/d.js", ".git/config"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(line(name))
    assert {path for path, _ in guard("scan", cwd=tmp_path).places} == {
        "a.txt", "deep/er/b.txt", ".hidden/c.txt", "node_modules/x/d.js",
    }  # fmt: skip


def test_in_git_tracked_and_untracked_files_are_scanned_and_ignored_ones_are_not(
    repository: GitRepository, guard: Guard
) -> None:
    repository.commit_file("tracked.txt", line("tracked"))
    repository.commit_file(".gitignore", "*.log\nbuild/\n")
    repository.stage("forced.log", line("forced"))
    for name in ("untracked.txt", "ignored.log", "build/out.js"):
        repository.write(name, line(name))
    assert [path for path, _ in guard("scan", cwd=repository.top).places] == [
        "forced.log", "tracked.txt", "untracked.txt",
    ]  # fmt: skip
    everything = guard("scan", "--include-ignored", cwd=repository.top)
    assert {path for path, _ in everything.places} == {
        "build/out.js", "forced.log", "ignored.log", "tracked.txt", "untracked.txt",
    }  # fmt: skip


def test_an_ignored_folder_that_is_named_is_scanned(repository: GitRepository, guard: Guard) -> None:
    repository.commit_file(".gitignore", "build/\n")
    repository.write("build/out.js", line(1))
    # A key in a build's output is a finding of its own besides.
    assert set(guard("scan", "build", cwd=repository.top).places) == {("out.js", 1)}
    assert set(guard("scan", "build/out.js", cwd=repository.top).places) == {("build/out.js", 1)}


def test_a_subdirectory_of_a_repository_is_scanned_alone(repository: GitRepository, guard: Guard) -> None:
    repository.commit_file("src/a.txt", line("a"))
    repository.commit_file("b.txt", line("b"))
    assert guard("scan", "src", cwd=repository.top).places == [("a.txt", 1)]
    assert guard("scan", cwd=repository.top / "src").places == [("a.txt", 1)]


def test_nested_repositories_are_scanned_by_their_own_rules(
    repository: GitRepository, guard: Guard, tmp_path: Path
) -> None:
    nested = new_repository(repository.top / "nested")
    nested.commit_file(".gitignore", "ignored.txt\n")
    nested.write("a.txt", line("nested"))
    nested.write("ignored.txt", line("ignored"))
    library = new_repository(tmp_path / "library")
    library.commit_file("lib.txt", line("library"))
    repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library.top), "library")
    assert guard("scan", cwd=repository.top).places == [("library/lib.txt", 1), ("nested/a.txt", 1)]


def test_a_submodule_that_is_not_checked_out_is_no_failure(repository: GitRepository, guard: Guard) -> None:
    head = repository.git("rev-parse", "HEAD").decode().strip()
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{head},vendored")
    (repository.top / "vendored").mkdir()
    assert guard("scan", cwd=repository.top).code == 0


def test_a_tracked_file_that_was_deleted_is_no_failure(repository: GitRepository, guard: Guard) -> None:
    repository.commit_file("deleted.txt", "x\n")
    repository.commit_file("folder/deleted.txt", "x\n")
    os.unlink(repository.place("deleted.txt"))
    shutil.rmtree(repository.place("folder"))
    repository.write("folder", line("where a folder was"))
    outcome = guard("scan", cwd=repository.top)
    assert (outcome.code, outcome.places, outcome.skipped) == (1, [("folder", 1)], {})


def test_a_linked_worktree_is_scanned(repository: GitRepository, guard: Guard, tmp_path: Path) -> None:
    repository.commit_file("a.txt", line("a"))
    repository.git("worktree", "add", "-q", "-b", "linked", str(tmp_path / "linked"))
    assert guard("scan", cwd=tmp_path / "linked").places == [("a.txt", 1)]


def test_several_paths_are_named_as_they_were_given(repository: GitRepository, guard: Guard) -> None:
    for name in ("one/a.txt", "two/a.txt", "c.txt"):
        repository.write(name, line(name))
    places = [path for path, _ in guard("scan", "one", "two", "c.txt", cwd=repository.top).places]
    assert places == ["one/a.txt", "two/a.txt", "c.txt"]


def test_standard_input_is_scanned(tmp_path: Path) -> None:
    outcome = run_process("scan", "-", "--format", "json", cwd=tmp_path, stdin=f"a\n{line(1)}".encode())
    (finding,) = outcome.findings
    assert (finding["location"]["path"], finding["location"]["start_line"]) == (None, 2)
    assert finding["location"]["origin"] == "stdin"


def test_standard_input_over_the_limit_is_incomplete(tmp_path: Path) -> None:
    outcome = run_process("scan", "-", "--max-size", "1KB", "--format", "json", cwd=tmp_path, stdin=b"x" * 2000)
    assert outcome.code == 3
    assert "raise --max-size" in outcome.skipped[None]


def test_a_file_over_the_limit_is_incomplete_and_the_rest_is_reported(tmp_path: Path, guard: Guard) -> None:
    (tmp_path / "big.txt").write_bytes(b"x" * 5000)
    (tmp_path / "small.txt").write_text(line(1))
    outcome = guard("scan", "--max-size", "4KB", cwd=tmp_path)
    assert (outcome.code, outcome.places) == (3, [("small.txt", 1)])
    assert "raise --max-size" in outcome.skipped["big.txt"]
    (tmp_path / "exact.txt").write_bytes(b"x" * 4000)
    assert list(outcome.skipped) == ["big.txt"]


@pytest.mark.skipif(not os.path.isfile("/proc/cpuinfo"), reason="needs a file that says it is empty and is not")
def test_a_file_that_is_longer_than_it_says_is_held_to_the_limit(tmp_path: Path, guard: Guard) -> None:
    outcome = guard("scan", "--max-size", "10", "/proc/cpuinfo", cwd=tmp_path)
    assert outcome.code == 3
    assert "raise --max-size" in outcome.skipped["/proc/cpuinfo"]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a folder that other users may enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # noqa: S103 - that is what it is for
        yield Path(folder)


@pytest.mark.skipif(shutil.which("setpriv") is None and os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("in_git", [False, True])
def test_what_may_not_be_read_is_incomplete_and_the_rest_is_reported(open_folder: Path, *, in_git: bool) -> None:
    folder = open_folder / "folder"
    for name in ("secret/inside.txt", "unreadable.txt", "a.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(line(name))
    if in_git:
        new_repository(folder)
    (folder / "unreadable.txt").chmod(0)
    (folder / "secret").chmod(0)
    command = [sys.executable, "-m", "monei_guard", "scan", "--format", "json", "."]
    if os.geteuid() == 0:
        command = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", *command]
        probe = subprocess.run([*command[:5], "-c", "import monei_guard"], capture_output=True, check=False)
        if probe.returncode != 0:
            pytest.skip("another user may not enter the checkout or its Python")
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    finally:
        (folder / "secret").chmod(0o700)
    outcome = Outcome(done.returncode, done.stdout, done.stderr)
    assert outcome.code == 3, outcome.text
    assert outcome.places == [("a.txt", 1)]
    assert set(outcome.skipped) == {"unreadable.txt", None if in_git else "secret"}, outcome.text
    assert all("Permission denied" in reason for reason in outcome.skipped.values())


def test_pipes_sockets_and_devices_are_passed_over_without_waiting(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    folder.mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "a.txt").write_text(line(1))
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / "socket")[-100:] if len(str(folder)) > 100 else str(folder / "socket"))
    with listener:
        outcome = run_process("scan", "--format", "json", cwd=folder, timeout=30)
    assert (outcome.code, outcome.places) == (1, [("a.txt", 1)])
    assert set(outcome.skipped) == {"pipe", "socket"}


@pytest.mark.parametrize("name", ["pipe", "/dev/zero"])
def test_a_pipe_or_device_that_is_named_is_incomplete_and_does_not_hang(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    outcome = run_process("scan", "--format", "json", name, cwd=tmp_path, timeout=30)
    assert outcome.code == 3
    assert "pipe or a device" in outcome.skipped[name]


def test_the_null_device_is_empty(tmp_path: Path) -> None:
    assert run_process("scan", "--format", "json", "/dev/null", cwd=tmp_path, timeout=30).code in {0, 3}


def test_links_are_scanned_as_text_and_never_followed(tmp_path: Path, guard: Guard) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    outside.mkdir()
    folder.mkdir()
    (outside / "a.txt").write_text(line("outside"))
    for name, target in {
        "to-directory": str(outside), "to-file": "../outside/a.txt", "dangling": "/nowhere", "loop": "loop",
        "up": "..", "here": ".", "key": f"/x/{api_key('target')}",
    }.items():  # fmt: skip
        os.symlink(target, folder / name)
    outcome = guard("scan", cwd=folder)
    assert (outcome.code, outcome.places, outcome.skipped) == (1, [("key", 1)], {})


def test_links_of_a_repository_are_never_followed(repository: GitRepository, guard: Guard, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.txt").write_text(line("outside"))
    for name, target in {"to-directory": "../outside", "loop": "loop", "dangling": "/nowhere"}.items():
        os.symlink(target, repository.place(name))
    assert guard("scan", cwd=repository.top).code == 0
    repository.stage("to-directory")
    repository.stage("loop")
    assert guard("scan", cwd=repository.top).code == 0


def test_a_link_that_is_named_is_followed(tmp_path: Path, guard: Guard) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.txt").write_text(line(1))
    os.symlink("real/a.txt", tmp_path / "file")
    os.symlink("real", tmp_path / "folder")
    assert guard("scan", "file", cwd=tmp_path).places == [("file", 1)]
    assert guard("scan", "folder", cwd=tmp_path).places == [("a.txt", 1)]


@pytest.mark.parametrize("target", ["/nowhere", "itself"])
def test_a_named_link_that_leads_nowhere_is_incomplete(tmp_path: Path, guard: Guard, target: str) -> None:
    os.symlink(target, tmp_path / "itself")
    outcome = guard("scan", "itself", cwd=tmp_path)
    assert outcome.code == 3
    assert "itself" in outcome.skipped


def test_files_that_come_and_go_during_the_scan_do_no_harm(tmp_path: Path) -> None:
    folder = tmp_path / "busy"
    folder.mkdir()
    (folder / "a.txt").write_text(line(1))
    stop = threading.Event()

    def change() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            place = folder / f"{number % 50}.tmp"
            place.write_bytes(b"y" * 10_000)
            with open(folder / "growing.log", "ab") as file:
                file.write(b"z" * 1000)
            (folder / f"{(number + 25) % 50}.tmp").unlink(missing_ok=True)
            time.sleep(0.0005)

    writer = threading.Thread(target=change)
    writer.start()
    try:
        outcomes = [run_process("scan", "--format", "json", cwd=folder, timeout=30) for _ in range(2)]
    finally:
        stop.set()
        writer.join()
    for outcome in outcomes:
        assert ("a.txt", 1) in outcome.places
        assert b"bug in monei-guard" not in outcome.err


@pytest.mark.parametrize("output", ["terminal", "json", "jsonl", "sarif"])
def test_a_key_in_a_name_is_found_once_and_masked_everywhere(tmp_path: Path, guard: Guard, output: str) -> None:
    in_folder, in_file = api_key("folder"), api_key("file")
    folder = tmp_path / "scanned"
    (folder / f"dir-{in_folder}" / "deep").mkdir(parents=True)
    for name in ("a.txt", "deep/b.txt", f"{in_file}.txt"):
        (folder / f"dir-{in_folder}" / name).write_text(line(name))
    (folder / f"dir-{in_folder}" / "big.bin").write_bytes(b"x" * 5000)
    os.mkfifo(folder / f"dir-{in_folder}" / f"{in_file}.pipe")
    outcome = guard("scan", "--max-size", "4KB", "--format", output, cwd=folder)
    assert outcome.code == 3
    assert in_folder not in outcome.text
    assert in_file not in outcome.text
    if output == "json":
        in_names = [one for one in outcome.findings if "in the name" in one["message"]]
        assert len(in_names) == 2
        assert len(outcome.findings) == 5
        assert all("path_bytes" not in one["location"] for one in outcome.findings)
        assert all("path_bytes" not in one for one in outcome.report["skipped"])


def test_a_damaged_repository_is_scanned_all_the_same_and_said_to_be_damaged(
    repository: GitRepository, guard: Guard
) -> None:
    repository.commit_file("a.txt", line(1))
    (repository.top / ".git" / "index").write_bytes(b"DIRC garbage")
    outcome = guard("scan", cwd=repository.top)
    assert (outcome.code, outcome.places) == (3, [("a.txt", 1)])
    assert "index" in outcome.text


def test_a_damaged_repository_inside_another_does_not_stop_the_scan(repository: GitRepository, guard: Guard) -> None:
    nested = new_repository(repository.top / f"nested-{api_key('folder')}")
    nested.commit_file("a.txt", line("nested"))
    (nested.top / ".git" / "index").write_bytes(b"DIRC garbage")
    repository.write("z.txt", line("outer"))
    outcome = guard("scan", cwd=repository.top)
    assert outcome.code == 3
    assert len(outcome.findings) == 3
    assert api_key("folder") not in outcome.text


def test_a_directory_without_git_in_reach_is_scanned(repository: GitRepository, tmp_path: Path) -> None:
    repository.commit_file("a.txt", line(1))
    (tmp_path / "empty").mkdir()
    outcome = run_process("scan", "--format", "json", cwd=repository.top, PATH=str(tmp_path / "empty"))
    assert outcome.places == [("a.txt", 1)]
    assert outcome.code == 3


def test_an_empty_directory_is_clean(tmp_path: Path, guard: Guard) -> None:
    outcome = guard("scan", cwd=tmp_path)
    assert (outcome.code, outcome.skipped) == (0, {})


def test_the_content_of_a_git_directory_is_scanned_when_it_is_named(repository: GitRepository, guard: Guard) -> None:
    repository.git("config", "remote.origin.url", f"https://user:{api_key(1)}@example.com/x.git")
    outcome = guard("scan", ".git", cwd=repository.top)
    assert [path for path, _ in outcome.places] == ["config"]
