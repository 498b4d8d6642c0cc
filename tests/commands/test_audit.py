import io
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from plain_process import git, guard
from report_values import HOSTILE, api_key, finding, full_report, location

from monei_guard.model.finding import Life, Triaged, Verification
from monei_guard.model.levels import Severity
from monei_guard.reporting.audit_report import secret_lives, write_audit
from monei_guard.reporting.report import Report, make_report
from monei_guard.reporting.terminal import Style

KEYS = [api_key(seed).decode() for seed in range(1, 4)]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Make one with a key that is still there in two files, one that was removed, one that was only ever staged."""
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "a.py").write_text(f'key = "{KEYS[0]}"\n', encoding="utf-8")
    (tmp_path / "b.py").write_text(f'key = "{KEYS[1]}"\n', encoding="utf-8")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one", date="2026-01-02T03:04:05Z")
    (tmp_path / "second.py").write_text(f'\n\nkey = "{KEYS[0]}"\n', encoding="utf-8")
    (tmp_path / "b.py").write_text("x = 1\n", encoding="utf-8")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "two", date="2026-03-02T03:04:05Z")
    (tmp_path / "c.py").write_text(f'key = "{KEYS[2]}"\n', encoding="utf-8")
    git(tmp_path, "add", ".")
    git(tmp_path, "rm", "-qf", "c.py")
    return tmp_path


def audit(folder: Path, *arguments: str) -> tuple[int, str]:
    done = guard(folder, "audit", *arguments)
    assert not any(key in done.stdout + done.stderr for key in KEYS)
    return done.returncode, done.stdout


def test_an_audit_tells_the_life_of_each_secret_and_what_to_do_first(repository: Path) -> None:
    code, said = audit(repository)
    assert code == 1
    assert "3 distinct secrets in 4 places;" in said
    first, second, third, *_ = said.split("\n\n")
    assert first.startswith("1. critical[MG101]: mni_")
    assert "introduced 2026-01-02 by ann" in first
    assert "2 places: a.py:1:8, second.py:3:8" in first
    assert "still in HEAD and the work tree" in first
    assert "over the 90 after which keys are to be rotated" in first
    assert "make a new key, deploy it, revoke this one" in first
    rest = second + third
    assert "removed after 2026-01-02, but still in history: " in rest
    assert "reachable from no branch or tag" in rest
    assert rest.count("revoke it: removing it from files took it away from nobody") == 2


def test_each_place_is_one_finding_with_its_life(repository: Path) -> None:
    _, said = audit(repository, "--format", "json")
    document: dict[str, Any] = json.loads(said)
    keys = [one for one in document["findings"] if one["code"] == "MG101"]
    places = {(one["location"]["path"], one["location"]["origin"]): one["life"] for one in keys}
    assert sorted(path for path, _ in places if path) == ["a.py", "b.py", "second.py"]
    assert places["second.py", "worktree"]["in_worktree"] is True
    assert places["b.py", "history"]["in_head"] is False
    assert len(keys) == 4


def test_hygiene_is_in_the_same_report_and_knows_the_age(repository: Path) -> None:
    (repository / ".env").write_text(f"MONEI_API_KEY={KEYS[0]}\n", encoding="utf-8")
    codes = {one["code"] for one in json.loads(audit(repository, "--format", "json")[1])["findings"]}
    assert {"MG101", "MG202", "MG209"} <= codes


def test_somebody_elses_configuration_and_suppressions_count_only_if_trusted(repository: Path) -> None:
    mark = "monei-guard:"
    text = f'key = "{KEYS[0]}"  # {mark} ignore[MG101] reason="trust me"\n'
    (repository / "a.py").write_text(text, encoding="utf-8")
    (repository / ".monei-guard.toml").write_text('exclude = ["second.py"]\n', encoding="utf-8")
    _, said = audit(repository, "--format", "json")
    document = json.loads(said)
    assert document["summary"]["configuration"]["file"] is None
    assert document["summary"]["suppressed"] == 0
    document = json.loads(audit(repository, "--trust-config", "--format", "json")[1])
    assert document["summary"]["configuration"]["file"].endswith(".monei-guard.toml")
    assert document["summary"]["suppressed"] >= 1


def test_a_bare_repository_is_audited_and_another_place_is_refused(repository: Path) -> None:
    git(repository, "clone", "-q", "--bare", ".", "bare.git")
    code, said = audit(repository, "bare.git")
    assert code == 1
    assert "3 distinct secrets" in said
    os.mkdir(repository.parent / "plain")
    done = guard(repository.parent / "plain", "audit")
    assert (done.returncode, "is not a git repository" in done.stderr) == (2, True)


def report_with(*triaged: Triaged) -> Report:
    return make_report(triaged, version="0")


def test_live_keys_come_first_then_severity_then_what_is_still_there() -> None:
    life = Life("a" * 40, "b" * 40, 1, (), False, False, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")
    quiet = Triaged(finding(1, severity=Severity.MEDIUM), None, Verification("live", "200"))
    gone = Triaged(finding(2, life=life, location=location(commit="a" * 40)))
    here = Triaged(finding(3))
    lives = secret_lives([gone, here, quiet])
    assert [one.found[0] for one in lives] == [quiet, here, gone]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_on_our_lines(text: str) -> None:
    stream = io.StringIO()
    write_audit(full_report(text), stream, Style())
    for line in stream.getvalue().split("\n"):
        assert line.isprintable()
        assert not line.lstrip().startswith("::")


def test_the_age_at_which_a_key_in_use_is_reported_can_be_set(repository: Path) -> None:
    def old(*arguments: str) -> list[str]:
        done = guard(repository, "audit", "--format", "json", "--select", "MG2", *arguments)
        return [one["message"] for one in json.loads(done.stdout)["findings"] if one["code"] == "MG209"]

    (message,) = old("--max-key-age", "1")
    assert message.endswith("rotate keys every 1 days")
    assert old("--max-key-age", "36500") == []


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make one with a leak of every stage: a key, a tracked environment file, code and a Dockerfile that leak."""
    top = tmp_path / "project"
    top.mkdir()
    git(top, "init", "-q", "-b", "main")
    files = {
        ".env": f"MONEI_API_KEY={KEYS[0]}\n",
        "Dockerfile": "FROM node:22\nCOPY . .\n",
        "package.json": '{"name": "x", "version": "1.0.0", "dependencies": {"monei-sdk": "1", "dotenv": "1"}}\n',
        "src/pay.ts": f'const key = process.env.MONEI_API_KEY || "{KEYS[1]}";\nconsole.log(key);\n',
        "api/.env.example": "MONEI_API_KEY=\n",
        "api/.gitignore": ".env\n",
        ".github/workflows/ci.yml": "jobs:\n  a:\n    steps:\n      - run: echo ${{ secrets.MONEI_API_KEY }}\n",
    }
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text, encoding="utf-8")
    git(top, "add", ".")
    git(top, "commit", "-qm", "one", date="2026-01-02T03:04:05Z")
    return top


def places(document: dict[str, Any]) -> list[tuple[str, str, int]]:
    found = document["findings"]
    return sorted((one["code"], one["location"]["path"], one["location"]["start_line"]) for one in found)


def test_of_a_bare_repository_the_tree_of_head_is_looked_at_as_a_work_tree(project: Path) -> None:
    git(project.parent, "clone", "-q", "--bare", "project", "bare.git")
    expected = json.loads(audit(project, "--format", "json")[1])
    code, said = audit(project.parent, "bare.git", "--format", "json")
    document = json.loads(said)
    assert code == 1
    assert document["skipped"] == []
    assert {"MG101", "MG201", "MG204", "MG210", "MG404", "MG405"} <= {code for code, _, _ in places(document)}
    assert places(document) == places(expected)
    lives = [one["life"] for one in document["findings"] if one["code"] == "MG101"]
    assert [(life["in_head"], life["in_worktree"]) for life in lives] == [(True, False)] * 2
    assert "still in HEAD\n" in audit(project.parent, "bare.git")[1]


@pytest.mark.parametrize("codes", ["MG2", "MG201", "MG210,MG404"])
def test_a_selection_of_rules_holds_for_the_tree_of_head_too(project: Path, codes: str) -> None:
    git(project.parent, "clone", "-q", "--bare", "project", "bare.git")
    expected = json.loads(audit(project, "--format", "json", "--select", codes)[1])
    document = json.loads(audit(project.parent, "bare.git", "--format", "json", "--select", codes)[1])
    assert places(document) == places(expected) != []


def test_a_bare_repository_without_a_commit_or_with_a_foreign_work_tree(project: Path) -> None:
    git(project.parent, "init", "-q", "--bare", "empty.git")
    assert audit(project.parent, "empty.git")[0] == 0
    git(project.parent, "clone", "-q", "--bare", "project", "bare.git")
    git(project.parent / "bare.git", "config", "core.bare", "false")
    git(project.parent / "bare.git", "config", "core.worktree", str(project.parent))
    (project.parent / "other.py").write_text(f'k = "{KEYS[2]}"\n', encoding="utf-8")
    paths = {path for _, path, _ in places(json.loads(audit(project.parent, "bare.git", "--format", "json")[1]))}
    assert ".env" in paths
    assert "other.py" not in paths


def test_a_file_of_head_that_is_missing_is_said(project: Path) -> None:
    git(project.parent, "clone", "-q", "--bare", "--no-hardlinks", "project", "bare.git")
    objects = project.parent / "bare.git" / "objects"
    blob = subprocess.check_output(["git", "rev-parse", "HEAD:src/pay.ts"], cwd=project, text=True).strip()
    for pack in (objects / "pack").glob("*.pack"):
        pack.chmod(0o600)
        moved = pack.rename(project.parent / pack.name)
        with moved.open("rb") as file:
            subprocess.run(["git", "unpack-objects", "-q"], cwd=project.parent / "bare.git", stdin=file, check=True)
    (objects / blob[:2] / blob[2:]).unlink()
    code, said = audit(project.parent, "bare.git", "--format", "json")
    document = json.loads(said)
    assert code == 3
    assert "src/pay.ts" in {one["path"] for one in document["skipped"]}
    assert "MG201" in {code for code, _, _ in places(document)}
