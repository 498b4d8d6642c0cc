"""The fast reader against git itself: the same objects, byte for byte, however they are packed."""

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from history_repositories import (
    content_hash,
    content_hashes,
    import_history,
    match_hashes,
    new_repository,
    random_versions,
    run_git,
    stored_objects,
)

from monei_guard.git.delta_families import needed_entries, share_out
from monei_guard.git.pack_entries import BLOB, COMMIT, REF_DELTA, TAG, TREE
from monei_guard.git.pack_index import PackIndex
from monei_guard.git.pack_walk import Walker
from monei_guard.git.repository import discover
from monei_guard.history.object_store import ObjectStore, ScanOptions, StoreResult, open_store, scan_store

ALL = (BLOB, TREE, COMMIT, TAG)


def opened(repository: Path) -> ObjectStore:
    found = discover(os.fsencode(repository))
    assert found is not None
    return open_store(found)


def hashes_in_packs(store: ObjectStore, share: int = 1 << 14) -> dict[str, str]:
    """Return the hash of every object the walker delivers."""
    seen: dict[str, str] = {}
    for pack in store.packs:
        everything = np.ones(len(pack.index.offsets), dtype=bool)

        def found(position: int, content: bytes, index: PackIndex = pack.index) -> None:
            seen[index.object_id(position)] = content_hash(content)

        walker = Walker(pack.data, pack.entries, everything, lambda _data: True, 16, found)
        for one in share_out(pack.entries, needed_entries(pack.entries, everything), ALL, share):
            outcome = walker.walk(one.members)
            assert not outcome.damaged
            assert not outcome.deferred
    return seen


def scan_everything(repository: Path, jobs: int = 1) -> StoreResult:
    """Scan with a test that always fires and a judge that returns the content's hash."""
    options = ScanOptions(
        lambda _data: True,
        16,
        match_hashes,
        jobs=jobs,
    )
    return scan_store(opened(repository), options)


def hashes_by_scan(repository: Path, jobs: int = 1) -> dict[str, str]:
    return {matched.object_id: matched.secrets[0] for matched in scan_everything(repository, jobs).matched_objects}


def hashes_but_trees(repository: Path) -> dict[str, str]:
    return {name: content_hash(content) for name, kind, content in stored_objects(repository) if kind != "tree"}


def random_repository(path: Path, seed: int, **how: str) -> Path:
    repository = new_repository(path, object_format=how.get("object_format", "sha1"))
    import_history(repository, random_versions(seed))
    import_history(repository, random_versions(seed + 1, 15), branch="other")
    run_git(repository, "tag", "-a", "-m", "first", "v1", "main~3")
    return repository


REPACKS = {
    "as git does": ("repack", "-adq"),
    "no deltas": ("repack", "-adfq", "--depth=0", "--window=0"),
    "long chains": ("repack", "-adfq", "--depth=400", "--window=60"),
    "depth one": ("repack", "-adfq", "--depth=1", "--window=20"),
    "aggressive": ("gc", "-q", "--aggressive", "--prune=now"),
    "several packs": ("repack", "-adfq", "--max-pack-size=1m"),
}


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
@pytest.mark.parametrize("how", REPACKS)
def test_every_packed_object_is_read_byte_for_byte(tmp_path: Path, how: str, object_format: str) -> None:
    repository = random_repository(tmp_path / "r", len(how), object_format=object_format)
    run_git(repository, *REPACKS[how])
    expected = content_hashes(repository)
    assert len(expected) > 100
    assert hashes_in_packs(opened(repository)) == expected


def test_tiny_deltas_crowded_beside_a_large_object_find_their_bases(tmp_path: Path) -> None:
    """Bases are looked for in buckets of a pack that are as wide as two entries on average."""
    repository = new_repository(tmp_path / "r")
    (repository / "large").write_bytes(random.Random(3).randbytes(4 << 20))  # noqa: S311 - filler
    for number in range(1500):
        (repository / f"{number}.txt").write_text(f"the same lines in all of them\nbut for the number {number}\n" * 3)
    run_git(repository, "add", ".")
    run_git(repository, "commit", "-q", "-m", "many")
    run_git(repository, "repack", "-adfq", "--depth=50", "--window=50")
    store = opened(repository)
    assert (store.packs[0].entries.base >= 0).sum() > 1000
    assert hashes_in_packs(store) == content_hashes(repository)


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_whole_store_is_scanned_whatever_the_mixture_of_packs_and_loose_objects(tmp_path: Path, jobs: int) -> None:
    repository = random_repository(tmp_path / "r", 5)
    run_git(repository, "repack", "-adq")
    import_history(repository, random_versions(77, 10), branch="third")
    run_git(repository, "-c", "fastimport.unpackLimit=0", "repack", "-q")
    (repository / "loose.txt").write_text("only loose\n")
    run_git(repository, "add", "loose.txt")
    run_git(repository, "hash-object", "-w", "--stdin", stdin=b"dangling\n")
    stored = scan_everything(repository, jobs)
    assert {matched.object_id: matched.secrets[0] for matched in stored.matched_objects} == hashes_but_trees(repository)
    assert stored.objects == len(content_hashes(repository))
    assert stored.ways["git"] == 0
    assert not stored.damaged


def test_an_object_in_two_packs_is_scanned_once(tmp_path: Path) -> None:
    repository = random_repository(tmp_path / "r", 9)
    run_git(repository, "repack", "-adq")
    run_git(repository, "pack-objects", "-q", "--all", ".git/objects/pack/pack")
    run_git(repository, "pack-objects", "-q", ".git/objects/pack/pack", stdin=run_git(repository, "rev-parse", "main"))
    assert len(list((repository / ".git/objects/pack").glob("*.pack"))) > 1
    assert scan_everything(repository).objects == len(content_hashes(repository))


def test_objects_of_alternates_are_scanned(tmp_path: Path) -> None:
    origin = random_repository(tmp_path / "origin", 3)
    run_git(origin, "repack", "-adq")
    run_git(tmp_path, "clone", "-q", "--shared", "origin", "copy")
    copy = tmp_path / "copy"
    (copy / "own.txt").write_text("own\n")
    run_git(copy, "add", ".")
    assert hashes_by_scan(copy) == hashes_but_trees(copy)


def test_an_alternate_that_is_gone_is_reported(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "r")
    (repository / ".git/objects/info/alternates").write_text("/nowhere/objects\n")
    assert [path for path, _ in scan_everything(repository).problems] == [b"/nowhere/objects"]


def test_deltas_that_name_their_base_are_read(tmp_path: Path) -> None:
    repository = random_repository(tmp_path / "r", 21)
    names = run_git(repository, "rev-list", "--objects", "--all").splitlines()
    listed = b"\n".join(name.split(b" ")[0] for name in names) + b"\n"
    packed = run_git(repository, "pack-objects", "-q", "--stdout", stdin=listed)
    other = new_repository(tmp_path / "other")
    run_git(other, "index-pack", "--stdin", stdin=packed)
    store = opened(other)
    (pack,) = store.packs
    first = np.frombuffer(pack.data, dtype=np.uint8)[pack.index.offsets]
    assert ((first >> 4) & 7 == REF_DELTA).any()
    assert hashes_in_packs(store) == content_hashes(other)


def test_thin_packs_that_were_completed_are_read(tmp_path: Path) -> None:
    repository = random_repository(tmp_path / "r", 31)
    thin = run_git(repository, "pack-objects", "-q", "--stdout", "--thin", "--revs", stdin=b"main\n^main~5\n")
    old = run_git(repository, "pack-objects", "-q", "--stdout", "--revs", stdin=b"main~5\n")
    other = new_repository(tmp_path / "other")
    run_git(other, "index-pack", "--stdin", stdin=old)
    run_git(other, "index-pack", "--stdin", "--fix-thin", stdin=thin)
    assert len(opened(other).packs) == 2
    assert hashes_in_packs(opened(other)) == content_hashes(other)


def test_a_chain_of_four_thousand_deltas_is_read(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "r")
    chance = random.Random(4)  # noqa: S311 - not for secrecy
    lines = [b"%032x" % chance.getrandbits(128) for _ in range(40)]
    stream = []
    for number in range(4200):
        lines[number % 40] = b"%032x" % chance.getrandbits(128)
        content = b"\n".join(lines)
        stream.append(b"blob\ndata %d\n%s\n" % (len(content), content))
    # fast-import writes each blob as a delta of the one before
    run_git(repository, "fast-import", "--quiet", "--depth=4095", stdin=b"".join(stream))
    pack = next((repository / ".git/objects/pack").glob("*.idx"))
    assert b"chain length = 4095: 1 object" in run_git(repository, "verify-pack", "-v", str(pack))
    assert hashes_in_packs(opened(repository)) == content_hashes(repository)


def test_an_index_with_64_bit_offsets_is_read(tmp_path: Path) -> None:
    repository = random_repository(tmp_path / "r", 8)
    run_git(repository, "repack", "-adq")
    (path,) = (repository / ".git/objects/pack").glob("*.pack")
    index = path.with_suffix(".idx")
    expected = content_hashes(repository)
    index.unlink()
    # every offset above 1000 goes into the table of large ones
    run_git(repository, "index-pack", "--index-version=2,1000", str(path))
    assert hashes_in_packs(opened(repository)) == expected


def test_an_index_of_version_1_goes_through_git(tmp_path: Path) -> None:
    repository = random_repository(tmp_path / "r", 8)
    run_git(repository, "repack", "-adq")
    (path,) = (repository / ".git/objects/pack").glob("*.pack")
    path.with_suffix(".idx").unlink()
    run_git(repository, "index-pack", "--index-version=1", str(path))
    stored = scan_everything(repository)
    assert {matched.object_id: matched.secrets[0] for matched in stored.matched_objects} == hashes_but_trees(repository)
    assert stored.ways["git"] == stored.objects == len(content_hashes(repository))


def test_a_multi_pack_index_changes_nothing(tmp_path: Path) -> None:
    repository = random_repository(tmp_path / "r", 12)
    run_git(repository, "repack", "-adq")
    import_history(repository, random_versions(55, 5), branch="third")
    run_git(repository, "multi-pack-index", "write")
    assert hashes_by_scan(repository) == hashes_but_trees(repository)


def test_an_empty_repository_is_clean(tmp_path: Path) -> None:
    stored = scan_everything(new_repository(tmp_path / "r"))
    assert stored.objects == 0
    assert not stored.damaged


def test_a_shallow_clone_is_read(tmp_path: Path) -> None:
    random_repository(tmp_path / "r", 2)
    run_git(tmp_path, "clone", "-q", "--depth=2", (tmp_path / "r").as_uri(), "shallow")
    assert hashes_by_scan(tmp_path / "shallow") == hashes_but_trees(tmp_path / "shallow")


def test_a_linked_work_tree_leads_to_the_same_objects(tmp_path: Path) -> None:
    repository = random_repository(tmp_path / "r", 2)
    run_git(repository, "worktree", "add", "-q", "../linked", "other")
    assert (tmp_path / "linked/.git").is_file()
    assert hashes_by_scan(tmp_path / "linked") == hashes_but_trees(repository)


def test_a_bare_repository_and_a_submodule_are_read(tmp_path: Path) -> None:
    random_repository(tmp_path / "inner", 2)
    run_git(tmp_path, "clone", "-q", "--bare", "inner", "bare.git")
    assert hashes_by_scan(tmp_path / "bare.git") == hashes_but_trees(tmp_path / "inner")
    outer = new_repository(tmp_path / "outer")
    inner = str(tmp_path / "inner")
    run_git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "-b", "main", inner, "sub")
    assert (outer / "sub/.git").is_file()
    assert hashes_by_scan(outer / "sub") == hashes_but_trees(outer / "sub")


def test_replacements_and_grafts_do_not_hide_what_they_replace(tmp_path: Path) -> None:
    repository = random_repository(tmp_path / "r", 2)
    run_git(repository, "replace", "main", "other")
    run_git(repository, "replace", "--graft", "main~5")
    run_git(repository, "repack", "-adq")
    assert hashes_by_scan(repository) == hashes_but_trees(repository)


def test_the_old_file_of_grafts_does_not_hide_what_it_cuts_off(tmp_path: Path) -> None:
    repository = random_repository(tmp_path / "r", 2)
    expected = hashes_but_trees(repository)
    graft = run_git(repository, "rev-parse", "main")
    (repository / ".git/info/grafts").write_bytes(graft)  # a commit without parents
    run_git(repository, "repack", "-dq")
    assert hashes_by_scan(repository) == expected


def test_a_repository_with_reftable_is_read(tmp_path: Path) -> None:
    try:
        (tmp_path / "r").mkdir()
        run_git(tmp_path / "r", "init", "-q", "-b", "main", "--ref-format=reftable", ".")
    except subprocess.CalledProcessError:
        pytest.skip("this git has no reftable (2.45 has)")
    import_history(tmp_path / "r", random_versions(2, 5))
    assert hashes_by_scan(tmp_path / "r") == hashes_but_trees(tmp_path / "r")


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_the_default_way_to_start_processes_does_not_matter(tmp_path: Path, method: str) -> None:
    repository = random_repository(tmp_path / "r", 5)
    run_git(repository, "repack", "-adq")
    program = (
        "import multiprocessing, sys\n"
        "from monei_guard.commands.cli import run\n"
        f"if __name__ == '__main__':\n    multiprocessing.set_start_method({method!r})\n"
        "    sys.exit(run(sys.argv[1:]))\n"
    )
    (tmp_path / "program.py").write_text(program)
    arguments = [sys.executable, str(tmp_path / "program.py"), "history", str(repository), "--no-cache", "--jobs=2"]
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, b"no findings" in done.stdout) == (0, True), done.stderr


def test_where_processes_cannot_be_forked_one_does_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = random_repository(tmp_path / "r", 5)
    run_git(repository, "repack", "-adq")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert hashes_by_scan(repository, 2) == hashes_but_trees(repository)


# Paths of local repositories, joined as in PATH: `make oracle REPOSITORIES=...`.
REAL = [path for path in os.environ.get("MONEI_GUARD_REAL_REPOSITORIES", "").split(os.pathsep) if path]


@pytest.mark.skipif(not REAL, reason="MONEI_GUARD_REAL_REPOSITORIES names no local repository")
@pytest.mark.parametrize("path", REAL)
def test_every_object_of_a_real_repository_is_read_byte_for_byte(path: str) -> None:
    found = discover(path)
    assert found is not None
    store = open_store(found)
    assert not store.refused
    seen = hashes_in_packs(store, share=1 << 22)
    others = 0
    for name, _, content in stored_objects(Path(path)):
        if name in seen:
            assert seen.pop(name) == content_hash(content), name
        else:
            assert name in store.files.loose, name
            others += 1
    assert not seen
    assert others <= len(store.files.loose)


def test_what_a_moved_pack_leaves_behind_is_said(tmp_path: Path) -> None:
    repository = random_repository(tmp_path / "r", 2)
    run_git(repository, "repack", "-adq")
    (index,) = (repository / ".git/objects/pack").glob("*.idx")
    shutil.move(index, tmp_path / "elsewhere")
    assert "no index" in scan_everything(repository).problems[0][1]
