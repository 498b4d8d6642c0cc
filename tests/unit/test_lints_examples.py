"""Every lint finds its bad examples and passes its good ones; the table, the rules and the examples are complete."""

from collections import Counter

import pytest
from lint_runner import codes, lint_rules

from monei_guard.lints.tree_checks import CODE_CHECKS
from monei_guard.model.rule import Example, Rule

_FAMILIES = {
    "js": "javascript", "mjs": "javascript", "cjs": "javascript", "jsx": "react", "tsx": "react", "ts": "typescript",
}  # fmt: skip


def _cases(*, bad: bool) -> list[tuple[Rule, Example, str]]:
    return [
        (rule, example, f"{rule.code}/{number}/{bad}")
        for rule in lint_rules().values()
        for number, example in enumerate(rule.examples if bad else rule.counter_examples)
    ]


@pytest.mark.parametrize(
    ("rule", "example", "seed"), _cases(bad=True), ids=lambda value: getattr(value, "because", None)
)
def test_a_bad_example_is_found(rule: Rule, example: Example, seed: str) -> None:
    assert rule.code in codes(example.text, example.path, seed)


@pytest.mark.parametrize(
    ("rule", "example", "seed"), _cases(bad=False), ids=lambda value: getattr(value, "because", None)
)
def test_a_good_example_is_not_found(rule: Rule, example: Example, seed: str) -> None:
    assert rule.code not in codes(example.text, example.path, seed)


def test_every_lint_rule_has_a_check_and_every_check_a_rule() -> None:
    assert set(lint_rules()) == {*CODE_CHECKS, "key-in-bundle"}


@pytest.mark.parametrize("rule", lint_rules().values(), ids=lambda rule: rule.id)
def test_a_lint_has_twelve_bad_and_twelve_good_examples_of_three_kinds(rule: Rule) -> None:
    assert len(rule.examples) >= 12
    assert len(rule.counter_examples) >= 12
    suffixes = (one.path.rpartition(".")[2] for one in (*rule.examples, *rule.counter_examples))
    assert len({_FAMILIES.get(suffix, suffix) for suffix in suffixes}) >= 3


@pytest.mark.parametrize("rule", lint_rules().values(), ids=lambda rule: rule.id)
def test_a_lint_has_a_page_and_no_two_examples_alike(rule: Rule) -> None:
    assert all((rule.text.what, rule.text.why, rule.text.instead, rule.hint))
    texts = Counter((one.path, one.text) for one in (*rule.examples, *rule.counter_examples))
    assert max(texts.values()) == 1
