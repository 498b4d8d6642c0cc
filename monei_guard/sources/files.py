"""Files and directories of the work tree or outside git, and standard input.

Nothing is followed and nothing is executed: links yield their target's text, devices and pipes are passed over, a
directory is entered once.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from monei_guard.git.repository import (
    GitError,
    GitMissingError,
    Repository,
    discover,
    git,
    git_with_warnings,
)
from monei_guard.model.blob import Blob, Skipped
from monei_guard.model.location import Origin
from monei_guard.sources.source import MAX_SIZE, SourceOptions

_OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_OPEN_NAMED = _OPEN & ~getattr(os, "O_NOFOLLOW", 0)
_NO_LINKS = hasattr(os, "O_NOFOLLOW")
_GIT = b".git"
_MEGABYTE = 1_000_000


def directory(
    root: bytes,
    options: SourceOptions,
    *,
    include_ignored: bool = False,
    expect: Callable[[int], None] | None = None,
) -> Iterator[Blob | Skipped]:
    """Yield the files below `root`, paths relative to it.

    In a git work tree: tracked files and untracked ones that no ignore rule covers, unless `include_ignored`, or
    `root` itself is ignored (who names an ignored folder wants it scanned). Elsewhere: everything but `.git`.
    `expect` is called beforehand with the number of files (for a progress line); without it nobody counts.
    """
    names: Iterable[bytes | Skipped] = _walk(root) if include_ignored else _names(root, options.git_timeout)
    if expect is not None:
        names = list(names)
        expect(len(names))
    for name in names:
        if isinstance(name, Skipped):
            yield name
        elif options.excluded is not None and options.excluded(name):
            yield Skipped(name, "excluded by the configuration", incomplete=False)
        else:
            yield from _entry(root, name, options, include_ignored=include_ignored)


def named_file(path: bytes, options: SourceOptions) -> Iterator[Blob | Skipped]:
    """Yield one file named by the user: a link is followed, its path is shown as it was given.

    Whoever names something wants it scanned: what cannot be is incomplete, whatever it is.
    """
    shown = path.replace(os.sep.encode(), b"/")
    try:
        descriptor = os.open(path, _OPEN_NAMED)
    except OSError as error:
        what = "not a regular file (a socket)" if error.errno == errno.ENXIO else f"cannot be read: {error.strerror}"
        yield Skipped(shown, what)
        return
    item = _content(descriptor, shown, options.max_size)
    if isinstance(item, Skipped) and not item.incomplete:
        item = Skipped(shown, f"{item.reason}: pipe its content to 'monei-guard scan -'")
    yield item


def standard_input(stream: BinaryIO, options: SourceOptions) -> Iterator[Blob | Skipped]:
    """Yield what stands in `stream`, up to `max_size` bytes."""
    content = stream.read(options.max_size + 1)
    if len(content) > options.max_size:
        yield Skipped(None, f"standard input has more than {options.max_size} bytes: raise --max-size")
    else:
        yield Blob(content, Origin.STDIN)


def _names(root: bytes, timeout: float) -> Iterator[bytes | Skipped]:
    """Yield the paths git would have us scan, or all of them where git has no say or cannot say."""
    listed = None
    try:
        listed = _listed_by_git(root, timeout)
    except GitMissingError:
        yield Skipped(None, "git was not found: what it ignores was scanned too", incomplete=False)
    except GitError as error:
        yield Skipped(None, f"{error}; every file was scanned, what git ignores too")
    yield from _walk(root) if listed is None else listed


def _listed_by_git(root: bytes, timeout: float) -> Iterable[bytes | Skipped] | None:
    """Return the paths git would have us scan, or None where git has no say. Raises GitError, GitMissingError."""
    repository = discover(root, timeout=timeout)
    if repository is None or not _inside(root, repository):
        return None
    if _is_ignored(root, repository):
        return None
    # A directory that git may not enter is a warning to it; to us it is something that was not scanned.
    listing, warnings = git_with_warnings(
        ("ls-files", "-z", "--cached", "--others", "--exclude-standard"), cwd=root, timeout=timeout
    )
    names: list[bytes | Skipped] = [Skipped(None, warning) for warning in warnings]
    names += sorted({name for name in listing.split(b"\0") if name})
    return names


def _inside(root: bytes, repository: Repository) -> bool:
    # A repository's own core.worktree may point anywhere: only a work tree that contains the folder counts.
    if repository.work_tree is None:
        return False
    top = os.path.realpath(repository.work_tree)
    return os.path.commonpath([top, os.path.realpath(root)]) == top


def _is_ignored(root: bytes, repository: Repository) -> bool:
    folder = os.path.realpath(root)
    if folder == os.path.realpath(repository.work_tree or b""):
        return False
    # It refuses GIT_LITERAL_PATHSPECS.
    command = ("--no-literal-pathspecs", "check-ignore", "-z", "--stdin")
    return bool(git(command, cwd=root, stdin=folder + b"\0", answers=(0, 1)))


def _walk(root: bytes) -> Iterator[bytes | Skipped]:
    """Yield every file below `root` in a stable order, and what could not be listed."""
    pending = [b""]
    seen: set[tuple[int, int]] = set()
    while pending:
        folder = pending.pop()
        full_path = os.path.join(root, folder)
        try:
            status = os.stat(full_path)
            if (status.st_dev, status.st_ino) in seen:
                yield Skipped(folder, "the same directory again (a loop)", incomplete=False)
                continue
            seen.add((status.st_dev, status.st_ino))
            entries = sorted(os.scandir(full_path), key=lambda entry: entry.name)
        except OSError as error:
            yield Skipped(folder or None, f"cannot list the directory: {error.strerror}")
            continue
        below = []
        for entry in entries:
            name = folder + b"/" + entry.name if folder else entry.name
            if entry.is_dir(follow_symlinks=False):
                if entry.name != _GIT:
                    below.append(name)
            else:
                yield name
        pending.extend(reversed(below))


def _entry(root: bytes, name: bytes, options: SourceOptions, *, include_ignored: bool) -> Iterator[Blob | Skipped]:
    """Yield one listed path: a file, or a repository of its own (a submodule, a nested clone)."""
    nested = name.rstrip(b"/")
    for item in read_path(os.path.join(root, nested), nested, options.max_size):
        if isinstance(item, Skipped) and item.reason == _IS_DIRECTORY:
            yield from _below(root, nested, options, include_ignored=include_ignored)
        else:
            yield item


def _below(root: bytes, folder: bytes, options: SourceOptions, *, include_ignored: bool) -> Iterator[Blob | Skipped]:
    inner = os.path.join(root, folder)
    try:
        os.lstat(os.path.join(inner, _GIT))
    except FileNotFoundError:
        return  # a submodule that is not checked out
    except OSError as error:
        yield Skipped(folder, f"cannot list the directory: {error.strerror}")
        return
    for item in directory(inner, options, include_ignored=include_ignored):
        path = folder if item.path is None else folder + b"/" + item.path
        if isinstance(item, Skipped):
            yield item._replace(path=path)
        else:
            yield Blob(item.content, item.origin, path)


_IS_DIRECTORY = "a directory"


def read_path(path: bytes, name: bytes, max_size: int) -> Iterator[Blob | Skipped]:
    """Yield what stands at a path, called `name`: a link's target, a file's content; nothing where nothing stands."""
    try:
        if not _NO_LINKS and os.path.islink(path):
            yield _link(path, name)
            return
        descriptor = os.open(path, _OPEN)
    except OSError as error:
        item = _not_opened(path, name, error)
        if item is not None:
            yield item
        return
    yield _content(descriptor, name, max_size)


def _content(descriptor: int, name: bytes, max_size: int) -> Blob | Skipped:
    """Return what can be read from the open file, and close it."""
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            return Skipped(name, _IS_DIRECTORY)
        if not stat.S_ISREG(status.st_mode):
            return Skipped(name, "not a regular file (a pipe or a device)", incomplete=False)
        content = _at_most(descriptor, status.st_size, max_size)
    except OSError as error:
        return Skipped(name, f"cannot be read: {error.strerror}")
    finally:
        os.close(descriptor)
    if content is None:
        return Skipped(name, f"larger than {_size(max_size)}: raise --max-size")
    return Blob(content, Origin.WORKTREE, name)


def _at_most(descriptor: int, size: int, limit: int) -> bytes | None:
    """Return the file's content, None where it is over the limit. `size` is what it says it has; it may grow."""
    if size > limit:
        return None
    pieces = [os.read(descriptor, size + 1)]
    count = len(pieces[0])
    while pieces[-1] and count <= limit:
        pieces.append(os.read(descriptor, max(size - count, _MEGABYTE)))
        count += len(pieces[-1])
    return b"".join(pieces) if count <= limit else None


def _not_opened(path: bytes, name: bytes, error: OSError) -> Blob | Skipped | None:
    if error.errno in {errno.ELOOP, getattr(errno, "EMLINK", errno.ELOOP), getattr(errno, "EFTYPE", errno.ELOOP)}:
        return _link(path, name)
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        return None  # tracked, and deleted in the work tree: there is nothing to scan
    if error.errno == errno.ENXIO:
        return Skipped(name, "not a regular file (a socket)", incomplete=False)
    if error.errno == errno.EISDIR or (error.errno == errno.EACCES and os.path.isdir(path)):
        return Skipped(name, _IS_DIRECTORY)
    return Skipped(name, f"cannot be read: {error.strerror}")


def read_quietly(path: bytes) -> bytes | None:
    """Return what stands at `path` (a link's target, a file's content) or None; never blocks and never raises."""
    for item in read_path(path, path, MAX_SIZE):
        return None if isinstance(item, Skipped) else bytes(item.content)
    return None


def _link(path: bytes, name: bytes) -> Blob | Skipped:
    """Return a link as git stores it: its target's text."""
    try:
        return Blob(os.readlink(path), Origin.WORKTREE, name)
    except OSError as error:
        return Skipped(name, f"cannot be read: {error.strerror}")


def _size(count: int) -> str:
    return f"{count // _MEGABYTE} MB" if count >= _MEGABYTE else f"{count} bytes"
