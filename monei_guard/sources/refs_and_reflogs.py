"""What a repository says outside its objects: ref names, messages of the reflog, addresses of remotes, the index."""

import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence

from monei_guard.git.repository import GitError, Repository
from monei_guard.model.blob import Blob, Skipped
from monei_guard.model.location import Origin
from monei_guard.sources.source import SourceOptions

# Files of the git directory in which people or tools write text; relative to the common directory.
_TEXTS = (
    b"config", b"config.worktree", b"packed-refs", b"FETCH_HEAD", b"COMMIT_EDITMSG", b"MERGE_MSG", b"SQUASH_MSG",
    b"TAG_EDITMSG", b"description", b"info/exclude", b"info/attributes",
)  # fmt: skip
# An id in hex is followed by all that anybody could have written; among millions of digits there is always something
# that reads like encoded text.
_IDS = re.compile(rb"^\^?[0-9a-f]{40,64}(?=[ \n])", re.MULTILINE)
_LARGEST = 64 << 20
_TOGETHER = 1000


def repository_names(
    repository: Repository, prefilter: Callable[[bytes], bool], options: SourceOptions
) -> Iterator[Blob | Skipped]:
    """Yield the texts that are stored beside the objects, and of the names those in which `prefilter` finds something.

    They are no files of the project: the options for those mean nothing to them.
    """
    del options
    common = repository.common_dir()
    folders = [common] if os.path.realpath(common) == os.path.realpath(repository.git_dir) else [
        common, repository.git_dir
    ]  # fmt: skip
    shown = b"" if repository.work_tree is None else b".git/"
    for folder in folders:
        for name in _TEXTS:
            yield from _text(os.path.join(folder, name), shown + name)
        yield from _reflogs(folder, shown + b"logs/")
    for ref in _suspicious(repository.run("for-each-ref", "--format=%(refname)").split(b"\n"), prefilter):
        yield Blob(ref, Origin.HISTORY, ref, is_name=True)
    yield from _index(repository, prefilter)


def _suspicious(names: Sequence[bytes], prefilter: Callable[[bytes], bool]) -> Iterator[bytes]:
    """Yield the names in which `prefilter` finds something, many tested together: nearly always there is nothing."""
    for start in range(0, len(names), _TOGETHER):
        some = names[start : start + _TOGETHER]
        if prefilter(b"\n".join(some)):
            yield from (name for name in some if name and prefilter(name))


def _reflogs(folder: bytes, shown: bytes) -> Iterator[Blob | Skipped]:
    """Yield the reflogs: each line ends with a message (the first line of a commit's, or what a user gave)."""
    logs = os.path.join(folder, b"logs")
    for folder_path, folders, names in os.walk(logs):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(folder_path, name)
            yield from _text(path, shown + os.path.relpath(path, logs).replace(os.sep.encode(), b"/"))


def _text(path: bytes, shown: bytes) -> Iterator[Blob | Skipped]:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        return
    except OSError as error:
        yield Skipped(shown, f"cannot be read: {error.strerror}")
        return
    with open(descriptor, "rb", buffering=0) as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return
        if status.st_size > _LARGEST:
            yield Skipped(shown, f"larger than {_LARGEST} bytes")
            return
        content = file.read(_LARGEST) or b""
    if shown.endswith(b"packed-refs"):
        content = _IDS.sub(lambda found: b" " * len(found[0]), content)
    yield Blob(content, Origin.HISTORY, shown, name_is_new=False)


def _index(repository: Repository, prefilter: Callable[[bytes], bool]) -> Iterator[Blob | Skipped]:
    """Yield the names in the index; their contents are objects like all others."""
    if repository.work_tree is None:
        return
    try:
        names = repository.run("ls-files", "--cached", "-z", "--full-name")
    except GitError as error:
        yield Skipped(b".git/index", str(error))
        return
    for name in _suspicious(names.split(b"\0"), prefilter):
        yield Blob(name, Origin.INDEX, name, is_name=True)
