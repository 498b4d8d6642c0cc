"""The checks as a whole: what git is asked, history, built packages, several folders, what must hold together."""

import hashlib
import io
import json
import os
import tarfile
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hygiene_corpus import new_repository, run_git

from monei_guard.application.hygiene import key_history
from monei_guard.commands.cli import run
from monei_guard.hygiene.collection import work_tree_files
from monei_guard.hygiene.registry import CHECKS, hygiene_findings
from monei_guard.model.blob import Blob
from monei_guard.model.finding import Finding
from monei_guard.model.location import Origin
from monei_guard.model.rule import RuleKind
from monei_guard.model.secret import Secret
from monei_guard.ruleset.bundled import credential_keywords
from monei_guard.ruleset.rule_files import load_bundled, load_credential_rules, load_evidence_rules
from monei_guard.scanning.scanner import Scanner

ROOT = Path(__file__).resolve().parents[2]
HEX = hashlib.sha256(b"hygiene").hexdigest()[:32]
KEY = f"MONEI_API_KEY=mni_{HEX}\n"
RULES = {rule.id: rule for rule in load_bundled() if rule.kind is RuleKind.HYGIENE}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return new_repository(tmp_path, monkeypatch)


def classify(content: bytes, path: bytes) -> Sequence[Finding]:
    scanner = Scanner(credential_keywords(), load_credential_rules, load_evidence_rules)
    return scanner.scan_blob(Blob(content, Origin.WORKTREE, path)).findings


def write(root: Path, name: str, content: str, mode: int = 0o600) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(mode)


def scan(tmp_path: Path, *arguments: str) -> list[dict[str, Any]]:
    output = tmp_path / "report.json"
    run(["scan", "--format", "json", "--output", str(output), *arguments])
    findings: list[dict[str, Any]] = json.loads(output.read_text())["findings"]
    return findings


def test_checks_rule_files_modules_and_pages_are_one_list() -> None:
    modules = {path.stem for path in (ROOT / "monei_guard" / "hygiene" / "checks").glob("*.py")} - {"__init__"}
    files = {Path(rule.source).stem for rule in RULES.values()}
    pages = {path.stem for path in (ROOT / "docs" / "rules").glob("MG2*.md")}
    assert set(CHECKS) == set(RULES) == files
    assert {rule_id.replace("-", "_") for rule_id in CHECKS} == modules
    assert {f"{rule.code}-{rule.id}" for rule in RULES.values()} == pages
    assert {rule.code for rule in RULES.values()} == {f"MG2{number:02}" for number in range(1, 12)}
    for rule_id, check in CHECKS.items():
        module = import_module(f"monei_guard.hygiene.checks.{rule_id.replace('-', '_')}")
        assert check is module.check
        assert (module.__doc__ or "").startswith(f"{RULES[rule_id].code} {rule_id}: ")
        text = RULES[rule_id].text
        assert text.what
        assert text.why
        assert text.instead
        assert RULES[rule_id].hint


def test_git_is_asked_once_for_all_files(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(30):
        write(root, f"packages/p{number}/.env", KEY)
        write(root, f"packages/p{number}/package.json", '{"private": true}\n')
    log, folder = tmp_path / "git.log", tmp_path / "bin"
    folder.mkdir()
    real = next(p for p in os.environ["PATH"].split(os.pathsep) if os.access(os.path.join(p, "git"), os.X_OK))
    (folder / "git").write_text(f'#!/bin/sh\necho "$*" >> {log}\nexec {real}/git "$@"\n')
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    files = work_tree_files(os.fsencode(root), lambda _content, _path: ())

    commands = log.read_text().splitlines()
    assert len(files.env_kinds) == 30
    assert sum("check-ignore" in command for command in commands) == 1
    assert sum("ls-files" in command for command in commands) == 1
    assert len(commands) == 3


def test_a_key_older_than_the_limit_and_still_in_use_is_reported_once(root: Path) -> None:
    write(root, ".gitignore", ".env*\n")
    write(root, ".env", KEY)
    write(root, "a.py", f"key = 'mni_{HEX}'\n")
    now = datetime(2026, 6, 1, tzinfo=UTC)
    files = work_tree_files(os.fsencode(root), classify)
    ages = {91: ["MG209"], 90: [], 1000: ["MG209"]}
    for days, expected in ages.items():
        seen = {Secret(f"mni_{HEX}".encode()): now - timedelta(days=days)}
        history = _replaced(files, first_seen=seen.get, now=now)
        found = list(hygiene_findings(history, {"key-older-than-90-days": RULES["key-older-than-90-days"]}))
        assert [f.code for f in found] == expected
        assert all(f"{days} days old" in f.message for f in found)
    shorter = _replaced(files, first_seen=lambda _key: now - timedelta(days=31), now=now, max_key_age_days=30)
    assert [f.code for f in hygiene_findings(shorter, RULES)] == ["MG209"]


def test_the_history_of_a_key_begins_with_its_earliest_commit(root: Path) -> None:
    write(root, "a.py", f"key = 'mni_{HEX}'\n")
    (found,) = classify((root / "a.py").read_bytes(), b"a.py")
    dates = ("2026-03-01T10:00:00+02:00", "2026-01-31T23:59:59+00:00", "no date at all", None)
    findings = [replace(found, location=replace(found.location, date=date)) for date in dates]
    history = key_history(findings, 30)
    assert history.first_seen(Secret(f"mni_{HEX}".encode())) == datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
    assert history.first_seen(Secret(b"another")) is None
    assert history.max_key_age_days == 30


def _replaced(files: Any, **changes: Any) -> Any:
    return replace(files, **changes)


def test_without_history_no_age_is_claimed(root: Path) -> None:
    write(root, "a.py", f"key = 'mni_{HEX}'\n")
    assert "MG209" not in {f.code for f in hygiene_findings(work_tree_files(os.fsencode(root), classify), RULES)}


def test_an_environment_file_inside_a_built_package_is_found_though_dist_is_ignored(root: Path) -> None:
    write(root, ".gitignore", "dist/\n*.tgz\n.env\n")
    write(root, "pyproject.toml", '[project]\nname = "x"\n')
    write(root, "web/package.json", '{"name": "web"}\n')
    (root / "dist").mkdir()
    with zipfile.ZipFile(root / "dist" / "x-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("x/.env", KEY)
    for name, member in (("dist/x-1.tar.gz", "x-1/.env.production"), ("web/web-1.tgz", "package/.env.example")):
        with tarfile.open(root / name, "w:gz") as archive:
            info = tarfile.TarInfo(member)
            info.size = len(KEY)
            archive.addfile(info, io.BytesIO(KEY.encode()))
    (root / "dist" / "broken.whl").write_bytes(b"PK\x03\x04 not a zip")
    (root / "dist" / "broken.tar.gz").write_bytes(b"\x1f\x8b\x08 not a gzip")
    found = [f for f in hygiene_findings(work_tree_files(os.fsencode(root), classify), RULES) if f.code == "MG205"]
    assert sorted(str(f.location.path) for f in found) == [
        "dist/x-1-py3-none-any.whl!/x/.env",
        "dist/x-1.tar.gz!/x-1/.env.production",
    ]


def test_links_pipes_and_unreadable_names_do_not_stop_anything(root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text(KEY)
    (root / ".env").symlink_to(tmp_path / "outside")
    os.mkfifo(root / "prod.env")
    (root / ".env.local").mkdir()
    (root / ":(glob).env").write_text(KEY)
    (root / "-x.env").write_text(KEY)
    with open(os.path.join(os.fsencode(root), b"caf\xe9.env"), "wb") as file:
        file.write(KEY.encode())
    found = hygiene_findings(work_tree_files(os.fsencode(root), classify), RULES)
    assert sorted({str(f.location.path) for f in found if f.code == "MG202"}) == [
        "-x.env", ":(glob).env", "caf\\xe9.env",
    ]  # fmt: skip


def test_the_advice_can_be_pasted_into_a_shell(root: Path) -> None:
    write(root, "my app/été '1'.env", KEY)
    run_git(root, "add", ".")
    (found,) = hygiene_findings(work_tree_files(os.fsencode(root), classify), RULES)
    assert "git rm --cached -- 'my app/été '\"'\"'1'\"'\"'.env'" in found.hint


def test_a_scan_of_several_folders_names_each(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(root, "a/.env", KEY)
    write(root, "b/.env", KEY)
    write(root, "c/.env", KEY)
    monkeypatch.chdir(root)
    found = scan(tmp_path, "a", "b")
    assert sorted(f["location"]["path"] for f in found if f["code"] == "MG202") == ["a/.env", "b/.env"]
    alone = scan(tmp_path, "c")
    assert [f["location"]["path"] for f in alone if f["code"] == "MG202"] == [".env"]


def test_configuration_excludes_and_selects_hygiene_as_everything_else(root: Path, tmp_path: Path) -> None:
    write(root, "a/.env", KEY)
    write(root, "b/.mcp.json", f'{{"MONEI_API_KEY": "mni_{HEX}"}}\n')
    write(root, ".monei-guard.toml", 'exclude = ["a/"]\nselect = ["MG2"]\n')
    assert [(f["code"], f["location"]["path"]) for f in scan(tmp_path, str(root))] == [("MG211", "b/.mcp.json")]


def test_a_directive_in_a_file_suppresses_a_hygiene_finding(root: Path, tmp_path: Path) -> None:
    write(root, ".env", '# monei-guard: ignore-file[MG201] reason="workshop"\nPORT=8000\n')
    run_git(root, "add", ".")
    found = scan(tmp_path, str(root))
    assert [(f["code"], f["suppression"]["reason"]) for f in found] == [("MG201", "workshop")]


def test_a_submodule_and_a_nested_clone_are_not_ours_to_judge(root: Path, tmp_path: Path) -> None:
    (root / "nested").mkdir()
    run_git(root / "nested", "init", "-q")
    write(root, "nested/.env", KEY)
    write(root, "main.py", "x = 1\n")
    assert [f for f in scan(tmp_path, str(root)) if f["code"].startswith("MG2")] == []


def test_a_key_in_the_name_of_a_variable_or_of_a_file_is_never_shown(
    root: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write(root, ".env", f"mni_{HEX}=1\nOTHER=2\n")
    write(root, f"mni_{HEX}.env", KEY)
    write(root, "Dockerfile", f"FROM x\nCOPY mni_{HEX}.env .\n")
    run_git(root, "add", ".")
    for arguments in (["scan", str(root)], ["staged", "-C", str(root)], ["scan", "--format", "json", str(root)]):
        run(arguments)
    run_git(root, "commit", "-q", "-m", "start")
    run(["init", "--yes", str(root)])
    said = capfd.readouterr()
    assert "MG201" in said.out
    assert HEX not in said.out + said.err
    assert scan(tmp_path, str(root))
    assert HEX not in (tmp_path / "report.json").read_text()


def test_a_work_tree_that_points_elsewhere_is_not_believed(root: Path, tmp_path: Path) -> None:
    write(root, ".env", KEY)
    (tmp_path / "elsewhere").mkdir()
    run_git(root, "config", "core.worktree", str(tmp_path / "elsewhere"))
    assert "MG202" in {f["code"] for f in scan(tmp_path, str(root))}


def test_what_code_does_with_a_key_is_not_taken_for_another_key(root: Path, tmp_path: Path) -> None:
    write(root, ".continue/tool.js", f'const key = process.env.MONEI_API_KEY || "mni_{HEX}";\nconsole.log(key);\n')
    found = scan(tmp_path, str(root))
    assert sum(f["code"] == "MG211" for f in found) == 1
    assert {f["code"][:3] for f in found} > {"MG1", "MG2"}
