"""Plumbing: git as a subprocess, bytes in and out, `-z` everywhere, in an environment the repository cannot steer.

A scanned repository may be hostile. Every setting with which a repository makes git run a program, talk to a network
or change its output is overridden from the command scope, which wins over the repository's own configuration. Only
plumbing commands that run no content filter are used. See `git help config` ("protected configuration") and
`gitprotocol-capabilities`; the list of settings is tested with canaries in tests/git/.
"""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from monei_guard.errors import GuardError, IncompleteError

# What the user may set to say which git and which of their own settings to use.
_KEPT = frozenset({"GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_EXEC_PATH"})
# What git itself sets for a hook, without which the hook would look at the wrong index or miss a push's quarantine.
# Kept only for commands that run as a hook: for any other repository they would name the wrong one.
_HOOK = frozenset({
    "GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH",
})  # fmt: skip
_HOOK_PATHS = frozenset({"GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY"})

_OVERRIDES = (
    ("core.fsmonitor", "false"),
    ("core.untrackedCache", "false"),
    ("core.hooksPath", os.devnull),
    ("core.pager", "cat"),
    ("core.askPass", ""),
    ("core.attributesFile", os.devnull),
    ("core.quotePath", "false"),
    ("core.preloadIndex", "false"),
    ("core.alternateRefsCommand", "true"),
    ("credential.helper", ""),
    ("protocol.allow", "never"),
    ("safe.directory", "*"),
    ("safe.bareRepository", "all"),  # what is in it runs nothing here, and a bare one is to be scanned too
    ("color.ui", "false"),
    ("diff.external", ""),
    ("diff.noprefix", "false"),
    ("diff.mnemonicPrefix", "false"),
    ("diff.relative", "false"),
    ("diff.orderFile", os.devnull),
    ("diff.interHunkContext", "0"),
    ("diff.ignoreSubmodules", "none"),
    ("log.showRoot", "true"),
    ("log.showSignature", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
)

# Seconds that one answer of git may take. It is there for a git that waits for ever: at a pipe in the place of a file,
# on a file system that has gone.
GIT_TIMEOUT = 600.0


class GitError(IncompleteError):
    """Git could not answer; what it was asked would have been scanned."""


class GitMissingError(GuardError):
    """There is no git to run."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as git found it. Paths are absolute; `work_tree` is None for a bare repository.

    `head` is the commit HEAD names (hex), None on an unborn branch. `object_format` is "sha1" or "sha256".
    `as_hook` says that git's own variables for hooks were followed to find it, and are in every further command.
    `program` is the git that found it, and `timeout` how many seconds that may take for one answer.
    """

    git_dir: bytes
    work_tree: bytes | None
    object_format: str
    head: str | None
    as_hook: bool = False
    program: bytes = b""
    timeout: float = GIT_TIMEOUT

    def run(self, *arguments: str | bytes, stdin: bytes | None = None, answers: tuple[int, ...] = (0,)) -> bytes:
        """Run git on this repository, at the top of its work tree; return standard output. Raises GitError.

        `answers` are the exit codes that are answers, not failures.
        """
        return _output(arguments, _Call(self.folder, self.environment(), self.program, self.timeout), stdin, answers)

    @property
    def folder(self) -> bytes:
        """The folder in which git runs: the top of the work tree, or the git directory where that is nowhere."""
        return self.work_tree if self.work_tree is not None and os.path.isdir(self.work_tree) else self.git_dir

    def environment(self) -> dict[str, str]:
        """Return the environment for git processes that are to look at this repository and no other.

        Its work tree may be anywhere (`core.worktree`), also inside another repository: found again, it would not be.
        """
        env = git_environment(as_hook=self.as_hook) | {"GIT_DIR": os.fsdecode(self.git_dir)}
        return env if self.work_tree is None else env | {"GIT_WORK_TREE": os.fsdecode(self.work_tree)}

    def common_dir(self) -> bytes:
        """Return the git directory that all work trees of the repository share. Raises GitError."""
        common = self.run("rev-parse", "--git-common-dir").removesuffix(b"\n")
        return os.path.join(self.folder, common)

    @property
    def empty_tree(self) -> str:
        """Id of the tree with no entry, which git knows without storing it."""
        return _EMPTY_TREES[self.object_format]


_EMPTY_TREES = {
    "sha1": "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "sha256": "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}


def git_environment(*, as_hook: bool = False) -> dict[str, str]:
    """Return the environment every git process gets: the caller's, less what could steer git, plus the overrides."""
    kept = _KEPT | _HOOK if as_hook else _KEPT
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_") or key in kept}
    for key in _HOOK_PATHS & env.keys():
        env[key] = os.path.abspath(env[key])
    env |= {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",  # git 2.45 and security releases of older ones
        "GIT_ALLOW_PROTOCOL": "none",  # for all others; stronger than any protocol.<name>.allow of the repository
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_PAGER": "cat",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_CONFIG_COUNT": str(len(_OVERRIDES)),
        "LC_ALL": "C",
        "LANGUAGE": "",
    }
    for number, (key, value) in enumerate(_OVERRIDES):
        env[f"GIT_CONFIG_KEY_{number}"] = key
        env[f"GIT_CONFIG_VALUE_{number}"] = value
    return env


def find_git(folder: str | bytes) -> bytes:
    """Return the absolute path of the git on PATH. Raises GitMissingError; GitError if the current directory is gone.

    One in the current directory, or in the work tree or folder that is scanned, is not taken: it came with that.
    """
    try:
        own = {os.path.realpath(b"."), _tree_around(os.path.realpath(os.fsencode(folder)))} - {_SEPARATOR}
    except FileNotFoundError:
        raise GitError("the current directory no longer exists", hint="go to one that does") from None
    for place in os.get_exec_path():
        path = os.path.join(os.fsencode(place), _PROGRAM)
        if not os.path.isabs(place) or not os.path.isfile(path) or not os.access(path, os.X_OK):
            continue
        real = os.path.realpath(os.fsencode(place)) + _SEPARATOR
        if not any(real.startswith(tree + _SEPARATOR) for tree in own):
            return path
    raise GitMissingError("git was not found", hint="install git and put it on PATH, outside of what is scanned")


_PROGRAM = b"git.exe" if os.name == "nt" else b"git"
_SEPARATOR = os.path.sep.encode()


def _tree_around(folder: bytes) -> bytes:
    """Return the nearest folder above that has a .git, or the folder itself."""
    place, above = folder, os.path.dirname(folder)
    while not os.path.lexists(os.path.join(place, b".git")):
        if above == place:
            return folder
        place, above = above, os.path.dirname(above)
    return place


@dataclass(frozen=True, slots=True)
class _Call:
    """How git is run: in which folder and environment, which git, and for how many seconds at most."""

    cwd: str | bytes
    env: dict[str, str]
    program: bytes
    timeout: float


def _call(cwd: str | bytes, *, as_hook: bool, timeout: float) -> _Call:
    return _Call(cwd, git_environment(as_hook=as_hook), find_git(cwd), timeout)


def git(
    arguments: Sequence[str | bytes],
    *,
    cwd: str | bytes,
    stdin: bytes | None = None,
    as_hook: bool = False,
    answers: tuple[int, ...] = (0,),
    timeout: float = GIT_TIMEOUT,
) -> bytes:
    """Run git in `cwd` and return its standard output.

    `answers` are the exit codes that are answers, not failures (check-ignore and grep say 1 for "none").
    Raises GitMissingError without a git, GitError with git's own first line when it fails, or after `timeout` seconds.
    """
    return _output(arguments, _call(cwd, as_hook=as_hook, timeout=timeout), stdin, answers)


def git_says_yes(
    arguments: Sequence[str | bytes], *, cwd: str | bytes, as_hook: bool = False, timeout: float = GIT_TIMEOUT
) -> bool:
    """Run git in `cwd` for a question that it answers by its exit code: 0 is yes, 1 is no. Raises as `git` does."""
    done = _run(arguments, _call(cwd, as_hook=as_hook, timeout=timeout))
    if done.returncode not in (0, 1):
        raise GitError(f"git {_name(arguments)} failed: {_reason(done)}", hint=_advice(done.stderr))
    return done.returncode == 0


def git_with_warnings(
    arguments: Sequence[str | bytes], *, cwd: str | bytes, timeout: float = GIT_TIMEOUT
) -> tuple[bytes, list[str]]:
    """Run git in `cwd` and return its standard output and the lines it complained in. Raises as `git` does."""
    done = _run(arguments, _call(cwd, as_hook=False, timeout=timeout))
    if done.returncode != 0:
        raise GitError(f"git {_name(arguments)} failed: {_reason(done)}", hint=_advice(done.stderr))
    return done.stdout, done.stderr.decode("utf-8", "replace").strip().splitlines()


def _output(
    arguments: Sequence[str | bytes], call: _Call, stdin: bytes | None = None, answers: tuple[int, ...] = (0,)
) -> bytes:
    done = _run(arguments, call, stdin)
    if done.returncode not in answers:
        raise GitError(f"git {_name(arguments)} failed: {_reason(done)}", hint=_advice(done.stderr))
    return done.stdout


def _run(
    arguments: Sequence[str | bytes], call: _Call, stdin: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            [call.program, *(a.encode() if isinstance(a, str) else a for a in arguments)],
            cwd=call.cwd, env=call.env, input=b"" if stdin is None else stdin,
            capture_output=True, check=False, timeout=call.timeout,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise hanging(_name(arguments), call.timeout) from error
    except FileNotFoundError as error:
        if not os.path.isdir(call.cwd):
            raise GitError(f"no such directory: {os.fsdecode(call.cwd)}") from error
        raise GitMissingError("git was not found", hint="install git and put it on PATH") from error
    except (NotADirectoryError, PermissionError) as error:
        raise GitError(f"cannot enter {os.fsdecode(call.cwd)}: {error.strerror}") from error


def hanging(name: str, timeout: float) -> GitError:
    """Return the error for a git that was ended because it did not answer."""
    return GitError(
        f"git {name} did not answer within {timeout:g} seconds and was ended",
        hint="look for a pipe in the place of a file of git's; --git-timeout gives it longer",
    )


def _name(arguments: Sequence[str | bytes]) -> str:
    first = next(iter(arguments), "")
    return first if isinstance(first, str) else first.decode("utf-8", "replace")


def _reason(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[0] if lines else f"exit status {done.returncode}"


def _advice(stderr: bytes) -> str:
    if b"dubious ownership" in stderr:
        return "the repository belongs to another user, and this git cannot be told that it may: update to 2.38"
    if b"index file" in stderr or b"bad signature" in stderr:
        return "the index is damaged: run 'git fsck', or remove the index file and 'git reset'"
    return "run 'git fsck' there for details"


def discover(start: str | bytes, *, as_hook: bool = False, timeout: float = GIT_TIMEOUT) -> Repository | None:
    """Return the repository that contains the directory `start`, or None where there is none.

    Raises GitError when there is a repository but git cannot read it.
    """
    call = _call(start, as_hook=as_hook, timeout=timeout)
    asked = ("rev-parse", "--is-bare-repository", "--show-object-format", "--absolute-git-dir")
    done = _run((*asked, "--show-toplevel", "--verify", "-q", "HEAD"), call)
    lines = done.stdout.split(b"\n")
    if len(lines) < len(asked):
        if b"not a git repository" in done.stderr.lower():
            return None
        raise GitError(f"git cannot read the repository: {_reason(done)}", hint=_advice(done.stderr))
    bare, object_format, git_dir, *rest = lines
    if bare == b"true" or b"work tree" in done.stderr or len(rest) > _TOP_HEAD_AND_END:
        # --show-toplevel ended the call, or the name of a folder has line feeds: one question at a time
        git_dir = _output(("rev-parse", "--absolute-git-dir"), call).removesuffix(b"\n")
        top = _run(("rev-parse", "--show-toplevel"), call).stdout.removesuffix(b"\n") if bare != b"true" else b""
        done = _run(("rev-parse", "--verify", "-q", "HEAD"), call)
        rest = [top, *done.stdout.split(b"\n")]
    return Repository(
        git_dir=git_dir,
        work_tree=rest[0] or None,
        object_format=object_format.decode(),
        head=(rest[1].decode() or None) if len(rest) > 1 and done.returncode == 0 else None,
        as_hook=as_hook,
        program=call.program,
        timeout=timeout,
    )


_TOP_HEAD_AND_END = 3


def configured(repository: Repository, pattern: str) -> list[tuple[bytes, bytes]]:
    """Return key (as git writes it) and value of each setting whose key matches `pattern`, the weakest first.

    In a hook, what the user gave to git itself (`git -c key=value`) counts too. Raises GitError.
    """
    env = repository.environment()
    if repository.as_hook and (given := os.environ.get("GIT_CONFIG_PARAMETERS")) is not None:
        env["GIT_CONFIG_PARAMETERS"] = given
    call = _Call(repository.git_dir, env, repository.program, repository.timeout)
    output = _output(("config", "-z", "--get-regexp", pattern), call, answers=(0, 1))
    entries = (entry.partition(b"\n") for entry in output.split(b"\0") if entry)
    return [(key, value) for key, _, value in entries]
