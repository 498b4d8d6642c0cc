"""Insomnia 5 exports, which are YAML: which request, folder or environment a finding stands in.

Read line by line for the names alone, as Insomnia writes them (block style), so that no YAML library is needed; a text
that is no such export, or only nearly one, gives less names and no error.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_EXPORT = re.compile(rb"^type: [A-Za-z]{3,20}\.insomnia(?:\.rest)?/5", re.MULTILINE)
_HEAD = 4096  # bytes in which the type stands
_LINE = re.compile(rb"(?P<indent> *)(?P<items>(?:- +)*)(?:(?P<key>[A-Za-z_][\w\-]{0,60}):(?: +(?P<value>[^\r\n]*))?)?")
_BLOCK = re.compile(rb"[|>][-+0-9]{0,2}\s*(?:#.*)?$")
_MOST_LINES = 1_000_000
_LONGEST_NAME = 120
_REQUESTS = frozenset({b"collection", b"children"})
_ENVIRONMENTS = frozenset({b"environments", b"subEnvironments"})


@dataclass(slots=True)
class _Mapping:
    """One mapping of the document: at which column its keys begin, and under which key of which other one it stands."""

    column: int
    under: bytes
    parent: "_Mapping | None"
    name: str = ""
    has_address: bool = False
    last_key: bytes = b""


def insomnia_titles(data: bytes, offsets: Sequence[int]) -> dict[int, str]:
    """Return, for sorted offsets in an export, the title of the request, folder or environment around each."""
    if not _EXPORT.search(data[:_HEAD]):
        return {}
    waiting = list(reversed(offsets))
    inside: dict[int, _Mapping] = {}
    mapping = _Mapping(0, b"", None)
    scalar = -1  # the column of the key whose lines of text go on
    position = 0
    for line in data.splitlines(keepends=True)[:_MOST_LINES]:
        position += len(line)
        found = _LINE.match(line)
        column = len(found["indent"]) if found else 0
        if found and line.strip() and not (scalar >= 0 and column > scalar):
            scalar = -1
            mapping = _entered(mapping, column, found)
            if found["key"]:
                if _BLOCK.match(found["value"] or b""):
                    scalar = mapping.column
                _remember(mapping, found["key"], found["value"] or b"")
        while waiting and waiting[-1] < position:
            inside[waiting.pop()] = mapping
    titles = {offset: _title(innermost) for offset, innermost in inside.items()}
    return {offset: title for offset, title in titles.items() if title}


def _entered(mapping: _Mapping, column: int, line: re.Match[bytes]) -> _Mapping:
    """Return the mapping that a line belongs to: the one before it, one around that, or a new one."""
    keys = column + len(line["items"])
    while mapping.parent is not None and (mapping.column > column if line["items"] else mapping.column > keys):
        mapping = mapping.parent
    if line["items"] or keys > mapping.column:
        return _Mapping(keys, mapping.last_key, mapping)
    return mapping


def _remember(mapping: _Mapping, key: bytes, value: bytes) -> None:
    mapping.last_key = key
    if key == b"name" and not mapping.name:
        mapping.name = " ".join(value.decode("utf-8", "replace").strip().strip("\"'").split())[:_LONGEST_NAME]
    elif key == b"url":
        mapping.has_address = True


def _title(innermost: _Mapping) -> str:
    kind, names = "", []
    mapping: _Mapping | None = innermost
    while mapping is not None:
        if mapping.under in _REQUESTS:
            kind = kind or ("request" if mapping.has_address else "folder")
            names.append(mapping.name)
        elif mapping.under in _ENVIRONMENTS:
            kind = kind or "environment"
            names.append(mapping.name)
        mapping = mapping.parent
    title = " / ".join(name for name in reversed(names) if name)
    return f"in {kind} {title!r}" if kind and title else ""
