"""Keys written in parts are found where they are joined, and nothing is joined that is not."""

import pytest
from joined_shapes import JOINED, filled
from made_keys import api_key
from scanners import builtin_scanner, find, secrets

from monei_guard.scanning.scanner import Scanner

APART = {
    "a list": "k = ['{a}', '{b}{c}']",
    "arguments": "f('{a}', '{b}{c}')",
    "an array joined with commas": "k = ['{a}', '{b}{c}'].join(', ')",
    "a name nobody knows": "k = '{a}' + body + '{c}'",
    "a name with two values": "P = '{a}'\nP = 'other_'\nk = P + '{b}{c}'",
    "assignments": "a = '{a}'\nb = '{b}{c}'",
    "attributes": '<x a="{a}" b="{b}{c}"/>',
    "words of a text": "the prefix {a}\nand then {b}{c}",
    "YAML keys": "a: {a}\nb: {b}{c}\n",
    "Word paragraphs": "<w:p><w:r><w:t>{a}</w:t></w:r></w:p><w:p><w:r><w:t>{b}{c}</w:t></w:r></w:p>",
}


@pytest.fixture(scope="module", params=["small", "large"])
def scanner(request: pytest.FixtureRequest) -> Scanner:
    return builtin_scanner(large=request.param == "large")


@pytest.mark.parametrize("name", sorted(JOINED))
def test_a_key_in_parts_is_found(scanner: Scanner, name: str) -> None:
    key = api_key(name)
    content = b"# one\n" + filled(JOINED[name], key) + b"\n"
    (found,) = find(scanner, content)
    assert found.secret is not None
    assert found.secret.reveal() == key.encode()
    assert found.location.encoding_path[:1] == ("joined-strings",)
    place = content[found.location.start_byte : found.location.end_byte]
    assert place.startswith((key[:2].encode(), b'"', b"A", b"P", b"$", b"#", b"p", b"K", b"{", b"'"))
    assert key[-8:].encode() in place or b"B" in place


@pytest.mark.parametrize("name", sorted(APART))
def test_what_is_not_joined_is_not_found(scanner: Scanner, name: str) -> None:
    key = api_key(name)
    assert key.encode() not in secrets(find(scanner, filled(APART[name], key)))
