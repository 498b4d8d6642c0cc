"""Findings in encoded text point at the encoded bytes, in the file as it is."""

import base64
import gzip
import json

import pytest
from encoders import ALL, INNER, WIDE
from made_keys import api_key
from scanners import builtin_scanner, find

from monei_guard.decoding.charset import root_view
from monei_guard.decoding.views import DecodingLimits, decoded_views
from monei_guard.lints.registry import language_openers
from monei_guard.model.blob import Blob, Skipped
from monei_guard.model.location import Origin
from monei_guard.scanning.scanner import Scanner


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return builtin_scanner()


@pytest.mark.parametrize("name", sorted(set(ALL) - set(INNER) - set(WIDE)))
def test_a_finding_lies_on_its_line_inside_the_encoded_text(scanner: Scanner, name: str) -> None:
    encoded = ALL[name](api_key(name).encode())
    before = b"# f\xc3\xbcr alle\n\n  key: '"
    findings = find(scanner, before + encoded + b"'\nlast: 1\n", b"a.yaml")
    assert len(findings) == 1
    place = findings[0].location
    assert (place.path, place.start_line, place.end_line) == ("a.yaml", 3, 3)
    assert len(before) <= place.start_byte < place.end_byte <= len(before) + len(encoded)
    assert place.start_column == place.start_byte - before.rindex(b"\n")


def test_the_span_in_base64_is_exact_to_four_characters(scanner: Scanner) -> None:
    key = api_key("exact").encode()
    text = base64.b64encode(b"x" * 300 + b" " + key + b" " + b"y" * 300)
    place = find(scanner, text)[0].location
    assert place.start_byte == 301 // 3 * 4
    assert place.end_byte == (301 + len(key) + 2) // 3 * 4


def test_a_key_in_wrapped_base64_has_its_own_lines(scanner: Scanner) -> None:
    text = b"data: |\n" + base64.encodebytes(b"-" * 150 + b"\n" + api_key("wrapped").encode() + b"\n" + b"-" * 150)
    place = find(scanner, text)[0].location
    assert (place.start_line, place.end_line) == (4, 5)
    assert place.encoding_path == ("base64",)


def test_the_layers_are_listed_from_the_outside_in(scanner: Scanner) -> None:
    release = base64.b64encode(base64.b64encode(gzip.compress(b'{"key": "%s"}' % api_key("helm").encode(), mtime=0)))
    assert find(scanner, b"release: " + release)[0].location.encoding_path == ("base64", "base64", "gzip")


def test_a_plain_key_beside_an_encoded_one_is_found_once(scanner: Scanner) -> None:
    plain, encoded = api_key("plain"), api_key("encoded")
    text = f'a = "{plain}"\nb = "{base64.b64encode(encoded.encode()).decode()}"\nc = "%20\\n&amp;"\n'.encode()
    found = find(scanner, text)
    assert [(one.location.start_line, one.location.encoding_path) for one in found] == [(1, ()), (2, ("base64",))]


def test_two_keys_in_one_encoded_text_are_two_findings(scanner: Scanner) -> None:
    text = gzip.compress(f"{api_key('one')}\n{api_key('two')}\n".encode(), mtime=0)
    assert len(find(scanner, b"x: " + base64.b64encode(text))) == 2


def test_an_encoded_value_keeps_its_name_and_company(scanner: Scanner) -> None:
    key = base64.b64encode(b"sk_live_" + api_key("named")[4:].encode()).decode()
    found = find(scanner, f"apiVersion: v1\nkind: Secret\ndata:\n  MONEI_SECRET_KEY: {key}\n".encode(), b"s.yaml")
    assert [(one.code, one.vendor) for one in found] == [("MG103", "monei")]


def test_the_snippet_and_the_message_never_show_an_encoded_key(scanner: Scanner) -> None:
    key = api_key("masked")
    encoded = base64.b64encode(key.encode()).decode()
    (found,) = find(scanner, f"MONEI_API_KEY: {encoded}\n".encode())
    shown = repr(found)
    assert key not in shown
    assert encoded not in shown


def test_escapes_of_json_in_a_string_are_read(scanner: Scanner) -> None:
    spelled = "".join(f"\\u{ord(char):04x}" for char in api_key("json"))
    content = json.dumps({"body": '{"headers": {"X-API-KEY": "' + spelled + '"}}'}).encode()
    assert [one.location.encoding_path for one in find(scanner, content)] == [("json-string", "escapes")]


def test_decoding_more_than_the_limit_is_said(scanner: Scanner) -> None:
    content = b"\n".join(base64.b64encode(b"some text that can be read %d" % number) for number in range(200))
    blob = Blob(content, Origin.WORKTREE, b"big.txt")
    items = list(decoded_views(root_view(blob), DecodingLimits(total=1000), find_languages=language_openers))
    assert [item.reason for item in items if isinstance(item, Skipped)] == [
        "decoding stopped: more than 1000 decoded bytes"
    ]


def test_a_compressed_bomb_is_cut_and_said(scanner: Scanner) -> None:
    content = b"x: " + base64.b64encode(gzip.compress(bytes(64 << 20), mtime=0))
    blob = Blob(content, Origin.WORKTREE, b"bomb.txt")
    items = list(decoded_views(root_view(blob), find_languages=language_openers))
    assert [item.path for item in items if isinstance(item, Skipped)] == [b"bomb.txt"]
    assert sum(len(item.data) for item in items if not isinstance(item, Skipped)) < 48 << 20
