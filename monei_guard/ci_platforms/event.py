"""What started a CI run, in the same words for every platform.

All of it may have been written by whoever opened a pull request. Ids and branch names are taken only in their strict
form; what does not have it counts as not said, and whoever reads the event then looks at more, never at less.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from monei_guard.ci_platforms.steps import Step

Variables = Mapping[str, str]
Payload = Mapping[str, Any]

_ID = re.compile(r"[0-9a-f]{7,64}")
# The rules of `git check-ref-format`, and no `{`: nothing in a name may mean more than a name to git.
_BRANCH = re.compile(r"(?![-./])(?!.*(?:\.\.|//|/\.|@\{))[^\x00-\x20\x7f~^:?*\[\\{]{1,250}(?<![./])")
_HEADS = "refs/heads/"
_REMOTES = "refs/remotes/origin/"


class EventKind(Enum):
    """What a run is about; the value is how it is shown."""

    PULL_REQUEST = "pull request"
    MERGE_QUEUE = "merge queue"
    PUSH = "push"
    TAG = "tag"
    DELETION = "deleted branch"
    WHOLE = "no push"  # a schedule, a person, another program: there is no range to look at


@dataclass(frozen=True, slots=True)
class Event:
    """What started a run. Commits are ids, beginnings of ids (7 characters or more), or full names of refs.

    `name` is the platform's own word for it. `tips` are candidates for the newest commit, best first, of which the
    first that the checkout has counts (none named: HEAD). What any of `bases` leads to was there before. `branch` is
    the branch that was pushed.
    """

    kind: EventKind
    name: str
    tips: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    branch: str | None = None
    default_branch: str | None = None


@dataclass(frozen=True, slots=True)
class Platform:
    """A CI system: how it is recognised, what it says about a run, and what it reads of what we write.

    `deepen` completes "the checkout is too shallow: …". `event_file` and `summary_file` name the variables with the
    path of a JSON payload and of a Markdown file to append to. `reports` are (format, path) of the files it picks up,
    relative to the work tree; `annotations` is the format whose lines it reads from the log, and `log_lines` are
    further ones, once the reports are written. `config_files` are patterns of the files that configure it, as
    `config_files.py` writes them, `steps` what makes it run `monei-guard ci`.
    """

    name: str
    recognises: Callable[[Variables], bool]
    event: Callable[[Variables, Payload], Event]
    deepen: str
    event_file: str | None = None
    summary_file: str | None = None
    reports: tuple[tuple[str, str], ...] = ()
    annotations: str | None = None
    log_lines: tuple[str, ...] = ()
    config_files: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


def ids(*values: Any) -> tuple[str, ...]:
    """Return those of the values that are commit ids or beginnings of one; an id of zeros stands for none."""
    return tuple(value for value in values if isinstance(value, str) and _ID.fullmatch(value) and value.strip("0"))


def branches(*values: Any) -> tuple[str, ...]:
    """Return the refs that a clone keeps for the remote's branches of these names ("main", "refs/heads/main").

    The clone's own branch of the name is not meant: some platforms merge the pull request into it.
    """
    return tuple(_REMOTES + name for name in map(branch_name, values) if name is not None)


def branch_name(value: Any) -> str | None:
    """Return the short name of a branch, None for what is none."""
    if not isinstance(value, str) or (value.startswith("refs/") and not value.startswith(_HEADS)):
        return None
    name = value.removeprefix(_HEADS)
    return name if _BRANCH.fullmatch(name) else None


def tag_ref(value: Any) -> tuple[str, ...]:
    """Return the ref of a tag of this name ("v1", "refs/tags/v1"), nothing for what is no tag's name."""
    name = branch_name(value.removeprefix("refs/tags/")) if isinstance(value, str) else None
    return () if name is None else (f"refs/tags/{name}",)


def whole(name: str) -> Event:
    """Return the event of a run that no push started."""
    return Event(EventKind.WHOLE, name)
