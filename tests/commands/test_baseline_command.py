import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from plain_process import git, guard
from report_values import api_key

from monei_guard.policy.baseline_file import load
from monei_guard.policy.baseline_name import DEFAULT_NAME

MARK = "monei-guard:"
KEYS = [api_key(seed).decode() for seed in range(1, 5)]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "user.email", "ann@example.com")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text(f'x = 1\nkey = "{KEYS[0]}"\n', encoding="utf-8")
    (tmp_path / "b.py").write_text(f'key = "{KEYS[1]}"\n', encoding="utf-8")
    return tmp_path


def ok(folder: Path, *arguments: str) -> str:
    done = guard(folder, *arguments)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert not any(key in done.stdout for key in KEYS)
    return done.stdout


def test_create_accepts_what_stands_there_and_nothing_else_later(repository: Path) -> None:
    said = ok(repository, "baseline", "create", "--reason", "samples", "--until", "2099-01-01")
    assert "accepted MG101 src/a.py:2:8\n" in said
    assert "2 findings accepted in" in said
    entries = load(str(repository / DEFAULT_NAME)).entries
    assert [(one.path, one.reason, one.author, one.until) for one in entries] == [
        ("b.py", "samples", "ann@example.com", "2099-01-01"),
        ("src/a.py", "samples", "ann@example.com", "2099-01-01"),
    ]
    text = (repository / DEFAULT_NAME).read_text(encoding="utf-8")
    assert not any(key in text or hashlib.sha256(key.encode()).hexdigest() in text for key in KEYS)
    assert guard(repository, "scan").returncode == 0
    (repository / "b.py").write_text(f'key = "{KEYS[2]}"\n', encoding="utf-8")
    assert guard(repository, "scan").returncode == 1


def test_create_from_a_subfolder_serves_the_whole_repository(repository: Path) -> None:
    ok(repository / "src", "baseline", "create", "--reason", "samples")
    assert [one.path for one in load(str(repository / DEFAULT_NAME)).entries] == ["src/a.py"]
    ok(repository / "src", "baseline", "update", "..", "--reason", "the rest")
    assert [one.path for one in load(str(repository / DEFAULT_NAME)).entries] == ["b.py", "src/a.py"]
    assert guard(repository, "scan").returncode == 0


def test_create_refuses_to_replace_and_update_to_invent(repository: Path) -> None:
    done = guard(repository, "baseline", "update", "--reason", "r")
    assert (done.returncode, "'baseline create' makes one" in done.stderr) == (2, True)
    ok(repository, "baseline", "create", "--reason", "r")
    done = guard(repository, "baseline", "create", "--reason", "r")
    assert (done.returncode, "'baseline update' adds to it" in done.stderr) == (2, True)


def test_a_reason_is_needed_and_must_not_hold_the_secret(repository: Path) -> None:
    assert guard(repository, "baseline", "create").returncode == 2
    assert guard(repository, "baseline", "create", "--reason", " ").returncode == 2
    done = guard(repository, "baseline", "create", "--reason", f"old key {KEYS[0]}")
    assert (done.returncode, KEYS[0] in done.stderr + done.stdout) == (2, False)
    assert not (repository / DEFAULT_NAME).exists()


def test_prune_drops_what_was_fixed_follows_a_rename_and_can_be_tried_first(repository: Path) -> None:
    ok(repository, "baseline", "create", "--reason", "samples")
    (repository / "b.py").write_text("x = 1\n", encoding="utf-8")
    (repository / "src" / "a.py").rename(repository / "src" / "new.py")
    assert "would drop MG101 b.py" in ok(repository, "baseline", "prune", "--dry-run")
    assert len(load(str(repository / DEFAULT_NAME)).entries) == 2
    assert ok(repository / "src", "baseline", "prune") == "dropped MG101 b.py\n1 entries dropped\n"
    assert [one.path for one in load(str(repository / DEFAULT_NAME)).entries] == ["src/new.py"]


def test_prune_without_having_seen_everything_is_refused(repository: Path) -> None:
    ok(repository, "baseline", "create", "--reason", "samples")
    (repository / ".monei-guard.toml").write_text('max-size = "10B"\n', encoding="utf-8")
    done = guard(repository, "baseline", "prune")
    assert done.returncode == 3
    assert "files could not be scanned" in done.stderr
    assert len(load(str(repository / DEFAULT_NAME)).entries) == 2


def test_explain_shows_each_decision_and_its_state(repository: Path) -> None:
    ok(repository, "baseline", "create", "--reason", "samples", "--until", "2099-01-01", "--author", "bob")
    (repository / "b.py").write_text("x = 1\n", encoding="utf-8")
    said = ok(repository, "baseline", "explain")
    assert "MG101 src/a.py, until 2099-01-01 [in use]\n    samples (bob, " in said
    assert "MG101 b.py, until 2099-01-01 [covers nothing]\n" in said
    assert "1 of 2 entries" in ok(repository, "baseline", "explain", "src")
    assert "0 of 2 entries" in ok(repository, "baseline", "explain", "MG405")


def _foreign(kind: str, folder: Path) -> tuple[str, str]:
    """Return name and text of a file that accepts src/a.py's key, one that is gone, and not b.py's."""
    gone = api_key(9).decode()
    if kind == "ignore":
        return ".gitleaksignore", f"# why\nsrc/a.py:generic-api-key:2\n{'c' * 40}:gone.py:generic-api-key:7\n"
    if kind == "windows":
        return ".gitleaksignore", "src\\a.py:generic-api-key:2\nx.py:r:1\n"
    if kind == "detect-secrets":
        entries = {
            path: [{"type": "x", "hashed_secret": hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest()}]
            for path, key in (("src/a.py", KEYS[0]), ("gone.py", gone))
        }
        return ".secrets.baseline", json.dumps({"version": "1.5.0", "plugins_used": [], "results": entries})
    rows: list[dict[str, Any]] = [
        {"RuleID": "r", "File": "src/a.py", "StartLine": 99, "Secret": KEYS[0], "Fingerprint": "x"},
        {"RuleID": "r", "File": "gone.py", "StartLine": 2, "Secret": gone, "Fingerprint": "x"},
    ]
    if kind == "redacted":
        rows[0] |= {"StartLine": 2, "Secret": "REDACTED"}
    return "report.json", json.dumps(rows)


@pytest.mark.parametrize("kind", ["ignore", "windows", "gitleaks", "redacted", "detect-secrets"])
def test_import_accepts_what_the_other_tool_accepts_and_no_more(repository: Path, kind: str) -> None:
    name, text = _foreign(kind, repository)
    (repository.parent / name).write_text(text, encoding="utf-8")
    said = ok(repository, "baseline", "import", f"../{name}", "--reason", "moved over")
    assert said.startswith("2 entries of ")
    assert [(one.path, one.reason) for one in load(str(repository / DEFAULT_NAME)).entries] == [
        ("src/a.py", "moved over")
    ]


@pytest.mark.parametrize(
    "text", ["", "not a list\n", "{}", "[1]", '[{"RuleID": "x"}]', "[", '{"results": {"a": [{}]}}']
)
def test_importing_something_else_is_one_clear_error(repository: Path, text: str) -> None:
    (repository / "x").write_text(text, encoding="utf-8")
    done = guard(repository, "baseline", "import", "x", "--reason", "r")
    assert done.returncode == 2
    assert done.stderr.startswith("error: x ")
    assert not (repository / DEFAULT_NAME).exists()


def test_suppressions_lists_all_with_age_and_end(repository: Path) -> None:
    ok(repository, "baseline", "create", "b.py", "--reason", "accepted", "--until", "2099-01-01")
    path = repository / "src" / "a.py"
    lines = [
        f'key = "{KEYS[0]}"  # {MARK} ignore[MG101] reason="sample" until=2099-12-31',
        f'x = 1  # {MARK} ignore[MG101] reason="left over"',
        f'x = 1  # {MARK} ignore[MG101] reason="old" until=2020-01-01',
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "a")
    path.write_text("\n".join([*lines, f"x = 2  # {MARK} ignore[MG101]"]) + "\n", encoding="utf-8")
    said = ok(repository, "suppressions")
    assert "src/a.py:1: MG101 [in use]\n    sample\n" in said
    assert "days old (2026-01-02, ann); until 2099-12-31 (" in said
    assert "src/a.py:2: MG101 [suppresses nothing]\n    left over\n" in said
    assert "src/a.py:3: MG101 [expired]\n    old\n" in said
    assert "src/a.py:4: MG101 [malformed]\n    (no reason)\n    not committed; no end\n" in said
    assert "b.py: MG101 [accepted]\n    accepted\n" in said
    assert said.endswith("5 suppressions\n")
    listed = json.loads(ok(repository / "src", "suppressions", "--format", "json"))["suppressions"]
    assert [one["since"] for one in listed][:4] == ["2026-01-02", "2026-01-02", "2026-01-02", None]


def test_suppressions_work_outside_git_too(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f'x = 1  # {MARK} ignore[MG101] reason="r"\n', encoding="utf-8")
    assert "not committed; no end\n1 suppressions\n" in ok(tmp_path, "suppressions")
