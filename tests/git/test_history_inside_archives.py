"""History sees what is encoded, and what stands in archives, in any commit."""

import base64
import gzip
from typing import Any

from archive_makers import tar_of, zip_of
from conftest import Guard
from git_repository import GitRepository
from made_keys import api_key


def _history(guard: Guard, repository: GitRepository, *options: str) -> list[dict[str, Any]]:
    outcome = guard("history", ".", "--no-cache", *options, cwd=repository.top)
    return list(outcome.report["findings"])


def _paths(findings: list[dict[str, Any]]) -> list[object]:
    return [one["location"]["path"] for one in findings]


def test_a_key_in_an_archive_of_an_old_commit_is_found(guard: Guard, repository: GitRepository) -> None:
    key = api_key("old archive").encode()
    archive = zip_of(
        [("config/.env", b"MONEI_API_KEY=" + key), ("in.tar.gz", tar_of([("a", api_key("inner").encode())], "gz"))]
    )
    (repository.top / "dist.zip").write_bytes(archive)
    repository.git("add", "-A")
    repository.git("commit", "-qm", "add the build")
    repository.git("rm", "-q", "dist.zip")
    repository.git("commit", "-qm", "remove the build")
    found = _history(guard, repository)
    assert sorted(map(str, _paths(found))) == ["dist.zip!/config/.env", "dist.zip!/in.tar.gz!/a"]
    assert all(one["location"]["commit"] for one in found)
    assert _history(guard, repository, "--archive-depth", "0") == []


def test_a_key_encoded_in_an_old_commit_is_found(guard: Guard, repository: GitRepository) -> None:
    key = api_key("old encoded").encode()
    texts = {
        "a.yaml": b"data: " + base64.b64encode(b"x " + key),
        "b.yaml": b"release: " + base64.b64encode(base64.b64encode(gzip.compress(key, mtime=0))),
        "c.js": b"k = '" + key[:4] + b"' + '" + key[4:] + b"'",
        "d.txt": "".join(f"\\u{code:04x}" for code in key).encode(),
    }
    for name, text in texts.items():
        (repository.top / name).write_bytes(text)
    repository.git("add", "-A")
    repository.git("commit", "-qm", "add")
    repository.git("rm", "-q", *texts)
    repository.git("commit", "-qm", "remove")
    assert sorted(map(str, _paths(_history(guard, repository)))) == sorted(texts)
