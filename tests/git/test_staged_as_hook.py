"""`monei-guard staged` as hooks call it, without an option: it runs without the command line, and says the same."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from git_repository import GitRepository
from guard_process import run_process
from made_keys import api_key

CALLS = (("staged",), ("staged", "-C", "."))
Arrange = Callable[[GitRepository], None]


def _a_key(repository: GitRepository) -> None:
    repository.stage("a.py", f'client = MoneiClient(api_key="{api_key(1)}")\n')


def _an_env_file(repository: GitRepository) -> None:
    repository.stage(".env", "MONEI_API_KEY=\nPORT=3000\n")


def _nothing_of_ours(repository: GitRepository) -> None:
    repository.stage("a.py", 'import os\nkey = os.environ["MONEI_API_KEY"]\n')


def _a_damaged_index(repository: GitRepository) -> None:
    (repository.top / ".git/index").write_bytes(b"no index")


def _an_unknown_setting(repository: GitRepository) -> None:
    repository.stage("a.py", f'client = MoneiClient(api_key="{api_key(1)}")\n')
    (repository.top / ".monei-guard.toml").write_text("no-such-key = 1\n")


def _no_repository(repository: GitRepository) -> None:
    os.rename(repository.top / ".git", repository.top / "git")


@pytest.mark.parametrize("warn", [False, True], ids=["strict", "warn"])
@pytest.mark.parametrize(
    ("arrange", "code"),
    [
        (_a_key, 1), (_an_env_file, 1), (_nothing_of_ours, 0), (_a_damaged_index, 3), (_an_unknown_setting, 2),
        (_no_repository, 2),
    ],
)  # fmt: skip
def test_without_options_it_says_what_the_command_says(
    repository: GitRepository, monkeypatch: pytest.MonkeyPatch, arrange: Arrange, code: int, *, warn: bool
) -> None:
    arrange(repository)
    monkeypatch.setenv("MONEI_GUARD_ON_ERROR", "warn" if warn else "")
    told = [run_process(*call, cwd=repository.top) for call in (*CALLS, ("staged", "--no-color"))]
    assert {one.code for one in told} == {0 if warn and code == 3 else code}
    assert len({(one.out, one.err) for one in told}) == 1
    assert b"Traceback" not in told[0].err


@pytest.mark.parametrize("call", CALLS, ids=["by hand", "by the hook"])
def test_a_reader_that_has_gone_lets_no_key_through(repository: GitRepository, call: tuple[str, ...]) -> None:
    _a_key(repository)
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "monei_guard", *call],
        cwd=repository.top, env=os.environ | {"MONEI_GUARD_ON_ERROR": "warn"}, stdout=writer, stderr=subprocess.PIPE,
        check=False,
    )  # fmt: skip
    os.close(writer)
    assert done.returncode == 1
    assert done.stderr == b""
