"""How directives in scanned files are judged in one run."""

from datetime import date

from monei_guard.configuration.settings import Settings
from monei_guard.model.rule import Rule, RuleKind
from monei_guard.policy.inline_suppression import InlinePolicy
from monei_guard.ruleset.rule_files import load_bundled

# Whose findings a directive can cover in the pass over contents; a directive for another code is never called unused.
_CHECKED = frozenset({RuleKind.CREDENTIAL, RuleKind.SUPPRESSION})


def inline_policy(settings: Settings, own: tuple[Rule, ...], active: frozenset[str] | None) -> InlinePolicy:
    """Return the policy for the codes in `active` (None: all)."""
    rules = {rule.code: rule for rule in (*load_bundled(), *own) if rule.code}
    inactive = frozenset() if active is None else frozenset(rules) - active
    checked = frozenset(code for code, rule in rules.items() if rule.kind in _CHECKED)
    lints = frozenset(code for code, rule in rules.items() if rule.kind is RuleKind.LINT)
    return InlinePolicy(
        today=date.today(),  # noqa: DTZ011 - the day on the wall of whoever wrote "until"
        rules=rules,
        checked=checked - inactive,
        lints=lints - inactive,
        require_reason=settings.require_reason,
        foreign=settings.markers_of,
    )
