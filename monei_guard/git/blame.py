"""When lines of files in the work tree were last changed, and by whom."""

from collections.abc import Iterable
from dataclasses import dataclass

from monei_guard.git.repository import GitError, Repository


@dataclass(frozen=True, slots=True)
class LineOrigin:
    """Who changed a line in which commit (hex id), and when (seconds since 1970)."""

    commit: str
    author: str
    time: int


def line_origins(repository: Repository, path: bytes, lines: Iterable[int]) -> dict[int, LineOrigin]:
    """Return where each of the `lines` (from 1) of `path` (relative to the work tree's top) comes from.

    Lines that are not committed are left out, as is everything of a file git does not know.
    """
    ranges = [part for line in sorted(set(lines)) for part in ("-L", f"{line},{line}")]
    try:
        output = repository.run("blame", "--porcelain", "--no-textconv", *ranges, "--", path)
    except GitError:
        return {}
    origins: dict[int, LineOrigin] = {}
    facts: dict[bytes, dict[bytes, bytes]] = {}
    commit, number = b"", 0
    for row in output.split(b"\n"):
        name, _, value = row.partition(b" ")
        if row.startswith(b"\t"):
            details = facts.get(commit, {})
            if commit.strip(b"0"):
                author = details.get(b"author", b"").decode("utf-8", "replace")
                origins[number] = LineOrigin(commit.decode(), author, int(details.get(b"author-time", b"0")))
        elif len(name) in {40, 64} and value[:1].isdigit():
            commit, number = name, int(value.split(b" ")[1])
            facts.setdefault(commit, {})
        else:
            facts.setdefault(commit, {})[name] = value
    return origins
