"""A rule holds the patterns of every kind of document; a file compiles those of its own kind and no others."""

import ast
import inspect
import subprocess
import sys
from importlib import import_module
from types import ModuleType

import pytest

from monei_guard.lints.pattern import Pattern
from monei_guard.lints.registry import RULES

RULE_MODULES = [import_module(listed.module) for listed in RULES]

# Lints the bad examples of one language and prints the patterns that were compiled for it.
PROGRAM = """
import sys
from lint_runner import codes, lint_rules
from monei_guard.lints.pattern import Pattern
found = [
    code
    for rule in lint_rules().values()
    for number, example in enumerate(rule.examples)
    if example.path.endswith(sys.argv[1])
    for code in codes(example.text, example.path, f"{rule.code}/{number}")
]
assert len(set(found)) > 2, found
for name, module in list(sys.modules.items()):
    if name.startswith("monei_guard.lints."):
        for key, value in vars(module).items():
            if isinstance(value, Pattern) and value.is_compiled:
                print(f"{name}.{key}")
"""


def _compiled_for(suffix: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, suffix],
        env={"PYTHONPATH": "tests"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(done.stdout.split())


def _patterns(module: ModuleType, *, reached_from: set[str]) -> set[str]:
    """Return the module's own patterns that are named in these functions, or in what they call."""
    body = ast.parse(inspect.getsource(module)).body
    functions = {
        node.name: {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
        for node in body
        if isinstance(node, ast.FunctionDef)
    }
    own = {ast.unparse(node.targets[0]) for node in body if isinstance(node, ast.Assign)}
    work, seen = [name for name in reached_from if name in functions], set[str]()
    while work:
        function = work.pop()
        for name in functions[function] - seen:
            seen.add(name)
            work.extend([name] if name in functions else [])
    return {f"{module.__name__}.{name}" for name in seen & own if isinstance(getattr(module, name), Pattern)}


def _only_of(kind: str) -> set[str]:
    """Return the patterns of the rules that no other hook than `check_<kind>` uses."""
    only: set[str] = set()
    for module in RULE_MODULES:
        hooks = {name for name in vars(module) if name.startswith("check_")}
        mine = f"check_{kind}"
        only |= _patterns(module, reached_from={mine}) - _patterns(module, reached_from=hooks - {mine})
    return only


def test_python_compiles_no_pattern_of_a_language_without_a_grammar() -> None:
    compiled = _compiled_for(".py")
    text_only = _only_of("text")
    assert len(text_only) >= 20
    assert compiled & text_only == set()
    assert len(compiled & _only_of("code")) >= 10  # the rules did run


def test_code_without_a_grammar_compiles_no_pattern_of_trees_or_pages() -> None:
    compiled = _compiled_for(".kt")
    assert compiled & (_only_of("code") | _only_of("page") | _only_of("config")) == set()
    assert len(compiled & _only_of("text")) >= 10


@pytest.mark.parametrize("module", RULE_MODULES, ids=lambda module: module.ID)
def test_a_rule_compiles_nothing_when_it_is_imported(module: ModuleType) -> None:
    source = inspect.getsource(module)
    calls = [
        node
        for statement in ast.parse(source).body
        if not isinstance(statement, ast.FunctionDef | ast.ClassDef)
        for node in ast.walk(statement)
        if isinstance(node, ast.Call)
    ]
    assert not [call for call in calls if ast.unparse(call.func) in {"re.compile", "compile"}]
