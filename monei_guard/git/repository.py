"""Plumbing: git as a subprocess, bytes in and out, `-z` everywhere, in an environment the repository cannot steer.

A scanned repository may be hostile. Every setting with which a repository makes git run a program, talk to a network
or change its output is overridden from the command scope, which wins over the repository's own configuration. Only
plumbing commands that run no content filter are used. See `git help config` ("protected configuration") and
`gitprotocol-capabilities`; the list of settings is tested with canaries in tests/git/.
"""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO

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


class GitError(IncompleteError):
    """Git could not answer; what it was asked would have been scanned."""


class GitMissingError(GuardError):
    """There is no git to run."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as git found it. Paths are absolute; `work_tree` is None for a bare repository.

    `head` is the commit HEAD names (hex), None on an unborn branch. `object_format` is "sha1" or "sha256".
    `as_hook` says that git's own variables for hooks were followed to find it, and are in every further command.
    """

    git_dir: bytes
    work_tree: bytes | None
    object_format: str
    head: str | None
    as_hook: bool = False

    def run(self, *arguments: str | bytes, stdin: bytes | None = None, answers: tuple[int, ...] = (0,)) -> bytes:
        """Run git on this repository, at the top of its work tree; return standard output. Raises GitError.

        `answers` are the exit codes that are answers, not failures.
        """
        cwd = self.work_tree or self.git_dir
        return _output(arguments, cwd=cwd, stdin=stdin, env=self.environment(), answers=answers)

    def environment(self) -> dict[str, str]:
        """Return the environment for git processes that are to look at this repository and no other.

        Its work tree may be anywhere (`core.worktree`), also inside another repository: found again, it would not be.
        """
        env = git_environment(as_hook=self.as_hook) | {"GIT_DIR": os.fsdecode(self.git_dir)}
        return env if self.work_tree is None else env | {"GIT_WORK_TREE": os.fsdecode(self.work_tree)}

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


def git(
    arguments: Sequence[str | bytes],
    *,
    cwd: str | bytes,
    stdin: bytes | None = None,
    as_hook: bool = False,
    answers: tuple[int, ...] = (0,),
) -> bytes:
    """Run git in `cwd` and return its standard output.

    `answers` are the exit codes that are answers, not failures (check-ignore and grep say 1 for "none").
    Raises GitMissingError without a git, GitError with git's own first line when it fails.
    """
    env = git_environment(as_hook=as_hook)
    return _output(arguments, cwd=cwd, stdin=stdin, env=env, answers=answers)


def git_says_yes(arguments: Sequence[str | bytes], *, cwd: str | bytes, as_hook: bool = False) -> bool:
    """Run git in `cwd` for a question that it answers by its exit code: 0 is yes, 1 is no. Raises as `git` does."""
    done = _run(arguments, cwd=cwd, stdin=None, env=git_environment(as_hook=as_hook))
    if done.returncode not in (0, 1):
        raise GitError(f"git {_name(arguments)} failed: {_reason(done)}", hint=_advice(done.stderr))
    return done.returncode == 0


def git_with_warnings(arguments: Sequence[str | bytes], *, cwd: str | bytes) -> tuple[bytes, list[str]]:
    """Run git in `cwd` and return its standard output and the lines it complained in. Raises as `git` does."""
    done = _run(arguments, cwd=cwd, stdin=None, env=git_environment())
    if done.returncode != 0:
        raise GitError(f"git {_name(arguments)} failed: {_reason(done)}", hint=_advice(done.stderr))
    return done.stdout, done.stderr.decode("utf-8", "replace").strip().splitlines()


def _output(
    arguments: Sequence[str | bytes],
    *,
    cwd: str | bytes,
    stdin: bytes | None,
    env: dict[str, str],
    answers: tuple[int, ...] = (0,),
) -> bytes:
    done = _run(arguments, cwd=cwd, stdin=stdin, env=env)
    if done.returncode not in answers:
        raise GitError(f"git {_name(arguments)} failed: {_reason(done)}", hint=_advice(done.stderr))
    return done.stdout


def _run(
    arguments: Sequence[str | bytes], *, cwd: str | bytes, stdin: bytes | None, env: dict[str, str]
) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            [b"git", *(a.encode() if isinstance(a, str) else a for a in arguments)],
            cwd=cwd, env=env, input=b"" if stdin is None else stdin,
            capture_output=True, check=False,
        )  # fmt: skip
    except FileNotFoundError as error:
        if not os.path.isdir(cwd):
            raise GitError(f"no such directory: {os.fsdecode(cwd)}") from error
        raise GitMissingError("git was not found", hint="install git and put it on PATH") from error
    except (NotADirectoryError, PermissionError) as error:
        raise GitError(f"cannot enter {os.fsdecode(cwd)}: {error.strerror}") from error


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


def discover(start: str | bytes, *, as_hook: bool = False) -> Repository | None:
    """Return the repository that contains the directory `start`, or None where there is none.

    Raises GitError when there is a repository but git cannot read it.
    """
    asked = ("rev-parse", "--absolute-git-dir", "--is-bare-repository", "--show-object-format")
    env = git_environment(as_hook=as_hook)
    done = _run((*asked, "--show-toplevel", "--verify", "-q", "HEAD"), cwd=start, stdin=None, env=env)
    lines = done.stdout.split(b"\n")
    if len(lines) <= len(asked) - 1:
        if b"not a git repository" in done.stderr.lower():
            return None
        raise GitError(f"git cannot read the repository: {_reason(done)}", hint=_advice(done.stderr))
    git_dir, bare, object_format, *rest = lines
    if bare == b"true" or b"work tree" in done.stderr:
        # --show-toplevel ended the first call: ask for HEAD alone.
        done = _run(("rev-parse", "--verify", "-q", "HEAD"), cwd=start, stdin=None, env=env)
        rest = [b"", *done.stdout.split(b"\n")]
    return Repository(
        git_dir=git_dir,
        work_tree=rest[0] or None,
        object_format=object_format.decode(),
        head=(rest[1].decode() or None) if len(rest) > 1 and done.returncode == 0 else None,
        as_hook=as_hook,
    )


def configured(repository: Repository, pattern: str) -> list[tuple[bytes, bytes]]:
    """Return key (as git writes it) and value of each setting whose key matches `pattern`, the weakest first.

    In a hook, what the user gave to git itself (`git -c key=value`) counts too. Raises GitError.
    """
    env = repository.environment()
    if repository.as_hook and (given := os.environ.get("GIT_CONFIG_PARAMETERS")) is not None:
        env["GIT_CONFIG_PARAMETERS"] = given
    asked = ("config", "-z", "--get-regexp", pattern)
    output = _output(asked, cwd=repository.git_dir, stdin=None, env=env, answers=(0, 1))
    entries = (entry.partition(b"\n") for entry in output.split(b"\0") if entry)
    return [(key, value) for key, _, value in entries]


@contextmanager
def cat_file(repository: Repository) -> Iterator["ObjectReader"]:
    """Open one `git cat-file --batch` for the repository; objects are read by id."""
    with subprocess.Popen(
        ["git", "cat-file", "--batch"],
        cwd=repository.work_tree or repository.git_dir,
        env=repository.environment(),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        if process.stdin is None or process.stdout is None:
            raise GitError("git cat-file could not be started")
        try:
            yield ObjectReader(process.stdin, process.stdout)
        finally:
            with suppress(BrokenPipeError):
                process.stdin.close()
            process.stdout.close()


class ObjectTooLargeError(GuardError):
    """An object over the size limit; it was passed over."""


@dataclass(frozen=True, slots=True)
class ObjectReader:
    """Reads objects through an open `git cat-file --batch`."""

    requests: IO[bytes]
    answers: IO[bytes]

    def read(self, object_id: str | bytes, limit: int | None = None) -> tuple[str, bytes]:
        """Return type and content of one object.

        Raises GitError when it is missing or damaged, ObjectTooLargeError when it has more than `limit` bytes.
        """
        name = object_id if isinstance(object_id, bytes) else object_id.encode()
        shown = name.decode("utf-8", "replace")
        try:
            self.requests.write(name + b"\n")
            self.requests.flush()
        except BrokenPipeError as error:
            raise GitError(f"git stopped before object {shown} was read", hint="run 'git fsck'") from error
        header = self.answers.readline().split()
        if len(header) != 3:  # noqa: PLR2004 - id, type, size
            raise GitError(f"object {shown} is missing from the repository", hint="run 'git fsck'")
        size = int(header[2])
        if limit is not None and size > limit:
            self._pass_over(size + 1)
            raise ObjectTooLargeError(f"it has {size} bytes, the limit is {limit}", hint="raise --max-size")
        content = self.answers.read(size + 1)
        if len(content) != size + 1:
            raise GitError(f"object {shown} is damaged", hint="run 'git fsck'")
        return header[1].decode(), content[:-1]

    def _pass_over(self, count: int) -> None:
        while count > 0:
            piece = self.answers.read(min(count, 1 << 20))
            if not piece:
                return
            count -= len(piece)
