"""The labelled corpus: `tests/corpus/credentials/*.toml` read into cases.

A case is a file: its name, its text, and what must be found in it. In `text`, `⟦…⟧` marks each secret, in the order of
`expect` ("CODE vendor environment", environment "unknown" if left out); templates (`<<hex:32>>`) become values made
from a seed. A case without `expect` must be silent.
"""

from dataclasses import dataclass
from pathlib import Path

import tomli

from monei_guard.ruleset.templates import expand

CORPUS = Path(__file__).parent / "corpus" / "credentials"
_NEWLINES = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}
_KEYS = frozenset({"name", "path", "because", "expect", "text", "encoding", "bom", "newline", "strip"})


@dataclass(frozen=True, slots=True, order=True)
class Expected:
    """One secret: its place (from 1, in characters; end exclusive), value and label."""

    line: int
    column: int
    end_line: int
    end_column: int
    secret: str
    code: str
    vendor: str
    environment: str


@dataclass(frozen=True, slots=True)
class Case:
    """One file of the corpus."""

    name: str
    path: str
    because: str
    content: bytes
    expected: tuple[Expected, ...]


def load_corpus(seed: str = "") -> tuple[Case, ...]:
    """Return every case, in file order; another seed gives other values."""
    return tuple(
        _case(entry, path.stem, seed)
        for path in sorted(CORPUS.glob("*.toml"))
        for entry in tomli.loads(path.read_text(encoding="utf-8"))["case"]
    )


def _case(entry: dict[str, str], family: str, seed: str) -> Case:
    name = f"{family}: {entry['name']}"
    unknown = entry.keys() - _KEYS
    if unknown:
        raise ValueError(f"{name}: unknown keys {sorted(unknown)}")
    marked = expand(entry["text"], f"{seed}{name}")
    marked = marked.removesuffix("\n") if entry.get("strip") else marked
    labels = list(entry.get("expect", ()))
    expected = []
    marked = marked.replace("\n", _NEWLINES[entry.get("newline", "lf")])
    text = ""
    for part in marked.split("⟦"):
        if "⟧" in part:
            secret, rest = part.split("⟧")
            expected.append(_expected(text, secret, labels.pop(0)))
            text += secret + rest
        else:
            text += part
    if labels:
        raise ValueError(f"{name}: labels without a marked secret: {labels}")
    encoding = entry.get("encoding", "utf-8")
    content = text.encode(encoding)
    mark = "\ufeff".encode(encoding) if entry.get("bom") else b""
    return Case(name, entry["path"], entry["because"], mark + content, tuple(expected))


def _expected(before: str, secret: str, label: str) -> Expected:
    code, vendor, *environment = label.split()
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    where = environment[0] if environment else "unknown"
    return Expected(line, column, line, column + len(secret), secret, code, vendor, where)
