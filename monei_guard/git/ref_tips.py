"""What a repository begins with: the objects that refs, HEAD, reflogs and the index name, and who names them.

Git itself passes over refs that lead nowhere; here they count (`gitrepository-layout`).
"""

import os
import re
from collections.abc import Iterator

from monei_guard.git.object_directories import open_regular
from monei_guard.git.repository import GitError, Repository

_ID = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SUBMODULE = b"160000"
_LARGEST = 64 << 20  # as refs_and_reflogs: a larger reflog is said to be too large there


def tips(repository: Repository) -> Iterator[tuple[bytes, bytes]]:
    """Yield hex ids and who names them. Raises GitError where git cannot list the refs."""
    if repository.head is not None:
        yield repository.head.encode(), b"HEAD"
    for line in repository.run("for-each-ref", "--format=%(objectname) %(refname)").splitlines():
        name, _, ref = line.partition(b" ")
        yield name, ref
    common = repository.common_dir()
    others = os.path.join(common, b"worktrees")
    folders = [common, repository.git_dir, *(os.path.join(others, name) for name in _listed(others))]
    for folder in {os.path.realpath(folder): folder for folder in folders}.values():
        head = _content(os.path.join(folder, b"HEAD")).strip()
        if _ID.fullmatch(head):
            yield head, b"HEAD of " + os.path.basename(folder)
        yield from _reflogs(os.path.join(folder, b"logs"))
    yield from _index(repository)


def shallow_edge(repository: Repository) -> frozenset[str]:
    """Return the ids of the commits whose parents a shallow clone was not given. Raises GitError."""
    path = repository.run("rev-parse", "--git-path", "shallow").removesuffix(b"\n")
    content = _content(os.path.join(repository.folder, path))
    return frozenset(line.decode() for line in content.split() if _ID.fullmatch(line))


def _listed(folder: bytes) -> list[bytes]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _reflogs(logs: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield what each line of each reflog says its ref moved to; what it moved from may be gone for good."""
    for folder, _, names in os.walk(logs):
        for name in sorted(names):
            path = os.path.join(folder, name)
            who = b"the reflog of " + os.path.relpath(path, logs).replace(os.sep.encode(), b"/")
            for line in _content(path).split(b"\n"):
                new = line.partition(b" ")[2].partition(b" ")[0]
                if _ID.fullmatch(new) and new.strip(b"0"):
                    yield new, who


def _index(repository: Repository) -> Iterator[tuple[bytes, bytes]]:
    if repository.work_tree is None:
        return
    try:
        listed = repository.run("ls-files", "--cached", "--stage", "-z", "--full-name")
    except GitError:  # who reads the names in the index says so
        return
    for entry in listed.split(b"\0"):
        mode, _, rest = entry.partition(b" ")
        if rest and not mode.strip(b"0"):
            raise GitError("the index is damaged: it has entries of nothing", hint="remove it and run 'git reset'")
        if rest and mode != _SUBMODULE:
            yield rest.partition(b" ")[0], b"the index"


def _content(path: bytes) -> bytes:
    """Return what stands in a regular file, nothing of any other."""
    try:
        with open(path, "rb", opener=open_regular) as file:
            return file.read(_LARGEST)
    except (OSError, ValueError):
        return b""
