"""Reading a Dockerfile: instructions with their flags, words and place.

Follows the Dockerfile reference (docs.docker.com/reference/dockerfile: parser directives, escape, line continuation
with comments inside, here-documents, JSON form). Own code, because no library does: dockerfile-parse knows no
here-documents and has had no release since 2023, and the binding to BuildKit's own parser has wheels for glibc x86-64
alone.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from monei_guard.hygiene.readers.on_demand import json_document

MAX_DOCKERFILE = 1 << 20  # bytes
_MAX_INSTRUCTIONS = 2_000  # Docker itself refuses images of more than 127 layers


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction. `line` counts from 1; `[start, end)` are byte offsets in the file; here-documents are left out.

    `flags` are the `--name=value` words in front, `words` the rest after quotes are taken off (for ENV and ARG:
    `NAME=value` words).
    """

    keyword: str  # upper case
    flags: tuple[str, ...]
    words: tuple[str, ...]
    line: int
    start: int
    end: int
    heredoc: bool = False


_DIRECTIVE = re.compile(rb"#\s*([a-zA-Z][\w-]*)\s*=\s*(.*?)\s*$")
_HEREDOC = re.compile(r"(?<!<)<<-?\s*([\"']?)(\w+)\1")
_WITH_HEREDOC = frozenset({"RUN", "COPY", "ADD"})


def is_dockerfile(path: bytes) -> bool:
    """Whether `path` is named like a Dockerfile: `Dockerfile`, `api.Dockerfile`, `Dockerfile.prod`, `Containerfile`."""
    return _NAME.fullmatch(path.rpartition(b"/")[2].lower()) is not None


_NAME = re.compile(
    rb"(?:[^/]+\.)?(?:dockerfile|containerfile)|(?:dockerfile|containerfile)[._-](?!.*dockerignore$)[^/]+"
)


def instructions(data: bytes) -> tuple[Instruction, ...]:
    """Return the instructions of a Dockerfile. Text that is none is passed over; at most 1 MiB is read."""
    data = data[:MAX_DOCKERFILE]
    if data.startswith(b"\xef\xbb\xbf"):
        data = b"   " + data[3:]  # same length, so that offsets stay true
    return tuple(islice(_instructions(data), _MAX_INSTRUCTIONS))


def _instructions(data: bytes) -> Iterator[Instruction]:
    lines = data.split(b"\n")
    escape = _escape(lines)
    number, offset = 0, 0
    while number < len(lines):
        first, start = number, offset
        text: list[bytes] = []
        while number < len(lines):
            line = lines[number]
            number, offset = number + 1, offset + len(line) + 1
            body = line.rstrip()
            if body.lstrip().startswith(b"#") or (text and not body):
                if not text:
                    break
                continue  # comments and empty lines inside a continued instruction are dropped
            if not body.endswith(escape):
                text.append(body)
                break
            text.append(body[: -len(escape)])
        instruction = _parsed(b"".join(text), first + 1, start, min(offset, len(data)), escape)
        if instruction is None:
            continue
        if instruction.heredoc:
            number, offset = _after_heredocs(lines, number, offset, b"".join(text).decode("utf-8", "replace"))
        yield instruction


def _escape(lines: list[bytes]) -> bytes:
    """Return the escape character: a backslash, or what a directive in the leading comments says."""
    for line in lines:
        match = _DIRECTIVE.match(line.strip())
        if match is None:
            break
        if match[1].lower() == b"escape" and match[2] in (b"\\", b"`"):
            return match[2]
    return b"\\"


def _parsed(text: bytes, line: int, start: int, end: int, escape: bytes) -> Instruction | None:
    keyword, _, rest = text.decode("utf-8", "replace").strip().partition(" ")
    keyword = keyword.partition("\t")[0].upper()
    if not keyword.isalpha():
        return None
    if keyword == "ONBUILD":
        return _parsed(rest.encode(), line, start, end, escape)
    heredoc = keyword in _WITH_HEREDOC and _HEREDOC.search(rest) is not None
    words = _words(rest, escape)
    flags = []
    while words and words[0].startswith("--"):
        flags.append(words.pop(0))
    if words and words[0].startswith("["):
        words = _json_words(rest, words)
    if keyword in ("ENV", "LABEL") and words and "=" not in words[0]:
        words = [f"{words[0]}={' '.join(words[1:])}"]  # the old form `ENV NAME value`
    return Instruction(keyword, tuple(flags), tuple(words), line, start, end, heredoc)


def _words(text: str, escape: bytes) -> list[str]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.commenters = ""
    lexer.escape = escape.decode()
    try:
        return list(lexer)
    except ValueError:  # an open quote: BuildKit would refuse it, but a key in it is still a key
        return text.split()


def _json_words(text: str, words: list[str]) -> list[str]:
    value = json_document(text[text.find("[") :])
    return [str(word) for word in value] if isinstance(value, list) else words


def _after_heredocs(lines: list[bytes], number: int, offset: int, text: str) -> tuple[int, int]:
    """Return the line and offset after the here-documents that `text` opens."""
    for match in _HEREDOC.finditer(text):
        stop = match[2].encode()
        while number < len(lines):
            line = lines[number]
            number, offset = number + 1, offset + len(line) + 1
            if line.strip() == stop:
                break
    return number, offset
