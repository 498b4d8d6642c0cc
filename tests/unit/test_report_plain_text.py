import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_values import HOSTILE

from monei_guard.reporting.escaping import columns, visible, visible_code, well_formed

_ANY_TEXT = st.text(st.characters(codec=None))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_becomes_one_printable_line(text: str) -> None:
    assert visible(text).isprintable()


@given(_ANY_TEXT)
def test_any_text_becomes_one_printable_line_without_logging_commands(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable()
    assert not re.search(r"##[A-Za-z]{0,16}\[", shown)


def test_plain_text_is_left_alone() -> None:
    assert visible("src/café 日本/a b.js") == "src/café 日本/a b.js"
    assert visible("C# ## heading") == "C# ## heading"


def test_escapes_name_the_character() -> None:
    assert visible("a\x1b[0m\n\u202eb\U000e0041") == "a\\x1b[0m\\x0a\\u202eb\\U000e0041"
    assert visible("##[error] ##vso[x]") == "\\x23#[error] \\x23#vso[x]"


def test_a_tab_in_code_is_one_column_so_that_carets_fit() -> None:
    assert visible_code("\tx") == " x"


def test_columns_count_what_a_terminal_shows() -> None:
    assert columns("abc") == 3
    assert columns("日本") == 4
    assert columns("e\u0301") == 1


@given(_ANY_TEXT)
def test_well_formed_text_can_always_be_written_as_utf_8(text: str) -> None:
    assert well_formed(text).encode("utf-8").decode("utf-8")[: len(text)] == well_formed(text)[: len(text)]
