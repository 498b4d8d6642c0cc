"""Links that a scanned repository brings along: nothing is written through one, for it leads where its author likes."""

import os

from monei_guard.errors import GuardError


class LinkInRepositoryError(GuardError):
    """A place to write to that is, or lies behind, a symbolic link inside a repository."""


def refuse_links(path: str | bytes, what: str) -> None:
    """Raise LinkInRepositoryError where a link that lies in a git work tree or directory is on the way to `path`.

    `what` names in the error what was to be written. Links outside any repository (`/tmp`, `/dev/stdout`) are the
    user's own. A work tree is known by its `.git`, a git directory by its `HEAD` and `objects`.
    """
    link = _link_in_repository(os.path.join(os.getcwd(), os.fsdecode(path)))
    if link is not None:
        raise LinkInRepositoryError(
            f"{what} is not written to {os.fsdecode(path)}: {link} is a symbolic link inside the repository, and could"
            " lead anywhere",
            hint="remove the link, or name a place outside the repository",
        )


def _link_in_repository(path: str) -> str | None:
    """Return the first link on the way to an absolute path, links that lead on included, that lies in a repository."""
    drive, rest = os.path.splitdrive(path)
    at = drive + os.sep
    for part in rest.split(os.sep):
        if part in ("", os.curdir):
            continue
        at = os.path.dirname(os.path.realpath(at)) if part == os.pardir else os.path.join(at, part)
        if os.path.islink(at):
            if _is_in_repository(os.path.dirname(at)):
                return at
            at = os.path.realpath(at)
    return None


def _is_in_repository(folder: str) -> bool:
    folder = os.path.realpath(folder)
    while True:
        if os.path.lexists(os.path.join(folder, ".git")) or _is_git_directory(folder):
            return True
        above = os.path.dirname(folder)
        if above == folder:
            return False
        folder = above


def _is_git_directory(folder: str) -> bool:
    return os.path.lexists(os.path.join(folder, "HEAD")) and os.path.isdir(os.path.join(folder, "objects"))
