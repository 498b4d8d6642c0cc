"""The table of checks, and the one function that runs them."""

from collections.abc import Callable, Iterator, Mapping

from monei_guard.hygiene.checks import (
    env_example_with_value,
    env_file_in_image,
    env_file_not_ignored,
    env_file_published,
    env_file_readable_by_others,
    env_file_tracked,
    key_in_agent_config,
    key_older_than_90_days,
    production_key_in_development,
    same_key_across_environments,
    secret_in_ci_file,
)
from monei_guard.hygiene.snapshot import RepositorySnapshot
from monei_guard.model.finding import Finding
from monei_guard.model.rule import Rule

Check = Callable[[Rule, RepositorySnapshot], Iterator[Finding]]

# Rule id → check. A test holds this table, the rule files and the modules together.
CHECKS: Mapping[str, Check] = {
    "env-file-tracked": env_file_tracked.check,
    "env-file-not-ignored": env_file_not_ignored.check,
    "env-example-with-value": env_example_with_value.check,
    "env-file-in-image": env_file_in_image.check,
    "env-file-published": env_file_published.check,
    "env-file-readable-by-others": env_file_readable_by_others.check,
    "same-key-across-environments": same_key_across_environments.check,
    "production-key-in-development": production_key_in_development.check,
    "key-older-than-90-days": key_older_than_90_days.check,
    "secret-in-ci-file": secret_in_ci_file.check,
    "key-in-agent-config": key_in_agent_config.check,
}


def hygiene_findings(files: RepositorySnapshot, rules: Mapping[str, Rule]) -> Iterator[Finding]:
    """Yield what every check finds. `rules` maps rule ids to the enabled hygiene rules; others are left out."""
    for rule_id, check in CHECKS.items():
        if rule_id in rules:
            yield from check(rules[rule_id], files)
