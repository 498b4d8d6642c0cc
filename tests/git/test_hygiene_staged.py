"""Hygiene of a commit being made: real git, the index's bytes, only what the commit touches."""

import hashlib
import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hygiene_corpus import new_repository, run_git

from monei_guard.commands.cli import run
from monei_guard.hygiene.checks.env_file_published import IGNORE_LISTS
from monei_guard.hygiene.env_file_names import env_file_kind
from monei_guard.hygiene.readers.dockerfile import is_dockerfile
from monei_guard.hygiene.selection import concerns_hygiene

HEX = hashlib.sha256(b"staged").hexdigest()[:32]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = new_repository(tmp_path, monkeypatch)
    (folder / "main.py").write_text("# Pays out with Monei.\n")
    run_git(folder, "add", ".")
    run_git(folder, "commit", "-q", "-m", "start")
    return folder


def staged(root: Path, *options: str) -> tuple[int, list[dict[str, Any]]]:
    output = root.parent / "report.json"
    code = run(["staged", "-C", str(root), "--format", "json", "--output", str(output), *options])
    return code, json.loads(output.read_text())["findings"]


def stage(root: Path, name: str, content: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    run_git(root, "add", "-f", "--", name)


def test_staging_an_environment_file_is_blocked_even_without_a_known_key(root: Path) -> None:
    stage(root, ".env", "DATABASE_HOST=db\n")
    code, findings = staged(root)
    assert code == 1
    assert [(f["code"], f["location"]["path"], f["location"]["origin"]) for f in findings] == [
        ("MG201", ".env", "index")
    ]
    assert "would be committed" in findings[0]["message"]
    assert "git rm --cached -- .env" in findings[0]["hint"]


def test_the_staged_bytes_count_not_the_work_tree(root: Path) -> None:
    stage(root, ".env", "DATABASE_HOST=db\n")
    (root / ".env").write_text("")
    assert staged(root)[0] == 1
    run_git(root, "rm", "-q", "--cached", "-f", ".env")
    (root / ".env").write_text("DATABASE_HOST=db\n")
    assert staged(root) == (0, [])


def test_what_the_commit_does_not_touch_is_not_reported(root: Path) -> None:
    stage(root, ".env", "DATABASE_HOST=db\n")
    run_git(root, "commit", "-q", "-m", "a mistake of the past")
    stage(root, "Dockerfile", "FROM python:3.13\n")
    assert staged(root) == (0, [])


def test_a_dockerfile_that_copies_everything_is_judged_with_the_staged_dockerignore(root: Path) -> None:
    stage(root, ".env", "A=b\n")
    run_git(root, "commit", "-q", "-m", "a mistake of the past")
    stage(root, "Dockerfile", "FROM python:3.13\nCOPY . .\n")
    assert [f["code"] for f in staged(root)[1]] == ["MG204"]
    stage(root, ".dockerignore", "**/.env\n")
    (root / ".dockerignore").write_text("")
    assert staged(root) == (0, [])


def test_a_change_of_ignore_rules_that_uncovers_a_file_is_reported(root: Path) -> None:
    stage(root, ".gitignore", ".env\n")
    run_git(root, "commit", "-q", "-m", "rules")
    (root / ".env").write_text("A=b\n")
    stage(root, ".gitignore", "node_modules/\n")
    assert [(f["code"], f["location"]["path"]) for f in staged(root)[1]] == [("MG202", ".env")]


def test_a_key_in_a_workflow_and_in_an_agent_file_is_named_for_what_it_is(root: Path) -> None:
    stage(root, ".github/workflows/ci.yml", f"env:\n  MONEI_API_KEY: mni_{HEX}\n")
    stage(root, ".cursor/mcp.json", f'{{"env": {{"MONEI_API_KEY": "mni_{HEX}",}},}}\n')
    codes = sorted(f["code"] for f in staged(root)[1])
    assert codes == ["MG101", "MG101", "MG210", "MG211"]


def test_a_staged_step_that_prints_a_secret_is_reported_without_a_key(root: Path) -> None:
    stage(root, ".github/workflows/ci.yml", "jobs:\n  a:\n    steps:\n      - run: echo ${{ secrets.MONEI_API_KEY }}\n")
    assert [f["code"] for f in staged(root)[1]] == ["MG210"]


def test_one_key_for_two_environments_is_seen_across_staged_and_ignored_files(root: Path) -> None:
    stage(root, ".gitignore", ".env*\n")
    run_git(root, "commit", "-q", "-m", "rules")
    (root / ".env.production").write_text(f"MONEI_API_KEY=mni_{HEX}\n")
    stage(root, "config/development.yaml", f"monei_api_key: mni_{HEX}\n")
    found = {f["code"] for f in staged(root)[1]}
    assert "MG207" in found


def test_a_selection_of_hygiene_rules_alone_still_knows_a_key(root: Path) -> None:
    stage(root, ".cursor/mcp.json", f'{{"env": {{"MONEI_API_KEY": "mni_{HEX}"}}}}\n')
    stage(root, ".env", "A=b\n")
    assert sorted(f["code"] for f in staged(root, "--select", "MG201,MG211")[1]) == ["MG201", "MG211"]
    assert [f["code"] for f in staged(root, "--ignore", "MG2")[1]] == ["MG101"]


def test_a_selection_of_the_rule_for_agent_files_alone_looks_at_one_without_a_word_of_it_in_its_name(
    root: Path,
) -> None:
    stage(root, ".cursor/mcp.json", json.dumps({"mcpServers": {"m": {"env": {"MONEI_API_KEY": "mni" + "_" + HEX}}}}))
    code, findings = staged(root, "--select", "MG211")
    assert (code, [f["code"] for f in findings]) == (1, ["MG211"])


def test_a_directive_in_the_file_suppresses_with_its_reason(root: Path) -> None:
    stage(root, ".env", '# monei-guard: ignore-file[MG201] reason="public defaults of a workshop"\nA=b\n')
    code, findings = staged(root)
    assert code == 0
    assert [f["suppression"]["reason"] for f in findings] == ["public defaults of a workshop"]


@pytest.mark.parametrize(
    "name",
    [
        b".env", b"a/.env.local", b"prod.env", b".envrc", b".flaskenv", b"env.sh", b".dev.vars", b"local.settings.json",
        b"appsettings.Production.json", b"config/master.key", b".env.example", b"Dockerfile", b"api.Dockerfile",
        b"Containerfile", b".github/workflows/x.yml", b".gitlab-ci.yml", b".circleci/config.yml",
        b"azure-pipelines.yml", b"bitbucket-pipelines.yml", b"Jenkinsfile", b"package.json", b"MANIFEST.in",
        b"pyproject.toml", b"serverless.yml", b".gitignore", *IGNORE_LISTS,
    ],
)  # fmt: skip
def test_whatever_a_check_looks_at_by_name_makes_the_hook_look(name: bytes) -> None:
    assert concerns_hygiene(name)
    assert concerns_hygiene(b"packages/api/" + name) or name.startswith((b".github", b".gitlab", b".circleci"))


def test_no_environment_file_escapes_the_hook() -> None:
    parts = ("", ".", "env", ".env", "dotenv", ".envrc", ".flaskenv", "set", "prod", "example", ".dev.vars", "config/")
    ends = (
        "",
        ".local",
        ".sh",
        ".json",
        "_example",
        "-sample",
        ".dist.txt",
        ".vault",
        ".bak",
        "env",
        ".keys",
        "~",
        "1",
    )
    names = {a + b + c for a, b, c in product(parts, parts, ends)}
    kinds = [name for name in names if env_file_kind(name.encode()) is not None]
    assert len(kinds) > 200
    assert [name for name in kinds if not concerns_hygiene(name.encode())] == []


def test_ordinary_code_costs_the_hook_nothing() -> None:
    for name in (
        b"src/main.py",
        b"README.md",
        b"lib/a.ts",
        b"assets/logo.png",
        b"go.sum",
        b"src/environment.ts",
        b"events.py",
    ):
        assert not concerns_hygiene(name)
        assert env_file_kind(name) is None
        assert not is_dockerfile(name)
