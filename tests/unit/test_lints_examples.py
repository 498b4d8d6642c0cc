"""Every lint finds its bad examples and passes its good ones; the table, the rules and the examples are complete."""

from collections import Counter
from importlib import import_module
from inspect import signature
from pathlib import Path

import pytest
from lint_runner import codes, lint_rules

from monei_guard.lints.registry import RULES, ListedRule
from monei_guard.lints.rule import LintRule
from monei_guard.model.rule import Example, Rule

_ROOT = Path(__file__).resolve().parents[2]
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


def _rule_modules() -> set[str]:
    folder = _ROOT / "monei_guard" / "lints" / "rules"
    return {path.stem for path in folder.glob("*.py") if path.stem != "__init__"}


def test_registry_rule_files_modules_and_pages_have_the_same_fourteen_names() -> None:
    listed = [rule.id for rule in RULES]
    assert len(listed) == len(set(listed)) == 14
    assert set(listed) == set(lint_rules())
    assert {name.replace("_", "-") for name in _rule_modules()} == set(listed)
    pages = {path.stem for path in (_ROOT / "docs" / "rules").glob("MG[34]*.md")}
    assert pages == {f"{rule.code}-{rule.id}" for rule in lint_rules().values()}
    files = {path.stem for path in (_ROOT / "rules" / "monei").glob("*.toml")}
    assert set(listed) <= files


@pytest.mark.parametrize("listed", RULES, ids=lambda listed: listed.id)
def test_a_rule_has_the_hooks_of_its_line_and_no_others(listed: ListedRule) -> None:
    module = import_module(listed.module)
    assert listed.id == module.ID
    kinds = {name.removeprefix("check_") for name in vars(LintRule) if name.startswith("check_")}
    assert {kind for kind in kinds if hasattr(module, f"check_{kind}")} == set(listed.kinds)
    for kind in listed.kinds:
        wanted, given = (signature(getattr(one, f"check_{kind}")) for one in (LintRule, module))
        assert [name.lstrip("_") for name in given.parameters] == list(wanted.parameters)[1:]


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
