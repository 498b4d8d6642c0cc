"""A world without a CI system, and the repository that all recorded runs are about."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from ci_runs import Ci, Origin, new_origin
from guard_process import Outcome

# Whatever else is set may be the CI system that runs these tests.
_KEPT = ("PATH", "HOME", "TERM", "LANG", "LC_", "GIT_", "TMP", "TEMP", "PYTHON", "PYTEST", "SYSTEMROOT", "COVERAGE")


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory, hermetic_environment: None) -> Origin:
    return new_origin(tmp_path_factory.mktemp("ci") / "origin")


@pytest.fixture
def ci(guard: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch) -> Ci:
    """Return a function that runs `monei-guard ci` in a folder with the variables of a platform and no other."""

    def call(variables: Mapping[str, str], cwd: Path, *arguments: str, plain: bool = False) -> Outcome:
        for name in list(os.environ):
            if not name.startswith(_KEPT) or name == "GIT_DEPTH":
                monkeypatch.delenv(name)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return guard("ci", *arguments, cwd=cwd, plain=plain)

    return call
