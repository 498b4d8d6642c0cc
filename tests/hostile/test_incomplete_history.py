"""A history that is not all there is never called clean: what is missing is an error that names it, or is said."""

import hashlib
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from guard_process import Outcome, run_process
from history_repositories import commit, import_history, made_key, new_repository, random_versions, run_git

Harm = Callable[[Path], str]


def history(repository: Path, tmp_path: Path, *arguments: str) -> Outcome:
    return run_process(
        "history", str(repository), "--format=json", *arguments, cwd=tmp_path, XDG_STATE_HOME=str(tmp_path / "state")
    )


def small(path: Path, *, packed: bool = False) -> Path:
    """Return a repository of three commits with folders, a branch and a tag."""
    repository = new_repository(path)
    for number in range(3):
        commit(repository, f"change {number}", src__deep__a=f"version {number}\n", b="the same\n")
    run_git(repository, "tag", "-a", "-m", "a release", "v1")
    run_git(repository, "branch", "other", "HEAD~1")
    if packed:
        run_git(repository, "repack", "-adq")
        for file in (repository / ".git/objects/pack").iterdir():
            file.chmod(0o644)
    return repository


def id_of(repository: Path, revision: str) -> str:
    return run_git(repository, "rev-parse", revision).decode().strip()


def loose(repository: Path, name: str) -> Path:
    return repository / ".git/objects" / name[:2] / name[2:]


def without(revision: str) -> Harm:
    def harm(repository: Path) -> str:
        name = id_of(repository, revision)
        loose(repository, name).unlink()
        return name

    return harm


def pack_file(suffix: str) -> Callable[[Path], Path]:
    return lambda repository: next((repository / ".git/objects/pack").glob(f"*{suffix}"))


def no_pack(repository: Path) -> str:
    pack_file(".pack")(repository).unlink()
    return "the pack of this index is missing"


def no_pack_and_no_index(repository: Path) -> str:
    for suffix in (".pack", ".idx"):
        pack_file(suffix)(repository).unlink()
    return "HEAD names it"


def cut_index(repository: Path) -> str:
    path = pack_file(".idx")(repository)
    path.write_bytes(path.read_bytes()[:1200])
    return "git cannot read that either"


def index_with_another_id(repository: Path) -> str:
    path = pack_file(".idx")(repository)
    raw = bytearray(path.read_bytes())
    raw[8 + 1024 + 19] ^= 1  # the last byte of the first id
    path.write_bytes(raw)
    return "its index is damaged"


def index_with_one_object_less(repository: Path) -> str:
    path = pack_file(".idx")(repository)
    raw = path.read_bytes()
    count = int.from_bytes(raw[1028:1032], "big")
    last, rest = 1032 + 20 * (count - 1), 1032 + 20 * count
    byte = raw[last]
    fan = [int.from_bytes(raw[8 + 4 * at : 12 + 4 * at], "big") - (at >= byte) for at in range(256)]
    made = raw[:8] + b"".join(one.to_bytes(4, "big") for one in fan) + raw[1032:last]
    made += raw[rest : rest + 4 * (count - 1)] + raw[rest + 4 * count : rest + 8 * count - 4] + raw[-40:-20]
    path.write_bytes(made + hashlib.sha1(made, usedforsecurity=False).digest())
    return f"its index names {count - 1} of its {count} objects"


def ref_to_nowhere(repository: Path) -> str:
    name = "12" * 20
    (repository / ".git/refs/heads/lost").write_text(name + "\n")
    return f"object {name} is missing: refs/heads/lost names it"


def head_to_nowhere(repository: Path) -> str:
    name = "34" * 20
    (repository / ".git/HEAD").write_text(name + "\n")
    return f"object {name} is missing: HEAD names it"


def packed_ref_to_nowhere(repository: Path) -> str:
    name = "56" * 20
    (repository / ".git/packed-refs").write_text(f"{name} refs/heads/lost\n")
    return f"object {name} is missing: refs/heads/lost names it"


def reflog_to_nowhere(repository: Path) -> str:
    name = "78" * 20
    with (repository / ".git/logs/HEAD").open("a") as file:
        file.write(f"{'0' * 40} {name} A <a@example.com> 1700000000 +0000\tmoved\n")
    return f"object {name} is missing: the reflog of HEAD names it"


def other_content(repository: Path) -> str:
    name = id_of(repository, "HEAD:b")
    path = loose(repository, name)
    path.chmod(0o644)
    path.write_bytes(zlib.compress(b"blob 5\0hello"))
    return f"object {name} cannot be read: its content is not what its id stands for"


def hand_made_tree(mode: bytes) -> Harm:
    """Return what commits a tree whose only entry is stored nowhere."""

    def harm(repository: Path) -> str:
        missing = "9a" * 20
        entry = b"%s name\0%s" % (mode, bytes.fromhex(missing))
        tree = run_git(repository, "hash-object", "-w", "-t", "tree", "--literally", "--stdin", stdin=entry)
        tree_id = tree.decode().strip()
        run_git(repository, "update-ref", "refs/heads/made", id_of_commit(repository, tree_id))
        return f"object {missing} is missing: tree {tree_id} names it"

    return harm


def id_of_commit(repository: Path, tree: str) -> str:
    return run_git(repository, "commit-tree", "-m", "made", tree).decode().strip()


LOOSE: dict[str, Harm] = {
    "a missing commit in the middle": without("HEAD~1"),
    "a missing first commit": without("HEAD~2"),
    "a missing commit at a branch": without("HEAD"),
    "a missing root tree": without("HEAD~1^{tree}"),
    "a missing folder": without("HEAD~1:src"),
    "a missing folder in a folder": without("HEAD:src/deep"),
    "a missing blob": without("HEAD~2:src/deep/a"),
    "a missing tag": without("v1"),
    "a branch that leads nowhere": ref_to_nowhere,
    "a HEAD that leads nowhere": head_to_nowhere,
    "a packed ref that leads nowhere": packed_ref_to_nowhere,
    "a reflog that leads nowhere": reflog_to_nowhere,
    "a loose object with another content": other_content,
    "an entry for a file that is nowhere": hand_made_tree(b"100644"),
    "an entry for a folder that is nowhere": hand_made_tree(b"40000"),
}
PACKED: dict[str, Harm] = {
    "an index without its pack": no_pack,
    "neither a pack nor its index": no_pack_and_no_index,
    "a cut index": cut_index,
    "an index with another id": index_with_another_id,
    "an index with one object less": index_with_one_object_less,
}
UNSEEN_BY_A_CACHED_RUN = {"a loose object with another content"}


@pytest.mark.parametrize("attack", [*LOOSE, *PACKED])
@pytest.mark.parametrize("cached", [False, True], ids=["at once", "after a complete run"])
def test_what_is_missing_is_named_and_the_run_is_incomplete(tmp_path: Path, attack: str, cached: bool) -> None:
    if cached and attack in UNSEEN_BY_A_CACHED_RUN:
        pytest.skip("an id that was scanned is not read again")
    repository = small(tmp_path / "r", packed=attack in PACKED)
    if cached:
        assert history(repository, tmp_path).code == 0
    said = {**LOOSE, **PACKED}[attack](repository)
    for _ in range(2):  # nor does a second run forget it
        outcome = history(repository, tmp_path)
        assert outcome.code == 3
        assert said in outcome.text, outcome.text


@pytest.mark.parametrize("command", ["audit", "history"])
def test_keys_are_found_all_the_same(tmp_path: Path, command: str) -> None:
    repository = small(tmp_path / "r")
    commit(repository, "a key", key=f"MONEI_API_KEY={made_key(1)}\n")
    without("HEAD~2")(repository)
    outcome = run_process(command, str(repository), "--format=json", "--no-cache", cwd=tmp_path)
    assert outcome.code == 3
    assert "MG101" in {one["code"] for one in outcome.findings}


def test_what_a_deltified_tree_names_is_looked_for_too(tmp_path: Path) -> None:
    """Every blob, tree and commit of a packed history in turn is taken out of it: each is missed."""
    repository = new_repository(tmp_path / "r")
    import_history(repository, random_versions(3, 12))
    run_git(repository, "repack", "-adfq", "--depth=50")
    everything = run_git(repository, "rev-list", "--objects", "--all").decode().splitlines()
    names = [line.split()[0] for line in everything]
    tip = id_of(repository, "main")
    for name in names[:: max(len(names) // 12, 1)]:
        if name == tip:
            continue
        copy = new_repository(tmp_path / name)
        rest = "\n".join(one for one in names if one != name).encode()
        pack = str(copy / ".git/objects/pack/pack")
        run_git(repository, "pack-objects", "-q", pack, stdin=rest)
        run_git(copy, "pack-refs", "--all")
        (copy / ".git/refs/heads/main").write_text(tip + "\n")
        outcome = history(copy, tmp_path, "--no-cache")
        assert outcome.code == 3
        (error,) = outcome.report["errors"]
        assert f"object {name} is missing: " in error["message"]


def test_submodules_are_counted_and_no_error(tmp_path: Path) -> None:
    repository = small(tmp_path / "r")
    run_git(repository, "update-index", "--add", "--cacheinfo", f"160000,{'ab' * 20},sub")
    run_git(repository, "commit", "-q", "-m", "a submodule")
    for _ in range(2):
        run_git(repository, "repack", "-adq")
        done = run_process("history", str(repository), "--no-cache", cwd=tmp_path)
        assert done.code == 0, done.text
        assert "commits of submodules, which are in repositories of their own: 1" in done.text


def test_a_shallow_clone_is_said_and_no_error(tmp_path: Path) -> None:
    origin = small(tmp_path / "r")
    run_git(tmp_path, "clone", "-q", "--depth=1", origin.as_uri(), "shallow")
    outcome = history(tmp_path / "shallow", tmp_path)
    assert outcome.code == 0
    assert "this is a shallow clone" in outcome.skipped[None]


@pytest.mark.parametrize("kept", ["blob:none", "tree:0"])
def test_what_a_partial_clone_lacks_is_said_and_no_error(tmp_path: Path, kept: str) -> None:
    origin = small(tmp_path / "r")
    run_git(origin, "config", "uploadpack.allowFilter", "true")
    run_git(tmp_path, "clone", "-q", f"--filter={kept}", origin.as_uri(), "partial")
    for _ in range(2):
        outcome = history(tmp_path / "partial", tmp_path)
        assert outcome.report["errors"] == []
        assert "not fetched yet" in outcome.skipped[None]
        assert outcome.code == 3


def test_a_partial_clone_does_not_hide_what_nobody_promised(tmp_path: Path) -> None:
    origin = small(tmp_path / "r")
    run_git(origin, "config", "uploadpack.allowFilter", "true")
    run_git(tmp_path, "clone", "-q", "--filter=blob:none", origin.as_uri(), "partial")
    partial = tmp_path / "partial"
    said = hand_made_tree(b"100644")(partial)
    assert said in history(partial, tmp_path).text


def test_objects_that_git_prunes_are_not_missed(tmp_path: Path) -> None:
    repository = small(tmp_path / "r")
    run_git(repository, "hash-object", "-w", "--stdin", stdin=b"nobody's\n")
    assert history(repository, tmp_path).code == 0
    run_git(repository, "gc", "-q", "--prune=now")
    assert history(repository, tmp_path).code == 0
    (repository / "new").write_text("new\n")
    run_git(repository, "add", "new")
    assert history(repository, tmp_path).code == 0


def test_thousands_of_missing_objects_are_counted(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "r")
    entries = b"".join(b"100644 %05d\0%s" % (at, hashlib.sha1(b"%d" % at).digest()) for at in range(5000))  # noqa: S324
    run_git(repository, "hash-object", "-w", "-t", "tree", "--literally", "--stdin", stdin=entries)
    outcome = history(repository, tmp_path)
    assert outcome.code == 3
    assert len(outcome.report["errors"]) == 101
    assert outcome.report["errors"][-1]["message"] == "4,900 more objects are missing"
