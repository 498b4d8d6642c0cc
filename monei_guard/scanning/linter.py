"""The lints of one run: rules in force, and read access to the project around a linted file."""

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from monei_guard.lints.registry import LintResult, ProjectLints, open_lints
from monei_guard.lints.selection import is_linted
from monei_guard.model.blob import View
from monei_guard.sources.files import read_quietly

if TYPE_CHECKING:
    from monei_guard.model.snippet import Masks

# Given a file's root view, the path to show, and what detection has found in it that must not show.
Lint = Callable[[View, str | None, "Masks | None"], LintResult]

_LISTED = 20_000  # files of a project that are named to the lint that asks


class ProjectFiles(NamedTuple):
    """The files around a linted one: `read` gives what stands at a path, None for no file, `listing` names them."""

    read: Callable[[str], bytes | None]
    listing: Callable[[], Iterable[str]]


class Linter:
    """Lints the files of one run.

    `project` are the files that paths are relative to. `active` holds the codes in force, None for all of them. Rules
    and checks are read with the first file that names Monei.
    """

    def __init__(self, project: ProjectFiles, active: frozenset[str] | None) -> None:
        self._project = project
        self._active = active
        self._lints: ProjectLints | None = None

    def __call__(self, view: View, shown_path: str | None, masks: "Masks | None" = None) -> LintResult:
        """Return what the lints say of one file; see `Lint`."""
        if not is_linted(view.blob.path, view.data):
            return LintResult()
        return self._opened().lint(view, shown_path, masks)

    def _opened(self) -> ProjectLints:
        if self._lints is None:
            self._lints = open_lints(self._project.read, self._project.listing, self._active)
        return self._lints


def files_on_disk(root: str) -> ProjectFiles:
    """Return the files of a folder."""
    return ProjectFiles(_reader(root), lambda: _listing(root))


def _reader(root: str) -> Callable[[str], bytes | None]:
    base = os.path.realpath(root)

    def read(path: str) -> bytes | None:
        absolute = os.path.join(base, path)
        # A link that leads out of the project is not followed.
        if os.path.realpath(absolute) != absolute or not os.path.isfile(absolute):
            return None
        return read_quietly(os.fsencode(absolute))

    return read


def _listing(root: str) -> Iterable[str]:
    found: list[str] = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _FOREIGN)
        inside = os.path.relpath(folder, root).replace(os.sep, "/")
        found.extend(name if inside == "." else f"{inside}/{name}" for name in sorted(names))
        if len(found) > _LISTED:
            break
    return found


_FOREIGN = frozenset({"node_modules", "site-packages", "venv", "vendor", "__pycache__", "dist", "build", "target"})
