"""Keys written in parts are found where they are joined, and nothing is joined that is not."""

import pytest
from detectors import builtin_detector, find, secrets
from made_keys import api_key

from monei_guard.pipeline import Detector

# {a} is the key's prefix, {b} and {c} the rest; {p} and {q} its first two characters and what follows them.
JOINED = {
    "plus": "x = '{a}' + '{b}{c}'",
    "plus over lines": 'x = "{a}" +\n    "{b}" +\n    "{c}"',
    "inside the prefix": "x = '{p}' + '{q}'",
    "adjacent literals": 'x = (\n    "{a}"\n    "{b}"  # the rest\n    "{c}"\n)',
    "f-string of a literal": "x = f\"{a}{{'{b}'}}{c}\"",
    "f-string of a constant": "P = '{a}'\nx = f'{{P}}{b}{c}'",
    "template of a constant": "const P = `{a}`;\nconst k = `${{P}}{b}{c}`;",
    "template of a literal": "const k = `{a}${{'{b}'}}{c}`;",
    "constant plus literal": "const P = '{a}';\nconst k = P + '{b}{c}';",
    "literal plus constant": "const B = '{b}{c}';\nconst k = '{a}' + B;",
    "constants": "const A = '{a}', B = '{b}{c}';\nconst k = A + B;",
    "constants and literal": 'p := "{a}"\nk := p + "{b}" + "{c}"',
    "member of a class": 'class K {{ static final String P = "{a}"; String k = K.P + "{b}{c}"; }}',
    "concat": "k = '{a}'.concat('{b}', '{c}')",
    "concat chain": 'k = "{a}".concat("{b}").concat("{c}");',
    "string builder": 'new StringBuilder().append("{a}").append("{b}{c}")',
    "joined array": "k = ['{a}', '{b}', '{c}'].join('')",
    "joined array in Ruby": "k = ['{a}', '{b}{c}'].join",
    "joined in Python": "k = ''.join(['{a}', '{b}', '{c}'])",
    "joined tuple": 'k = "".join(("{a}", "{b}{c}"))',
    "implode": "$k = implode('', array('{a}', '{b}', '{c}'));",
    "PHP": "$k = '{a}' . '{b}' . \"{c}\";",
    "Lua": "local k = '{a}' .. '{b}{c}'",
    "Visual Basic": 'k = "{a}" & "{b}" & _\n    "{c}"',
    "Elixir": 'k = "{a}" <> "{b}{c}"',
    "SQL": "SELECT '{a}' || '{b}{c}'",
    "shell": 'KEY="{a}""{b}"\'{c}\'',
    "shell variable": 'PREFIX={a}\nKEY="${{PREFIX}}{b}{c}"',
    "Ruby interpolation": 'p = "{a}"\nk = "#{{p}}{b}{c}"',
    "line continuation": "KEY={a}{b}\\\n{c}\n",
    "properties": "monei.key={a}\\\n    {b}\\\n    {c}\n",
    "YAML folded": "key: >-\n  {a}{b}\n  {c}\nother: 1\n",
    "YAML literal": "key: |\n  {a}{b}\n  {c}\n",
    "YAML plain": "key: {a}{b}\n  {c}\nother: 1\n",
    "YAML escaped break": 'key: "{a}{b}\\\n  {c}"\n',
    "XML string resource": '<string name="monei_key">\n    {a}{b}\n    {c}\n</string>',
    "comments between": '"{a}" /* first */ + // second\n  "{b}{c}"',
    "Word runs": '<w:r><w:t>{a}</w:t></w:r><w:r><w:rPr/><w:t xml:space="preserve">{b}{c}</w:t></w:r>',
}
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
def detector(request: pytest.FixtureRequest) -> Detector:
    return builtin_detector(large=request.param == "large")


def _filled(shape: str, key: str) -> bytes:
    return shape.format(a=key[:4], b=key[4:20], c=key[20:], p=key[:2], q=key[2:]).encode()


@pytest.mark.parametrize("name", sorted(JOINED))
def test_a_key_in_parts_is_found(detector: Detector, name: str) -> None:
    key = api_key(name)
    content = b"# one\n" + _filled(JOINED[name], key) + b"\n"
    (found,) = find(detector, content)
    assert found.secret is not None
    assert found.secret.reveal() == key.encode()
    assert found.location.encoding_path[:1] == ("joined-strings",)
    place = content[found.location.start_byte : found.location.end_byte]
    assert place.startswith((key[:2].encode(), b'"', b"A", b"P", b"$", b"#", b"p", b"K", b"{", b"'"))
    assert key[-8:].encode() in place or b"B" in place


@pytest.mark.parametrize("name", sorted(APART))
def test_what_is_not_joined_is_not_found(detector: Detector, name: str) -> None:
    key = api_key(name)
    assert key.encode() not in secrets(find(detector, _filled(APART[name], key)))
