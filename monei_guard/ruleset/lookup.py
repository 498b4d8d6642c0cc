"""Finding one rule by what a person calls it."""

from difflib import get_close_matches

from monei_guard.model.rule import Rule
from monei_guard.ruleset.rule_files import RuleError, load_bundled


def find_rule(name: str) -> Rule:
    """Return the built-in rule with that code or id. Raises RuleError with the nearest name."""
    by_name = {key: rule for rule in load_bundled() if rule.code for key in (rule.code, rule.id)}
    rule = by_name.get(name.upper()) or by_name.get(name.lower())
    if rule is None:
        near = get_close_matches(name.upper(), by_name, n=1) or get_close_matches(name.lower(), by_name, n=1)
        hint = f"did you mean {near[0]}?" if near else "'monei-guard rules list' shows them all"
        raise RuleError(f"there is no rule {name!r}", hint=hint)
    return rule
