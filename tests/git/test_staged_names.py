"""`monei-guard staged` and file names no other tool expects."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from git_repository import GitRepository
from guard_process import Outcome
from made_keys import api_key

Guard = Callable[..., Outcome]

NAMES = {
    "a space": b"with space.txt",
    "spaces at both ends": b" x ",
    "a newline": b"new\nline.txt",
    "a carriage return": b"return\r.txt",
    "a tab": b"tab\there.txt",
    "double quotes": b'"quoted".txt',
    "single quotes": b"it's.txt",
    "a backslash": b"back\\slash.txt",
    "a leading dash": b"-rf",
    "two leading dashes": b"--output=x",
    "a pathspec": b":(top)x",
    "a glob": b"[a-z]*?.txt",
    "a colon": b"a:b:3",
    "unicode": "ключ-鍵-🔑.txt".encode(),
    "a decomposed accent": "cafe\u0301.txt".encode(),
    "Latin-1 bytes": b"caf\xe9.txt",
    "bytes of no encoding": b"\xff\xfe\x80.txt",
    "an escape sequence": b"\x1b[2Jcleared.txt",
    "a control character": b"\x01\x7f.txt",
    "a right-to-left override": "a\u202etxt.exe".encode(),
    "a dash alone": b"-",
    "a name like an option's value": b"HEAD",
}


def exact_names(outcome: Outcome) -> set[bytes]:
    """Return the names of the files with findings, byte for byte."""
    places = [finding["location"] for finding in outcome.findings]
    return {bytes.fromhex(place["path_bytes"]) if "path_bytes" in place else place["path"].encode() for place in places}


def test_every_name_is_scanned_and_comes_back_exactly(repository: GitRepository, guard: Guard) -> None:
    for number, name in enumerate(NAMES.values()):
        repository.write(name, f"key={api_key(number)}\n")
    repository.git("add", "-f", "-A", ".")
    outcome = guard("staged", cwd=repository.top)
    assert exact_names(outcome) == set(NAMES.values())
    assert len(outcome.findings) == len(NAMES)


def test_every_name_in_the_work_tree_is_scanned_and_comes_back_exactly(repository: GitRepository, guard: Guard) -> None:
    for number, name in enumerate(NAMES.values()):
        repository.write(b"folder/" + name, f"key={api_key(number)}\n")
    outcome = guard("scan", cwd=repository.top)
    assert exact_names(outcome) == {b"folder/" + name for name in NAMES.values()}


def test_every_name_outside_a_repository_is_scanned_and_comes_back_exactly(tmp_path: Path, guard: Guard) -> None:
    for number, name in enumerate(NAMES.values()):
        with open(os.path.join(os.fsencode(tmp_path), name), "wb") as file:
            file.write(f"key={api_key(number)}\n".encode())
    assert exact_names(guard("scan", cwd=tmp_path)) == set(NAMES.values())


@pytest.mark.parametrize("name", [b"-rf", b"--output=x", b":(top)x", b"caf\xe9.txt", b"HEAD"])
def test_a_file_of_such_a_name_can_be_named(tmp_path: Path, guard: Guard, name: bytes) -> None:
    with open(os.path.join(os.fsencode(tmp_path), name), "wb") as file:
        file.write(f"key={api_key(1)}\n".encode())
    assert exact_names(guard("scan", "--", os.fsdecode(name), cwd=tmp_path)) == {name}


@pytest.mark.parametrize("output", ["terminal", "json", "jsonl", "sarif"])
def test_no_name_steers_a_terminal_or_a_log(repository: GitRepository, guard: Guard, output: str) -> None:
    hostile = (*NAMES.values(), b"x\n::warning::forged", b"::error file=a::forged", b"##[error]forged")
    for number, name in enumerate(hostile):
        repository.write(name, f"key={api_key(number)}\n")
    repository.git("add", "-f", "-A", ".")
    outcome = guard("staged", "--format", output, cwd=repository.top)
    assert outcome.code == 1
    written = outcome.text
    assert not [char for char in written if (ord(char) < 32 and char != "\n") or 127 <= ord(char) < 160]
    assert "\u202e" not in written
    assert not [line for line in written.splitlines() if line.lstrip().startswith(("::", "##["))]


def test_no_name_steers_the_terminal_where_it_is_skipped(repository: GitRepository, guard: Guard) -> None:
    for name in (b"\x1b[2Jx", b"x\n::warning::forged"):
        repository.stage(name, b"y" * 2000)
    for output in ("terminal", "json", "sarif"):
        outcome = guard("staged", "--max-size", "1KB", "--format", output, cwd=repository.top)
        assert outcome.code == 3
        assert b"\x1b" not in outcome.out
        assert not [line for line in outcome.text.splitlines() if line.lstrip().startswith("::")]


def test_a_name_that_is_not_text_is_in_the_json_report_as_bytes(repository: GitRepository, guard: Guard) -> None:
    repository.stage(b"caf\xe9.txt", f"key={api_key(1)}\n")
    (finding,) = json.loads(guard("staged", cwd=repository.top).out)["findings"]
    assert finding["location"]["path"] == "caf\\xe9.txt"
    assert finding["location"]["path_bytes"] == b"caf\xe9.txt".hex()
