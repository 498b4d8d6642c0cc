"""What lints may ask about the rest of the project: other files, dependencies, frameworks, whose SDK is installed."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import tomli

from monei_guard.lints.analysis.names import names_monei_cc, names_monei_com

if TYPE_CHECKING:
    from monei_guard.lints.documents.code_file import SourceFile

Read = Callable[[str], bytes | None]

_SCRIPT_SUFFIXES = (
    ".ts",
    ".tsx",
    ".js",
    ".jsx",
    ".mjs",
    ".cjs",
    ".mts",
    ".cts",
    "/index.ts",
    "/index.js",
    "/index.tsx",
)
_PYTHON_FILES = (
    "requirements.txt", "requirements/base.txt", "requirements/prod.txt", "requirements/production.txt",
    "pyproject.toml", "Pipfile", "setup.py", "setup.cfg", "environment.yml",
)  # fmt: skip
_MAX_DEPENDENCY_FILE = 1 << 20
_MAX_SIBLING = 1 << 18  # a file of constants is small
_MAX_LISTED = 300
_PYTHON_NAME = re.compile(
    r"(?im)(?:^|[\[,])[ \t\"'\-]*(monei(?:[-_]sdk)?)\b(?![-_./\w])[ \t]*(?:\[[^\]]*\])?[ \t]*(?:[=<>~!@;,\"'#]|$)"
)
_CODE = re.compile(r"\.(?:py|[cm]?[jt]sx?|vue|svelte)$")


@dataclass(frozen=True, slots=True)
class Dependency:
    """A package named in a dependency file. Offsets are bytes in that file."""

    name: str
    file: str
    start: int
    end: int


@dataclass(slots=True)
class Project:
    """Read access to the project a linted file belongs to.

    `read` returns the content of a path relative to the scanned root, or None; it is asked for sibling modules and
    dependency files only, and each path once. `listing` names the project's files; it is asked only where a bare
    `monei` dependency is found.
    """

    read: Read
    listing: Callable[[], Iterable[str]] = tuple
    modules: "dict[str, SourceFile]" = field(default_factory=dict)  # files that values were followed into
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
            for parent in _parents(folder):
                found.extend(self._npm(parent))
                found.extend(self._python(parent))
            self._dependencies[folder] = tuple(found)
        return self._dependencies[folder]

    def packages(self, path: str) -> frozenset[str]:
        """Return the names of the packages that the project around `path` depends on."""
        return frozenset(dependency.name for dependency in self.dependencies(path))

    def vendor(self, path: str) -> str:
        """Return whose SDK the project depends on: "monei", "monei.com", or "" where nothing says."""
        names = self.packages(path)
        if "monei-sdk" in names or any(name.startswith("@mrmonei/") for name in names):
            return "monei"
        if any(name.startswith("@monei-js/") for name in names) or "monei" in names:
            return "monei.com"
        return ""

    def script(self, path: str, module: str) -> str | None:
        """Return the path of the file behind a JavaScript import, or None for packages."""
        folder = path.rpartition("/")[0]
        if module.startswith("."):
            bases = [_normal(f"{folder}/{module}")]
        elif module.startswith(("@/", "~/", "~~/", "$lib/", "src/", "#/", "/")):
            rest = module.partition("/")[2]
            inside = f"src/lib/{rest}" if module.startswith("$lib/") else rest
            roots = _parents(folder)
            bases = [_normal(f"{root}/{where}{inside}") for root in roots for where in ("src/", "", "app/")]
        else:
            return None
        for base in bases:
            if base is None:
                continue
            stem = re.sub(r"\.[cm]?js$", "", base)
            names = [base] if re.search(r"\.[cm]?[jt]sx?$", base) else []
            for name in (*names, *(stem + suffix for suffix in _SCRIPT_SUFFIXES)):
                if self.content(name) is not None:
                    return name
        return None

    def python(self, path: str, module: str) -> str | None:
        """Return the path of the file behind a Python import, or None for packages."""
        folder = path.rpartition("/")[0]
        dots = len(module) - len(module.lstrip("."))
        inner = module.lstrip(".").replace(".", "/")
        if dots:
            parents = _parents(folder)
            roots = parents[dots - 1 : dots]
        else:
            roots = _parents(folder)
        for root in roots:
            base = _normal(f"{root}/{inner}")
            for name in (f"{base}.py", f"{base}/__init__.py") if base else ():
                if self.content(name) is not None:
                    return name
        return None

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
        return npm_dependencies(path, data) if data is not None else []

    def _python(self, folder: str) -> list[Dependency]:
        found: list[Dependency] = []
        for name in _PYTHON_FILES:
            path = f"{folder}/{name}" if folder else name
            data = self.content(path, _MAX_DEPENDENCY_FILE)
            if data is not None:
                found.extend(python_dependencies(path, data))
        return found


def vendor_of(data: bytes, path: str, project: Project) -> str:
    """Return "monei" where the file or its project shows monei.cc, "unknown" where nothing shows, else "monei.com".

    A name like MONEI_API_KEY is used by both companies and decides nothing.
    """
    if names_monei_cc(data):
        return "monei"
    if names_monei_com(data):
        return "monei.com"
    return project.vendor(path) or "unknown"


def empty_project() -> Project:
    """Return a project of which nothing but the linted file is known."""
    return Project(read=lambda _path: None)


def npm_dependencies(path: str, data: bytes) -> list[Dependency]:
    """Return the packages a package.json names."""
    import json  # noqa: PLC0415 - only where there is one

    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return []
    found: list[Dependency] = []
    for table in ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies"):
        names = document.get(table) if isinstance(document, dict) else None
        section = data.find(f'"{table}"'.encode())
        for name in names if isinstance(names, dict) else ():
            quoted = f'"{name}"'.encode("utf-8", "replace")
            start = data.find(quoted, max(section, 0))
            found.append(Dependency(name, path, max(start, 0), max(start, 0) + len(quoted)))
    return found


def python_dependencies(path: str, data: bytes) -> list[Dependency]:
    """Return the Monei packages a Python dependency file requires, names normalised."""
    text = data.decode("latin-1")
    name = path.rpartition("/")[2]
    found: list[Dependency] = []
    wanted = _toml_requirements(data) if name in ("pyproject.toml", "Pipfile") else None
    for start, end in _requirement_ranges(name, text):
        for match in _PYTHON_NAME.finditer(text, start, end):
            normal = match.group(1).lower().replace("_", "-")
            if wanted is None or normal in wanted:
                found.append(Dependency(normal, path, match.start(1), match.end(1)))
    return found


def _requirement_ranges(name: str, text: str) -> list[tuple[int, int]]:
    """Return where in a dependency file requirements stand: all of most, the `..._requires` of setup files."""
    if name in ("pyproject.toml", "Pipfile"):
        first = re.search(r"dependenc|packages\]", text)
        return [(first.start(), len(text))] if first is not None else []
    if not name.startswith("setup."):
        return [(0, len(text))]
    ranges: list[tuple[int, int]] = []
    for match in re.finditer(r"(?:install_requires|extras_require|tests_require|setup_requires)\s*=", text):
        end = re.compile(r"\n\s*\n|\]").search(text, match.end())
        ranges.append((match.end(), end.start() if end is not None else len(text)))
    return ranges


def _toml_requirements(data: bytes) -> frozenset[str]:
    """Return the names in the dependency tables of a pyproject.toml or Pipfile."""
    try:
        document = tomli.loads(data.decode("utf-8-sig"))
    except (tomli.TOMLDecodeError, UnicodeDecodeError, RecursionError):
        return frozenset()
    names: list[str] = []
    work: list[tuple[str, object, bool]] = [("", document, False)]
    while work:
        key, value, inside = work.pop()
        inside = (
            inside
            or key.endswith(("dependencies", "packages"))
            or key in ("optional-dependencies", "dependency-groups")
        )
        if isinstance(value, dict):
            if inside:
                names.extend(value)
            work.extend((inner, item, inside and not isinstance(item, str)) for inner, item in value.items())
        elif isinstance(value, list) and inside:
            names.extend(item for item in value if isinstance(item, str))
    return frozenset(re.split(r"[^\w.-]", name.strip(), maxsplit=1)[0].lower().replace("_", "-") for name in names)


@cache
def _parents(folder: str) -> tuple[str, ...]:
    """Return `folder` and the folders above it, up to the root ("")."""
    found = [folder]
    while folder:
        folder = folder.rpartition("/")[0]
        found.append(folder)
    return tuple(found)


def _normal(path: str) -> str | None:
    """Return `path` without `.` and `..`, None where it leaves the root."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
