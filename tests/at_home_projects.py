"""The look-alikes of tests/at_home/projects: a text file each, read into commits and what must be said of them.

    A sentence on the project, and on whose habits it shows.
    key = mni_<<hex:32>>
    expect MG202 .env
    === package-lock.json
    monei-sdk 1.0.8
    === .env | untracked
    MONEI_API_KEY=«key»
    === src/pay.ts
    const monei = new MoneiSDK({ apiKey: "«key»" });  ⟦MG101⟧
    ##### the message of the second commit
    === src/pay.ts | deleted

A lock file (tests/lock_files.py) lists packages. `«name»` is a value of the head, `«name|base64»` the same encoded;
other templates (`<<hex:32>>`) stand for a value each. `⟦…⟧` ends a line and is no part of it: the codes that are to be
said there. `⟦missed MG101: why⟧` is to be said and is not yet, `⟦wrongly MG302: why⟧` is said and should not be: when
either is mended, the test fails until the mark is. `expect CODE path` in the head is for a file that has no such line.
"""

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from lock_files import FORMATS, write_lock_file

from monei_guard.ruleset.templates import expand

PROJECTS = Path(__file__).parent / "at_home" / "projects"
_FILE = re.compile(r"=== (?P<path>.+?)(?: \| (?P<state>untracked|deleted))?")
_VALUE = re.compile(r"(?P<name>[a-z][a-z0-9-]*) = (?P<template>.+)")
_REFERENCE = re.compile(r"«(?P<name>[a-z][a-z0-9-]*)(?:\|(?P<filter>\w+))?»")
_MARK = re.compile(r"[ \t]*⟦(?P<mark>[^⟦⟧]+)⟧")
_KNOWN = re.compile(r"(?P<kind>missed|wrongly) (?P<code>MG\d{3}): (?P<why>.+)")
_FILTERS: Mapping[str, Callable[[str], str]] = MappingProxyType({
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "hex": lambda value: value.encode().hex(),
    "percent": lambda value: "".join(f"%{byte:02x}" for byte in quote(value).encode()),
})  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Said:
    """One finding, as far as a project says."""

    code: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Known:
    """A fault of the program: it says what it should not, or (`missed`) does not say what it should."""

    said: Said
    missed: bool
    why: str


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """A file of one commit; `content` is None where the commit deletes it."""

    path: str
    tracked: bool
    content: str | None
    said: tuple[Said, ...] = ()
    known: tuple[Known, ...] = ()


@dataclass(frozen=True, slots=True)
class Commit:
    """What one commit brings."""

    message: str
    files: tuple[ProjectFile, ...]


@dataclass(frozen=True, slots=True)
class Project:
    """One look-alike."""

    name: str
    about: str
    commits: tuple[Commit, ...]
    elsewhere: tuple[Said, ...]  # said of files without a line of their own to mark


def load_projects() -> tuple[Project, ...]:
    """Return every project, by name. Raises ValueError where one is not written as it should be."""
    return tuple(_project(path) for path in sorted(PROJECTS.glob("*.txt")))


def _project(path: Path) -> Project:
    head, *commits = re.split(r"^##### ?(.*)\n", "##### start\n" + path.read_text("utf-8"), flags=re.MULTILINE)
    assert not head
    about, _, first = commits[1].partition("\n=== ")
    values: dict[str, str] = {}
    elsewhere = []
    sentences = []
    for line in about.splitlines():
        if found := _VALUE.fullmatch(line):
            values[found["name"]] = expand(found["template"], f"{path.stem}/{found['name']}")
        elif line.startswith("expect "):
            code, name = line.removeprefix("expect ").split(" ", 1)
            elsewhere.append(Said(code, name, 1))
        else:
            sentences.append(line)
    texts = ["=== " + first, *commits[3::2]]
    return Project(
        name=path.stem,
        about=" ".join(sentences),
        commits=tuple(
            Commit(message, tuple(_files(text, values, f"{path.stem}/{number}")))
            for number, (message, text) in enumerate(zip(commits[::2], texts, strict=True))
        ),
        elsewhere=tuple(elsewhere),
    )


def _files(text: str, values: Mapping[str, str], seed: str) -> Iterator[ProjectFile]:
    _, *parts = re.split(r"^(=== .*[^=\n])$\n?", text, flags=re.MULTILINE)
    for title, content in zip(parts[::2], parts[1::2], strict=True):
        found = _FILE.fullmatch(title)
        if not found:
            raise ValueError(f"{seed}: {title!r} is no title of a file")
        yield _file(found["path"], found["state"], content, values, seed)


def _file(path: str, state: str | None, text: str, values: Mapping[str, str], seed: str) -> ProjectFile:
    if state == "deleted":
        return ProjectFile(path, tracked=True, content=None)
    name = path.rpartition("/")[2]
    if name in FORMATS:
        return ProjectFile(path, tracked=True, content=write_lock_file(name, text, f"{seed}/{path}"))
    said: list[Said] = []
    known: list[Known] = []
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        for mark in _MARK.finditer(line):
            if one := _KNOWN.fullmatch(mark["mark"]):
                known.append(Known(Said(one["code"], path, number), one["kind"] == "missed", one["why"]))
            else:
                said += (Said(code, path, number) for code in mark["mark"].split())
        lines.append(_REFERENCE.sub(lambda reference: _referred(reference, values), _MARK.sub("", line)))
    content = expand("".join(f"{line}\n" for line in lines), f"{seed}/{path}")
    return ProjectFile(path, state != "untracked", content, tuple(said), tuple(known))


def _referred(reference: re.Match[str], values: Mapping[str, str]) -> str:
    value = values[reference["name"]]
    return _FILTERS[reference["filter"]](value) if reference["filter"] else value
