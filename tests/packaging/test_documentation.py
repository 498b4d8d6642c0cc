"""Documentation that is made from code is what the code makes."""

from pathlib import Path

import pytest

from monei_guard.model.rule import Rule
from monei_guard.reporting.rule_page import rule_page
from monei_guard.ruleset.rule_files import load_bundled

ROOT = Path(__file__).resolve().parents[2]
CODED = [rule for rule in load_bundled() if rule.code]


@pytest.mark.parametrize("rule", CODED, ids=lambda rule: rule.code)
def test_every_rule_has_its_page_as_the_rule_file_says_it(rule: Rule) -> None:
    """`make docs` writes them."""
    page = ROOT / "docs" / "rules" / f"{rule.code}-{rule.id}.md"

    assert page.read_text(encoding="utf-8") == rule_page(rule)


def test_there_is_no_page_without_a_rule() -> None:
    pages = {path.name for path in (ROOT / "docs" / "rules").glob("*.md")}

    assert pages == {f"{rule.code}-{rule.id}.md" for rule in CODED}
