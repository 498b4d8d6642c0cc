"""A file (or the scripts inside a page) as lints see it: tree, flow, where it runs, whose API it uses."""

import re
from dataclasses import dataclass, field
from functools import cached_property

from monei_guard.lints.analysis.data_flow import Flow
from monei_guard.lints.analysis.project import Project, vendor_of
from monei_guard.lints.analysis.runtime import SERVER_FUNCTIONS, Runtime, RuntimeGuess
from monei_guard.lints.analysis.syntax import Syntax
from monei_guard.lints.languages.javascript import ScriptWalk
from monei_guard.lints.languages.parser import parse
from monei_guard.lints.languages.python import PythonWalk
from monei_guard.lints.languages.registry import language_of
from monei_guard.model.blob import Blob, View
from monei_guard.model.location import Origin

_SCRIPT = re.compile(rb"<script\b([^>]*)>", re.IGNORECASE)
_OTHER_SCRIPT = re.compile(
    rb"\btype\s*=\s*[\"'](?!module|text/(?:java|ecma|type)script|application/(?:java|ecma)script)", re.IGNORECASE
)
_FRONT_MATTER = re.compile(rb"\A---\r?\n(.*?)\r?\n---", re.DOTALL)


@dataclass(eq=False)
class SourceFile:
    """One unit of code. `ranges` are the byte ranges of its scripts inside a page, empty for a whole file."""

    path: str
    view: View
    language: str
    project: Project
    side: RuntimeGuess
    ranges: tuple[tuple[int, int], ...] = ()
    vendor: str = "monei"  # "monei" with evidence of monei.cc, "unknown" with none of either company
    _modules: dict[str, "SourceFile | None"] = field(default_factory=dict)

    @property
    def data(self) -> bytes:
        """The bytes offsets refer to."""
        return self.view.data

    @cached_property
    def syntax(self) -> Syntax:
        """What one walk over the tree collects."""
        return read_syntax(self.data, self.language, self.ranges)

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

    def side_at(self, offset: int) -> RuntimeGuess:
        """Return where the code at `offset` runs."""
        if self.side.runs is Runtime.CLIENT and any(start <= offset < end for start, end in self.server_ranges):
            return RuntimeGuess(Runtime.SERVER, "the framework runs this function on the server")
        return self.side

    def imported(self, module: str) -> "SourceFile | None":
        """Return the project's file behind an import, or None for packages and what cannot be found."""
        if module not in self._modules:
            resolve = self.project.python if self.language == "python" else self.project.script
            path = resolve(self.path, module) if module else None
            self._modules[module] = module_file(path, self) if path is not None and path != self.path else None
        return self._modules[module]

    def source(self, start: int, end: int) -> str:
        """Return the source between two offsets."""
        return self.data[start:end].decode("utf-8", "replace")


def source_files(view: View, path: str, project: Project) -> tuple[SourceFile, ...]:
    """Return the units of code in a file: itself, or the scripts inside a page."""
    language = language_of(path)
    if language is None:
        return ()
    vendor = vendor_of(view.data, path, project)
    if language == "page":
        return _page_scripts(view, path, project, vendor)
    side = RuntimeGuess(Runtime.SERVER, "") if language == "python" else _side_of_script(path, view.data, project)
    return (SourceFile(path, view, language, project, side, (), vendor),)


def _side_of_script(path: str, data: bytes, project: Project) -> RuntimeGuess:
    from monei_guard.lints.analysis.script_runtime import side_of_script  # noqa: PLC0415 - forty patterns Python does not need

    return side_of_script(path, data, project)


def _page_scripts(view: View, path: str, project: Project, vendor: str) -> tuple[SourceFile, ...]:
    found: list[SourceFile] = []
    suffix = path.rpartition(".")[2].lower()
    front = _FRONT_MATTER.match(view.data) if suffix == "astro" else None
    if front is not None and front.end(1) > front.start(1):
        side = RuntimeGuess(Runtime.SERVER, "the front matter runs when the page is built")
        found.append(SourceFile(path, view, "typescript", project, side, ((front.start(1), front.end(1)),), vendor))
    scripts = [(tag, start, end) for tag, start, end in _scripts(view.data) if not _OTHER_SCRIPT.search(tag)]
    if scripts:
        side = _side_of_script(path, view.data, project)
        if suffix not in ("vue", "svelte") and side.runs is Runtime.UNKNOWN:
            side = RuntimeGuess(Runtime.CLIENT, "a script in a page runs in the browser")
        ranges = tuple((start, end) for _, start, end in scripts)
        typed = any(b"ts" in tag for tag, _, _ in scripts) or suffix == "astro"
        language = "typescript" if typed else "javascript"
        found.append(SourceFile(path, view, language, project, side, ranges, vendor))
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


def module_file(path: str, importer: SourceFile) -> SourceFile | None:
    """Return a file of the project as code to follow values into."""
    project = importer.project
    known = project.modules.get(path)
    if known is not None:
        return known
    language = language_of(path)
    data = project.content(path)
    if data is None or language in (None, "page") or language is None:
        return None
    blob = Blob(data, importer.view.blob.origin, path.encode("utf-8", "surrogateescape"))
    made = SourceFile(path, View(blob, data), language, project, RuntimeGuess(Runtime.UNKNOWN, ""))
    project.modules[path] = made
    return made


def in_memory(data: bytes, path: str) -> View:
    """Return a view of bytes that were read elsewhere (tests, standard input)."""
    return View(Blob(data, Origin.WORKTREE, path.encode("utf-8", "surrogateescape")), data)


def read_syntax(data: bytes, language: str, ranges: tuple[tuple[int, int], ...] = ()) -> Syntax:
    """Return what a walk over `data` (or its `ranges`) collects. Broken code yields what can be made out."""
    syntax = Syntax(language, data, parse(data, language, ranges))
    walk = PythonWalk(syntax) if language == "python" else ScriptWalk(syntax)
    walk.run()
    return syntax
