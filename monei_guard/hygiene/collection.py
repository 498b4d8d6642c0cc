"""Making the `RepositorySnapshot` of a work tree, of a commit being made, or of a folder outside git."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache, partial
from itertools import chain

from monei_guard.git.ignore_rules import (
    any_file_contains,
    files_containing,
    ignored_by_git,
    index_blobs,
    tracked_and_untracked,
)
from monei_guard.git.repository import git
from monei_guard.hygiene.env_file_names import EnvFileKind, env_file_kind
from monei_guard.hygiene.monei_signs import WORDS, names_monei, path_names_monei
from monei_guard.hygiene.readers.built_archives import built_archives
from monei_guard.hygiene.readers.env_readers import NEEDLES, env_readers
from monei_guard.hygiene.readers.on_demand import gitignore_patterns
from monei_guard.hygiene.snapshot import FileState, RepositorySnapshot, folder_of, join
from monei_guard.model.finding import Finding
from monei_guard.model.location import Origin

Classify = Callable[[bytes, bytes], Sequence[Finding]]  # content, path → the engine's findings

_MAX_READ = 4 << 20  # bytes; no file that configures anything is longer
_READS_KEPT = 512
_EVERY_BIT = 0o777
_NEVER_ENTERED = frozenset({b".git", b"node_modules", b".venv", b"venv", b"__pycache__", b".tox", b".mypy_cache"})


def work_tree_files(
    root: bytes,
    classify: Classify,
    findings: Mapping[bytes, tuple[Finding, ...]] | None = None,
    *,
    top: bytes | None = None,
) -> RepositorySnapshot:
    """Return the files of a git work tree, or of the folder `root` below its `top`.

    Git runs three times, whatever the number of files, and once more where it is asked for texts that name Monei.

    `findings` are those the scan already made, by path; `.env`-like files that git ignores were not scanned, and go
    through `classify`. Without `findings` everything a check may ask about does. Raises GitError.
    """
    tracked, untracked = tracked_and_untracked(root)
    states = dict.fromkeys(tracked, FileState.TRACKED) | dict.fromkeys(untracked, FileState.UNTRACKED)
    read = work_tree_reader(root)
    hidden = [path for path in env_files_on_disk(root, states) if path not in states]
    containing = files_containing(root, NEEDLES)
    env_kinds = _env_kinds([*states, *hidden])
    listed = frozenset(states)
    readers = env_readers(containing, read, listed, env_kinds)
    expected = [reader.env_file for reader in readers]
    ignored = ignored_by_git(root, sorted({*env_kinds, *expected}))
    states |= {path: FileState.IGNORED if path in ignored else FileState.UNTRACKED for path in hidden}
    return RepositorySnapshot(
        root=root, in_git=True, origin=Origin.WORKTREE, states=states, read=read, env_kinds=env_kinds,
        findings=_with_hidden(findings, states, read, classify), ignored=ignored, readers=readers,
        folders=_folders(listed), archives=built_archives(root, listed), mode=mode_reader(root),
        text_names_monei=cache(lambda: _names_monei(top or root)),
    )  # fmt: skip


def _names_monei(top: bytes) -> bool:
    """Whether a text or a path of the whole work tree does, whichever folder of it is looked at. Raises GitError."""
    return any_file_contains(top, WORDS) or any(map(path_names_monei, chain(*tracked_and_untracked(top))))


def plain_folder_files(
    root: bytes, classify: Classify, findings: Mapping[bytes, tuple[Finding, ...]] | None = None
) -> RepositorySnapshot:
    """Return the files of a folder outside git; `.gitignore` files in it are judged by pathspec."""
    paths = frozenset(_walk(root))
    read = work_tree_reader(root)
    env_kinds = _env_kinds(paths)
    readers = env_readers(sorted(paths), read, paths, env_kinds)
    asked = {*env_kinds, *(reader.env_file for reader in readers)}
    ignored = frozenset(_ignored_by_pathspec(asked, paths, read))
    states = {path: FileState.IGNORED if path in ignored else FileState.UNTRACKED for path in paths}
    return RepositorySnapshot(
        root=root, in_git=False, origin=Origin.WORKTREE, states=states, read=read, env_kinds=env_kinds,
        findings=_with_hidden(findings, states, read, classify), ignored=ignored, readers=readers,
        folders=_folders(paths), archives=built_archives(root, paths), mode=mode_reader(root),
        text_names_monei=cache(lambda: any(names_monei(_regular_file(root, path) or b"") for path in paths)),
    )  # fmt: skip


def tree_files(
    contents: Mapping[bytes, bytes],
    read: Callable[[bytes], bytes | None],
    containing: Callable[[tuple[bytes, ...]], Iterable[bytes]],
    findings: Mapping[bytes, tuple[Finding, ...]],
) -> RepositorySnapshot:
    """Return the files of a commit, for a repository without a work tree: all tracked, and `.gitignore` files judge.

    `contents` has their object ids by path; `containing` searches the texts among them. Archives are not opened, and
    files have no modes.
    """
    states = dict.fromkeys(contents, FileState.TRACKED)
    paths = frozenset(states)
    env_kinds = _env_kinds(paths)
    readers = env_readers(containing(NEEDLES), read, paths, env_kinds)
    asked = {*env_kinds, *(reader.env_file for reader in readers)}
    return RepositorySnapshot(
        root=b"", in_git=True, origin=Origin.WORKTREE, states=states, read=read, env_kinds=env_kinds,
        findings=findings, ignored=frozenset(_ignored_by_pathspec(asked, paths, read)), readers=readers,
        folders=_folders(paths), text_names_monei=cache(lambda: any(True for _ in containing(WORDS))),
    )  # fmt: skip


def staged_files(
    root: bytes, touched: frozenset[bytes], classify: Classify, findings: Mapping[bytes, tuple[Finding, ...]] | None
) -> RepositorySnapshot:
    """Return what a commit would record: contents from the index, reports limited to `touched`. Raises GitError.

    Paths are relative to the top of the work tree, `root`. Files that are only in the work tree are looked for when
    the commit changes an ignore file, which may uncover them.
    """
    blobs = index_blobs(root, as_hook=True)
    states = dict.fromkeys(blobs, FileState.TRACKED)
    from_disk = work_tree_reader(root)

    @lru_cache(maxsize=_READS_KEPT)
    def read(path: bytes) -> bytes | None:
        if path in blobs:
            return git(("cat-file", "blob", blobs[path]), cwd=root, as_hook=True)[:_MAX_READ]
        return from_disk(path)

    if findings is None:
        contents = ((path, read(path)) for path in touched)
        findings = {path: tuple(classify(data, path)) for path, data in contents if data}
    hidden: list[bytes] = []
    if any(findings.values()) or any(path.endswith(b".gitignore") for path in touched):
        hidden = [path for path in env_files_on_disk(root, states) if path not in states]
    env_kinds = _env_kinds([*states, *hidden])
    ignored = ignored_by_git(root, sorted(env_kinds))
    states |= {path: FileState.IGNORED if path in ignored else FileState.UNTRACKED for path in hidden}
    return RepositorySnapshot(
        root=root, in_git=True, origin=Origin.INDEX, states=states, read=read, env_kinds=env_kinds,
        findings=_with_hidden(findings, states, read, classify), ignored=ignored, touched=touched,
        folders=_folders(states),
        text_names_monei=cache(lambda: any_file_contains(root, WORDS, as_hook=True)),
    )  # fmt: skip


def _folders(paths: Iterable[bytes]) -> frozenset[bytes]:
    """Return every folder that a path lies in or below, the root apart."""
    folders: set[bytes] = set()
    for path in paths:
        folder = folder_of(path)
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder_of(folder)
    return frozenset(folders)


def _env_kinds(paths: Iterable[bytes]) -> dict[bytes, EnvFileKind]:
    kinds = ((path, env_file_kind(path)) for path in paths)
    return {path: kind for path, kind in kinds if kind is not None}


def _with_hidden(
    findings: Mapping[bytes, tuple[Finding, ...]] | None,
    states: Mapping[bytes, FileState],
    read: Callable[[bytes], bytes | None],
    classify: Classify,
) -> dict[bytes, tuple[Finding, ...]]:
    """Add to the scan's findings those in the files it does not look at: ignored `.env`-like ones."""
    every = dict(findings or {})
    for path, state in states.items():
        if path in every or (findings is not None and state is not FileState.IGNORED):
            continue
        data = read(path)
        found = tuple(classify(data, path)) if data else ()
        if found:
            every[path] = found
    return every


def work_tree_reader(root: bytes) -> Callable[[bytes], bytes | None]:
    """Return a function that reads a regular file below `root`, at most 4 MiB of it; None for anything else."""
    return lru_cache(maxsize=_READS_KEPT)(partial(_regular_file, root))


def _regular_file(root: bytes, path: bytes) -> bytes | None:
    full = os.path.join(root, path)
    # A link is not followed (it may lead out of the repository), and a pipe does not make us wait.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(full, flags)
    except (OSError, ValueError):
        return None
    with os.fdopen(descriptor, "rb") as file:
        try:
            return file.read(_MAX_READ) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
        except OSError:
            return None


def mode_reader(root: bytes) -> Callable[[bytes], int | None]:
    """Return a function that gives a file's permission bits, or None where the file system keeps none."""

    def mode(path: bytes) -> int | None:
        if os.name != "posix":
            return None
        try:
            status = os.lstat(os.path.join(root, path))
        except (OSError, ValueError):
            return None
        bits = stat.S_IMODE(status.st_mode)
        # A text file with every bit set lies on a disk that keeps no bits (a Windows drive under WSL, FAT).
        return bits if stat.S_ISREG(status.st_mode) and bits != _EVERY_BIT else None

    return mode


def env_files_on_disk(root: bytes, listed: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the `.env`-like files beside the listed ones, ignored ones included. Ignored folders are not entered."""
    for folder in sorted({b"", *(folder_of(path) for path in listed)}):
        try:
            for entry in os.scandir(os.path.join(root, folder)):
                path = join(folder, entry.name)
                if env_file_kind(path) is not None and entry.is_file(follow_symlinks=False):
                    yield path
        except (OSError, ValueError):
            continue  # the scan of the contents says what could not be listed


def _walk(root: bytes) -> Iterator[bytes]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _NEVER_ENTERED)
        inside = os.path.relpath(folder, root).replace(os.sep.encode(), b"/")
        for name in names:
            yield join(b"" if inside == b"." else inside, name)


def _ignored_by_pathspec(
    asked: Iterable[bytes], paths: frozenset[bytes], read: Callable[[bytes], bytes | None]
) -> Iterator[bytes]:
    """Yield those of `asked` that `.gitignore` files match: the nearest file with an opinion decides, as in git."""
    lists = {}
    for path in paths:
        if path.rpartition(b"/")[2] == b".gitignore":
            lines = (read(path) or b"").decode("utf-8", "replace").splitlines()
            lists[folder_of(path)] = gitignore_patterns(lines)
    for path in asked:
        folder = folder_of(path)
        while True:
            patterns = lists.get(folder)
            is_ignored = patterns.check_file(_inside(path, folder)).include if patterns is not None else None
            if is_ignored is not None or not folder:
                break
            folder = folder_of(folder)
        if is_ignored:
            yield path


def _inside(path: bytes, folder: bytes) -> str:
    return path[len(folder) + 1 if folder else 0 :].decode("utf-8", "replace")
