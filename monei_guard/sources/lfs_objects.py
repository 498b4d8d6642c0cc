"""Contents that Git LFS keeps beside the objects: `lfs/objects` in the git directory, or where `lfs.storage` says."""

import os
from collections.abc import Iterator

from monei_guard.git.repository import GitError, Repository
from monei_guard.model.blob import Blob, Skipped
from monei_guard.model.location import Origin
from monei_guard.sources.files import read_path
from monei_guard.sources.source import SourceOptions


def lfs_objects(repository: Repository, options: SourceOptions) -> Iterator[Blob | Skipped]:
    """Yield every content in the store, named by its place there (its SHA-256): of which file, only pointers tell."""
    common = os.path.join(
        repository.work_tree or repository.git_dir,
        repository.run("rev-parse", "--git-common-dir").removesuffix(b"\n"),
    )
    store = os.path.join(common, _storage(repository), b"objects")
    shown = (b"" if repository.work_tree is None else b".git/") + b"lfs/objects/"
    for folder, folders, names in os.walk(store):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(folder, name)
            below = os.path.relpath(path, store).replace(os.sep.encode(), b"/")
            for item in read_path(path, shown + below, options.max_size):
                yield (
                    item
                    if isinstance(item, Skipped)
                    else Blob(item.content, Origin.HISTORY, item.path, name_is_new=False)
                )


def _storage(repository: Repository) -> bytes:
    """Return the store's folder, relative to the git directory or absolute (git-lfs-config(5))."""
    try:
        return repository.run("config", "--get", "lfs.storage").removesuffix(b"\n") or b"lfs"
    except GitError:
        return b"lfs"
