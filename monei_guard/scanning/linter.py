"""The lints of one run: rules in force, and read access to the project around a linted file."""

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from monei_guard.lints.selection import is_linted
from monei_guard.model.blob import Skipped, View
from monei_guard.sources.files import read_quietly

if TYPE_CHECKING:
    from monei_guard.lints.analysis.project import Project
    from monei_guard.model.finding import Finding
    from monei_guard.model.rule import Rule


class LintResult(NamedTuple):
    """What the lints say of one file, and what of it they could not look at."""

    findings: "tuple[Finding, ...]" = ()
    skipped: tuple[Skipped, ...] = ()


# Given a file's root view and the path to show.
Lint = Callable[[View, str | None], LintResult]

_LISTED = 20_000  # files of a project that are named to the lint that asks


class Linter:
    """Lints the files of one run.

    `root` is the folder that paths are relative to. `active` holds the codes in force, None for all of them. Rules and
    checks are read with the first file that names Monei.
    """

    def __init__(self, root: str, active: frozenset[str] | None) -> None:
        self._root = root
        self._active = active
        self._ready: tuple[Project, dict[str, Rule]] | None = None

    def __call__(self, view: View, shown_path: str | None) -> LintResult:
        """Return what the lints say of one file."""
        if not is_linted(view.blob.path, view.data):
            return LintResult()
        # Nothing of this on a commit without Monei code: the checks may bring a parser.
        from monei_guard.lints.selection import lint_file  # noqa: PLC0415 - imports the grammars

        project, rules = self._prepare()
        items = lint_file(view, project, rules, shown_path) if rules else []
        return LintResult(
            tuple(item for item in items if not isinstance(item, Skipped)),
            tuple(item for item in items if isinstance(item, Skipped)),
        )

    def _prepare(self) -> "tuple[Project, dict[str, Rule]]":
        if self._ready is None:
            from monei_guard.lints.analysis.project import Project  # noqa: PLC0415 - as above
            from monei_guard.ruleset.rule_files import load_lint_rules  # noqa: PLC0415 - as above

            known = load_lint_rules()
            rules = {rule.id: rule for rule in known if self._active is None or rule.code in self._active}
            self._ready = (Project(_reader(self._root), lambda: _listing(self._root)), rules)
        return self._ready


def _reader(root: str) -> Callable[[str], bytes | None]:
    base = os.path.realpath(root)

    def read(path: str) -> bytes | None:
        place = os.path.join(base, path)
        # A link that leads out of the project is not followed.
        if os.path.realpath(place) != place or not os.path.isfile(place):
            return None
        return read_quietly(os.fsencode(place))

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
