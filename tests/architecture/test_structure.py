"""The rules of the house that import-linter cannot know: doors, cycles, sizes, declared packages."""

import ast
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from importlib.metadata import packages_distributions
from pathlib import Path
from types import MappingProxyType

import pytest
import tomli

from monei_guard.commands.cli import COMMANDS, HOOK_COMMANDS
from monei_guard.reporting.formats import FORMATS

CHECKOUT = Path(__file__).parents[2]
PACKAGE = CHECKOUT / "monei_guard"
FILES = sorted(PACKAGE.rglob("*.py"))
PYPROJECT = tomli.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
MOST_LINES = 400

# Who may import later than at the top, and what for: a commit pays for nothing it does not use.
DOORS: Mapping[str, str] = MappingProxyType(
    {
        "monei_guard.__main__": "the fast path, the hook's call, the command line",
        "monei_guard.commands.cli": "the table of commands",
        "monei_guard.reporting.formats": "the table of formats",
        "monei_guard.reporting.redaction": "what decodes a text that looks encoded",
        "monei_guard.scanning.scanner": "decoding, matching, directives, containers",
        "monei_guard.detection.engine": "what judges a match",
        "monei_guard.detection.prefilter": "a native library that may be missing",
        "monei_guard.lints.registry": "what reads each kind of document",
        "monei_guard.hygiene.readers.on_demand": "readers that need a library, for the few commits that need them",
        "monei_guard.application.opening": "configuration, rules, exclusion",
        "monei_guard.application.finishing": "baseline, verification, reports, repository checks",
    }
)
# Who may import one module of another package without that package's own start.
LONE = ("monei_guard.hygiene.readers.dotenv_parser", "monei_guard.lints.languages.parser")


def name_of(path: Path) -> str:
    """Return a module's dotted name."""
    parts = path.relative_to(CHECKOUT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in FILES}


def tree_of(module: str) -> ast.Module:
    """Return a module's syntax tree; all of them together would take a tenth of a gigabyte."""
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def imports_later(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield each import that does not stand at the top of its module: in a function or a class."""
    for outer in ast.walk(tree):
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield from (node for node in ast.walk(outer) if isinstance(node, ast.Import | ast.ImportFrom))


def is_for_types(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imported(tree: ast.Module) -> Iterator[str]:
    """Yield the names of modules that a module imports when it is run, as written."""
    waiting: list[ast.stmt] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Try):
            waiting += [*node.body, *node.orelse, *(one for handler in node.handlers for one in handler.body)]
        elif isinstance(node, ast.If) and not is_for_types(node):
            waiting += [*node.body, *node.orelse]


_OTHER_WAYS = frozenset({"__import__", "import_module", "exec", "eval"})


def names_called(tree: ast.Module) -> set[str]:
    return {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}


def calls_of(tree: ast.Module, name: str) -> Iterator[ast.Call]:
    """Yield the calls of a function that imports later; other modules may have one of that name."""
    if not any(
        isinstance(node, ast.ImportFrom)
        and node.module in {"monei_guard.deferred", "monei_guard.lone_module"}
        and name in {alias.name for alias in node.names}
        for node in tree.body
    ):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node


def test_imports_stand_at_the_top() -> None:
    later = {module: [ast.unparse(node) for node in imports_later(tree_of(module))] for module in MODULES}
    assert {module: imports for module, imports in later.items() if imports} == {}


def test_only_the_doors_import_later() -> None:
    assert [module for module in MODULES if module not in DOORS and [*calls_of(tree_of(module), "load")]] == []
    assert [module for module in MODULES if module not in LONE and [*calls_of(tree_of(module), "load_alone")]] == []
    makers = {"monei_guard.deferred", "monei_guard.lone_module"}
    assert [module for module in MODULES if module not in makers and names_called(tree_of(module)) & _OTHER_WAYS] == []


def test_every_door_is_used() -> None:
    assert [door for door in DOORS if not [*calls_of(tree_of(door), "load")]] == []


def targets() -> Iterator[tuple[str, str]]:
    """Yield each door with each target it loads; those of tables from the tables."""
    for door in DOORS:
        for call in calls_of(tree_of(door), "load"):
            (argument,) = call.args
            if isinstance(argument, ast.Constant):
                yield door, str(argument.value)
    # A table of a module's own: every string in it that names something of ours.
    for door in DOORS:
        for node in ast.walk(tree_of(door)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and ":" in node.value:
                module, _, name = node.value.partition(":")
                if module.startswith("monei_guard.") and name.isidentifier():
                    yield door, node.value


TARGETS = sorted(set(targets()))


@pytest.mark.parametrize(("door", "target"), TARGETS)
def test_what_a_door_loads_exists(door: str, target: str) -> None:
    del door
    module, name = target.split(":")
    assert hasattr(import_module(module), name)


def rank(module: str) -> int:
    """Return the layer of a module, counted from below."""
    contract = next(one for one in PYPROJECT["tool"]["importlinter"]["contracts"] if one["name"] == "one way")
    for height, layer in enumerate(reversed(contract["layers"])):
        for package in layer.replace(":", "|").split("|"):
            if module == package.strip() or module.startswith(package.strip() + "."):
                return height
    raise AssertionError(f"{module} is in no layer")


@pytest.mark.parametrize(("door", "target"), TARGETS)
def test_what_a_door_loads_lies_in_no_higher_layer(door: str, target: str) -> None:
    assert rank(target.split(":", maxsplit=1)[0]) <= rank(door)


def test_a_door_loads_what_is_written_there_or_in_its_table() -> None:
    """Nothing is put together at run time: grep finds every module that is loaded."""
    for door in DOORS:
        for call in calls_of(tree_of(door), "load"):
            (argument,) = call.args
            assert not isinstance(argument, ast.JoinedStr | ast.BinOp), ast.unparse(call)


def test_the_tables_of_commands_and_formats_are_among_the_targets() -> None:
    loaded = {target for _, target in TARGETS}
    assert {place for place, _ in COMMANDS.values()} | set(HOOK_COMMANDS.values()) <= loaded
    assert set(FORMATS.values()) <= loaded


def test_modules_do_not_import_in_circles() -> None:
    graph = {
        module: {name for name in imported(tree_of(module)) if name in MODULES and name != module} for module in MODULES
    }
    # A package's __init__ holds a docstring; that a module imports its own package is how Python works.
    graph = {module: {one for one in used if not module.startswith(one + ".")} for module, used in graph.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_no_module_is_longer_than_a_reader_can_hold() -> None:
    lines = {module: len(path.read_text(encoding="utf-8").splitlines()) for module, path in MODULES.items()}
    assert {module: count for module, count in lines.items() if count > MOST_LINES} == {}


def test_every_imported_package_is_declared() -> None:
    """What only comes along with another package may go with that package's next release."""
    used = {name.split(".")[0] for module in MODULES for name in imported(tree_of(module))}
    foreign = used - set(sys.stdlib_module_names) - {"monei_guard", "compression"}  # a library's till 3.14
    providers = packages_distributions()
    extras = PYPROJECT["project"]["optional-dependencies"].values()
    asked = [*PYPROJECT["project"]["dependencies"], *(one for extra in extras for one in extra)]
    declared = {_distribution(one) for one in asked}
    missing = {
        module
        for module in foreign
        if not {_normal(one) for one in providers.get(module, (module.replace(".", "-"),))} & declared
        and not any(one.startswith(_normal(module)) for one in declared)
    }
    assert missing == set()


def _distribution(requirement: str) -> str:
    for mark in "<>=!;[ ":
        requirement = requirement.partition(mark)[0]
    return _normal(requirement)


def _normal(name: str) -> str:
    return name.lower().replace("_", "-")
