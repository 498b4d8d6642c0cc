"""The hook through the real pre-commit framework, against this checkout."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from made_up_keys import api_key

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.xdist_group("pre-commit")  # one environment for the module: building it takes most of the time
PACKAGED = ("monei_guard", "rules", "hooks", ".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    home = tmp_path_factory.mktemp("home")
    (home / ".gitconfig").write_text(
        "[user]\n\tname = T\n\temail = t@example.invalid\n[init]\n\tdefaultBranch = main\n"
        '[protocol "file"]\n\tallow = always\n'
    )
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "PRE_COMMIT"))}
    return clean | {"HOME": str(home), "PRE_COMMIT_HOME": str(home / "pre-commit"), "GIT_CONFIG_NOSYSTEM": "1"}


@pytest.fixture(scope="module")
def hook_source(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> tuple[str, str]:
    """Return this checkout, uncommitted changes included, as a repository that pre-commit can clone: path, commit."""
    copy = tmp_path_factory.mktemp("monei-guard")
    for name in PACKAGED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    git(copy, environment, "init", "-q")
    git(copy, environment, "add", "-A")
    git(copy, environment, "commit", "-qm", "as it is")
    return str(copy), git(copy, environment, "rev-parse", "HEAD").strip()


@pytest.fixture
def repository(tmp_path: Path, environment: dict[str, str], hook_source: tuple[str, str]) -> Path:
    path, commit = hook_source
    git(tmp_path, environment, "init", "-q")
    (tmp_path / ".pre-commit-config.yaml").write_text(
        "default_install_hook_types: [pre-commit, pre-push, commit-msg]\n"
        f"repos:\n- repo: {path}\n  rev: {commit}\n  hooks:\n  - id: monei-guard\n  - id: monei-guard-push\n"
        "  - id: monei-guard-commit-msg\n  - id: monei-guard-files\n    stages: [manual]\n"
        '    args: [--min-confidence=low, "--"]\n'
    )
    pre_commit(tmp_path, environment, "install")
    git(tmp_path, environment, "add", ".pre-commit-config.yaml")
    return tmp_path


def pre_commit(where: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", *arguments],
        cwd=where, env=environment, capture_output=True, text=True, check=False, timeout=110,
    )  # fmt: skip


def git(where: Path, environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=where, env=environment, capture_output=True, text=True, check=False, timeout=110
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def commit(where: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "commit", "-m", "work"], cwd=where, env=environment, capture_output=True, text=True, check=False,
        timeout=110,
    )  # fmt: skip


def test_a_clean_commit_passes_and_one_with_a_key_is_blocked_and_says_why(
    repository: Path, environment: dict[str, str]
) -> None:
    (repository / "app.py").write_text("print('hello')\n")
    git(repository, environment, "add", "app.py")
    clean = commit(repository, environment)
    assert clean.returncode == 0, clean.stdout + clean.stderr

    (repository / "app.py").write_text(f"print('hello')\nKEY = '{api_key(1)}'\n")
    git(repository, environment, "add", "app.py")
    blocked = commit(repository, environment)

    said = blocked.stdout + blocked.stderr
    assert blocked.returncode == 1
    assert "MG101" in said
    assert "app.py:2:8" in said
    assert "help: " in said
    assert api_key(1) not in said
    assert git(repository, environment, "rev-list", "--count", "HEAD").strip() == "1"


def test_run_all_files_scans_the_files_that_pre_commit_names(repository: Path, environment: dict[str, str]) -> None:
    (repository / "-odd name.txt").write_text(f"{api_key(2)}\n")
    git(repository, environment, "add", "-A")

    done = pre_commit(repository, environment, "run", "--all-files", "--hook-stage", "manual", "monei-guard-files")

    assert done.returncode == 1, done.stderr
    assert "-odd name.txt:1:1" in done.stdout
    assert api_key(2) not in done.stdout


def test_a_message_with_a_key_is_refused_whatever_files_the_configuration_leaves_out(
    repository: Path, environment: dict[str, str]
) -> None:
    with (repository / ".pre-commit-config.yaml").open("a") as file:
        file.write("files: ^src/\n")
    git(repository, environment, "add", ".pre-commit-config.yaml")
    key = api_key(3)
    done = subprocess.run(
        ["git", "commit", "-m", f"fix\n\nuse {key}"], cwd=repository, env=environment, capture_output=True, text=True,
        check=False, timeout=110,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "message:3:5" in said
    assert key not in said
    assert commit(repository, environment).returncode == 0


def test_a_push_that_brings_a_key_is_refused_on_a_new_branch_and_on_an_old_one(
    repository: Path, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    origin = str(tmp_path_factory.mktemp("origin"))
    git(repository, environment, "init", "-q", "--bare", origin)
    git(repository, environment, "remote", "add", "origin", origin)
    assert commit(repository, environment).returncode == 0

    for number, branch in enumerate(("main:first", "main", "main:new")):  # of the first, pre-commit names no range
        (repository / "app.py").write_text(f"KEY = '{api_key(4 + number)}'\n")
        git(repository, environment, "add", "app.py")
        git(repository, environment, "commit", "-q", "--no-verify", "-m", "in")
        git(repository, environment, "rm", "-q", "app.py")
        assert commit(repository, environment).returncode == 0
        done = subprocess.run(
            ["git", "push", "origin", branch], cwd=repository, env=environment, capture_output=True, text=True,
            check=False, timeout=110,
        )  # fmt: skip
        said = done.stdout + done.stderr
        assert done.returncode == 1, said
        assert "app.py:1:8" in said
        git(repository, environment, "reset", "-q", "--hard", "HEAD~2")
        git(repository, environment, "push", "-q", "origin", "main")
    git(repository, environment, "push", "-q", "origin", "main:clean")


def test_from_ref_and_to_ref_scan_what_the_commits_between_add(repository: Path, environment: dict[str, str]) -> None:
    assert commit(repository, environment).returncode == 0
    (repository / "app.py").write_text(f"KEY = '{api_key(6)}'\n")
    git(repository, environment, "add", "app.py")
    git(repository, environment, "commit", "-q", "--no-verify", "-m", "in")
    git(repository, environment, "rm", "-q", "app.py")
    assert commit(repository, environment).returncode == 0
    ends = ("--from-ref", "HEAD~2", "--to-ref", "HEAD")
    for arguments in (("monei-guard",), ("--hook-stage", "pre-push", "monei-guard-push")):
        done = pre_commit(repository, environment, "run", *ends, *arguments)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "app.py:1:8" in done.stdout
    clean = pre_commit(repository, environment, "run", "--from-ref", "HEAD", "--to-ref", "HEAD", "monei-guard")
    assert clean.returncode == 0, clean.stdout


def test_try_repo_runs_every_hook_that_the_stage_has(
    tmp_path: Path, environment: dict[str, str], hook_source: tuple[str, str]
) -> None:
    git(tmp_path, environment, "init", "-q")
    (tmp_path / "app.py").write_text(f"KEY = '{api_key(7)}'\n")
    git(tmp_path, environment, "add", "-A")
    done = pre_commit(tmp_path, environment, "try-repo", hook_source[0], "--ref", hook_source[1], "--all-files")
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.count("app.py:1:8") == 2, done.stdout
    assert api_key(7) not in done.stdout
