"""Where a finding stands: for people (lines, columns) and for machines (byte offsets)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Origin(StrEnum):
    """Which kind of place a blob was read from (JSON `location.origin`)."""

    WORKTREE = "worktree"
    INDEX = "index"
    HISTORY = "history"
    MESSAGE = "message"
    ARCHIVE = "archive"
    STDIN = "stdin"


class Span(NamedTuple):
    """Half-open byte range `[start, end)` in the data it was found in."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a blob.

    Lines and columns count from 1, columns in characters, ends exclusive. `start_byte` and `end_byte` are offsets
    in the blob's own bytes, before any decoding. `path` is relative to the scanned root, `/`-separated, printable
    (see `display_path`); None for messages and nameless blobs. `path_bytes` is set only when `path` cannot give the
    exact name back.
    """

    path: str | None
    start_line: int
    start_column: int
    end_line: int
    end_column: int
    start_byte: int
    end_byte: int
    origin: Origin
    path_bytes: bytes | None = None
    encoding_path: tuple[str, ...] = ()
    commit: str | None = None
    author: str | None = None
    date: str | None = None


def display_path(path: bytes) -> str:
    r"""Return `path` as text: UTF-8 where it is UTF-8, every other byte as `\xNN`.

    Control characters stay: JSON must carry the exact name, and the terminal escapes for itself.
    """
    return path.decode("utf-8", "backslashreplace")
