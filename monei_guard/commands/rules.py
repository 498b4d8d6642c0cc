"""`monei-guard rules list | show | check`."""

import os
from collections.abc import Sequence
from typing import Any

import click

from monei_guard.application.error_handler import say, stop
from monei_guard.decoding.charset import root_view
from monei_guard.detection.engine import Engine
from monei_guard.detection.patterns import compile_pattern
from monei_guard.errors import ExitCode
from monei_guard.lints.example_project import codes_in_example
from monei_guard.model.blob import Blob
from monei_guard.model.location import Origin
from monei_guard.model.rule import Rule, RuleKind
from monei_guard.reporting.escaping import visible
from monei_guard.reporting.json_report import encode
from monei_guard.reporting.rule_page import rule_page
from monei_guard.ruleset.rule_check import ObservedMatch, RuleRunner, check_rules
from monei_guard.ruleset.rule_files import RuleError, load_bundled, load_directory, load_file


@click.group()
def rules() -> None:
    """List, show and check rules."""


@rules.command("list")
@click.option("--format", "format_name", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True)
@click.option("--all", "everything", is_flag=True, help="Other companies' key formats too.")
def list_rules(format_name: str, *, everything: bool) -> None:
    """List the rules: code, id, severity, title."""
    listed = [rule for rule in load_bundled() if everything or rule.kind is not RuleKind.EVIDENCE]
    listed.sort(key=lambda rule: (not rule.code, rule.code, rule.vendor, rule.id))
    if format_name == "json":
        for rule in listed:
            click.echo(encode(_summary(rule)))
        return
    for rule in listed:
        name = rule.id if rule.code else f"{rule.vendor}/{rule.id}"
        level = rule.severity.label if rule.code else "evidence"
        click.echo(f"{rule.code or '-':<6} {name:<30} {level:<9} {rule.title}")


@rules.command("show")
@click.argument("name", metavar="CODE")
def show_rule(name: str) -> None:
    """Show a rule's page: what it finds, why, what to do instead, its examples."""
    click.echo(rule_page(find_rule(name)), nl=False)


@rules.command("pages", hidden=True)
@click.argument("folder")
def pages(folder: str) -> None:
    """Write every rule's page into FOLDER (docs/rules of the checkout)."""
    for rule in load_bundled():
        if rule.code:
            with open(os.path.join(folder, f"{rule.code}-{rule.id}.md"), "w", encoding="utf-8", newline="\n") as file:
                file.write(rule_page(rule))


@rules.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
def check(paths: tuple[str, ...]) -> None:
    """Check rule files: run every example, prove boundaries and speed, find missing text.

    Without PATH the built-in rules are checked; a PATH is a rule file or a folder of them.
    """
    built_in = load_bundled()
    own = tuple(rule for path in paths for rule in _load(path))
    checked = own if paths else built_in
    problems = [str(one) for one in check_rules(checked, _judge((*built_in, *own)), compile_pattern, codes_in_example)]
    problems += [_taken(rule, built_in) for rule in own if any(rule.code == other.code != "" for other in built_in)]
    for problem in problems:
        say(f"error: {problem}")
    if problems:
        say(f"{len(problems)} problems in {len(checked)} rules")
        stop(ExitCode.MISUSE)
    click.echo(f"{len(checked)} rules are in order")


def find_rule(name: str) -> Rule:
    """Return the built-in rule with that code or id. Raises RuleError with the nearest name."""
    from difflib import get_close_matches  # noqa: PLC0415 - for a mistyped name only

    known = {key: rule for rule in load_bundled() if rule.code for key in (rule.code, rule.id)}
    rule = known.get(name.upper()) or known.get(name.lower())
    if rule is None:
        near = get_close_matches(name.upper(), known, n=1) or get_close_matches(name.lower(), known, n=1)
        hint = f"did you mean {near[0]}?" if near else "'monei-guard rules list' shows them all"
        raise RuleError(f"there is no rule {name!r}", hint=hint)
    return rule


def _summary(rule: Rule) -> dict[str, Any]:
    return {
        "code": rule.code or None, "id": rule.id, "kind": rule.kind.value, "vendor": rule.vendor,
        "severity": rule.severity.label, "confidence": rule.confidence.label, "title": rule.title,
    }  # fmt: skip


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
    other = next(one for one in built_in if one.code == rule.code)
    return f"{visible(rule.source)}: {rule.code}: this code is the built-in rule {other.id!r}'s; choose another"


def _judge(rules: Sequence[Rule]) -> RuleRunner:
    engine = Engine(
        (rule for rule in rules if rule.kind is RuleKind.CREDENTIAL),
        lambda: (rule for rule in rules if rule.kind is RuleKind.EVIDENCE),
    )

    def judge(text: bytes, path: str) -> Sequence[ObservedMatch]:
        views = (root_view(Blob(text, Origin.WORKTREE, path.encode())),)
        return [
            (found.code, found.vendor, str(found.environment), found.secret.reveal() if found.secret else b"")
            for found in engine.findings(views).findings
        ]

    return judge
