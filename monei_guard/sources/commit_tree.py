"""The files of one commit, as if they lay in a work tree: what there is to look at in a repository without one."""

from collections.abc import Iterator

from monei_guard.git.commit_files import files_of_commit
from monei_guard.git.object_reader import ObjectTooLargeError, cat_file
from monei_guard.git.repository import GitError, Repository
from monei_guard.model.blob import Blob, Skipped
from monei_guard.model.location import Origin
from monei_guard.sources.source import SourceOptions


def tree_items(repository: Repository, commit: str, options: SourceOptions) -> Iterator[Blob | Skipped]:
    """Yield the files of `commit` (hex), links with their target's name. Submodules have no content here."""
    try:
        files = files_of_commit(repository, commit)
    except GitError as error:
        yield Skipped(None, f"the files of HEAD: {error}")
        return
    with cat_file(repository) as objects:
        for path, object_id in files:
            if options.excluded is not None and options.excluded(path):
                yield Skipped(path, "excluded by the configuration", incomplete=False)
                continue
            try:
                _, content = objects.read(object_id, options.max_size)
            except (GitError, ObjectTooLargeError) as error:
                yield Skipped(path, str(error))
                continue
            yield Blob(content, Origin.WORKTREE, path, object_id=object_id.decode())
