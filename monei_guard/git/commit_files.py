"""The files of a commit, by path, as git lists them."""

from typing import NamedTuple

from monei_guard.git.repository import Repository

_SUBMODULE = b"160000"


class CommitFile(NamedTuple):
    """A file or a link (its content is the target's name) of a commit. `object_id` is hex."""

    path: bytes
    object_id: bytes


def files_of_commit(repository: Repository, commit: str) -> tuple[CommitFile, ...]:
    """Return the files of a commit (hex), submodules left out, in git's order. Raises GitError."""
    listing = repository.run("ls-tree", "-r", "-z", "--full-tree", commit)
    files = []
    for entry in listing.split(b"\0")[:-1]:
        described, _, path = entry.partition(b"\t")
        mode, _kind, object_id = described.split(b" ")
        if mode != _SUBMODULE:
            files.append(CommitFile(path, object_id))
    return tuple(files)


def files_of_commit_containing(repository: Repository, commit: str, needles: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Return the paths of a commit's text files that contain one of `needles`. Raises GitError."""
    arguments: list[str | bytes] = ["grep", "--no-recurse-submodules", "-lzIF"]
    for needle in needles:
        arguments += [b"-e", needle]
    answer = repository.run(*arguments, commit, "--", answers=(0, 1))
    return tuple(name.partition(b":")[2] for name in answer.split(b"\0")[:-1])
