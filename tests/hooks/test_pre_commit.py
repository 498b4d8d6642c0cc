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
        f"repos:\n- repo: {path}\n  rev: {commit}\n  hooks:\n  - id: monei-guard\n  - id: monei-guard-files\n"
        "    stages: [manual]\n"
    )
    subprocess.run(
        [sys.executable, "-m", "pre_commit", "install"], cwd=tmp_path, env=environment, check=True, capture_output=True
    )
    git(tmp_path, environment, "add", ".pre-commit-config.yaml")
    return tmp_path


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

    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--all-files", "--hook-stage", "manual", "monei-guard-files"],
        cwd=repository, env=environment, capture_output=True, text=True, check=False, timeout=110,
    )  # fmt: skip

    assert done.returncode == 1, done.stderr
    assert "-odd name.txt:1:1" in done.stdout
    assert api_key(2) not in done.stdout
