"""What a pyproject.toml takes into a distribution beside code, as each build tool reads its own lists.

Sources: hatch.pypa.io/latest/config/build, setuptools.pypa.io "Data Files Support" (a `*` of its globs leaves out names
that begin with a dot), python-poetry.org "include and exclude", backend.pdm-project.org, flit.pypa.io, and builds made
with each (tests/packaging). What a tool takes without being told, like all of a package's folder, is not looked at.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import tomli

from monei_guard.hygiene.readers.on_demand import Patterns, gitignore_patterns


@dataclass(frozen=True, slots=True)
class BuildList:
    """A list of a build tool that ships a file. `key` is its place in pyproject.toml.

    `minds_gitignore` says that the tool leaves out what `.gitignore` names all the same.
    """

    key: str
    minds_gitignore: bool


@dataclass(frozen=True, slots=True)
class _Tool:
    """How a build tool reads its lists: paths from the project's root, or anywhere, as in a `.gitignore`."""

    includes: frozenset[str]
    excludes: frozenset[str] = frozenset()
    is_anchored: bool = True
    is_forced: frozenset[str] = frozenset()  # lists that neither `excludes` nor a .gitignore narrows
    minds_gitignore: bool = False
    leaves_out: tuple[str, ...] = ()


_FROM_THE_ROOT = frozenset({"force-include", "only-include"})
_TOOLS: Mapping[str, _Tool] = {
    "hatch": _Tool(
        frozenset({"include", "only-include", "force-include", "artifacts"}),
        frozenset({"exclude"}),
        is_anchored=False,
        is_forced=frozenset({"force-include", "artifacts"}),
        minds_gitignore=True,
        leaves_out=("/dist",),
    ),
    "poetry": _Tool(frozenset({"include"}), is_forced=frozenset({"include"})),
    "pdm": _Tool(
        frozenset({"includes", "source-includes", "data"}), frozenset({"excludes"}), is_forced=frozenset({"data"})
    ),
    "flit": _Tool(frozenset({"include"}), frozenset({"exclude"})),
    "uv": _Tool(frozenset({"source-include", "data"}), frozenset({"source-exclude"}), is_forced=frozenset({"data"})),
    "scikit-build": _Tool(frozenset({"include"}), frozenset({"exclude"}), is_anchored=False),
    "maturin": _Tool(frozenset({"include", "data"}), frozenset({"exclude"})),
    "meson-python": _Tool(frozenset({"include"})),
}


def build_lists(data: bytes) -> Callable[[str], BuildList | None]:
    """Return a function that says which list of a pyproject.toml ships a file, None where none does.

    It takes the file's path relative to the project. Text that is no TOML has no lists.
    """
    try:
        tools = tomli.loads(data.decode("utf-8-sig")).get("tool", {})
    except (tomli.TOMLDecodeError, UnicodeDecodeError, RecursionError):
        tools = {}
    tables = {name: tools[name] for name in _TOOLS if isinstance(tools, dict) and isinstance(tools.get(name), dict)}
    lists = [found for name, table in tables.items() for found in _lists(table, _TOOLS[name], f"tool.{name}")]
    setuptools = tools.get("setuptools") if isinstance(tools, dict) else None
    lists += _setuptools(setuptools) if isinstance(setuptools, dict) else ()
    return lambda name: next((listed for listed, ships in lists if ships(name)), None)


_Listed = tuple[BuildList, Callable[[str], bool]]


def _lists(table: dict[str, Any], tool: _Tool, key: str) -> Iterator[_Listed]:
    """Yield each list of a tool and what it ships; an exclusion counts in its own table and in those below."""
    excluded = list(tool.leaves_out)
    waiting = [(table, key, excluded)]
    while waiting:
        inner, place, above = waiting.pop()
        excluded = [*above, *(entry for name in tool.excludes for entry in _patterns(inner.get(name)))]
        for name, value in inner.items():
            if name in tool.includes:
                forced = name in tool.is_forced
                taken = _patterns(value, are_keys=name == "force-include")
                listed = BuildList(f"{place}.{name}", tool.minds_gitignore and not forced)
                take = _gitignore(taken, is_anchored=tool.is_anchored or name in _FROM_THE_ROOT)
                leave = _gitignore([] if forced else excluded, is_anchored=tool.is_anchored)
                yield listed, _shipper(take, leave)
            elif isinstance(value, dict):
                waiting.append((value, f"{place}.{name}", excluded))


def _gitignore(patterns: Iterable[str], *, is_anchored: bool) -> Patterns:
    texts = (pattern.removeprefix("./") for pattern in patterns)
    return gitignore_patterns([f"/{text.removeprefix('/')}" if is_anchored else text for text in texts])


def _shipper(taken: Patterns, left: Patterns) -> Callable[[str], bool]:
    return lambda name: taken.match_file(name) and not left.match_file(name)


def _patterns(value: Any, *, are_keys: bool = False) -> Iterator[str]:
    """Yield the paths and globs of a list: texts, poetry's `{path = …}`, and the tables that have lists for values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _patterns(item)
    elif isinstance(value, dict) and are_keys:
        yield from value
    elif isinstance(value, dict) and isinstance(value.get("path"), str):
        yield value["path"]
    elif isinstance(value, dict):
        for item in value.values():
            if isinstance(item, list):
                yield from _patterns(item)


def _setuptools(table: dict[str, Any]) -> Iterator[_Listed]:
    for name, in_package in (("package-data", True), ("data-files", False)):
        packages = table.get(name)
        for package, value in packages.items() if isinstance(packages, dict) else ():
            folder = "/"
            if in_package:
                folder = "/*/**/" if package in ("*", "") else f"**/{package.replace('.', '/')}/"
            globs = [glob.removeprefix("./") for glob in _patterns(value)]
            dotted = _gitignore([folder + g for g in globs if g.rpartition("/")[2].startswith(".")], is_anchored=False)
            others = _gitignore([folder + g for g in globs], is_anchored=False)
            yield BuildList(f"tool.setuptools.{name}", minds_gitignore=False), _by_name(dotted, others)


def _by_name(dotted: Patterns, others: Patterns) -> Callable[[str], bool]:
    return lambda name: (dotted if name.rpartition("/")[2].startswith(".") else others).match_file(name)
