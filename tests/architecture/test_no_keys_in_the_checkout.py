"""The program, run on its own checkout, finds nothing: no real-looking key stands in the repository."""

from pathlib import Path

import pytest
from guard_process import run_process

CHECKOUT = Path(__file__).parents[2]


def test_the_checkout_holds_no_key() -> None:
    if not (CHECKOUT / ".git").exists():
        pytest.skip("not a git checkout: what belongs to it cannot be told from what was built in it")
    outcome = run_process("scan", "--select", "MG1", "--format", "json", cwd=CHECKOUT)
    assert outcome.places == []
    assert outcome.code == 0, outcome.text
