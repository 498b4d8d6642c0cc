"""`monei-guard history`: what it finds, where it says it was, and what it says of what it could not read."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from history_repositories import commit, import_history, made_key, new_repository, random_versions, run_git

from monei_guard.commands.cli import run

Scan = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scan:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    report = tmp_path / "report.json"

    def call(repository: Path, *options: str) -> tuple[int, dict[str, Any]]:
        code = run(["history", str(repository), "--format", "json", "--output", str(report), "--jobs", "1", *options])
        return code, json.loads(report.read_text()) if report.exists() else {}

    return call


def only(report: dict[str, Any]) -> dict[str, Any]:
    (finding,) = report["findings"]
    assert isinstance(finding, dict)
    return finding


def test_a_deleted_key_is_found_with_path_commit_author_line_and_life(tmp_path: Path, scan: Scan) -> None:
    repository = new_repository(tmp_path / "r")
    commit(repository, "start", readme="hello\n")
    added = commit(repository, "add", src__conf=f"x = 1\nMONEI_API_KEY={made_key(1)}\n")
    last = commit(repository, "touch", src__conf=f"x = 2\nMONEI_API_KEY={made_key(1)}\n")
    commit(repository, "remove", src__conf=None)
    code, report = scan(repository)
    finding = only(report)
    assert code == 1
    place = finding["location"]
    assert (place["path"], place["start_line"], place["start_column"]) == ("src/conf", 2, 15)
    assert (place["commit"], place["author"]) == (added, "A. Developer <dev@example.com>")
    assert place["date"] == "2023-11-14T22:13:20+00:00"
    assert finding["life"] == {
        "first_commit": added, "last_commit": last, "versions": 2, "reachable_from": ["HEAD", "refs/heads/main"],
        "in_head": False, "in_worktree": False,
    }  # fmt: skip
    assert finding["location"]["origin"] == "history"


def test_the_same_key_in_four_hundred_versions_is_one_finding(tmp_path: Path, scan: Scan) -> None:
    repository = new_repository(tmp_path / "r")
    lines = [f"line {number}" for number in range(50)]
    versions = []
    for number in range(400):
        lines[number % 50] = f"changed {number}"
        versions.append({"a/b.txt": "\n".join([*lines, f"MONEI_API_KEY={made_key(2)}"]).encode()})
    import_history(repository, versions)
    run_git(repository, "repack", "-adq")
    finding = only(scan(repository)[1])
    assert finding["life"]["versions"] == 400
    assert finding["life"]["in_head"] is True
    assert finding["location"]["start_line"] == 51
    first = run_git(repository, "rev-list", "--max-parents=0", "HEAD").decode().strip()
    assert finding["life"]["first_commit"] == first == finding["location"]["commit"]


def test_the_same_key_at_two_paths_is_told_with_both(tmp_path: Path, scan: Scan) -> None:
    repository = new_repository(tmp_path / "r")
    line = f"MONEI_API_KEY={made_key(5)}\n"
    commit(repository, "one", a=line, b=f"# other\n{line}")
    found = scan(repository)[1]["findings"]
    told = {one["location"]["path"]: [place["location"]["path"] for place in one["related"]] for one in found}
    assert told == {"a": ["b"], "b": ["a"]}


def test_ids_in_packed_refs_are_no_text_and_the_names_behind_them_are(tmp_path: Path, scan: Scan) -> None:
    repository = new_repository(tmp_path / "r")
    commit(repository, "one", a="one\n")
    run_git(repository, "branch", made_key(6))
    run_git(repository, "pack-refs", "--all")
    found = [
        one["location"] for one in scan(repository)[1]["findings"] if one["location"]["path"] == ".git/packed-refs"
    ]
    # behind "# pack-refs ..." and the main branch; 40 digits, a space and "refs/heads/" before the name
    assert [(place["start_line"] > 1, place["start_column"]) for place in found] == [
        (True, 41 + len("refs/heads/") + 1)
    ]


def test_an_object_looked_at_again_that_is_gone_is_no_error(tmp_path: Path, scan: Scan) -> None:
    repository = new_repository(tmp_path / "r")
    import_history(repository, random_versions(3, 20))
    import_history(repository, [{"conf": f"MONEI_API_KEY={made_key(11)}\n".encode()}], branch="leak")
    run_git(repository, "repack", "-adq")
    assert scan(repository)[0] == 1
    run_git(repository, "branch", "-D", "-q", "leak")
    run_git(repository, "gc", "-q", "--prune=now")
    run_git(repository, "reflog", "expire", "--expire=now", "--all")
    code, report = scan(repository)
    assert (code, report["errors"], report["findings"]) == (0, [], [])


def test_a_key_only_in_a_merge_commit_is_found_there(tmp_path: Path, scan: Scan) -> None:
    repository = new_repository(tmp_path / "r")
    commit(repository, "start", a="one\n")
    run_git(repository, "checkout", "-q", "-b", "side")
    commit(repository, "side", b="two\n")
    run_git(repository, "checkout", "-q", "main")
    commit(repository, "main", c="three\n")
    run_git(repository, "merge", "-q", "--no-commit", "--no-ff", "side")
    merge = commit(repository, "merge", a=f"MONEI_API_KEY={made_key(3)}\n")
    finding = only(scan(repository)[1])
    assert finding["location"]["commit"] == merge
    assert finding["life"]["in_head"] is True
    assert finding["life"]["in_worktree"] is True


def test_the_introducing_commit_of_a_key_that_came_and_went_is_the_earliest(tmp_path: Path, scan: Scan) -> None:
    repository = new_repository(tmp_path / "r")
    text = f"MONEI_API_KEY={made_key(4)}\n"
    first = commit(repository, "add", conf=text)
    commit(repository, "remove", conf=None)
    again = commit(repository, "add again", conf=text)
    life = only(scan(repository)[1])["life"]
    assert (life["first_commit"], life["last_commit"], life["versions"]) == (first, again, 1)


def test_a_stash_an_amended_commit_and_a_dangling_blob_are_found(tmp_path: Path, scan: Scan) -> None:
    repository = new_repository(tmp_path / "r")
    commit(repository, "start", a="one\n")
    (repository / "a").write_text(f"MONEI_API_KEY={made_key(5)}\n")
    run_git(repository, "stash", "-q")
    commit(repository, "to be amended", b=f"MONEI_API_KEY={made_key(6)}\n")
    (repository / "b").write_text("clean\n")
    run_git(repository, "add", "b")
    run_git(repository, "commit", "-q", "--amend", "-m", "amended")
    run_git(repository, "hash-object", "-w", "--stdin", stdin=f"MONEI_API_KEY={made_key(7)}\n".encode())
    found = {one["location"]["path"]: one for one in scan(repository)[1]["findings"]}
    assert found.keys() == {"a", "b", None}
    assert found["a"]["life"]["reachable_from"] == ["refs/stash"]
    assert found["b"]["life"]["reachable_from"] == []
    assert found["b"]["life"]["first_commit"]
    assert "until 'git gc' prunes it" in found["b"]["message"]
    assert found[None]["life"]["first_commit"] is None


def test_a_staged_key_is_found_as_staged(tmp_path: Path, scan: Scan) -> None:
    repository = new_repository(tmp_path / "r")
    (repository / "new.env").write_text(f"MONEI_API_KEY={made_key(8)}\n")
    run_git(repository, "add", "new.env")
    finding = only(scan(repository)[1])
    assert finding["location"]["path"] == "new.env"
    assert "staged" in finding["message"]


def test_messages_notes_names_remotes_and_reflogs_are_scanned(tmp_path: Path, scan: Scan) -> None:
    repository = new_repository(tmp_path / "r")
    keys = [made_key(number) for number in range(20, 28)]
    message = commit(repository, f"with {keys[0]}", a="one\n")
    run_git(repository, "tag", "-a", "v1", "-m", f"tagged {keys[1]}")
    run_git(repository, "notes", "add", "-m", f"noted {keys[2]}")
    run_git(repository, "branch", f"feature/{keys[3]}")
    run_git(repository, "remote", "add", "origin", f"https://x:{keys[4]}@example.com/r.git")
    commit(repository, "named", **{keys[5]: "clean\n"})
    run_git(repository, "update-ref", "-m", f"moved {keys[6]}", "refs/heads/other", "HEAD", "")
    run_git(repository, "update-ref", "--create-reflog", "-m", f"moved {keys[6]}", "refs/heads/more", "HEAD")
    run_git(repository, "-c", f"user.name=A {keys[7]}", "commit", "-q", "--allow-empty", "-m", "x", "--author",
            f"B {keys[7]} <b@example.com>")  # fmt: skip
    _, report = scan(repository)
    shown = {one["secret"]["redacted"] for one in report["findings"]}
    assert {key[:6] + "…" + key[-4:] for key in keys} <= shown
    text = json.dumps(report)
    assert not any(key in text for key in keys)
    (first,) = [one for one in report["findings"] if one["secret"]["redacted"].endswith(keys[0][-4:])]
    assert first["location"]["origin"] == "message"
    assert first["location"]["commit"] == message


def test_utf_16_and_files_marked_minus_diff_are_found(tmp_path: Path, scan: Scan) -> None:
    repository = new_repository(tmp_path / "r")
    commit(repository, "hide", _dot_gitattributes="* -diff\n")
    (repository / "wide.txt").write_bytes(f"MONEI_API_KEY={made_key(9)}\n".encode("utf-16"))
    run_git(repository, "add", ".")
    commit(repository, "wide", plain=f"MONEI_API_KEY={made_key(10)}\n")
    assert {one["location"]["path"] for one in scan(repository)[1]["findings"]} == {"wide.txt", "plain"}


def test_an_unborn_branch_and_an_empty_repository_are_clean(tmp_path: Path, scan: Scan) -> None:
    code, report = scan(new_repository(tmp_path / "r"))
    assert code == 0
    assert report["findings"] == report["skipped"] == report["errors"] == []


def test_what_is_no_repository_is_misuse(tmp_path: Path, scan: Scan, capsys: pytest.CaptureFixture[str]) -> None:
    assert scan(tmp_path)[0] == 2
    assert "is not a git repository" in capsys.readouterr().err


def test_a_second_run_knows_the_clean_objects_and_still_reports_the_others(
    tmp_path: Path, scan: Scan, capsys: pytest.CaptureFixture[str]
) -> None:
    repository = new_repository(tmp_path / "r")
    import_history(repository, random_versions(3, 20))
    import_history(repository, [{"conf": f"MONEI_API_KEY={made_key(11)}\n".encode()}], branch="leak")
    run_git(repository, "repack", "-adq")
    _, before = scan(repository)
    (cache,) = (repository / ".git/monei-guard").iterdir()
    assert made_key(11).encode() not in cache.read_bytes()
    _, after = scan(repository)
    assert only(after) == only(before)
    assert after["summary"]["bytes"] < before["summary"]["bytes"] / 4
    _, again = scan(repository, "--no-cache")
    assert again["summary"]["bytes"] == before["summary"]["bytes"]
    assert capsys.readouterr().err == ""


def test_a_clean_pack_is_not_even_opened_and_a_new_one_costs_only_itself(tmp_path: Path, scan: Scan) -> None:
    repository = new_repository(tmp_path / "r")
    import_history(repository, random_versions(3, 20))
    run_git(repository, "repack", "-adq")
    scan(repository)
    import_history(repository, [{"conf": f"MONEI_API_KEY={made_key(12)}\n".encode()}], branch="leak")
    run_git(repository, "repack", "-q")
    code, report = scan(repository)
    assert code == 1
    assert report["summary"]["bytes"] < 4000
    assert only(report)["location"]["path"] == "conf"
    assert only(report)["life"]["reachable_from"] == ["refs/heads/leak"]


@pytest.mark.parametrize("harm", ["flip a bit", "cut it short", "another user's", "another version's", "empty"])
def test_a_damaged_or_foreign_cache_is_ignored_with_a_note(
    tmp_path: Path, scan: Scan, harm: str, capsys: pytest.CaptureFixture[str]
) -> None:
    repository = new_repository(tmp_path / "r")
    import_history(repository, random_versions(3, 5))
    run_git(repository, "repack", "-adq")
    _, before = scan(repository)
    cache = repository / ".git/monei-guard/scanned-objects"
    raw = bytearray(cache.read_bytes())
    if harm == "flip a bit":
        raw[len(raw) // 2] ^= 1
    elif harm == "cut it short":
        del raw[-7:]
    elif harm == "another version's":
        raw[7] += 1
    elif harm == "empty":
        raw.clear()
    else:
        (tmp_path / "state/monei-guard/cache-key").write_bytes(b"k" * 32)
    cache.write_bytes(raw)
    capsys.readouterr()
    _, after = scan(repository)
    assert after["summary"]["bytes"] == before["summary"]["bytes"]
    assert "cache of scanned objects is ignored" in capsys.readouterr().err


def test_the_cache_can_be_kept_elsewhere(tmp_path: Path, scan: Scan) -> None:
    repository = new_repository(tmp_path / "r")
    commit(repository, "start", a="one\n")
    scan(repository, "--cache-dir", str(tmp_path / "elsewhere"))
    assert not (repository / ".git/monei-guard").exists()
    assert list((tmp_path / "elsewhere").iterdir())


def test_what_a_partial_clone_lacks_is_counted_and_not_fetched(tmp_path: Path, scan: Scan) -> None:
    origin = new_repository(tmp_path / "origin")
    for number in range(3):
        commit(origin, f"change {number}", a=f"version {number}\n", b=f"MONEI_API_KEY={made_key(number)}\n")
    run_git(origin, "config", "uploadpack.allowFilter", "true")
    run_git(tmp_path, "clone", "-q", "--filter=blob:none", origin.as_uri(), "partial")
    before = sorted((tmp_path / "partial/.git/objects").rglob("*"))
    code, report = scan(tmp_path / "partial")
    assert code == 3
    (skipped,) = report["skipped"]
    assert "and 3 more not fetched" in skipped["reason"]
    assert len(report["findings"]) == 1
    assert sorted((tmp_path / "partial/.git/objects").rglob("*")) == before
