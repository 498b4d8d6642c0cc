"""Rules that were selected or brought along: then every rule file is read."""

from monei_guard.application.scanner_factory import RulesInForce
from monei_guard.configuration.settings import Settings
from monei_guard.detection.patterns import PatternError, compile_rule
from monei_guard.lints.selection import LINT_WORDS
from monei_guard.model.rule import Rule, RuleKind
from monei_guard.policy.selection import selected_rules
from monei_guard.ruleset.rule_files import RuleError, load_bundled, load_evidence_rules, load_file

_AGE_OF_KEYS = "MG209"


def select_rules(settings: Settings) -> RulesInForce:
    """Return the rules that the settings select, own ones included. Raises GuardError for rules that cannot serve."""
    own = tuple(load_file(path) for path in settings.extend_rules)
    bundled = load_bundled()
    _check(own, bundled)
    rules = selected_rules((*bundled, *own), settings.selection)
    credentials = tuple(rule for rule in rules if rule.kind is RuleKind.CREDENTIAL)
    if _AGE_OF_KEYS in {rule.code for rule in rules}:
        # It asks the history for keys of every kind; the report leaves out what was not selected.
        credentials = tuple(rule for rule in (*bundled, *own) if rule.kind is RuleKind.CREDENTIAL)
    evidence = tuple(rule for rule in own if rule.kind is RuleKind.EVIDENCE)
    lints = LINT_WORDS if any(rule.kind is RuleKind.LINT for rule in rules) else ()
    return RulesInForce(
        keywords=(*lints, *(word for rule in credentials for word in rule.keywords)),
        credentials=lambda: credentials,
        evidence=lambda: (*load_evidence_rules(), *evidence),
        own=own,
        active=frozenset(rule.code for rule in rules if rule.kind is not RuleKind.EVIDENCE),
    )


def _check(own: tuple[Rule, ...], bundled: tuple[Rule, ...]) -> None:
    """Refuse rules that would fail in the middle of a scan, or that would hide another."""
    taken = {rule.code: rule.source for rule in bundled if rule.code}
    for rule in own:
        if rule.kind not in {RuleKind.CREDENTIAL, RuleKind.EVIDENCE}:
            raise RuleError(f"{rule.source}: a rule of your own is a credential or evidence, not {rule.kind}")
        if rule.code in taken:
            raise RuleError(
                f"{rule.source}: the code {rule.code} is taken by {taken[rule.code]}", hint="choose another"
            )
        if rule.code:
            taken[rule.code] = rule.source
        try:
            compile_rule(rule)
        except PatternError as error:
            raise RuleError(str(error), hint=f"'monei-guard rules check {rule.source}' shows every problem") from error
