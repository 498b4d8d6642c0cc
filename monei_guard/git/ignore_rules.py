"""Asking git what it ignores and lists. One process for all paths, never one a path."""

from collections.abc import Iterable

from monei_guard.git.repository import git, git_says_yes

_Folder = str | bytes


def ignored_by_git(folder: _Folder, paths: Iterable[bytes]) -> frozenset[bytes]:
    """Return those of `paths` (relative to `folder`) that an ignore rule matches, whether they are tracked or exist.

    Git itself decides: nested `.gitignore`, `.git/info/exclude`, `core.excludesFile`, negations, `core.ignoreCase`.
    `--no-index` makes it judge tracked files like others. Raises GitError.
    """
    # check-ignore refuses GIT_LITERAL_PATHSPECS; "./" keeps a leading ":" from being read as pathspec magic.
    asked = b"".join(b"./" + path + b"\0" for path in paths)
    if not asked:
        return frozenset()
    command = ("--no-literal-pathspecs", "check-ignore", "--no-index", "--stdin", "-z")
    answer = git(command, cwd=folder, stdin=asked, answers=(0, 1))
    return frozenset(path.removeprefix(b"./") for path in answer.split(b"\0")[:-1])


def tracked_and_untracked(folder: _Folder) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """Return the tracked files below `folder`, and the untracked ones that nothing ignores. Raises GitError."""
    answer = git(("ls-files", "-z", "-t", "--cached", "--others", "--exclude-standard"), cwd=folder)
    tracked: set[bytes] = set()
    untracked: set[bytes] = set()
    for entry in answer.split(b"\0")[:-1]:
        if entry.endswith(b"/"):
            continue  # a repository inside this one
        (untracked if entry.startswith(b"? ") else tracked).add(entry[2:])
    return frozenset(tracked), frozenset(untracked)


def index_blobs(top: _Folder, *, as_hook: bool = False) -> dict[bytes, bytes]:
    """Return the object id (hex) of every file in the index, by path; `top` is the work tree. Raises GitError."""
    answer = git(("ls-files", "-z", "--stage"), cwd=top, as_hook=as_hook)
    blobs = {}
    for entry in answer.split(b"\0")[:-1]:
        described, _, path = entry.partition(b"\t")
        mode, object_id, _stage = described.split(b" ")
        if mode != b"160000":
            blobs[path] = object_id
    return blobs


def files_containing(folder: _Folder, needles: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return the tracked and untracked text files of the work tree that contain one of `needles`. Raises GitError."""
    arguments: list[str | bytes] = ["grep", "--untracked", "--no-recurse-submodules", "-lzIF"]
    for needle in needles:
        arguments += [b"-e", needle]
    answer = git([*arguments, "--", "."], cwd=folder, answers=(0, 1))
    return tuple(answer.split(b"\0")[:-1])


def any_file_contains(top: _Folder, words: Iterable[bytes], *, as_hook: bool = False) -> bool:
    """Return whether a tracked or untracked text file of the work tree contains one of `words`. Raises GitError.

    Git stops at the first.
    """
    arguments: list[str | bytes] = ["grep", "--untracked", "--no-recurse-submodules", "-qIF"]
    for word in words:
        arguments += [b"-e", word]
    return git_says_yes(arguments, cwd=top, as_hook=as_hook)
