"""Where content lived, against what git says commit by commit."""

import os
import random
from collections import defaultdict
from pathlib import Path

import pytest
from history_repositories import new_repository, run_git

from monei_guard.git.repository import discover
from monei_guard.history import provenance
from monei_guard.history.object_store import open_store
from monei_guard.history.provenance import provenance_of


def wandering(path: Path, seed: int) -> Path:
    """Make a history whose files change, move between folders, vanish and come back, on branches that merge.

    A file in each folder bears its name, so that no two are the same tree: of a folder that stood as it is at two
    paths, one path may go unseen (see `provenance`).
    """
    repository = new_repository(path)
    chance = random.Random(seed)  # noqa: S311 - not for secrecy
    stream, made = [], 0
    trees: dict[str, dict[str, str]] = {"main": {}}
    for number in range(60):
        branch = chance.choice(sorted(trees))
        if number % 9 == 8:
            branch = f"side{number}"
            trees[branch] = dict(trees["main"])
        files = trees[branch]
        head = b"commit refs/heads/%s\ncommitter A <a@example.com> %d +0000\ndata 1\nx\n"
        stream.append(head % (branch.encode(), 1_600_000_000 + chance.randint(0, 40)))
        if number and not any(f"/{branch}\n".encode() in one for one in stream[:-1]):
            stream.append(b"from refs/heads/main\n")
        elif number % 7 == 6 and branch != "main":
            stream.append(b"merge refs/heads/main\n")
        for _ in range(chance.randint(1, 3)):
            folder = "/".join(chance.choices("abc", k=chance.randint(0, 3)))
            name = f"{folder}/f{chance.randint(0, 4)}".removeprefix("/")
            if any(other.startswith(name + "/") or name.startswith(other + "/") for other in files):
                continue
            if files and chance.random() < 0.3:
                gone = chance.choice(sorted(files))
                if not gone.endswith("mark"):
                    del files[gone]
                    stream.append(b"D %s\n" % gone.encode())
            if folder:
                files[f"{folder}/mark"] = folder
                stream.append(
                    b"M 100644 inline %s/mark\ndata %d\n%s\n" % (folder.encode(), len(folder), folder.encode())
                )
            made += chance.random() < 0.7
            files[name] = f"content {chance.randint(0, made)}\n"
            content = files[name].encode()
            stream.append(b"M 100644 inline %s\ndata %d\n%s\n" % (name.encode(), len(content), content))
    # 9999: all objects loose
    run_git(
        repository, "-c", "fastimport.unpackLimit=9999", "fast-import", "--quiet", "--force", stdin=b"".join(stream)
    )
    run_git(repository, "symbolic-ref", "HEAD", "refs/heads/main")
    return repository


def lived(repository: Path) -> dict[str, dict[bytes, set[str]]]:
    """Return for each blob, under each path, the commits that have it there."""
    found: dict[str, dict[bytes, set[str]]] = defaultdict(lambda: defaultdict(set))
    for commit in run_git(repository, "rev-list", "--all").decode().split():
        for line in run_git(repository, "ls-tree", "-r", "-z", commit).split(b"\0"):
            if line:
                head, _, path = line.partition(b"\t")
                found[head.split()[2].decode()][path].add(commit)
    return found


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_paths_commits_and_refs_of_every_blob_are_those_git_names(tmp_path: Path, seed: int, *, packed: bool) -> None:
    repository = wandering(tmp_path / "r", seed)
    if packed:
        run_git(repository, "repack", "-adfq")
    expected = lived(repository)
    found = discover(os.fsencode(repository))
    assert found is not None
    told = provenance_of(open_store(found), sorted(expected), [], 1)
    refs = run_git(repository, "for-each-ref", "--format=%(refname)").decode().split()
    reached = {ref: set(run_git(repository, "rev-list", ref).decode().split()) for ref in [*refs, "HEAD"]}
    head = run_git(repository, "rev-parse", "HEAD").decode().strip()
    for blob, paths in expected.items():
        assert {place.path for place in told[blob]} == set(paths)
        for place in told[blob]:
            commits = paths[place.path or b""]
            assert place.first_commit in commits
            assert place.last_commit in commits
            assert set(place.refs) == {ref for ref in reached if commits & reached[ref]}
            assert place.in_head == (head in commits)
            parents = run_git(repository, "rev-parse", f"{place.first_commit}^@").decode().split()
            assert not commits & set(parents)


def test_trees_that_no_listed_commit_explains_are_searched_upwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provenance, "_COMMITS", 0)
    repository = wandering(tmp_path / "r", 7)
    run_git(repository, "repack", "-adfq")
    expected = lived(repository)
    found = discover(os.fsencode(repository))
    assert found is not None
    told = provenance_of(open_store(found), sorted(expected), [], 1)
    assert {blob: {place.path for place in told[blob] if place.first_commit} for blob in expected} == {
        blob: set(paths) for blob, paths in expected.items()
    }
