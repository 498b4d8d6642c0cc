"""MG108 looks at numbers near a PIN's word alone: what is judged by its surroundings costs a hundred times as much."""

import pytest

from monei_guard.detection.patterns import compile_pattern
from monei_guard.ruleset.bundled import bundled_rules
from monei_guard.ruleset.rule_files import load_file
from monei_guard.ruleset.templates import expand

PATTERN = compile_pattern(load_file(f"{bundled_rules()}/monei/transaction-pin.toml").pattern)
NAMES = [
    "transactionPin", "TRANSACTION_PIN", "transaction-pin", "transaction pin", "transactionpincode", "moneiPin",
    "MONEI_PIN", "monei-pin", "transaction_pin_live", "transactionPinTest", "TransactionPIN1", "monei.pin",
]  # fmt: skip
FRAMES = [
    "{} = {}", '"{}": "{}"', "<{}>{}<", "{}=>{}", r"\"{}\":\"{}\"", "%22{}%22:%22{}%22", "{},{}", "monei:\n  {}: {}",
    "let {}: String = {}",
]  # fmt: skip
OTHERS = ["shipping", "mapping", "spinner", "pinned", "opinion", "SPIN", "shopPin", "mapPin", "PINTEREST", "alpine"]


@pytest.mark.parametrize("frame", FRAMES)
def test_a_pin_is_seen_behind_every_name_that_the_rule_takes(frame: str) -> None:
    values = {name: expand("<<digits:5>>", name) for name in NAMES}
    unseen = [name for name, value in values.items() if not PATTERN.search(frame.format(name, value).encode())]
    assert unseen == []


@pytest.mark.parametrize("name", ["MONEI_TRANSACTION_PIN", "moneiPin", "transaction pin"])
def test_a_pin_is_seen_before_its_name(name: str) -> None:
    assert PATTERN.search(expand(f'"value": "<<digits:4>>", "name": "{name}"', name).encode())


@pytest.mark.parametrize("word", OTHERS)
@pytest.mark.parametrize("frame", FRAMES)
def test_words_that_hold_its_letters_are_no_pin(word: str, frame: str) -> None:
    assert PATTERN.search(frame.format(word, 4821).encode()) is None
