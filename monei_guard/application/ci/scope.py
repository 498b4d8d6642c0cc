"""What a CI run has to look at: the event that started it, against the checkout that is there.

Where the platform does not say what was there before, or the checkout does not have it, more is looked at, never less:
what the default branch does not have, else everything. Where the checkout cannot tell because it is too shallow, its
files are looked at instead and the run is incomplete.
"""

from dataclasses import dataclass, replace

from monei_guard.ci_platforms.event import Event, EventKind, Platform, branch_name, branches, ids
from monei_guard.errors import GuardError
from monei_guard.git.repository import GitError, Repository, git
from monei_guard.git.revisions import is_ancestor, is_shallow, lacks_contents, local_commit
from monei_guard.sources.commit_range import CommitRange, read_added

_NOTHING = CommitRange(())
_UNKNOWN = {
    EventKind.PULL_REQUEST: "the target branch is not in this checkout (fetch it, and only what is beyond it counts)"
}
_SHORT = 12  # characters of an id that is shown


class BaseError(GuardError):
    """What was there before is named in a way that cannot be read."""


@dataclass(frozen=True, slots=True)
class ScanScope:
    """What to look at, and (`message`) in words. `commits` None: everything the repository ever held.

    `start` is the commit, or the empty tree, from which the run's own changes count, None for a run that is about no
    change. `problem` says why this is
    not all that should be looked at; the files of the checkout are then looked at as well. `is_head` says that the
    checkout's files are those of the newest commit, or of a trial merge of it.
    """

    commits: CommitRange | None
    message: str
    start: str | None = None
    problem: str | None = None
    is_head: bool = True


def with_base(event: Event, base: str | None) -> Event:
    """Return the event with what was there before given by hand: an id, or a branch of the remote.

    Raises BaseError for what is neither. Nothing, or an id of zeros, is what CI systems say for a new branch.
    """
    if not base or not base.strip("0"):
        return event
    bases = ids(base) or branches(base.removeprefix("origin/"))
    if not bases:
        raise BaseError(f"{base!r} is neither a commit id nor a branch", hint="give --base an id, or 'origin/main'")
    return replace(event, kind=EventKind.PUSH if event.kind is EventKind.WHOLE else event.kind, bases=bases)


def scope_of(repository: Repository, event: Event, platform: Platform) -> ScanScope:
    """Return what the run has to look at. Raises GitError where git cannot say."""
    if event.kind is EventKind.DELETION:
        return ScanScope(_NOTHING, "a deleted branch adds nothing", is_head=False)
    shallow = is_shallow(repository)
    if event.kind is EventKind.WHOLE:
        return _everything("no push started this run, so everything is looked at", repository, platform)
    tip = _first(repository, event.tips) if event.tips else repository.head
    if tip is None:
        if not event.tips:
            return ScanScope(_NOTHING, "there is no commit yet")
        problem = f"commit {event.tips[0][:_SHORT]}, which this run is about, is not in this checkout"
        return ScanScope(
            _NOTHING, "the files of the checkout", repository.empty_tree, _advised(problem, platform), is_head=False
        )
    bases = [commit for commit in (local_commit(repository, name) for name in event.bases) if commit is not None]
    how = "beyond"
    if not bases:
        bases, how = _beyond_default(repository, event), "that the default branch does not have: beyond"
    if not bases or (event.kind is EventKind.PUSH and tip in bases):
        if shallow:
            problem = "this checkout is too shallow to tell what is new"
            return ScanScope(_NOTHING, "the files of the checkout", repository.empty_tree, _advised(problem, platform))
        why = (
            "this brings nothing new" if bases else _UNKNOWN.get(event.kind, "what was there before is not known here")
        )
        everything = _everything(f"{why}, so everything is looked at", repository, platform)
        return everything if bases else replace(everything, start=repository.empty_tree)
    return _range(repository, event, platform, (tip, bases, how))


def _range(repository: Repository, event: Event, platform: Platform, found: tuple[str, list[str], str]) -> ScanScope:
    tip, bases, how = found
    head = repository.head
    is_head = head is not None and is_ancestor(repository, tip, head)
    tag = event.tips[0] if event.kind is EventKind.TAG and event.tips else ""
    # The tip, not HEAD: what the platform merged or rebased for the checkout is its own doing, or the target branch's.
    commits = read_added(repository, tip, bases, tag if local_commit(repository, tag) else "")
    problem = None
    if commits.shallow:
        problem = _advised("this checkout is too shallow to tell all that is new", platform)
        commits = replace(commits, commits=tuple(commit for commit in commits.commits if commit not in commits.shallow))
    elif lacks_contents(repository):
        problem = _advised("this checkout lacks the contents of old files (a partial clone)", platform)
    count = len(commits.commits)
    message = f"{count:,} commit{'' if count == 1 else 's'} {how} {bases[0][:_SHORT]}"
    return ScanScope(commits, message, _merge_base(repository, bases[0], tip) or bases[0], problem, is_head)


def _everything(message: str, repository: Repository, platform: Platform) -> ScanScope:
    problem = None
    if is_shallow(repository):
        problem = _advised("this checkout is too shallow to look at everything", platform)
    elif lacks_contents(repository):
        problem = _advised("this checkout lacks the contents of old files (a partial clone)", platform)
    return ScanScope(None, message, problem=problem)


def _advised(problem: str, platform: Platform) -> str:
    return f"{problem}: {platform.deepen}"


def _first(repository: Repository, names: tuple[str, ...]) -> str | None:
    return next((commit for commit in (local_commit(repository, name) for name in names) if commit is not None), None)


def _beyond_default(repository: Repository, event: Event) -> list[str]:
    """Return the tip of the default branch as the clone knows it; nothing for a push to it, or to who knows what."""
    default = event.default_branch or _default_branch(repository)
    if default is None or (event.kind is EventKind.PUSH and event.branch in {None, default}):
        return []
    found = _first(repository, branches(default))
    return [] if found is None else [found]


def _default_branch(repository: Repository) -> str | None:
    asked = ("symbolic-ref", "-q", "refs/remotes/origin/HEAD")
    answer = git(asked, cwd=repository.git_dir, answers=(0, 1, 128)).decode("utf-8", "replace").strip()
    return branch_name(answer.removeprefix("refs/remotes/origin/"))


def _merge_base(repository: Repository, base: str, tip: str) -> str | None:
    try:
        return repository.run("merge-base", base, tip).decode().strip()
    except GitError:
        return None
