"""Files that install packages: package.json, requirements, and whatever runs `pip install` or `npm install`."""

from typing import TYPE_CHECKING, NamedTuple

from monei_guard.lints.analysis.dependencies import Dependency, python_dependencies
from monei_guard.lints.pattern import Pattern

if TYPE_CHECKING:
    from monei_guard.lints.analysis.project import Project
    from monei_guard.model.blob import View

_PYTHON_FILES = frozenset({"pyproject.toml", "Pipfile", "setup.py", "setup.cfg", "environment.yml"})
_REQUIREMENTS = Pattern(r"requirements[\w.-]*\.(?:txt|in)$|/requirements/[\w.-]+\.txt$")
_RUNS_COMMANDS = Pattern(
    r"(?:^|/)(?:[^/]*Dockerfile[^/]*|Containerfile|Makefile|Procfile|justfile)$|\.(?:sh|bash|zsh|ps1|ya?ml|bat|cmd)$"
)


class DependencyFile(NamedTuple):
    """A file that installs packages: it lists them, or has commands that install some."""

    path: str
    data: bytes
    project: "Project"
    listed: tuple[Dependency, ...]
    runs_commands: bool


def dependency_file(view: "View", path: str, project: "Project") -> DependencyFile | None:
    """Return a file as one that installs packages, None for any other."""
    name = path.rpartition("/")[2]
    listed: list[Dependency] = []
    runs_commands = False
    if name == "package.json":
        listed = project.read_npm(path, view.data)
    elif name in _PYTHON_FILES or _REQUIREMENTS.search("/" + path):
        listed = python_dependencies(path, view.data)
    elif _RUNS_COMMANDS.search(path):
        runs_commands = True
    else:
        return None
    return DependencyFile(path, view.data, project, tuple(listed), runs_commands)
