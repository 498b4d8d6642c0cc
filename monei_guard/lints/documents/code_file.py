"""A file (or the scripts inside a page) as lints see it: tree, flow, where it runs, whose API it uses."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from monei_guard.lints.analysis.data_flow import Flow
from monei_guard.lints.analysis.runtime import SERVER_FUNCTIONS, Runtime, RuntimeGuess
from monei_guard.lints.analysis.syntax import Syntax
from monei_guard.lints.languages.registry import suffix_of
from monei_guard.lints.pattern import Pattern
from monei_guard.model.blob import Blob, View

if TYPE_CHECKING:
    from monei_guard.lints.analysis.project import Project
    from monei_guard.lints.languages.language import Language

# From a path to the language of its grammar, None where none is at hand.
LanguageOf: TypeAlias = "Callable[[str], Language | None]"

_SCRIPT = Pattern(rb"<script\b([^>]*)>", re.IGNORECASE)
_OTHER_SCRIPT = Pattern(
    rb"\btype\s*=\s*[\"'](?!module|text/(?:java|ecma|type)script|application/(?:java|ecma)script)", re.IGNORECASE
)
_FRONT_MATTER = Pattern(rb"\A---\r?\n(.*?)\r?\n---", re.DOTALL)


@dataclass(eq=False)
class CodeFile:
    """One unit of code (see `CodeUnit`). `ranges` are where the scripts of a page stand, none for a whole file."""

    path: str
    view: View
    language: "Language"
    runtime: RuntimeGuess
    modules: "ModuleLoader"
    ranges: tuple[tuple[int, int], ...] = ()
    _imported: "dict[str, CodeFile | None]" = field(default_factory=dict)

    @property
    def project(self) -> "Project":
        """The project around the file."""
        return self.modules.project

    @property
    def data(self) -> bytes:
        """The bytes offsets refer to."""
        return self.view.data

    @cached_property
    def syntax(self) -> Syntax:
        """What one visit of the tree collects; of broken code what can be made out. Raises ParseError."""
        syntax = Syntax(self.language.nodes, self.data, self.language.parse(self.data, self.ranges))
        self.language.visitor(syntax).run()
        return syntax

    @cached_property
    def flow(self) -> Flow:
        """The values of this file."""
        return Flow(self)

    @cached_property
    def server_ranges(self) -> tuple[tuple[int, int], ...]:
        """The functions of a client module that the framework runs on the server only."""
        ranges: list[tuple[int, int]] = []
        for (scope, name), bindings in self.syntax.bindings.items():
            if scope == 0 and name in SERVER_FUNCTIONS:
                ranges.extend((b.value.start_byte, b.value.end_byte) for b in bindings if b.value is not None)
        for function in self.syntax.functions.values():
            body = self.data[function.node.start_byte : function.node.end_byte]
            if re.search(rb"\{\s*[\"']use server[\"']", body[:400]):
                ranges.append((function.node.start_byte, function.node.end_byte))
        return tuple(ranges)

    def runtime_at(self, offset: int) -> RuntimeGuess:
        """Return where the code at `offset` runs."""
        if self.runtime.runs is Runtime.CLIENT and any(start <= offset < end for start, end in self.server_ranges):
            return RuntimeGuess(Runtime.SERVER, "the framework runs this function on the server")
        return self.runtime

    def imported(self, module: str) -> "CodeFile | None":
        """Return the project's file behind an import, or None for packages and what cannot be found."""
        if module not in self._imported:
            path = self.language.resolve_import(self.project, self.path, module) if module else None
            is_other = path is not None and path != self.path
            self._imported[module] = self.modules.opened(path, self) if path is not None and is_other else None
        return self._imported[module]

    def source(self, start: int, end: int) -> str:
        """Return the source between two offsets."""
        return self.data[start:end].decode("utf-8", "replace")


class ModuleLoader:
    """Opens the files of a project that values are followed into, each once."""

    def __init__(self, project: "Project", language_of: LanguageOf) -> None:
        self.project = project
        self.language_of = language_of
        self._opened: dict[str, CodeFile] = {}

    def opened(self, path: str, importer: CodeFile) -> CodeFile | None:
        """Return a file of the project as code, None where it is no code or cannot be read."""
        code = self._opened.get(path)
        if code is not None:
            return code
        data = self.project.content(path)
        language = self.language_of(path) if data is not None else None
        if data is None or language is None:
            return None
        blob = Blob(data, importer.view.blob.origin, path.encode("utf-8", "surrogateescape"))
        self._opened[path] = CodeFile(path, View(blob, data), language, RuntimeGuess(Runtime.UNKNOWN, ""), self)
        return self._opened[path]


def code_in_file(view: View, path: str, modules: ModuleLoader) -> tuple[CodeFile, ...]:
    """Return a file of a language with a grammar as the one unit of code that it is."""
    language = modules.language_of(path)
    if language is None:
        return ()
    return (CodeFile(path, view, language, language.runtime(path, view.data, modules.project), modules),)


def code_in_page(view: View, path: str, modules: ModuleLoader) -> tuple[CodeFile, ...]:
    """Return the scripts inside a page, and the front matter of one that has it."""
    found: list[CodeFile] = []
    suffix = suffix_of(path)
    front = _FRONT_MATTER.match(view.data) if suffix == "astro" else None
    language = modules.language_of("front-matter.ts")
    if front is not None and front.end(1) > front.start(1) and language is not None:
        guess = RuntimeGuess(Runtime.SERVER, "the front matter runs when the page is built")
        found.append(CodeFile(path, view, language, guess, modules, ((front.start(1), front.end(1)),)))
    scripts = [(tag, start, end) for tag, start, end in _scripts(view.data) if not _OTHER_SCRIPT.search(tag)]
    typed = any(b"ts" in tag for tag, _, _ in scripts) or suffix == "astro"
    language = modules.language_of("script.ts" if typed else "script.js")
    if scripts and language is not None:
        guess = language.runtime(path, view.data, modules.project)
        if suffix not in ("vue", "svelte") and guess.runs is Runtime.UNKNOWN:
            guess = RuntimeGuess(Runtime.CLIENT, "a script in a page runs in the browser")
        ranges = tuple((start, end) for _, start, end in scripts)
        found.append(CodeFile(path, view, language, guess, modules, ranges))
    return tuple(found)


def _scripts(data: bytes) -> list[tuple[bytes, int, int]]:
    """Return attributes and extent of each script element with content: up to the next `</script`, as in browsers."""
    lowered = data.lower()
    found: list[tuple[bytes, int, int]] = []
    opening = _SCRIPT.search(data)
    while opening is not None:
        end = lowered.find(b"</script", opening.end())
        end = len(data) if end < 0 else end
        if end > opening.end():
            found.append((opening.group(1), opening.end(), end))
        opening = _SCRIPT.search(data, end)
    return found
