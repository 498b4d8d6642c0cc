"""Commits and trees left until provenance_of are sought: the report is the one of a scan that leaves nothing."""

import json
import multiprocessing
import os
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from history_repositories import commit, import_history, made_key, new_repository, random_versions, run_git

from monei_guard.commands.cli import run
from monei_guard.git.pack_entries import COMMIT, TREE
from monei_guard.git.pack_index import Offsets
from monei_guard.git.repository import discover
from monei_guard.history import object_store
from monei_guard.history.object_store import (
    Scan,
    ScanOptions,
    begin_scan,
    finish_scan,
    open_store,
    scan_deferred,
    scan_store,
)
from monei_guard.history.provenance import provenance_of
from monei_guard.history.worker import ObjectMatches

Report = Callable[..., tuple[int, dict[str, Any], str]]
HELD_IN = {
    "the first share": {"big": True, "small": False},
    "the last share": {"big": False, "small": True},
    "no blob": {"big": False, "small": False},
}


@pytest.fixture(autouse=True)
def small_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_store, "_ALONE", 0)
    monkeypatch.setattr(object_store, "_LARGEST_SHARE", 1 << 11)


@pytest.fixture
def report(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Report:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def call(repository: Path, *options: str) -> tuple[int, dict[str, Any], str]:
        file = tmp_path / "report.json"
        code = run(["history", str(repository), f"--report=json={file}", f"--output={os.devnull}", *options])
        told = json.loads(file.read_text())
        for part in ("findings", "skipped", "errors"):
            told[part].sort(key=json.dumps)
        return code, told, capsys.readouterr().err

    return call


@pytest.fixture
def leave_nothing(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    return lambda: monkeypatch.setattr(object_store, "_LATE", ())


def keyed(path: Path, *, big: bool, small: bool) -> Path:
    """Make a packed history with keys in messages and file names, and where asked in a large or a small blob."""
    repository = new_repository(path)
    import_history(repository, random_versions(3, 30))
    run_git(repository, "reset", "-q", "--hard")
    noise = random.Random(1).randbytes(6000).hex()  # noqa: S311 - not for secrecy
    commit(repository, "large", deep__big=noise + (f"\nMONEI_API_KEY={made_key(1)}\n" if big else "\n"))
    commit(repository, f"with {made_key(2)}", deep__small=f"MONEI_API_KEY={made_key(3)}\n" if small else "x\n")
    commit(repository, "named", **{f"deep__{made_key(4)}": "empty\n"})
    for number in range(20):
        commit(repository, f"further {number}", **{f"more__f{number}": f"{number}\n"})
    run_git(repository, "tag", "-a", "-m", f"with {made_key(5)}", "v1")
    run_git(repository, "repack", "-adfq")
    return repository


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("held", HELD_IN)
def test_the_report_is_the_same_whenever_the_first_hit_comes(
    tmp_path: Path, report: Report, leave_nothing: Callable[[], None], held: str, jobs: str
) -> None:
    def reports(name: str) -> list[tuple[int, dict[str, Any], str]]:
        """Return those without a cache, with a new one, with that, and with that after one more commit."""
        repository = keyed(tmp_path / name, **HELD_IN[held])
        cache = f"--cache-dir={tmp_path / name}-cache"
        told = [report(repository, option, f"--jobs={jobs}") for option in ("--no-cache", cache, cache)]
        commit(repository, f"again {made_key(6)}", new=f"MONEI_API_KEY={made_key(7)}\n")
        run_git(repository, "repack", "-dq")
        return [*told, report(repository, cache, f"--jobs={jobs}")]

    told = reports("r")
    leave_nothing()
    expected = reports("other")
    assert told == expected
    assert all(code == 1 for code, _, _ in told)
    assert len(told[0][1]["findings"]) >= 3 + (held != "no blob")


def test_a_damaged_commit_and_tree_are_the_same_errors(
    tmp_path: Path, report: Report, leave_nothing: Callable[[], None]
) -> None:
    repository = keyed(tmp_path / "r", big=True, small=True)
    found = discover(os.fsencode(repository))
    assert found is not None
    (pack,) = open_store(found).packs
    (file,) = (repository / ".git/objects/pack").glob("*.pack")
    file.chmod(0o644)
    raw = bytearray(file.read_bytes())
    for kind in (COMMIT, TREE):
        middle = np.nonzero(pack.entries.kind == kind)[0]
        at = int(middle[len(middle) // 2])
        raw[int(pack.entries.start[at]) + 4] ^= 0xFF
    file.write_bytes(raw)
    told = report(repository, "--no-cache", "--jobs=1")
    leave_nothing()
    assert told == report(repository, "--no-cache", "--jobs=1")
    assert told[0] == 3
    assert len(told[1]["errors"]) >= 2


def test_objects_in_two_packs_are_told_alike(tmp_path: Path, report: Report, leave_nothing: Callable[[], None]) -> None:
    keyed(tmp_path / "lender", big=True, small=True)
    repository = tmp_path / "r"
    run_git(tmp_path, "clone", "-q", "--shared", "lender", "r")
    commit(repository, f"own {made_key(6)}", **{f"own__{made_key(8)}": f"MONEI_API_KEY={made_key(7)}\n"})
    listed = run_git(repository, "rev-list", "--objects", "HEAD", "--", "own", "deep").splitlines()
    some = b"".join(line.split(b" ")[0] + b"\n" for line in listed)
    run_git(repository, "pack-objects", "-q", ".git/objects/pack/pack", stdin=some)
    run_git(repository, "prune-packed", "-q")
    told = report(repository, "--no-cache", "--jobs=1")
    leave_nothing()
    assert told == report(repository, "--no-cache", "--jobs=1")
    assert len(told[1]["findings"]) >= 7


def begun(repository: Path, needle: bytes, jobs: int = 1) -> Scan:
    found = discover(os.fsencode(repository))
    assert found is not None

    def match(contents: Sequence[bytes]) -> list[ObjectMatches]:
        return [ObjectMatches(("it",) if needle in content else ()) for content in contents]

    options = ScanOptions(lambda data: needle in data, 64, match, jobs=jobs)
    return begin_scan(open_store(found), options)


def test_what_is_left_is_looked_at_once_and_nothing_is_left_without_hits(tmp_path: Path) -> None:
    repository = keyed(tmp_path / "r", big=True, small=False)
    assert not begun(repository, b"stands nowhere").deferred
    scan = begun(repository, made_key(1).encode())
    assert {share.share.kind for share in scan.deferred} == {COMMIT, TREE}
    whole = scan_store(scan.store, scan.options)
    assert scan.result.objects < whole.objects
    finish_scan(scan)
    assert (scan.deferred, scan.result) == ([], whole)


def test_a_hit_in_a_tag_leaves_nothing_and_one_in_a_message_leaves_the_trees(tmp_path: Path) -> None:
    repository = keyed(tmp_path / "r", big=False, small=False)
    tagged, message = begun(repository, made_key(5).encode()), begun(repository, made_key(2).encode())
    assert (len(tagged.result.matched_objects), tagged.deferred) == (1, [])
    assert TREE in {share.share.kind for share in message.deferred}
    (matched,) = message.result.matched_objects
    told = provenance_of(message.store, [], [matched.object_id], 1, message)
    assert [place.first_commit for place in told[matched.object_id]] == [matched.object_id]


class Dying:
    """A collector whose worker ends in the middle."""

    def take(self, pack: int, positions: Offsets, contents: list[bytes]) -> None:
        os._exit(7)

    def rows(self) -> None:
        pass


def test_what_a_worker_dies_of_is_read_through_git_and_counts_as_not_collected(tmp_path: Path) -> None:
    scan = begun(keyed(tmp_path / "r", big=True, small=False), made_key(1).encode(), jobs=2)
    parts, read = scan_deferred(scan, TREE, Dying())
    assert parts == []
    assert not any(flags.any() for flags in read)
    assert not scan.result.damaged
    assert scan.result.ways["git"] > 0
    finish_scan(scan)
    assert scan.result.objects == scan.total


@pytest.mark.parametrize("after", [1, 2, 5])
def test_interrupting_a_late_walk_ends_the_workers(tmp_path: Path, after: int) -> None:
    scan = begun(keyed(tmp_path / "r", big=True, small=False), made_key(1).encode(), jobs=2)
    results = 0

    def interrupted(_objects: int, _size: int, _total: int) -> None:
        nonlocal results
        results += 1
        if results == after:
            raise KeyboardInterrupt

    blobs = [matched.object_id for matched in scan.result.matched_objects]
    late = replace(scan, options=replace(scan.options, progress=interrupted))
    with pytest.raises(KeyboardInterrupt):
        provenance_of(late.store, blobs, [], 2, late)
    assert results == after
    assert not multiprocessing.active_children()
