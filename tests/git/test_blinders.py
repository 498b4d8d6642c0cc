"""What blinds other scanners must not blind us: settings, attributes, index bits, encodings, ownership.

Each case is a repository that holds one key in the work tree and one in the index; both commands must find theirs
whatever else the repository, the user or the environment says.
"""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from git_repository import GitRepository, new_repository
from guard_process import Outcome, run_process
from made_keys import api_key

from monei_guard.git.repository import git_environment

Guard = Callable[..., Outcome]

SETTINGS = {
    "color.ui": "always",
    "color.diff": "always",
    "color.status": "always",
    "color.interactive": "always",
    "diff.noprefix": "true",
    "diff.mnemonicPrefix": "true",
    "diff.interHunkContext": "100",
    "diff.context": "0",
    "diff.renames": "copies",
    "diff.renameLimit": "1",
    "diff.relative": "true",
    "diff.algorithm": "patience",
    "diff.submodule": "log",
    "diff.ignoreSubmodules": "all",
    "diff.wordRegex": ".",
    "diff.colorMoved": "zebra",
    "diff.wsErrorHighlight": "all",
    "diff.statGraphWidth": "1",
    "diff.dirstat": "lines",
    "diff.srcPrefix": "@@ -1 +1000 @@",
    "diff.dstPrefix": "@@ -1 +1000 @@",
    "diff.suppressBlankEmpty": "true",
    "log.showRoot": "false",
    "log.showSignature": "true",
    "core.quotePath": "true",
    "core.precomposeUnicode": "true",
    "core.ignoreCase": "true",
    "core.fileMode": "false",
    "core.symlinks": "false",
    "core.autocrlf": "true",
    "core.eol": "crlf",
    "core.safecrlf": "true",
    "core.bigFileThreshold": "1",
    "core.commentChar": "+",
    "core.abbrev": "4",
    "core.untrackedCache": "true",
    "core.splitIndex": "true",
    "core.sparseCheckout": "true",
    "core.trustctime": "false",
    "core.checkStat": "minimal",
    "core.warnAmbiguousRefs": "true",
    "index.threads": "1",
    "index.version": "4",
    "feature.manyFiles": "true",
    "status.showUntrackedFiles": "no",
    "status.relativePaths": "true",
    "advice.statusHints": "true",
    "core.excludesFile": "/nonexistent",
    "i18n.commitEncoding": "UTF-16",
    "i18n.logOutputEncoding": "UTF-16",
    "diff.orderFile": "/nonexistent",
    "core.logAllRefUpdates": "always",
    "grep.fullName": "true",
    "pager.diff": "true",
    "pager.diff-index": "true",
    "pager.ls-files": "true",
}


@pytest.fixture
def holding(repository: GitRepository) -> GitRepository:
    """Return a repository with a key on a staged line of an old file, and one in a file nobody has staged."""
    repository.commit_file("src/staged.js", "one\ntwo\nthree\n" * 10)
    repository.stage("src/staged.js", "one\ntwo\nthree\n" * 10 + f"key={api_key('staged')}\n")
    repository.write("src/untracked.js", f"key={api_key('untracked')}\n")
    return repository


def assert_both_found(guard: Guard, repository: GitRepository) -> None:
    """Both commands find their key at its place."""
    staged = guard("staged", cwd=repository.top)
    assert (staged.code, staged.places) == (1, [("src/staged.js", 31)]), staged.text
    scan = guard("scan", cwd=repository.top)
    assert (scan.code, scan.places) == (1, [("src/staged.js", 31), ("src/untracked.js", 1)]), scan.text


def test_without_any_of_it_both_are_found(holding: GitRepository, guard: Guard) -> None:
    assert_both_found(guard, holding)


def test_no_setting_of_the_repository_blinds(holding: GitRepository, guard: Guard) -> None:
    config = holding.top / ".git" / "config"
    clean = config.read_text()
    for key, value in SETTINGS.items():
        section, _, name = key.rpartition(".")
        config.write_text(f'{clean}[{section}]\n\t{name} = "{value}"\n')
        assert_both_found(guard, holding)


def test_all_settings_of_the_repository_together_do_not_blind(holding: GitRepository, guard: Guard) -> None:
    for key, value in SETTINGS.items():
        holding.git("config", key, value)
    assert_both_found(guard, holding)


def test_no_setting_of_the_user_blinds(
    holding: GitRepository, guard: Guard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "global"))
    for key, value in SETTINGS.items():
        holding.git("config", "--global", key, value)
    assert_both_found(guard, holding)


@pytest.mark.parametrize("name", ["include.path", "includeIf.gitdir:**.path"])
def test_settings_that_come_in_through_an_include_do_not_blind(
    holding: GitRepository, guard: Guard, tmp_path: Path, name: str
) -> None:
    (tmp_path / "more").write_text("[color]\n\tui = always\n[diff]\n\tnoprefix = true\n\texternal = false\n")
    holding.git("config", name, str(tmp_path / "more"))
    assert_both_found(guard, holding)


def test_settings_of_one_worktree_do_not_blind(holding: GitRepository, guard: Guard) -> None:
    holding.git("config", "extensions.worktreeConfig", "true")
    holding.git("config", "--worktree", "color.ui", "always")
    assert_both_found(guard, holding)


ATTRIBUTES = ("-diff", "binary", "-text", "diff=none", "working-tree-encoding=UTF-16", "ident", "filter=x", "eol=crlf",
              "export-ignore", "linguist-generated", "-whitespace", "merge=ours", "text=auto")  # fmt: skip


@pytest.mark.parametrize("place", [".gitattributes", "src/.gitattributes", ".git/info/attributes", "global"])
def test_no_attribute_blinds(
    holding: GitRepository, guard: Guard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    holding.git("config", "diff.none.binary", "true")
    if place == "global":
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "global"))
        holding.git("config", "--global", "core.attributesFile", str(tmp_path / "attributes"))
        file = tmp_path / "attributes"
    else:
        file = holding.top / place
    file.parent.mkdir(exist_ok=True)
    for attribute in ATTRIBUTES:
        file.write_text(f"* {attribute}\n")
        assert_both_found(guard, holding)


def canary(tmp_path: Path) -> tuple[str, Path]:
    """Return a program that leaves a trace when it runs, and the trace."""
    trace = tmp_path / "ran"
    program = tmp_path / "canary.sh"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> {trace}\nexit 1\n')
    program.chmod(0o755)
    return str(program), trace


COMMANDS = (
    "core.fsmonitor", "diff.external", "diff.x.command", "diff.x.textconv", "filter.x.clean", "filter.x.smudge",
    "filter.x.process", "core.pager", "pager.diff", "pager.diff-index", "pager.ls-files", "pager.cat-file",
    "interactive.diffFilter", "core.sshCommand", "core.askPass", "core.editor", "core.gitProxy", "sequence.editor",
    "credential.helper", "gpg.program", "gpg.ssh.program", "gpg.x509.program", "alias.diff-index", "alias.ls-files",
    "alias.cat-file", "alias.rev-parse", "alias.diff", "alias.check-ignore", "merge.x.driver",
    "uploadpack.packObjectsHook", "core.alternateRefsCommand", "remote.origin.uploadpack", "remote.origin.vcs",
    "trailer.x.command", "browser.x.cmd",
    "submodule.x.update", "receive.procReceiveRefs", "tar.x.command",
)  # fmt: skip


def test_nothing_the_repository_names_is_ever_run(holding: GitRepository, guard: Guard, tmp_path: Path) -> None:
    program, trace = canary(tmp_path)
    holding.stage("picture.png", b"\x89PNG\r\n\x1a\n\0" + f"key={api_key('picture')}\n".encode())
    for name in COMMANDS:
        holding.git("config", name, f"!{program}" if name.startswith(("alias", "submodule")) else program)
    holding.git("config", "filter.x.required", "true")
    holding.git("config", "diff.x.cachetextconv", "true")
    (holding.top / ".git" / "info").mkdir(exist_ok=True)
    (holding.top / ".git" / "info" / "attributes").write_text("* filter=x diff=x merge=x\n")
    (holding.top / ".gitattributes").write_text("* filter=x diff=x merge=x\n")
    hooks = holding.top / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for hook in ("post-index-change", "fsmonitor-watchman", "query-watchman", "pre-commit", "reference-transaction"):
        (hooks / hook).write_bytes(Path(program).read_bytes())
        (hooks / hook).chmod(0o755)
    holding.git("config", "core.hooksPath", str(hooks))
    trace.unlink(missing_ok=True)  # git config itself may have run some
    os.utime(holding.place("src/staged.js"), (1, 1))  # a stale stat is what makes git want a filter
    staged = guard("staged", cwd=holding.top)
    assert staged.places == [("picture.png", 3), ("src/staged.js", 31)]
    assert len(guard("scan", cwd=holding.top).findings) == 3
    assert not trace.exists(), trace.read_text()


@pytest.mark.parametrize("url", ["ext::{} x", "file://{}", "ssh://x/{}"])
def test_a_missing_object_is_never_fetched(holding: GitRepository, guard: Guard, tmp_path: Path, url: str) -> None:
    program, trace = canary(tmp_path)
    for name, value in {
        "extensions.partialClone": "origin",
        "core.repositoryFormatVersion": "1",
        "remote.origin.url": url.format(program),
        "remote.origin.promisor": "true",
        "remote.origin.partialCloneFilter": "blob:none",
        "remote.origin.uploadpack": program,
        "core.sshCommand": program,
        "protocol.allow": "always",
        "protocol.ext.allow": "always",
        "protocol.file.allow": "always",
        "protocol.ssh.allow": "always",
    }.items():
        holding.git("config", name, value)
    missing = "1234567890" * 4
    holding.git("update-index", "--add", "--cacheinfo", f"100644,{missing},src/missing.js")
    outcome = guard("staged", cwd=holding.top)
    assert not trace.exists(), trace.read_text()
    assert outcome.code == 3
    assert "missing" in outcome.skipped["src/missing.js"]
    assert outcome.places == [("src/staged.js", 31)]


def test_an_old_git_does_not_fetch_either(repository: GitRepository, tmp_path: Path) -> None:
    program, trace = canary(tmp_path)
    for name, value in {
        "extensions.partialClone": "origin",
        "core.repositoryFormatVersion": "1",
        "remote.origin.url": f"ext::{program} x",
        "remote.origin.promisor": "true",
        "protocol.ext.allow": "always",
    }.items():
        repository.git("config", name, value)
    env = git_environment()
    del env["GIT_NO_LAZY_FETCH"]  # which a git before 2.39.4 does not know
    for allowed, runs in ((env["GIT_ALLOW_PROTOCOL"], False), ("ext", True)):
        subprocess.run(
            ["git", "cat-file", "--batch"], cwd=repository.top, env=env | {"GIT_ALLOW_PROTOCOL": allowed},
            input=b"1234567890" * 4 + b"\n", capture_output=True, check=False,
        )  # fmt: skip
        assert trace.exists() is runs


def test_a_partial_clone_without_its_remote_is_scanned_as_far_as_it_goes(
    repository: GitRepository, guard: Guard, tmp_path: Path
) -> None:
    repository.commit_file("a.txt", "one\n")
    repository.commit_file("a.txt", "two\n")
    repository.git("config", "uploadpack.allowFilter", "true")
    clone = GitRepository(tmp_path / "clone")
    subprocess.run(
        ["git", "clone", "-q", "--no-local", "--filter=blob:none", f"file://{repository.top}", str(clone.top)],
        check=True,
    )
    repository.top.rename(tmp_path / "gone")
    clone.stage("b.txt", f"key={api_key(1)}\n")
    assert guard("staged", cwd=clone.top).places == [("b.txt", 1)]
    assert guard("scan", cwd=clone.top).places == [("b.txt", 1)]


def test_a_work_tree_that_points_elsewhere_does_not_lead_away(
    holding: GitRepository, guard: Guard, tmp_path: Path
) -> None:
    other = new_repository(tmp_path / "decoy")
    other.commit(x="x\n")
    for place in (other.top, tmp_path / "empty"):
        place.mkdir(exist_ok=True)
        holding.git("config", "core.worktree", str(place))
        staged = guard("staged", cwd=holding.top)
        assert staged.places == [("src/staged.js", 31)], staged.text
        scan = guard("scan", cwd=holding.top)
        assert set(scan.places) == {("src/staged.js", 31), ("src/untracked.js", 1)}, scan.text


def test_a_bare_flag_does_not_hide_the_work_tree(holding: GitRepository, guard: Guard) -> None:
    holding.git("config", "core.bare", "true")
    assert set(guard("scan", cwd=holding.top).places) == {("src/staged.js", 31), ("src/untracked.js", 1)}
    assert guard("staged", cwd=holding.top).code != 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository to another user")
def test_a_repository_of_another_user_is_scanned(holding: GitRepository, guard: Guard) -> None:
    for folder, folders, files in os.walk(holding.top):
        for name in (*folders, *files, "."):
            os.lchown(os.path.join(folder, name), 12345, 12345)
    done = subprocess.run(["git", "status"], cwd=holding.top, capture_output=True, check=False)
    assert b"dubious ownership" in done.stderr
    assert_both_found(guard, holding)


def test_replaced_objects_are_seen_through(holding: GitRepository, guard: Guard) -> None:
    staged = holding.git("rev-parse", ":src/staged.js").decode().strip()
    clean = holding.git("rev-parse", "HEAD:src/staged.js").decode().strip()
    holding.git("replace", staged, clean)
    assert b"mni_" not in holding.git("show", ":src/staged.js")
    assert_both_found(guard, holding)


def test_grafted_history_does_not_blind(holding: GitRepository, guard: Guard) -> None:
    head = holding.git("rev-parse", "HEAD").decode().strip()
    holding.git("replace", "--graft", head)
    assert_both_found(guard, holding)


STEERING = {
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "color.ui",
    "GIT_CONFIG_VALUE_0": "always",
    "GIT_CONFIG_PARAMETERS": "'color.ui'='always' 'diff.noprefix'='true'",
    "GIT_DIFF_OPTS": "-u0",
    "GIT_PAGER": "false",
    "GIT_PAGER_IN_USE": "1",
    "GIT_TRACE": "1",
    "GIT_TRACE2": "1",
    "GIT_TRACE_SETUP": "1",
    "GIT_GLOB_PATHSPECS": "1",
    "GIT_ICASE_PATHSPECS": "1",
    "GIT_CEILING_DIRECTORIES": "/",
    "GIT_DEFAULT_HASH": "sha256",
    "GIT_ATTR_SOURCE": "HEAD",
    "GIT_NAMESPACE": "x",
    "GIT_PREFIX": "src/",
    "GIT_INTERNAL_SUPER_PREFIX": "x/",
    "GIT_TEST_SPLIT_INDEX": "1",
    "GIT_TEST_FSMONITOR": "/nonexistent",
    "GIT_SHALLOW_FILE": "/nonexistent",
    "GIT_GRAFT_FILE": "/nonexistent",
    "GIT_REPLACE_REF_BASE": "refs/x/",
    "GIT_FLUSH": "0",
    "LC_ALL": "de_DE.UTF-8",
    "LANGUAGE": "de",
    "PAGER": "false",
    "LESS": "-X",
    "LV": "-c",
}


def test_nothing_in_the_environment_blinds(
    holding: GitRepository, guard: Guard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, trace = canary(tmp_path)
    commands = ("GIT_EXTERNAL_DIFF", "GIT_SSH_COMMAND", "GIT_SSH", "GIT_ASKPASS", "GIT_EDITOR", "GIT_PROXY_COMMAND")
    for name, value in (STEERING | dict.fromkeys(commands, program)).items():
        monkeypatch.setenv(name, value)
    assert_both_found(guard, holding)
    assert not trace.exists()


def test_scan_is_not_led_away_by_the_variables_of_a_hook(
    holding: GitRepository, tmp_path: Path, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = new_repository(tmp_path / "decoy")
    other.commit(x="x\n")
    monkeypatch.setenv("GIT_DIR", str(other.top / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.top))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.top / ".git" / "index"))
    assert guard("scan", cwd=holding.top).places == [("src/staged.js", 31), ("src/untracked.js", 1)]


def index_bits() -> Iterator[tuple[str, Callable[[GitRepository], object]]]:
    yield "assume-unchanged", lambda repo: repo.git("update-index", "--assume-unchanged", "src/staged.js")
    yield "skip-worktree", lambda repo: repo.git("update-index", "--skip-worktree", "src/staged.js")
    yield "split-index", lambda repo: repo.git("update-index", "--split-index")
    yield "untracked-cache", lambda repo: repo.git("update-index", "--force-untracked-cache")
    yield "index version 4", lambda repo: repo.git("update-index", "--index-version", "4")
    yield (
        "fsmonitor bits",
        lambda repo: (
            repo.git("config", "core.fsmonitor", "true && printf ''"),
            repo.git("update-index", "--fsmonitor"),
            repo.git("update-index", "--fsmonitor-valid", "src/staged.js", ok=False),
        ),
    )


@pytest.mark.parametrize("set_bits", [bits for _, bits in index_bits()], ids=[name for name, _ in index_bits()])
def test_no_bit_in_the_index_blinds(
    holding: GitRepository, guard: Guard, set_bits: Callable[[GitRepository], object]
) -> None:
    set_bits(holding)
    assert_both_found(guard, holding)


def test_a_sparse_index_does_not_blind(holding: GitRepository, guard: Guard) -> None:
    holding.commit_file("far/away.txt", "x\n")
    holding.stage("src/staged.js", "one\ntwo\nthree\n" * 10 + "four\n")
    holding.commit()
    holding.git("sparse-checkout", "set", "--cone", "--sparse-index", "docs")
    blob = holding.git("hash-object", "-w", "--stdin", stdin=f"key={api_key(1)}\n".encode()).decode().strip()
    holding.git("update-index", "--add", "--cacheinfo", f"100644,{blob},far/new.txt")
    assert guard("staged", cwd=holding.top).places == [("far/new.txt", 1)]


KEY = api_key("content")
CONTENTS = {
    "UTF-16 LE with a mark": ("\ufeff" + f"a\nkey={KEY}\n").encode("utf-16-le"),
    "UTF-16 BE with a mark": ("\ufeff" + f"a\nkey={KEY}\n").encode("utf-16-be"),
    "UTF-16 LE without one": f"a\nkey={KEY}\n".encode("utf-16-le"),
    "UTF-16 BE without one": f"a\nkey={KEY}\n".encode("utf-16-be"),
    "UTF-32 LE": ("\ufeff" + f"a\nkey={KEY}\n").encode("utf-32-le"),
    "UTF-32 BE without a mark": f"a\nkey={KEY}\n".encode("utf-32-be"),
    "UTF-8 with a mark": f"\ufeffa\nkey={KEY}\n".encode(),
    "NUL bytes": b"\0\0\0\n" + f"key={KEY}\n".encode() + b"\0",
    "Latin-1": b"caf\xe9\n" + f"key={KEY}\n".encode(),
    "CRLF": f"a\r\nkey={KEY}\r\n".encode(),
    "no final newline": f"a\nkey={KEY}".encode(),
    "a 600 kB line": b"a\n" + b"x" * 600_000 + f" key={KEY} ".encode() + b"y" * 100_000,
    "a picture": b"\x89PNG\r\n\x1a\x0b\0\0\0" + f"key={KEY}".encode() + bytes(range(9)) + bytes(range(11, 256)),
}


def test_no_content_blinds(repository: GitRepository, guard: Guard) -> None:
    for name, content in CONTENTS.items():
        repository.stage(name, content)
    expected = sorted((name, 2) for name in CONTENTS)
    assert sorted(guard("staged", cwd=repository.top).places) == expected
    assert sorted(guard("scan", cwd=repository.top).places) == expected


@pytest.mark.parametrize("name", CONTENTS)
def test_no_content_hides_an_added_line(repository: GitRepository, guard: Guard, name: str) -> None:
    clean = CONTENTS[name]
    for encoding in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "latin-1"):
        clean = clean.replace(KEY.encode(encoding), "removed".encode(encoding))
    repository.commit_file(name, clean)
    repository.stage(name, CONTENTS[name])
    assert guard("staged", cwd=repository.top).places == [(name, 2)]


def content_of(folder: Path) -> dict[str, tuple[object, ...]]:
    """Return all that can be seen of every file and folder below: kind, bytes, mode, time of the last change."""
    seen: dict[str, tuple[object, ...]] = {}
    for base, folders, files in os.walk(folder):
        for name in (*folders, *files, "."):
            place = os.path.join(base, name)
            status = os.lstat(place)
            content = Path(place).read_bytes() if name in files and not os.path.islink(place) else b""
            seen[place] = (status.st_mode, status.st_mtime_ns, status.st_ino, content)
    return seen


@pytest.mark.parametrize("command", ["scan", "staged"])
def test_nothing_is_written_into_the_repository(holding: GitRepository, command: str) -> None:
    holding.git("update-index", "--force-untracked-cache")
    holding.git("config", "core.untrackedCache", "true")
    os.utime(holding.place("src/staged.js"), (1, 1))  # git would like to refresh its index
    before = content_of(holding.top)
    assert run_process(command, "--report", "json=/dev/null", cwd=holding.top).code == 1
    assert content_of(holding.top) == before


@pytest.mark.parametrize("command", ["scan", "staged"])
def test_nothing_is_written_in_a_merge_either(repository: GitRepository, command: str) -> None:
    repository.git("checkout", "-q", "-b", "other")
    repository.commit_file("a.txt", f"key={api_key('theirs')}\n")
    repository.git("checkout", "-q", "main")
    repository.commit_file("b.txt", "x\n")
    repository.git("merge", "-q", "--no-commit", "other")
    repository.stage("a.txt", f"key={api_key('theirs')}\nkey={api_key('merge')}\n")
    before = content_of(repository.top)
    assert run_process(command, cwd=repository.top).code == 1
    assert content_of(repository.top) == before
