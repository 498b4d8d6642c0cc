"""What makes a repository one that Monei concerns, and what the checks say in one that it does not."""

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hygiene_corpus import new_repository, run_git

from monei_guard.commands.cli import run

ROOT = Path(__file__).resolve().parents[2]
RANDOM = base64.b64encode(hashlib.sha256(b"elsewhere").digest()).decode()[:40]
HEX = hashlib.sha256(b"elsewhere").hexdigest()[:32]
KEY = "mni" + "_" + HEX
PLAIN = "FOO=bar\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a repository with a tracked `.env` that holds no credential, and nothing of Monei."""
    folder = new_repository(tmp_path, monkeypatch)
    write(folder, "app/main.py", "x = 1\n")
    write(folder, "app/.env", PLAIN)
    run_git(folder, "add", ".")
    return folder


def write(root: Path, name: str, content: str, encoding: str = "utf-8") -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(content, encoding)


def report(root: Path, *command: str) -> tuple[int, list[dict[str, Any]]]:
    output = root.parent / "report.json"
    code = run([*command, "--format", "json", "--output", str(output)])
    document = json.loads(output.read_text())
    jsonschema.validate(document, json.loads((ROOT / "docs" / "monei-guard-report-v1.json").read_text()))
    return code, [found for found in document["findings"] if found["code"].startswith("MG2")]


def committed(name: str, content: str) -> Callable[[Path], None]:
    def make(root: Path) -> None:
        write(root, name, content)
        run_git(root, "add", ".")

    return make


def ignored(name: str, content: str, encoding: str = "utf-8") -> Callable[[Path], None]:
    def make(root: Path) -> None:
        write(root, ".gitignore", f"{name}\n")
        write(root, name, content, encoding)

    return make


SIGNS: dict[str, Callable[[Path], None]] = {
    "a text anywhere": committed("docs/notes.txt", "We pay out with Monei.\n"),
    "a host": committed("web/config.json", '{"url": "https://api.monei.cc"}\n'),
    "a name of a variable": committed("run.sh", 'test -n "$MONEI_API_KEY"\n'),
    "the other company of that name": committed("package.json", '{"dependencies": {"@monei-js/components": "1"}}\n'),
    "a path": committed("src/monei/client.ts", "export {};\n"),
    "a file that is not tracked": lambda root: write(root, "new.txt", "monei\n"),
    "a key alone": committed("settings.ini", f"k = {KEY}\n"),
    "an ignored environment file": ignored(".env.local", "MONEI_API_KEY=\n"),
    "one in UTF-16": ignored(".env.local", "MONEI_API_KEY=\n", "utf-16"),
}


@pytest.mark.parametrize("sign", SIGNS)
def test_where_something_is_a_sign_of_monei_everything_is_found(root: Path, sign: str) -> None:
    SIGNS[sign](root)
    code, found = report(root, "scan", str(root))
    assert ("MG201", "monei") in {(one["code"], one["vendor"]) for one in found}
    assert code == 1


@pytest.mark.parametrize("sign", list(SIGNS)[:6])
def test_of_a_folder_texts_and_paths_of_the_whole_repository_count(root: Path, sign: str) -> None:
    SIGNS[sign](root)
    found = report(root / "app", "scan", str(root / "app"))[1]
    assert [(one["code"], one["vendor"]) for one in found] == [("MG201", "monei")]


@pytest.mark.parametrize("text", ["x = 1\n", "moNEi\n", "Mone i\n"])
def test_where_nothing_is_a_plain_value_is_no_finding(root: Path, text: str) -> None:
    write(root, "app/main.py", text)
    assert report(root, "scan", str(root)) == (0, [])
    assert report(root, "staged", "-C", str(root)) == (0, [])


def test_outside_git_every_file_is_asked_for_the_name(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    write(folder, ".env", PLAIN)
    assert report(folder, "scan", str(folder)) == (0, [])
    write(folder, "deep/down/a.txt", "monei\n")
    assert [one["code"] for one in report(folder, "scan", str(folder))[1]] == ["MG202", "MG206"]


@pytest.mark.parametrize(
    ("name", "severity", "code"),
    [
        (".env", "high", 1),
        ("api/.env.production", "high", 1),
        ("tests/.env", "info", 0),
        ("pkg/__tests__/.env", "info", 0),
        ("spec/data/.env", "info", 0),
        ("src/fixtures/.env", "info", 0),
        ("test-data/.env", "info", 0),
        ("examples/next/.env", "info", 0),
        ("docs/.env", "info", 0),
        ("contest/.env", "high", 1),
        ("latest/.env", "high", 1),
    ],
)
def test_a_credential_is_reported_with_no_vendor_claimed(root: Path, name: str, severity: str, code: int) -> None:
    write(root, name, f"SESSION_SECRET={RANDOM}\n")
    run_git(root, "add", ".")
    for command in (("scan", str(root)), ("staged", "-C", str(root))):
        exit_code, (found,) = report(root, *command)
        assert (found["code"], found["location"]["path"], found["vendor"]) == ("MG201", name, None)
        assert (found["severity"], exit_code) == (severity, code)
        assert RANDOM not in json.dumps(found)


def test_every_format_says_what_is_nobodys(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(root, ".env", f"SESSION_SECRET={RANDOM}\n")
    run_git(root, "add", ".")
    for name in ("terminal", "json", "jsonl", "sarif", "gitlab", "junit", "github", "markdown", "html", "csv"):
        assert run(["scan", "--format", name, str(root)]) == 1
        said = capfd.readouterr().out
        assert "MG201" in said, name
        assert "vendor None" not in said
        assert ",None," not in said


def test_a_key_that_history_held_is_a_sign(root: Path) -> None:
    assert report(root, "audit", str(root)) == (0, [])
    write(root, "old.ini", f"k = {KEY}\n")
    run_git(root, "add", ".")
    run_git(root, "commit", "-q", "-m", "one")
    run_git(root, "rm", "-q", "old.ini")
    assert report(root, "scan", str(root)) == (0, [])
    assert [one["code"] for one in report(root, "audit", str(root))[1]] == ["MG201"]
