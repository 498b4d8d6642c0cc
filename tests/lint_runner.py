"""Running lints over small projects written as text."""

from collections.abc import Mapping
from functools import cache

from monei_guard.lints.example_project import project_files
from monei_guard.lints.registry import ProjectLints
from monei_guard.model.blob import Blob, Skipped, View
from monei_guard.model.finding import Finding
from monei_guard.model.location import Origin
from monei_guard.model.rule import Rule, RuleKind
from monei_guard.ruleset.bundled import bundled_rules, toml_files
from monei_guard.ruleset.rule_files import load_file
from monei_guard.ruleset.templates import expand


@cache
def lint_rules() -> Mapping[str, Rule]:
    """Return the built-in lint rules by id."""
    rules = (load_file(path) for path in toml_files(f"{bundled_rules()}/monei"))
    return {rule.id: rule for rule in rules if rule.kind is RuleKind.LINT}


def lint(text: str, path: str, seed: str = "lints") -> list[Finding | Skipped]:
    """Return what the lints say of a text; `=== path` lines begin further files of its project."""
    data, files = project_files(expand(text, seed))
    return lint_bytes(data, path, files)


def lint_bytes(data: bytes, path: str, files: Mapping[str, bytes] | None = None) -> list[Finding | Skipped]:
    """Return what the lints say of `data`, in a project of these files."""
    project = {**(files or {}), path: data}
    view = View(Blob(data, Origin.WORKTREE, path.encode()), data)
    result = ProjectLints(project.get, lambda: project, lint_rules()).lint(view)
    return [*result.findings, *result.skipped]


def codes(text: str, path: str, seed: str = "lints") -> list[str]:
    """Return the codes found in a text, in file order."""
    return [one.code for one in lint(text, path, seed) if isinstance(one, Finding)]
