"""The packages that dependency files name: Python's. Those of a package.json are read in `package_json`."""

import re
from typing import NamedTuple

import tomli

_PYTHON_NAME = re.compile(
    r"(?im)(?:^|[\[,])[ \t\"'\-]*(monei(?:[-_]sdk)?)\b(?![-_./\w])[ \t]*(?:\[[^\]]*\])?[ \t]*(?:[=<>~!@;,\"'#]|$)"
)


class Dependency(NamedTuple):
    """A package named in a dependency file. Offsets are bytes in that file."""

    name: str
    ecosystem: str  # "npm" | "PyPI"
    file: str
    start: int
    end: int


def python_dependencies(path: str, data: bytes) -> list[Dependency]:
    """Return the Monei packages a Python dependency file requires, names normalised."""
    text = data.decode("latin-1")
    name = path.rpartition("/")[2]
    found: list[Dependency] = []
    required = _toml_requirements(data) if name in ("pyproject.toml", "Pipfile") else None
    for start, end in _requirement_ranges(name, text):
        for match in _PYTHON_NAME.finditer(text, start, end):
            normal = match.group(1).lower().replace("_", "-")
            if required is None or normal in required:
                found.append(Dependency(normal, "PyPI", path, match.start(1), match.end(1)))
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
