"""Keys that a neighbour touches in binary files, with invisible characters inside, or put together by a format."""

import py_compile
import sqlite3
from pathlib import Path

import pytest
from made_keys import api_key
from scanners import builtin_scanner, find, secrets

SCANNER = builtin_scanner()
SCHEMAS = {
    "text before": ("CREATE TABLE t (name TEXT, key TEXT)", ("monei", "{}")),
    "text after": ("CREATE TABLE t (key TEXT, owner TEXT)", ("{}", "shop")),
    "between": ("CREATE TABLE t (a TEXT, key TEXT, b TEXT)", ("x", "{}", "beta")),
    "without rowid": ("CREATE TABLE t (key TEXT PRIMARY KEY, b TEXT) WITHOUT ROWID", ("{}", "gamma")),
    "a number before": ("CREATE TABLE t (n INTEGER, key BLOB, b TEXT)", (77, "{}", "z")),
}


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_a_key_in_a_database(tmp_path: Path, name: str) -> None:
    key, (schema, row) = api_key(name), SCHEMAS[name]
    with sqlite3.connect(tmp_path / "a.db") as base:
        base.execute(schema)
        values = [value.format(key) if isinstance(value, str) else value for value in row]
        base.execute(f"INSERT INTO t VALUES ({','.join('?' * len(values))})", values)  # noqa: S608 - question marks
    base.close()
    assert key.encode() in secrets(find(SCANNER, (tmp_path / "a.db").read_bytes(), b"a.db"))


def test_a_key_in_compiled_python(tmp_path: Path) -> None:
    key = api_key("pyc")
    source = tmp_path / "a.py"
    source.write_text(f"NAME = 'shop'\nKEY = '{key}'\nOTHER = 'beta'\n")
    compiled = py_compile.compile(str(source), cfile=str(tmp_path / "a.pyc"))
    assert compiled is not None
    assert key.encode() in secrets(find(SCANNER, Path(compiled).read_bytes(), b"a.pyc"))


@pytest.mark.parametrize("neighbours", [("Get", "POST"), ("x", "abc0"), ("9", "g"), ("value_", "_name"), ("ö", "é")])
@pytest.mark.parametrize("magic", [b"\x7fELF\x02\0\0", b"MZ\x90\0", b"\xc6\x1f\xbc\x03\xc1\x03\x19\x1f\0"])
def test_a_key_in_a_string_table(magic: bytes, neighbours: tuple[str, str]) -> None:
    key = api_key("".join(neighbours))
    content = magic + key.join(neighbours).encode() + b"\0"
    assert key.encode() in secrets(find(SCANNER, content, b"program"))


@pytest.mark.parametrize("neighbours", [("o", ""), ("", "a"), ("alum", "")])
def test_in_text_a_neighbour_makes_another_word(neighbours: tuple[str, str]) -> None:
    assert not find(SCANNER, f"x = {api_key('text').join(neighbours)}\n".encode())


@pytest.mark.parametrize("character", ["\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff"])
def test_invisible_characters_inside(character: str) -> None:
    key = api_key(character)
    assert secrets(find(SCANNER, f"KEY={key[:9]}{character}{key[9:20]}{character}{key[20:]}\n".encode())) == {
        key.encode()
    }


@pytest.mark.parametrize(
    "text",
    ["k = '%s%s' % ('{a}', '{b}')", "k = '{a}%s' % '{b}'", "k = '{}{}'.format('{a}', '{b}')",
     "k = '{1}{0}'.format('{b}', '{a}')", "k = '{a}{}'.format('{b}')", 'k := fmt.Sprintf("%s%s", "{a}", "{b}")',
     "$k = sprintf('%s%s', '{a}', '{b}');"],
)  # fmt: skip
def test_formats_are_filled(text: str) -> None:
    key = api_key(text)
    content = text.replace("{a}", key[:4]).replace("{b}", key[4:])
    assert secrets(find(SCANNER, content.encode())) == {key.encode()}


@pytest.mark.parametrize(
    "text", ["k = '%s%s' % ('{a}', other, '{b}')", "k = '%s-%s' % ('{a}', '{b}')", "f('{a}', '{b}')"]
)
def test_other_formats_are_left_alone(text: str) -> None:
    key = api_key(text)
    assert not find(SCANNER, text.replace("{a}", key[:4]).replace("{b}", key[4:]).encode())


@pytest.mark.parametrize("escape", ["mni\\u{5f}", "mni\\U0000005f", "mni\\U0000005F", "\\u{6d}ni_", "m\\u{6e}i_"])
def test_one_character_in_a_long_notation(escape: str) -> None:
    key = api_key(escape)
    for large in (False, True):
        assert secrets(find(builtin_scanner(large=large), f'k = "{escape}{key[4:]}"\n'.encode())) == {key.encode()}
