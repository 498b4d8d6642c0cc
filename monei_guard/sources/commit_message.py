"""The message of a commit that is about to be made, as git will record it.

Git hands a commit-msg hook the file as the editor left it, with its own comments and, for `git commit --verbose`, with
the diff. Which of that stays is for `commit.cleanup` and `core.commentChar` to say; `--cleanup` and `--verbose` on the
command line a hook cannot know. Where it is not certain that a line goes away, it counts.
"""

import os
import re
from collections.abc import Iterator

from monei_guard.errors import GuardError
from monei_guard.git.repository import Repository, configured
from monei_guard.model.blob import Blob, Skipped
from monei_guard.model.location import Origin
from monei_guard.sources.source import SourceOptions

_SCISSORS = b" ------------------------ >8 ------------------------"
_DIFF = re.compile(rb"\s*(?:(?:diff --|Submodule ).*)?\Z", re.DOTALL)
_KEEPS_COMMENTS = frozenset({b"verbatim", b"whitespace", b"scissors"})


class MessageError(GuardError):
    """There is no message to look at."""


def message_items(
    repository: Repository, path: str, options: SourceOptions, *, is_edited: bool
) -> Iterator[Blob | Skipped]:
    """Yield the message in the file `path`; `is_edited` as for `recorded_text`. Raises MessageError, GitError."""
    try:
        with open(path, "rb") as file:
            raw = file.read(options.max_size + 1)
    except OSError as error:
        raise MessageError(f"cannot read the message in {path}: {error.strerror}") from error
    if len(raw) > options.max_size:
        yield Skipped(os.fsencode(path), f"larger than {options.max_size} bytes")
    else:
        yield Blob(recorded_text(repository, raw, is_edited=is_edited), Origin.MESSAGE)


def recorded_text(repository: Repository, raw: bytes, *, is_edited: bool) -> bytes:
    """Return the message with what git will leave out emptied, so that every line keeps its number.

    `is_edited` says that git opened an editor for it; without one, comments stay unless configured otherwise. Raises
    GitError.
    """
    settings = dict(configured(repository, r"^(core\.comment(char|string)|commit\.cleanup)$"))
    cleanup = settings.get(b"commit.cleanup", b"default")
    comment = settings.get(b"core.commentstring", settings.get(b"core.commentchar", b"#"))
    if comment == b"auto":  # chosen anew for each message, and not told to anyone
        return raw
    lines = raw.splitlines(keepends=True)
    if is_edited:
        lines = _above_scissors(lines, comment, always=cleanup == b"scissors")
    if cleanup in _KEEPS_COMMENTS or (cleanup != b"strip" and not is_edited):
        return b"".join(lines)
    return b"".join(b"\n" if line.startswith(comment) else line for line in lines)


def _above_scissors(lines: list[bytes], comment: bytes, *, always: bool) -> list[bytes]:
    """Return the lines above git's own cutting line, if what follows is a diff: anyone may have written such a line."""
    for number, line in enumerate(lines):
        if line.rstrip(b"\r\n") == comment + _SCISSORS:
            below = b"".join(line for line in lines[number:] if not line.startswith(comment))
            if always or _DIFF.match(below):
                return lines[:number]
    return lines
