"""Damaged and hostile repositories: nothing runs, memory stays bounded, what is readable is read, the rest is named."""

import hashlib
import json
import os
import random
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
from history_repositories import (
    ENVIRONMENT,
    commit,
    content_hash,
    import_history,
    made_key,
    match_hashes,
    new_repository,
    random_versions,
    run_git,
    stored_objects,
)

from monei_guard.commands.cli import run
from monei_guard.git.pack_walk import LARGE_OBJECT
from monei_guard.git.repository import discover
from monei_guard.history.object_store import ScanOptions, StoreResult, open_store, scan_store

BLOB, OFS_DELTA, REF_DELTA = 3, 6, 7


def scan_all(repository: Path, jobs: int = 1) -> StoreResult:
    found = discover(os.fsencode(repository))
    assert found is not None
    options = ScanOptions(
        lambda _data: True,
        16,
        match_hashes,
        jobs=jobs,
    )
    return scan_store(open_store(found), options)


def packed_repository(path: Path) -> tuple[Path, Path]:
    """Return a repository with one pack, and the pack."""
    repository = new_repository(path)
    import_history(repository, random_versions(5, 30))
    run_git(repository, "repack", "-adq")
    (pack,) = (repository / ".git/objects/pack").glob("*.pack")
    pack.chmod(0o644)
    return repository, pack


def number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def entry_header(kind: int, size: int) -> bytes:
    first, rest = kind << 4 | size & 15, size >> 4
    return bytes([first | 0x80]) + number(rest) if rest else bytes([first])


def distance(value: int) -> bytes:
    out = [value & 0x7F]
    while value := value >> 7:
        value -= 1
        out.insert(0, value & 0x7F | 0x80)
    return bytes(out)


def write_pack(repository: Path, entries: list[tuple[bytes, bytes]]) -> None:
    """Write a pack and its index from pairs of object id and raw entry, whatever they are worth."""
    body = b"PACK" + struct.pack(">II", 2, len(entries))
    offsets = {}
    for name, raw in entries:
        offsets[name] = len(body)
        body += raw
    body += hashlib.sha1(body, usedforsecurity=False).digest()
    names = sorted(offsets)
    fan = b"".join(struct.pack(">I", sum(name[0] <= byte for name in names)) for byte in range(256))
    index = b"\xfftOc" + struct.pack(">I", 2) + fan + b"".join(names) + bytes(4 * len(names))
    index += b"".join(struct.pack(">I", offsets[name]) for name in names) + body[-20:]
    index += hashlib.sha1(index, usedforsecurity=False).digest()
    folder = repository / ".git/objects/pack"
    (folder / "pack-crafted.pack").write_bytes(body)
    (folder / "pack-crafted.idx").write_bytes(index)


def blob_id(content: bytes) -> bytes:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).digest()


GOOD = b"a readable object\n"


def whole(content: bytes, size: int | None = None) -> bytes:
    return entry_header(BLOB, len(content) if size is None else size) + zlib.compress(content)


def test_bit_flips_anywhere_in_a_pack_lose_only_what_they_hit(tmp_path: Path) -> None:
    repository, pack = packed_repository(tmp_path / "r")
    raw = pack.read_bytes()
    expected = {name: content_hash(data) for name, kind, data in stored_objects(repository) if kind != "tree"}
    chance = random.Random(1)  # noqa: S311 - not for secrecy
    for _ in range(12):
        harmed = bytearray(raw)
        for _ in range(3):
            harmed[chance.randrange(12, len(raw) - 20)] ^= 1 << chance.randrange(8)
        pack.write_bytes(harmed)
        stored = scan_all(repository)
        seen = {matched.object_id: matched.secrets[0] for matched in stored.matched_objects}
        assert stored.damaged, "three flips of a checksummed stream go unseen"
        assert all(expected[name] == seen[name] for name in seen)
        assert len(seen) + len(stored.damaged) >= len(expected)


def test_a_truncated_pack_gives_what_is_left_of_it(tmp_path: Path) -> None:
    repository, pack = packed_repository(tmp_path / "r")
    expected = {name: content_hash(data) for name, kind, data in stored_objects(repository) if kind != "tree"}
    raw = pack.read_bytes()
    pack.write_bytes(raw[: len(raw) // 2])
    stored = scan_all(repository)
    assert stored.damaged
    assert all(expected[matched.object_id] == matched.secrets[0] for matched in stored.matched_objects)


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("a size that is too small", whole(b"x" * 500, 3)),
        ("a size that is too large", whole(b"x" * 500, 5000)),
        ("a size of petabytes", entry_header(BLOB, 1 << 52) + zlib.compress(b"x")),
        ("a size that never ends", bytes([0xFF] * 30)),
        ("a stream that breaks off", whole(b"x" * 5000)[:-30]),
        ("no stream at all", entry_header(BLOB, 10)),
        ("an unknown type", bytes([5 << 4 | 3]) + zlib.compress(b"abc")),
        ("a base before the pack", entry_header(OFS_DELTA, 5) + distance(1 << 30) + zlib.compress(b"\x05\x05\x90\x05")),
        ("a base that is no entry", entry_header(OFS_DELTA, 4) + distance(1) + zlib.compress(b"\x05\x05\x90\x05")),
        ("a base that is missing", entry_header(REF_DELTA, 4) + b"m" * 20 + zlib.compress(b"\x05\x05\x90\x05")),
        ("a base that is itself", entry_header(REF_DELTA, 4) + b"\x01" * 20 + zlib.compress(b"\x05\x05\x90\x05")),
        ("an empty delta", entry_header(REF_DELTA, 0) + blob_id(GOOD) + zlib.compress(b"")),
        ("a delta of nonsense", entry_header(REF_DELTA, 9) + blob_id(GOOD) + zlib.compress(b"\x12\x05\0\0\0\0\0\0\0")),
        (
            "a delta that copies from behind its base",
            entry_header(REF_DELTA, 5) + blob_id(GOOD) + zlib.compress(b"\x12\x05\x91\xff\x05"),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_kind_of_broken_entry_is_one_error_and_the_rest_is_scanned(tmp_path: Path, name: str, raw: bytes) -> None:
    repository = new_repository(tmp_path / "r")
    write_pack(repository, [(blob_id(GOOD), whole(GOOD)), (b"\x01" * 20, raw)])
    stored = scan_all(repository)
    # of a stream that breaks off, what there is is looked at too
    assert {matched.object_id for matched in stored.matched_objects} - {"01" * 20} == {blob_id(GOOD).hex()}, name
    assert list(stored.damaged) == ["01" * 20]


def test_deltas_in_a_circle_are_named_and_end(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "r")
    names = [bytes([place + 1]) * 20 for place in range(3)]
    entries = [
        (name, entry_header(REF_DELTA, 4) + names[(place + 1) % 3] + zlib.compress(b"\x05\x05\x90\x05"))
        for place, name in enumerate(names)
    ]
    write_pack(repository, [*entries, (blob_id(GOOD), whole(GOOD))])
    stored = scan_all(repository)
    assert sorted(stored.damaged) == [name.hex() for name in names]
    assert len(stored.matched_objects) == 1


BOMB_SIZE = 8 << 30


def bomb_entries() -> list[tuple[bytes, bytes]]:
    """Return a delta of 8 KB that makes 8 GB, and a stream that makes 200 MB although it says ten bytes."""
    base = b"\0" * 0xFFFFFF
    copies = BOMB_SIZE // len(base)
    delta = number(len(base)) + number(copies * len(base)) + b"\xf0\xff\xff\xff" * copies
    inflating = zlib.compressobj(1)
    lie = b"".join([inflating.compress(bytes(1 << 20)) for _ in range(200)] + [inflating.flush()])
    return [
        (blob_id(base), whole(base)),
        (b"\x01" * 20, entry_header(REF_DELTA, len(delta)) + blob_id(base) + zlib.compress(delta)),
        (b"\x02" * 20, entry_header(BLOB, 10) + lie),
        (blob_id(GOOD), whole(GOOD)),
    ]


MEASURED = """
import resource, sys
from monei_guard.commands.cli import run
code = run(sys.argv[1:])
print(code, max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) // 1024)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="measures memory with getrusage")
def test_bombs_cost_no_memory_and_are_errors(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "r")
    write_pack(repository, bomb_entries())
    report = tmp_path / "report.json"
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, "history", str(repository), "--format=json", f"--output={report}"],
        env={**ENVIRONMENT, "XDG_STATE_HOME": str(tmp_path)}, capture_output=True, check=True, text=True,
    )  # fmt: skip
    code, megabytes = map(int, done.stdout.split())
    assert code == 3
    assert megabytes < 400
    errors = [one["message"] for one in json.loads(report.read_text())["errors"]]
    assert len(errors) == 2
    assert "01" * 20 in errors[0]
    assert "02" * 20 in errors[1]


def test_damaged_loose_objects_and_pipes_in_their_place_are_named(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "r")
    for content in (b"one", b"two", b"three"):
        run_git(repository, "hash-object", "-w", "--stdin", stdin=content)
    files = sorted((repository / ".git/objects").glob("[0-9a-f][0-9a-f]/*"))
    files[0].chmod(0o644)
    files[0].write_bytes(b"not an object")
    files[1].unlink()
    os.mkfifo(files[1])
    stored = scan_all(repository)
    assert len(stored.damaged) == 2
    assert len(stored.matched_objects) == 1


def test_a_blob_over_the_memory_limit_is_scanned_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    repository = new_repository(tmp_path / "r")
    lines = b"an ordinary line of text\n" * 400_000
    with (repository / "big.txt").open("wb") as file:
        while file.tell() <= LARGE_OBJECT + (9 << 20):
            file.write(lines)
        before = file.tell() // len(b"an ordinary line of text\n")
        file.write(f"MONEI_API_KEY={made_key(1)}\n".encode())
        file.write(lines)
    run_git(repository, "-c", "core.looseCompression=1", "add", "big.txt")
    report = tmp_path / "report.json"
    assert run(["history", str(repository), "--format=json", f"--output={report}"]) == 1
    (finding,) = json.loads(report.read_text())["findings"]
    assert finding["location"]["start_line"] == before + 1
    assert capsys.readouterr().err == ""


CANARIES = {
    "core.fsmonitor": "{canary}", "core.hooksPath": "{hooks}", "core.pager": "{canary}", "core.sshCommand": "{canary}",
    "core.editor": "{canary}", "core.askPass": "{canary}", "core.gitProxy": "{canary}", "diff.external": "{canary}",
    "diff.x.textconv": "{canary}", "diff.x.command": "{canary}", "filter.x.clean": "{canary}",
    "filter.x.smudge": "{canary}", "filter.x.process": "{canary}", "credential.helper": "!{canary}",
    "core.alternateRefsCommand": "{canary}", "uploadpack.packObjectsHook": "{canary}", "gpg.program": "{canary}",
    "log.showSignature": "true", "color.ui": "always", "core.quotePath": "true", "remote.origin.promisor": "true",
    "remote.origin.url": "ext::{canary}",
    "remote.origin.partialclonefilter": "blob:none", "protocol.ext.allow": "always",
    "extensions.partialClone": "origin", "alias.cat-file": "!{canary}", "alias.rev-parse": "!{canary}",
    "core.worktree": "/", "gc.auto": "1",
}  # fmt: skip


@pytest.mark.parametrize("command", ["history", "range"])
def test_nothing_that_a_repository_configures_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    repository = new_repository(tmp_path / "r")
    commit(repository, "start", a="one\n", _dot_gitattributes="* diff=x filter=x\n")
    commit(repository, "key", b=f"MONEI_API_KEY={made_key(1)}\n")
    (repository / "c").write_text("two\n")
    run_git(repository, "add", "c")
    canary, trace = tmp_path / "canary.sh", tmp_path / "was-run"
    canary.write_text(f'#!/bin/sh\necho "$0 $*" >> {trace}\ncat\n')
    canary.chmod(0o755)
    hooks = repository / ".git/hooks"
    for hook in ("post-index-change", "reference-transaction", "pre-auto-gc", "post-checkout", "fsmonitor-watchman"):
        (hooks / hook).write_text(canary.read_text())
        (hooks / hook).chmod(0o755)
    for key, value in CANARIES.items():
        run_git(repository, "config", "--add", key, value.format(canary=canary, hooks=hooks))
    # a missing object, which a lazy fetch would ask for
    report = tmp_path / "report.json"
    arguments = [str(repository)] if command == "history" else ["HEAD~1..HEAD", "-C", str(repository)]
    code = run([command, *arguments, "--format=json", f"--output={report}"])
    assert not trace.exists(), trace.read_text()
    assert code == 1
    assert [one["location"]["path"] for one in json.loads(report.read_text())["findings"]] == ["b"]


def test_interrupting_ends_the_workers_and_leaves_nothing(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "r")
    chance = random.Random(3)  # noqa: S311 - not for secrecy
    blobs = [b"%064x\n" % chance.getrandbits(256) * 4 for _ in range(240_000)]  # seconds of work, also for two cores
    stream = b"".join(b"blob\ndata %d\n%s\n" % (len(blob), blob) for blob in blobs)
    run_git(repository, "fast-import", "--quiet", "--depth=0", stdin=stream)
    with subprocess.Popen(
        [sys.executable, "-m", "monei_guard", "history", str(repository), "--jobs=2"],
        env={**ENVIRONMENT, "XDG_STATE_HOME": str(tmp_path)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:  # fmt: skip
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and len(group(process.pid)) < 3 and process.poll() is None:
            time.sleep(0.01)
        os.kill(process.pid, 2)
        _, error = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"objects were scanned" in error
    assert not group(process.pid)
    assert not (repository / ".git/monei-guard").exists()


def group(leader: int) -> list[int]:
    """Return the processes of a session, from /proc."""
    members = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader and fields[0] != "Z":
            members.append(int(entry.parent.name))
    return members
