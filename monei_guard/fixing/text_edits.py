"""Adding lines to a file that somebody else wrote: order, comments, line ends and encoding mark stay as they are."""

import re
from collections.abc import Sequence


class UnsuitableTextError(ValueError):
    """The file is not text that lines can be appended to; the message says why."""


def with_lines(before: bytes | None, lines: Sequence[str | bytes], comment: str = "") -> bytes:
    """Return the content with `lines` at its end, after a comment line; `before` is None for a new file.

    Raises UnsuitableTextError for UTF-16, which git and the other readers of such lists do not understand.
    """
    text = before or b""
    if text.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in text:
        raise UnsuitableTextError("it is UTF-16, which git does not read; save it as UTF-8")
    end = b"\r\n" if re.search(rb"\r\n", text[:10_000]) else b"\n"
    added = [line if isinstance(line, bytes) else line.encode() for line in lines]
    if comment:
        added.insert(0, b"# " + comment.encode())
    if text and not text.endswith(b"\n"):
        text += end
    gap = end if comment and text.strip() else b""
    return text + gap + b"".join(line + end for line in added)


def ignore_pattern(name: bytes) -> bytes:
    """Return the `.gitignore` line that matches exactly `name`: special characters escaped."""
    escaped = re.sub(rb"([\\*?\[])", rb"\\\1", name)
    if escaped.startswith((b"#", b"!")):
        escaped = b"\\" + escaped
    if escaped.endswith(b" "):
        escaped = escaped[:-1] + b"\\ "
    return escaped


_ITEM = re.compile(rb"^( *)- +repo:", re.MULTILINE)
_TOP_KEY = re.compile(rb"^[A-Za-z_]", re.MULTILINE)


def with_pre_commit_hook(before: bytes, hook: Sequence[str]) -> bytes | None:
    """Return a `.pre-commit-config.yaml` with one more item at the end of its `repos:` list.

    `hook` are the item's lines without indentation, the first one beginning with "- ". None where the list is not
    written as a block, which is then left to a person.
    """
    start = re.search(rb"^repos:[ \t]*(?:#[^\n]*)?\r?\n", before, re.MULTILINE)
    first = _ITEM.search(before, start.end()) if start else None
    if start is None or first is None:
        return None
    following = _TOP_KEY.search(before, start.end())
    block_end = following.start() if following else len(before)
    if first.start() > block_end:
        return None
    block = before[:block_end].rstrip()
    end = b"\r\n" if b"\r\n" in before[:10_000] else b"\n"
    item = end.join(first[1] + line.encode() for line in hook)
    rest = before[len(block) :]
    return block + end + item + (rest if rest.strip() or rest else end)
