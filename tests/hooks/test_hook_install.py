"""`hook install`, `uninstall` and `status` in repositories of every shape, and the hooks in real commits and pushes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from made_keys import api_key
from plain_process import git, guard

from monei_guard.application.hooks.script import KEPT, hook_script

CLEAN = "print('hello')\n"
OLD_HOOK = b"#!/bin/sh\necho before >> seen\nexit 0 # no newline at the end"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    git(folder, "config", "user.name", "ann")
    git(folder, "config", "user.email", "ann@example.invalid")
    return folder


def commit(root: Path, content: str, name: str = "a.py", **variables: str) -> subprocess.CompletedProcess[str]:
    (root / name).write_text(content, encoding="utf-8")
    git(root, "add", name)
    return run(root, "git", "commit", "-qm", "work", **variables)


def run(root: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "HOME": str(root), "GIT_CONFIG_NOSYSTEM": "1", **variables}
    env["PYTHONPATH"] = os.pathsep.join(sys.path)
    return subprocess.run(command, cwd=root, env=env, check=False, capture_output=True, text=True)


def hook_of(root: Path, name: str = "pre-commit") -> Path:
    return root / ".git" / "hooks" / name


def leaking(name: str) -> str:
    return f'key = "{api_key(name)}"\n'


def test_a_commit_with_a_key_is_stopped_and_a_clean_one_is_silent(root: Path) -> None:
    done = guard(root, "hook", "install")
    assert (done.returncode, done.stdout) == (0, f"pre-commit: {hook_of(root)}\n")
    clean = commit(root, CLEAN)
    assert (clean.returncode, clean.stdout, clean.stderr) == (0, "", "")
    stopped = commit(root, leaking("a"))
    assert stopped.returncode == 1
    assert "critical[MG101]" in stopped.stdout + stopped.stderr
    assert api_key("a") not in stopped.stdout + stopped.stderr
    assert commit(root, CLEAN + "x = 1\n").returncode == 0
    assert run(root, "git", "log", "--oneline").stdout.count("work") == 2


@pytest.mark.parametrize("name", ["pre-commit", "pre-push", "commit-msg"])
def test_a_hook_that_was_there_is_kept_run_first_and_restored_byte_for_byte(root: Path, name: str) -> None:
    hook_of(root, name).parent.mkdir(exist_ok=True)
    hook_of(root, name).write_bytes(OLD_HOOK)
    hook_of(root, name).chmod(0o750)
    for _ in range(2):  # the second time changes nothing
        assert guard(root, "hook", "install", "--type", name).returncode == 0
    assert hook_of(root, name + KEPT).read_bytes() == OLD_HOOK
    assert guard(root, "hook", "status", "--type", name).returncode == 0
    assert guard(root, "hook", "uninstall").returncode == 0
    assert hook_of(root, name).read_bytes() == OLD_HOOK
    assert hook_of(root, name).stat().st_mode & 0o777 == 0o750
    assert not hook_of(root, name + KEPT).exists()


def test_a_kept_hook_that_fails_stops_the_commit_before_ours(root: Path) -> None:
    hook_of(root).parent.mkdir(exist_ok=True)
    hook_of(root).write_text("#!/bin/sh\necho no >&2\nexit 7\n")
    hook_of(root).chmod(0o755)
    guard(root, "hook", "install")
    stopped = commit(root, leaking("a"))
    assert (stopped.returncode, stopped.stderr) == (1, "no\n")
    hook_of(root, "pre-commit" + KEPT).chmod(0o644)  # git runs no hook that is not executable, and neither do we
    assert "MG101" in commit(root, leaking("b")).stderr + commit(root, leaking("b")).stdout


def test_without_a_hook_uninstall_leaves_nothing(root: Path) -> None:
    guard(root, "hook", "install", "--type", "pre-commit,pre-push,commit-msg")
    before = sorted(path.name for path in hook_of(root).parent.iterdir() if not path.name.endswith(".sample"))
    assert before == ["commit-msg", "pre-commit", "pre-push"]
    assert guard(root, "hook", "uninstall").returncode == 0
    assert [path for path in hook_of(root).parent.iterdir() if not path.name.endswith(".sample")] == []
    assert guard(root, "hook", "uninstall").stdout == "no hook of monei-guard is installed here\n"


def test_another_hook_in_the_place_of_ours_is_not_overwritten(root: Path) -> None:
    hook_of(root).parent.mkdir(exist_ok=True)
    hook_of(root).write_bytes(OLD_HOOK)
    guard(root, "hook", "install")
    hook_of(root).write_text("#!/bin/sh\n")
    done = guard(root, "hook", "install")
    assert done.returncode == 2
    assert "make one of the two" in done.stderr
    assert hook_of(root).read_text() == "#!/bin/sh\n"


@pytest.mark.parametrize(("softened", "code"), [("", 127), ("warn", 0)])
def test_a_python_that_is_gone_is_said_and_not_let_through(root: Path, softened: str, code: int) -> None:
    guard(root, "hook", "install")
    text = hook_of(root).read_text("latin-1")
    hook_of(root).write_text(text.replace(sys.executable, "/gone/python"), "latin-1")
    assert commit(root, CLEAN).returncode == 0  # nothing suspicious: nobody is needed
    stopped = commit(root, leaking("a"), MONEI_GUARD_ON_ERROR=softened)
    assert (stopped.returncode == 0) is (code == 0)
    first, *rest = stopped.stderr.splitlines()
    assert first.startswith("monei-guard is no longer at /gone/python: nothing was checked.")
    assert len(rest) == (1 if softened else 0)
    told = guard(root, "hook", "status", "--type", "pre-commit")
    assert told.returncode == 1
    assert "its Python is gone" in told.stdout


def test_a_python_without_the_program_is_said_too(root: Path) -> None:
    guard(root, "hook", "install")
    bare = root / "python"
    bare.write_text("#!/bin/sh\nexit 127\n")
    bare.chmod(0o755)
    text = hook_of(root).read_text("latin-1")
    hook_of(root).write_text(text.replace(sys.executable, str(bare)), "latin-1")
    stopped = commit(root, leaking("a"))
    assert stopped.returncode == 1
    assert "nothing was checked" in stopped.stderr
    assert "another version or installation" in guard(root, "hook", "status", "--type", "pre-commit").stdout


def test_a_repository_cannot_plant_a_module_in_the_hooks_way(root: Path) -> None:
    guard(root, "hook", "install")
    (root / "monei_guard").mkdir()
    (root / "monei_guard" / "__init__.py").write_text("raise SystemExit(0)\n")
    (root / "sys.py").write_text("raise SystemExit(0)\n")
    assert "MG101" in commit(root, leaking("a")).stderr + commit(root, leaking("a")).stdout


def test_status_tells_a_hook_of_another_version(root: Path) -> None:
    assert guard(root, "hook", "status").returncode == 1
    guard(root, "hook", "install")
    hook_of(root).write_bytes(hook_of(root).read_bytes() + b"# edited\n")
    assert "to renew it" in guard(root, "hook", "status").stdout
    guard(root, "hook", "install")
    hook_of(root).chmod(0o644)
    assert "not executable" in guard(root, "hook", "status").stdout


def test_a_worktree_and_a_submodule_have_their_hooks_where_git_looks(root: Path, tmp_path: Path) -> None:
    commit(root, CLEAN)
    git(root, "worktree", "add", "-q", "-b", "other", str(tmp_path / "tree"))
    guard(tmp_path / "tree", "hook", "install")
    assert hook_of(root).exists()
    assert commit(tmp_path / "tree", leaking("a")).returncode == 1
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q")
    git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(root), "inner")
    guard(outer / "inner", "hook", "install")
    assert (outer / ".git" / "modules" / "inner" / "hooks" / "pre-commit").exists()
    git(outer / "inner", "config", "user.name", "ann")
    git(outer / "inner", "config", "user.email", "ann@example.invalid")
    assert commit(outer / "inner", leaking("b")).returncode == 1


def test_a_hooks_folder_of_the_repositorys_own_configuration_is_used(root: Path, tmp_path: Path) -> None:
    git(root, "config", "core.hooksPath", str(tmp_path / "elsewhere"))
    assert guard(root, "hook", "install").returncode == 0
    assert (tmp_path / "elsewhere" / "pre-commit").exists()
    assert commit(root, leaking("a")).returncode == 1


@pytest.mark.parametrize(
    ("path", "says"),
    [
        (".husky/_", "husky runs the hooks of this repository"),
        (".githooks", "the hooks of this repository are files in it"),
    ],
)
def test_hooks_that_are_files_of_the_repository_are_not_written(root: Path, path: str, says: str) -> None:
    git(root, "config", "core.hooksPath", path)
    done = guard(root, "hook", "install")
    assert done.returncode == 2
    assert says in done.stderr
    assert "monei-guard staged" in done.stderr
    assert not (root / path).exists()


def test_lefthook_is_left_its_hooks(root: Path) -> None:
    (root / "lefthook.yml").write_text("pre-commit:\n")
    done = guard(root, "hook", "install")
    assert done.returncode == 2
    assert "lefthook writes the hooks" in done.stderr


def test_hooks_for_all_repositories_run_those_of_each_too(root: Path) -> None:
    hook_of(root).parent.mkdir(exist_ok=True)
    for name in ("pre-commit", "post-commit"):
        hook_of(root, name).write_text(f"#!/bin/sh\necho {name} >> seen\n")
        hook_of(root, name).chmod(0o755)
    assert run(root, sys.executable, "-m", "monei_guard", "hook", "install", "--global").returncode == 0
    assert commit(root, leaking("a")).returncode == 1
    assert commit(root, CLEAN).returncode == 0
    assert (root / "seen").read_text().split() == ["pre-commit", "pre-commit", "post-commit"]
    told = guard(root, "hook", "install")
    assert told.returncode == 2
    assert "--global" in told.stderr
    assert guard(root, "hook", "status", "--global").returncode == 0
    assert guard(root, "hook", "uninstall", "--global").returncode == 0
    assert run(root, "git", "config", "--global", "--get", "core.hooksPath").returncode == 1
    assert not (root / ".config" / "monei-guard" / "hooks").exists()


def test_the_users_own_folder_of_hooks_for_all_is_kept(root: Path) -> None:
    own = root / "own hooks"
    own.mkdir()
    (own / "pre-commit").write_bytes(OLD_HOOK)
    run(root, "git", "config", "--global", "core.hooksPath", str(own))
    assert guard(root, "hook", "install", "--global").returncode == 0
    assert sorted(path.name for path in own.iterdir()) == ["pre-commit", "pre-commit" + KEPT]
    assert guard(root, "hook", "uninstall", "--global").returncode == 0
    assert (own / "pre-commit").read_bytes() == OLD_HOOK
    assert run(root, "git", "config", "--global", "core.hooksPath").stdout == f"{own}\n"


def test_pre_commits_own_hook_and_ours_run_both(root: Path) -> None:
    (root / ".pre-commit-config.yaml").write_text(
        "repos:\n- repo: local\n  hooks:\n  - id: x\n    name: x\n    language: system\n    entry: touch ran\n"
        "    always_run: true\n    pass_filenames: false\n"
    )
    env = {"PRE_COMMIT_HOME": str(root / "home")}
    guard(root, "hook", "install")
    assert run(root, sys.executable, "-m", "pre_commit", "install", **env).returncode == 0
    assert "pre-commit.legacy" in guard(root, "hook", "status").stdout
    git(root, "add", ".pre-commit-config.yaml")
    assert commit(root, leaking("a"), **env).returncode == 1
    assert (root / "ran").exists()
    shutil.rmtree(root / ".git" / "hooks")
    assert run(root, sys.executable, "-m", "pre_commit", "install", **env).returncode == 0
    guard(root, "hook", "install")
    (root / "ran").unlink()
    assert commit(root, leaking("a"), **env).returncode == 1
    assert (root / "ran").exists()


def test_a_push_that_brings_a_key_is_stopped_and_the_kept_hook_hears_of_it(root: Path, tmp_path: Path) -> None:
    hook_of(root, "pre-push").parent.mkdir(exist_ok=True)
    hook_of(root, "pre-push").write_text('#!/bin/sh\necho "$1" > seen; cat >> seen\n')
    hook_of(root, "pre-push").chmod(0o755)
    guard(root, "hook", "install", "--type", "pre-push")
    git(tmp_path, "init", "-q", "--bare", "server.git")
    git(root, "remote", "add", "origin", str(tmp_path / "server.git"))
    assert commit(root, CLEAN).returncode == 0
    clean = run(root, "git", "push", "-q", "origin", "main")
    assert (clean.returncode, clean.stdout, clean.stderr) == (0, "", "")
    remote, line = (root / "seen").read_text().splitlines()
    assert remote == "origin"
    assert line.startswith("refs/heads/main ")
    assert commit(root, leaking("a")).returncode == 0
    stopped = run(root, "git", "push", "-q", "origin", "main")
    assert stopped.returncode == 1
    assert "critical[MG101]" in stopped.stdout + stopped.stderr
    assert api_key("a") not in stopped.stdout + stopped.stderr
    assert run(root, "git", "push", "-q", "origin", ":main").returncode == 0  # takes away, brings nothing


def test_a_message_with_a_key_is_stopped(root: Path) -> None:
    guard(root, "hook", "install", "--type", "commit-msg")
    assert commit(root, CLEAN).returncode == 0
    (root / "a.py").write_text("x = 2\n")
    stopped = run(root, "git", "commit", "-qam", f"the key is {api_key('m')}")
    assert stopped.returncode == 1
    assert "critical[MG101]" in stopped.stdout + stopped.stderr
    assert api_key("m") not in stopped.stdout + stopped.stderr
    assert run(root, "git", "commit", "-qam", "no key").returncode == 0


@pytest.mark.parametrize("arguments", [("install", "--type", "pre-merge"), ("install", "--type", "all")])
def test_a_type_that_does_not_exist_is_misuse(root: Path, arguments: tuple[str, ...]) -> None:
    done = guard(root, "hook", *arguments)
    assert done.returncode == 2
    assert "there are: pre-commit, pre-push, commit-msg" in done.stderr


def test_outside_a_repository_it_says_so(tmp_path: Path) -> None:
    done = guard(tmp_path, "hook", "install")
    assert done.returncode == 2
    assert "--global is for all repositories" in done.stderr


@pytest.mark.parametrize("name", ["pre-commit", "pre-push", "commit-msg"])
def test_the_scripts_are_plain_shell(name: str, tmp_path: Path) -> None:
    (tmp_path / "hook").write_bytes(hook_script(name))
    for shell in ("dash", "bash"):
        if shutil.which(shell):
            subprocess.run([shell, "-n", str(tmp_path / "hook")], check=True)
