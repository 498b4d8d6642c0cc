"""hooks/pre-receive in a real bare repository, by real pushes: what it refuses, lets through and logs."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from git_repository import SETTINGS, GitRepository, new_repository
from history_repositories import import_history
from made_up_keys import api_key

ROOT = Path(__file__).resolve().parents[2]
DIRECTIVE = "monei-" + 'guard: ignore[MG101] reason="I say so" until=2099-01-01'
BAD = {"app.py": f"KEY = '{api_key(1)}'\n"}


@dataclass(frozen=True, slots=True)
class Server:
    """A bare repository with the hook, a clone of it, and a folder with monei-guard for the server's PATH."""

    bare: GitRepository
    copy: GitRepository
    programs: Path

    def push(self, *arguments: str, copy: GitRepository | None = None, **env: str) -> tuple[bool, str]:
        """Push; return whether it was accepted, and all that was said."""
        path = f"{self.programs}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["git", "push", *arguments],
            cwd=(copy or self.copy).top, env=os.environ | SETTINGS | {"PATH": path} | env, capture_output=True,
            check=False,
        )  # fmt: skip
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        assert api_key(1) not in said
        return done.returncode == 0, said

    def has(self, ref: str) -> bool:
        """Whether the server has a ref."""
        return bool(self.bare.git("for-each-ref", ref))

    @property
    def log(self) -> list[dict[str, Any]]:
        """What the server logged."""
        path = self.bare.top / "monei-guard.log"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def server(repository: GitRepository, tmp_path: Path) -> Server:
    bare, copy, programs = (tmp_path / name for name in ("server.git", "copy", "programs"))
    repository.git("clone", "-q", "--bare", ".", str(bare))
    repository.git("clone", "-q", str(bare), str(copy))
    (bare / "hooks").mkdir(exist_ok=True)
    shutil.copy(ROOT / "hooks" / "pre-receive", bare / "hooks" / "pre-receive")
    programs.mkdir()
    program = programs / "monei-guard"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m monei_guard "$@"\n')
    program.chmod(0o755)
    return Server(GitRepository(bare), GitRepository(copy), programs)


def test_a_clean_push_is_accepted_without_a_word(server: Server) -> None:
    server.copy.commit(**{"app.py": "KEY = ''\n"})
    accepted, said = server.push("origin", "main", "main:new")
    assert accepted
    assert "remote" not in said
    assert server.log == []


def test_a_refusal_names_commit_path_line_secret_and_ways_out_and_keeps_nothing(server: Server) -> None:
    bad = server.copy.commit(**BAD)
    tip = server.copy.commit("take it out", **{"app.py": "KEY = ''\n"})
    accepted, said = server.push("origin", "main:new")
    assert not accepted
    for part in ("MG101", "app.py:1:8", bad[:12], "mni_", "git rebase -i", f"config --add monei-guard.allow {tip}"):
        assert part in said
    assert not server.has("refs/heads/new")
    assert server.bare.git("cat-file", "-t", bad, ok=False) == b""


def test_a_forced_push_is_judged_by_what_is_new(server: Server) -> None:
    server.copy.commit(one="one\n")
    assert server.push("origin", "main")[0]
    server.copy.git("commit", "-q", "--amend", "-m", "again")
    assert server.push("--force", "origin", "main")[0]
    server.copy.stage("app.py", BAD["app.py"])
    server.copy.git("commit", "-q", "--amend", "-m", "once more")
    assert not server.push("--force", "origin", "main")[0]


def test_of_many_findings_the_first_are_shown_and_the_rest_counted(server: Server) -> None:
    server.copy.commit(many="".join(f"KEY = '{api_key(seed)}'\n" for seed in range(100, 150)))
    accepted, said = server.push("origin", "main")
    assert not accepted
    assert said.count("MG101") == 20
    assert "50 findings" in said
    assert "30 more findings are not shown" in said


def test_a_deletion_is_accepted_also_beside_a_clean_branch(server: Server) -> None:
    assert server.push("origin", "main:one", "main:two")[0]
    assert server.push("origin", ":one")[0]
    server.copy.commit(new="new\n")
    assert server.push("origin", ":two", "main")[0]
    assert not server.has("refs/heads/two")


def test_tags_their_messages_tagged_blobs_and_names_of_refs_count(server: Server) -> None:
    assert server.push("origin", "main:refs/tags/light")[0]
    server.copy.git("tag", "-a", "-m", "clean", "v1")
    assert server.push("origin", "v1")[0]
    server.copy.git("tag", "-a", "-m", f"with {api_key(1)}", "v2")
    assert not server.push("origin", "v2")[0]
    server.copy.git("tag", "-a", "-m", "around it", "v3", "v2")
    assert not server.push("origin", "v3")[0]
    blob = server.copy.git("hash-object", "-w", "--stdin", stdin=BAD["app.py"].encode()).decode().strip()
    assert not server.push("origin", f"{blob}:refs/tags/blob")[0]
    assert not server.push("origin", f"main:refs/heads/{api_key(2)}")[0]


def test_one_bad_ref_refuses_the_whole_push(server: Server) -> None:
    server.copy.git("branch", "clean")
    server.copy.commit(**BAD)
    assert not server.push("origin", "clean", "main")[0]
    assert not server.has("refs/heads/clean")


@pytest.mark.parametrize("unpack_limit", ["1", "10000"], ids=["kept as a pack", "unpacked"])
def test_a_thousand_commits_are_looked_at_in_the_quarantine(server: Server, unpack_limit: str) -> None:
    server.bare.git("config", "receive.unpackLimit", unpack_limit)
    versions = [{f"src/f{number % 20}.py": b"x = %d\n" % number} for number in range(1000)]
    versions[400]["src/f1.py"] = f"\nKEY = '{api_key(1)}'\n".encode()
    import_history(server.copy.top, versions, branch="many")
    accepted, said = server.push("origin", "many")
    assert not accepted
    assert "src/f1.py:2:8" in said
    versions[400]["src/f1.py"] = b"\n"
    import_history(server.copy.top, versions, branch="many")
    assert server.push("origin", "many")[0]


def test_push_options_reach_the_hook_and_open_nothing(server: Server) -> None:
    server.bare.git("config", "receive.advertisePushOptions", "true")
    server.copy.commit(**BAD)
    for option in ("monei-guard.allow", "skip", "ci.skip"):
        assert not server.push("-o", option, "origin", "main")[0]


def test_what_is_pushed_does_not_decide(server: Server) -> None:
    server.copy.commit(**{
        ".monei-guard.toml": 'ignore = ["MG"]\nexclude = ["**"]\n',
        "app.py": f"KEY = '{api_key(1)}'  # {DIRECTIVE}",
    })  # fmt: skip
    assert not server.push("origin", "main")[0]


def test_what_the_server_says_decides(server: Server) -> None:
    (server.bare.top / "monei-guard.toml").write_text('exclude = ["app.py"]\n')
    server.copy.commit(**BAD)
    assert server.push("origin", "main")[0]


def test_the_administrator_lets_exactly_one_push_pass_and_that_is_logged(server: Server) -> None:
    bad = server.copy.commit(**BAD)
    server.bare.git("config", "--add", "monei-guard.allow", "0" * 12)
    assert not server.push("origin", "main")[0]
    server.bare.git("config", "--add", "monei-guard.allow", bad)
    server.copy.commit(**{"app.py": f"KEY = '{api_key(3)}'\n"})
    assert not server.push("origin", "main")[0]
    assert server.log == []
    accepted, said = server.push("origin", f"{bad}:main", GL_USERNAME="ann\n")
    assert accepted
    assert "logged" in said
    (entry,) = server.log
    assert entry["pusher"] == "ann\n"
    assert entry["because"] == "monei-guard.allow"
    assert [(one["ref"], one["new"]) for one in entry["updates"]] == [("refs/heads/main", bad)]
    assert entry["what"][0].startswith(f"MG101 app.py:1:8 commit {bad} mni_")
    assert api_key(1) not in str(entry)


def test_work_on_top_of_what_was_let_through_is_looked_at(server: Server) -> None:
    server.bare.git("config", "--add", "monei-guard.allow", server.copy.commit(**BAD))
    server.copy.commit(clean="clean\n")
    assert server.push("origin", "main")[0]
    assert len(server.log) == 1
    assert server.push("origin", "main:again")[0]
    assert len(server.log) == 1


def test_nothing_is_let_through_that_cannot_be_logged(server: Server) -> None:
    server.bare.git("config", "--add", "monei-guard.allow", server.copy.commit(**BAD))
    (server.bare.top / "monei-guard.log").symlink_to("/dev/null")
    accepted, said = server.push("origin", "main")
    assert not accepted
    assert "cannot write monei-guard.log" in said


def test_variables_of_who_pushes_let_nothing_through(server: Server) -> None:
    bad = server.copy.commit(**BAD)
    assert not server.push(
        "origin", "main", GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="monei-guard.allow", GIT_CONFIG_VALUE_0=bad
    )[0]
    (server.copy.top / "config").write_text(f"[monei-guard]\n\tallow = {bad}\n")
    assert not server.push("origin", "main", GIT_CONFIG_GLOBAL=str(server.copy.top / "config"))[0]


def test_what_cannot_be_looked_at_is_refused_unless_softened_and_then_logged(server: Server) -> None:
    (server.bare.top / "monei-guard.toml").write_text("max-size = 1000\n")
    tip = server.copy.commit(large="x" * 2000)
    accepted, said = server.push("origin", "main")
    assert not accepted
    assert "not all of it could be looked at" in said
    assert f"monei-guard.allow {tip}" in said
    accepted, said = server.push("origin", "main", MONEI_GUARD_ON_ERROR="warn")
    assert accepted
    assert "MONEI_GUARD_ON_ERROR=warn" in said
    assert server.log[0]["because"] == "MONEI_GUARD_ON_ERROR=warn"
    server.copy.commit(**BAD)
    assert not server.push("origin", "main", MONEI_GUARD_ON_ERROR="warn")[0]


def test_a_push_from_a_shallow_clone(server: Server, tmp_path: Path) -> None:
    for number in range(5):
        server.copy.commit(one=f"{number}\n")
    assert server.push("origin", "main")[0]
    server.copy.git("clone", "-q", "--depth=1", f"file://{server.bare.top}", str(tmp_path / "shallow"))
    shallow = GitRepository(tmp_path / "shallow")
    shallow.commit(two="two\n")
    assert server.push("origin", "main", copy=shallow)[0]
    shallow.commit(**BAD)
    assert not server.push("origin", "main", copy=shallow)[0]


@pytest.mark.parametrize("way", ["softened", "allowed"])
def test_a_shallow_push_of_which_the_server_lacks_the_beginning_is_refused_unless_let_pass(
    server: Server, tmp_path: Path, way: str
) -> None:
    server.copy.commit(one="one\n")
    server.copy.commit(**BAD)
    tip = server.copy.commit(last="last\n")
    server.copy.git("clone", "-q", "--depth=1", f"file://{server.copy.top}", str(tmp_path / "shallow"))
    shallow = GitRepository(tmp_path / "shallow")
    server.bare.git("config", "receive.shallowUpdate", "true")
    accepted, said = server.push(str(server.bare.top), "main:new", copy=shallow)
    assert not accepted
    assert "git fetch --unshallow" in said
    assert not server.has("refs/heads/new")
    if way == "allowed":
        server.bare.git("config", "--add", "monei-guard.allow", tip)
        accepted, said = server.push(str(server.bare.top), "main:new", copy=shallow)
    else:
        accepted, said = server.push(str(server.bare.top), "main:new", copy=shallow, MONEI_GUARD_ON_ERROR="warn")
    assert accepted, said
    assert "cannot be listed" in server.log[0]["what"][0]


def test_a_server_without_the_program_accepts_nothing_unless_softened(server: Server) -> None:
    (server.programs / "monei-guard").unlink()
    for name in ("git", "sh"):
        where = shutil.which(name)
        assert where is not None
        (server.programs / name).symlink_to(where)
    server.copy.commit(one="one\n")
    accepted, said = server.push("origin", "main", PATH=str(server.programs))
    assert not accepted
    assert "not on the server's PATH" in said
    assert server.push("origin", "main", PATH=str(server.programs), MONEI_GUARD_ON_ERROR="warn")[0]


def test_what_git_says_is_checked(tmp_path: Path) -> None:
    bare = new_repository(tmp_path / "bare", "--bare")
    for lines in (b"abc def refs/heads/x\n", b"one two\n", f"{'0' * 40} {'1' * 40} refs/heads/x\n".encode()):
        done = subprocess.run(
            [sys.executable, "-P", "-m", "monei_guard", "hook-pre-receive"],
            cwd=bare.top, input=lines, capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 3
        assert b"Traceback" not in done.stderr
