"""What is imported when: a commit pays for nothing it does not use."""

import subprocess
import sys
from pathlib import Path

import click
import pytest
from git_repository import GitRepository

from monei_guard.commands.cli import COMMANDS, HOOK_COMMANDS, cli
from monei_guard.reporting.formats import FORMATS, writer

HEAVY = (
    "git", "numpy", "rich", "jinja2", "httpx", "httpx2", "hyperscan", "regex", "tomli", "tree_sitter",
    "dulwich", "deflate", "pathspec", "ssl", "socket", "http", "asyncio", "email", "json", "logging",
    "concurrent", "multiprocessing", "pathlib", "tempfile", "unittest", "urllib", "zipfile", "tarfile", "xml",
    "sqlite3", "importlib.metadata",
)  # fmt: skip

PROGRAM = """
import sys
from monei_guard.commands.cli import run
before = set(sys.modules)
code = run(sys.argv[1:])
print(code, *sys.modules)
"""


RESOLVE = """
import click
from monei_guard.commands.cli import COMMANDS, HOOK_COMMANDS, cli
context = click.Context(cli)
for name in (*COMMANDS, *HOOK_COMMANDS):
    print(cli.get_command(context, name).name)
"""


def modules_after(folder: Path, *arguments: str) -> tuple[int, set[str]]:
    """Return the exit code of a run in a fresh process, and every module it imported."""
    done = subprocess.run(
        [sys.executable, "-X", "frozen_modules=on", "-c", PROGRAM, *arguments],
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    code, *modules = done.stdout.split()
    return int(code), set(modules)


@pytest.fixture(scope="module")
def bare_modules(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return what Python and click import by themselves."""
    done = subprocess.run(
        [sys.executable, "-c", "import sys, click, subprocess, re\nprint(*sys.modules)"],
        cwd=tmp_path_factory.mktemp("bare"), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(done.stdout.split())


def test_a_clean_commit_imports_nothing_heavy(repository: GitRepository, bare_modules: set[str]) -> None:
    repository.stage("a.txt", "nothing suspicious\n")
    code, modules = modules_after(repository.top, "staged")
    assert code == 0
    heavy = {name for name in modules - bare_modules if name in HEAVY or name.split(".")[0] in HEAVY}
    assert heavy == set()


def test_the_detection_stage_is_not_imported_for_a_clean_commit(repository: GitRepository) -> None:
    repository.stage("a.txt", "nothing suspicious\n")
    _, modules = modules_after(repository.top, "staged")
    own = {name for name in modules if name.startswith("monei_guard")}
    assert "monei_guard.detection.engine" not in own
    assert not {name for name in own if name.startswith("monei_guard.verification.")}
    assert "monei_guard.reporting.report" not in own


def test_every_command_of_the_table_can_be_imported(tmp_path: Path) -> None:
    # In a process of its own: what a command imports may set up more than this one likes.
    done = subprocess.run([sys.executable, "-c", RESOLVE], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [*COMMANDS, *HOOK_COMMANDS]


def test_an_unknown_command_is_none() -> None:
    assert cli.get_command(click.Context(cli), "no-such-command") is None


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_of_the_table_can_be_imported(name: str) -> None:
    assert callable(writer(name))
