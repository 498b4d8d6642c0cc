"""The built-in rules, listed and shown: what is behind `monei-guard rules list | show | pages`."""

import os
from typing import Any

from monei_guard.errors import ExitCode
from monei_guard.model.rule import Rule, RuleKind
from monei_guard.reporting.console import out, out_text
from monei_guard.reporting.json_report import encode
from monei_guard.reporting.rule_page import rule_page
from monei_guard.ruleset.lookup import find_rule
from monei_guard.ruleset.rule_files import load_bundled


def list_rules(*, everything: bool, as_json: bool) -> int:
    """Print a line for each rule; with `everything` also for the key formats of other companies."""
    listed = [rule for rule in load_bundled() if everything or rule.kind is not RuleKind.EVIDENCE]
    listed.sort(key=lambda rule: (not rule.code, rule.code, rule.vendor, rule.id))
    for rule in listed:
        out(encode(_summary(rule)) if as_json else _line(rule))
    return ExitCode.CLEAN


def show_rule(name: str) -> int:
    """Print the page of the rule with that code or id. Raises RuleError."""
    out_text(rule_page(find_rule(name)))
    return ExitCode.CLEAN


def write_rule_pages(folder: str) -> int:
    """Write the page of every rule into a folder."""
    for rule in load_bundled():
        if rule.code:
            with open(os.path.join(folder, f"{rule.code}-{rule.id}.md"), "w", encoding="utf-8", newline="\n") as file:
                file.write(rule_page(rule))
    return ExitCode.CLEAN


def _line(rule: Rule) -> str:
    name = rule.id if rule.code else f"{rule.vendor}/{rule.id}"
    level = rule.severity.label if rule.code else "evidence"
    return f"{rule.code or '-':<6} {name:<30} {level:<9} {rule.title}"


def _summary(rule: Rule) -> dict[str, Any]:
    return {
        "code": rule.code or None, "id": rule.id, "kind": rule.kind.value, "vendor": rule.vendor,
        "severity": rule.severity.label, "confidence": rule.confidence.label, "title": rule.title,
    }  # fmt: skip
