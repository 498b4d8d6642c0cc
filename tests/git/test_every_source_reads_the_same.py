"""What one source finds in a file every source finds: files, index, range, history."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from credential_corpus import load_corpus
from git_repository import GitRepository, new_repository
from guard_process import Outcome
from made_keys import api_key

KEY = api_key("sources")
A, B = KEY[:4], KEY[4:]
PROGRAMS = {
    "added.js": f"let k = '{A}';\nk += '{B}';\n",
    "added.py": f"k = '{A}'\nk += '{B}'\n",
    "typed.ts": f"const k: string = ('{A}' + ('{B[:9]}' + '{B[9:]}'));\n",
    "markup.tsx": f"const a = '{A}', b = '{B}';\nexport const e = <p title={{`${{a}}${{b}}`}}/>;\n",
    "listed.py": f"parts = ['{A}', '{B}']\nkey = ''.join(parts)\n",
    "prose.txt": f"k = '{A}'\nk += '{B}'\n",
}
SOURCES = {
    "scan": ("scan", "."),
    "range": ("range", "HEAD~1..HEAD"),
    "history": ("history", "--no-cache"),
}


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    corpus = {f"corpus/{number:04}/{case.path}": case.content for number, case in enumerate(load_corpus())}
    return corpus | {name: text.encode() for name, text in PROGRAMS.items()}


def _found(outcome: Outcome) -> set[tuple[str, str, str]]:
    """Return path, code and secret of each; in an old version, the message of a mailbox is a part of its file."""
    findings: list[dict[str, Any]] = json.loads(outcome.out)["findings"]
    return {
        (one["location"]["path"].partition("!/")[0], one["code"], json.dumps(one["secret"]))
        for one in findings
        if one["code"].startswith("MG1") and one["secret"]
    }


@pytest.mark.timeout(300)
def test_every_source_finds_the_same(tmp_path: Path, files: dict[str, bytes], guard: Callable[..., Outcome]) -> None:
    repository: GitRepository = new_repository(tmp_path / "all")
    repository.commit()
    for name, content in files.items():
        repository.write(name, content)
    repository.git("add", "-f", ".")
    found = {"staged": _found(guard("staged", cwd=repository.top))}
    repository.commit()
    found |= {name: _found(guard(*command, cwd=repository.top)) for name, command in SOURCES.items()}

    in_programs = {path for path, _, _ in found["scan"] if path in PROGRAMS}
    assert in_programs == PROGRAMS.keys() - {"prose.txt"}
    for name, findings in found.items():
        assert not findings - found["scan"], name
        assert not found["scan"] - findings, name
