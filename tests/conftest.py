"""The world every test lives in: no configuration, no home and no git settings but its own."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from git_repository import GitRepository, new_repository
from guard_process import Outcome

from monei_guard.commands.cli import run

# What in the caller's environment changes how git or a terminal program behaves.
_STEERING = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "CI", "XDG_CONFIG_HOME", "PYTHONUTF8", "PYTHONIOENCODING")


@pytest.fixture(scope="session", autouse=True)
def hermetic_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give the session a home whose git configuration is a trap: whoever reads it fails loudly.

    Git is told of an empty one instead, and of an empty template folder.
    """
    world = tmp_path_factory.mktemp("world")
    home = world / "home"
    (home / ".config" / "git").mkdir(parents=True)
    for trap in (home / ".gitconfig", home / ".config" / "git" / "config"):
        trap.write_text("[this is no git configuration\n")
    (world / "templates").mkdir()
    (world / "gitconfig").write_text("")
    pip = Path.home() / ".config" / "pip" / "pip.conf"
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if (name.startswith("GIT_") and name != "GIT_SSL_CAINFO") or name in _STEERING:
                patch.delenv(name)
        if pip.exists() and "PIP_CONFIG_FILE" not in os.environ:
            patch.setenv("PIP_CONFIG_FILE", str(pip))  # where the packages are is the machine's to say
        patch.setenv("HOME", str(home))
        patch.setenv("GIT_CONFIG_GLOBAL", str(world / "gitconfig"))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        patch.setenv("GIT_TEMPLATE_DIR", str(world / "templates"))
        patch.setenv("TERM", "xterm-256color")
        yield


@pytest.fixture
def repository(tmp_path: Path) -> GitRepository:
    """Return a repository with one clean commit."""
    made = new_repository(tmp_path / "repository")
    made.commit(README="# a project\n")
    return made


Guard = Callable[..., Outcome]


@pytest.fixture
def guard(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Guard:
    """Return a function that runs the command line in this process: `guard("scan", "x", cwd=folder)`.

    The report is JSON unless a format is named.
    """

    def call(*arguments: str, cwd: Path, plain: bool = False) -> Outcome:
        monkeypatch.chdir(cwd)
        capfdbinary.readouterr()
        first, *rest = arguments
        code = run([first, *(() if plain else ("--format", "json")), *rest])
        out, err = capfdbinary.readouterr()
        return Outcome(int(code), out, err)

    return call
