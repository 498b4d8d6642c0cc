"""Rule files put to the test: the run behind `monei-guard rules check`."""

import os
from collections.abc import Sequence

from monei_guard.decoding.charset import root_view
from monei_guard.detection.engine import Engine
from monei_guard.detection.patterns import compile_pattern
from monei_guard.errors import ExitCode
from monei_guard.lints.example_project import codes_in_example
from monei_guard.model.blob import Blob
from monei_guard.model.location import Origin
from monei_guard.model.rule import Rule, RuleKind
from monei_guard.reporting.console import out, warn
from monei_guard.reporting.escaping import visible
from monei_guard.ruleset.rule_check import ObservedMatch, RuleRunner, check_rules
from monei_guard.ruleset.rule_files import RuleError, load_bundled, load_directory, load_file


def check_rule_files(paths: Sequence[str]) -> int:
    """Check the rules at the paths (files, or folders of them; none: the built-in ones), return the exit code."""
    built_in = load_bundled()
    own = tuple(rule for path in paths for rule in _load(path))
    checked = own if paths else built_in
    problems = [
        str(problem)
        for problem in check_rules(checked, _rule_runner((*built_in, *own)), compile_pattern, codes_in_example)
    ]
    problems += [_taken(rule, built_in) for rule in own if any(rule.code == other.code != "" for other in built_in)]
    for problem in problems:
        warn(f"error: {problem}")
    if problems:
        warn(f"{len(problems)} problems in {len(checked)} rules")
        return ExitCode.MISUSE
    out(f"{len(checked)} rules are in order")
    return ExitCode.CLEAN


def _load(path: str) -> tuple[Rule, ...]:
    if not os.path.isdir(path):
        return (load_file(path),)
    found = load_directory(path) or tuple(
        load_file(os.path.join(path, name)) for name in sorted(os.listdir(path)) if name.endswith(".toml")
    )
    if not found:
        raise RuleError(f"there is no rule file in {path}", hint="a rule file ends in .toml")
    return found


def _taken(rule: Rule, built_in: Sequence[Rule]) -> str:
    other = next(other for other in built_in if other.code == rule.code)
    return f"{visible(rule.source)}: {rule.code}: this code is the built-in rule {other.id!r}'s; choose another"


def _rule_runner(rules: Sequence[Rule]) -> RuleRunner:
    engine = Engine(
        (rule for rule in rules if rule.kind is RuleKind.CREDENTIAL),
        lambda: (rule for rule in rules if rule.kind is RuleKind.EVIDENCE),
    )

    def run_rules(text: bytes, path: str) -> Sequence[ObservedMatch]:
        views = (root_view(Blob(text, Origin.WORKTREE, path.encode())),)
        return [
            (found.code, found.vendor or "", str(found.environment), found.secret.reveal() if found.secret else b"")
            for found in engine.findings(views).findings
        ]

    return run_rules
