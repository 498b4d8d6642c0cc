"""Questions about commits: which one a name stands for, what it leads to, and whether this clone has all of it."""

from monei_guard.git.repository import GitError, Repository, git


def local_commit(repository: Repository, name: str) -> str | None:
    """Return the id of the commit that `name` stands for, None where this clone has none.

    `name` is an id, the beginning of one (7 characters or more), or the full name of a ref. A ref that is named like
    an id never stands for it.
    """
    width = len(repository.empty_tree)
    if name.startswith("refs/") or len(name) == width:
        found = [name]
    else:
        found = repository.run("rev-parse", f"--disambiguate={name}").decode().split() if len(name) < width else []
    commits = {commit for commit in (_peeled(repository, name) for name in found) if commit is not None}
    return commits.pop() if len(commits) == 1 else None


def blob_at(repository: Repository, revision: str, path: bytes) -> str | None:
    """Return the id of what stands at a path in a commit, None where nothing does."""
    name = revision.encode() + b":" + path
    try:
        return repository.run("rev-parse", "--verify", "-q", "--end-of-options", name).decode().strip()
    except (GitError, ValueError):  # a name with a zero byte cannot be asked for
        return None


def lacks_contents(repository: Repository) -> bool:
    """Whether this is a partial clone: git would fetch what it lacks, which a scan never lets it do."""
    found = git(("config", "--get-regexp", r"^remote\..*\.promisor$"), cwd=repository.git_dir, answers=(0, 1))
    return bool(found.strip())


def is_ancestor(repository: Repository, ancestor: str, other: str) -> bool:
    """Whether the commit `other` leads to the commit `ancestor`, as far as this clone's history goes."""
    return not repository.run("rev-list", "-n1", ancestor, f"^{other}")


def _peeled(repository: Repository, name: str) -> str | None:
    try:
        return repository.run("rev-parse", "--verify", "-q", "--end-of-options", f"{name}^{{commit}}").decode().strip()
    except GitError:
        return None


def is_shallow(repository: Repository) -> bool:
    """Whether this clone lacks commits that its own lead to."""
    return repository.run("rev-parse", "--is-shallow-repository").strip() == b"true"
