"""What lints may ask about the rest of the project: other files, dependencies, frameworks, whose SDK is installed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from monei_guard.lints.analysis.dependencies import Dependency, python_dependencies
from monei_guard.lints.analysis.names import names_monei_cc, names_monei_com
from monei_guard.lints.analysis.paths import parents
from monei_guard.lints.pattern import Pattern

Read = Callable[[str], bytes | None]
ReadDependencies = Callable[[str, bytes], list[Dependency]]

_PYTHON_FILES = (
    "requirements.txt", "requirements/base.txt", "requirements/prod.txt", "requirements/production.txt",
    "pyproject.toml", "Pipfile", "setup.py", "setup.cfg", "environment.yml",
)  # fmt: skip
_MAX_DEPENDENCY_FILE = 1 << 20
_MAX_SIBLING = 1 << 18  # a file of constants is small
_MAX_LISTED = 300
_CODE = Pattern(r"\.(?:py|[cm]?[jt]sx?|vue|svelte)$")


@dataclass(slots=True)
class Project:
    """Read access to the project a linted file belongs to.

    `read` returns the content of a path relative to the scanned root, or None; it is asked for sibling modules and
    dependency files only, and each path once. `listing` names the project's files; it is asked only where a bare
    `monei` dependency is found. `read_npm` returns the packages that a package.json names.
    """

    read: Read
    listing: Callable[[], Iterable[str]]
    read_npm: ReadDependencies
    _read: dict[str, bytes | None] = field(default_factory=dict)
    _dependencies: dict[str, tuple[Dependency, ...]] = field(default_factory=dict)

    def content(self, path: str, limit: int = _MAX_SIBLING) -> bytes | None:
        """Return the content of a file of the project, None where it is missing or larger than `limit` bytes."""
        if path not in self._read:
            data = self.read(path)
            self._read[path] = data if data is not None and len(data) <= limit else None
        return self._read[path]

    def dependencies(self, path: str) -> tuple[Dependency, ...]:
        """Return what the dependency files in the folder of `path` and above it name."""
        folder = path.rpartition("/")[0]
        if folder not in self._dependencies:
            found: list[Dependency] = []
            for parent in parents(folder):
                found.extend(self._npm(parent))
                found.extend(self._python(parent))
            self._dependencies[folder] = tuple(found)
        return self._dependencies[folder]

    def packages(self, path: str) -> frozenset[str]:
        """Return the names of the packages that the project around `path` depends on."""
        return frozenset(dependency.name for dependency in self.dependencies(path))

    def vendor_of(self, path: str, data: bytes) -> str:
        """Return "monei" where the file or its project shows monei.cc, "unknown" where nothing shows, else "monei.com".

        A name like MONEI_API_KEY is used by both companies and decides nothing.
        """
        if names_monei_cc(data):
            return "monei"
        if names_monei_com(data):
            return "monei.com"
        return self._installed(path) or "unknown"

    def _installed(self, path: str) -> str:
        """Return whose SDK the project depends on: "monei", "monei.com", or "" where nothing says."""
        names = self.packages(path)
        if "monei-sdk" in names or any(name.startswith("@mrmonei/") for name in names):
            return "monei"
        if any(name.startswith("@monei-js/") for name in names) or "monei" in names:
            return "monei.com"
        return ""

    def uses_monei_cc(self, near: str) -> str | None:
        """Return the first listed code file that uses monei.cc's API, None where none does."""
        folder = near.rpartition("/")[0]
        prefix = folder + "/" if folder else ""
        candidates = (name for name in self.listing() if name.startswith(prefix) and _CODE.search(name))
        for number, name in enumerate(candidates):
            if number >= _MAX_LISTED:
                return None
            data = self.content(name)
            if data is not None and names_monei_cc(data) and not names_monei_com(data):
                return name
        return None

    def _npm(self, folder: str) -> list[Dependency]:
        path = f"{folder}/package.json" if folder else "package.json"
        data = self.content(path, _MAX_DEPENDENCY_FILE)
        return self.read_npm(path, data) if data is not None else []

    def _python(self, folder: str) -> list[Dependency]:
        found: list[Dependency] = []
        for name in _PYTHON_FILES:
            path = f"{folder}/{name}" if folder else name
            data = self.content(path, _MAX_DEPENDENCY_FILE)
            if data is not None:
                found.extend(python_dependencies(path, data))
        return found
