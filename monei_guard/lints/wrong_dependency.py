"""MG409 in dependency files and install commands: `monei` where the project's code uses monei.cc's API."""

import re
from collections.abc import Iterator

from monei_guard.lints.analysis.project import Project, empty_project, npm_dependencies, python_dependencies, vendor_of
from monei_guard.lints.violation import Violation

_PYTHON_FILES = frozenset({"pyproject.toml", "Pipfile", "setup.py", "setup.cfg", "environment.yml"})
_RUNS_COMMANDS = re.compile(
    r"(?:^|/)(?:[^/]*Dockerfile[^/]*|Containerfile|Makefile|Procfile|justfile)$|\.(?:sh|bash|zsh|ps1|ya?ml|bat|cmd)$"
)
_INSTALL = re.compile(
    rb"(?:\bpip3?|\buv(?: pip)?|\bpoetry|\bpipenv)\s+(?:install|add)\s+(?:-[\w-]+\s+)*(?:[\w.\-\[\]=<>~!\"']+\s+)*?"
    rb"[\"']?(?P<py>monei)(?![\w.\-/])"
    rb"|(?:\bnpm\s+(?:i|install|add)|\byarn\s+add|\bpnpm\s+(?:add|i|install)|\bbun\s+add)\s+(?:-[\w-]+\s+)*(?:[@\w./\-]+\s+)*?(?P<js>monei)(?![\w.\-/])"
)


def check_dependency_file(path: str, data: bytes, project: Project) -> Iterator[Violation]:
    """Yield the `monei` of a dependency file or an install command where the project's code uses monei.cc's API."""
    found = _installed(path, data)
    if not found:
        return
    user = path if vendor_of(data, path, empty_project()) == "monei" else project.uses_monei_cc(path)
    if user is None:
        return
    where = "this file" if user == path else user
    for start, end, fix in found:
        yield Violation(start, end, f"`monei` is MONEI.com's package, but {where} uses monei.cc's API", fix=fix)


def _installed(path: str, data: bytes) -> list[tuple[int, int, str]]:
    """Return where a file installs a package called `monei` (and no monei-sdk), each with what to write instead."""
    name = path.rpartition("/")[2]
    if name == "package.json":
        known, fix = npm_dependencies(path, data), '"monei-sdk"'
    elif name in _PYTHON_FILES or re.search(
        r"requirements[\w.-]*\.(?:txt|in)$|/requirements/[\w.-]+\.txt$", "/" + path
    ):
        known, fix = python_dependencies(path, data), "monei-sdk"
    elif _RUNS_COMMANDS.search(path):
        return list(_commands(data))
    else:
        return []
    if any(dependency.name == "monei-sdk" for dependency in known):
        return []
    return [(dependency.start, dependency.end, fix) for dependency in known if dependency.name == "monei"]


def _commands(data: bytes) -> Iterator[tuple[int, int, str]]:
    for match in _INSTALL.finditer(data):
        group = "py" if match.group("py") else "js"
        line_start = data.rfind(b"\n", 0, match.start()) + 1
        if not data[line_start : match.start()].lstrip().startswith((b"#", b"//")):
            yield match.start(group), match.end(group), "monei-sdk"
