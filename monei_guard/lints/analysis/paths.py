"""Paths inside a project, as text: folders above a file, and what a path with dots leads to."""

from functools import cache


@cache
def parents(folder: str) -> tuple[str, ...]:
    """Return `folder` and the folders above it, up to the root ("")."""
    found = [folder]
    while folder:
        folder = folder.rpartition("/")[0]
        found.append(folder)
    return tuple(found)


def normal(path: str) -> str | None:
    """Return `path` without `.` and `..`, None where it leaves the root."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
