import json
import os
import re
from pathlib import Path

import pytest
from plain_process import git, guard
from report_values import HOSTILE, api_key

from monei_guard.reporting.formats import FORMATS

KEY = api_key(1).decode()


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """Make a repository whose file names, author and branch are attacks, a key in every file."""
    git(tmp_path, "init", "-q", "-b", "main")
    for number, text in enumerate(HOSTILE):
        name = text.encode("utf-8", "surrogatepass").replace(b"/", b"_").replace(b"\0", b"")[:200]
        path = os.path.join(os.fsencode(tmp_path), b"%d" % number + name + b".py")
        with open(path, "wb") as file:
            file.write(f'key = "{KEY}"  # {text}\n'.encode("utf-8", "surrogatepass"))
    git(tmp_path, "add", ".")
    git(
        tmp_path,
        "-c",
        "user.name=<script>alert(1)</script>",
        "commit",
        "-qm",
        "::error::x\n\n\x1b[2J [a](https://e.example)",
    )
    return tmp_path


@pytest.mark.parametrize("command", ["scan", "audit"])
def test_every_format_of_one_run_is_inert_holds_no_key_and_tells_the_same(hostile: Path, command: str) -> None:
    out = hostile.parent / f"{hostile.name}-out"
    out.mkdir()
    files = {name: out / name for name in FORMATS if name != "terminal"}
    reports = [part for name, path in files.items() for part in ("--report", f"{name}={path}")]
    done = guard(hostile, command, *reports)
    assert done.returncode == 1
    texts = {name: path.read_bytes().decode("utf-8") for name, path in files.items()}
    texts["terminal"] = done.stdout
    for name, text in texts.items():
        assert KEY not in text, name
        assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]", text), name
        if name != "html":  # where `##[` can stand in compressed data only
            assert not re.search(r"##[A-Za-z]{0,16}\[", text), name
        commands = [line for line in text.splitlines() if line.lstrip().startswith("::")]
        assert all(re.match(r"::(error|warning|notice) (file=|title=)", line) for line in commands), name
        assert not commands or name == "github"
    count = len(json.loads(texts["json"])["findings"])
    assert count >= len(HOSTILE)
    assert len(texts["jsonl"].splitlines()) == count + 1
    assert len(json.loads(texts["sarif"])["runs"][0]["results"]) == count
    assert len(json.loads(texts["gitlab"])["vulnerabilities"]) == count
    assert texts["csv"].count("\r\n") == count + 1
    assert texts["junit"].count("<failure ") == count
    assert "<img src=x" not in texts["html"]
    assert texts["html"].count("<script") == 2
