"""Decoding is bounded: the work on a text grows with its size, whatever stands in it, and what was left is said."""

import base64
import gzip
import zlib

import pytest
from made_keys import api_key
from scanners import builtin_scanner, find, secrets

from monei_guard.decoding import constant_folding
from monei_guard.decoding.charset import root_view
from monei_guard.decoding.views import DecodingLimits, decoded_views
from monei_guard.lints.registry import language_openers
from monei_guard.model.blob import Blob, Skipped, View
from monei_guard.model.location import Origin

# Every layer in it may be read inside every other.
TANGLE = b"'a' + 'b' %41 &#65; \\x41 \\\" =41=3D ['a','b'].join('') \n"


def _items(content: bytes, limits: DecodingLimits | None = None, path: bytes = b"a.txt") -> list[View | Skipped]:
    return list(decoded_views(root_view(Blob(content, Origin.WORKTREE, path)), limits, find_languages=language_openers))


def _told(items: list[View | Skipped]) -> list[str]:
    return [item.reason for item in items if isinstance(item, Skipped)]


def test_layers_inside_one_another_are_limited_by_the_size_of_the_text() -> None:
    content = TANGLE * 8000
    items = _items(content)
    assert _told(items) == ["decoding stopped: its inner layers have more than 5 times its size"]
    views = [item for item in items if isinstance(item, View)]
    inner = sum(len(view.data) for view in views if len(view.encoding_path) > 1)
    assert inner <= 5 * len(content)
    assert {view.encoding_path[0] for view in views if len(view.encoding_path) == 1} >= {"percent", "html", "escapes"}


def test_what_was_unpacked_counts_as_text() -> None:
    key = api_key("unpacked").encode()
    text = b"".join(b"line %d of an ordinary text\n" % number for number in range(20_000)) + b"k = " + key
    packed = base64.b64encode(gzip.compress(base64.b64encode(zlib.compress(text)) + b" " + text, mtime=0))
    items = _items(b'"' + packed + b'"')
    assert _told(items) == []
    assert any(key in item.data for item in items if isinstance(item, View))


def test_the_same_text_is_given_once_whatever_the_way_to_it() -> None:
    texts = [item.data for item in _items(TANGLE * 20, DecodingLimits(inner=1 << 20)) if isinstance(item, View)]
    assert len(texts) == len(set(texts))


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "content",
    [
        '{{"name": "b", "header":{}"{}"}}',
        'MONEI_API_KEY ={}"{}"',
        "[{}\nkey = '{}'",
        "name:{}\nvalue: {}",
    ],
)
@pytest.mark.parametrize("blank", [" ", "\t", " \t"])
def test_a_long_run_of_spaces_before_a_value_costs_nothing(content: str, blank: str) -> None:
    key = api_key("spaces")
    assert key.encode() in secrets(find(builtin_scanner(), content.format(blank * 3000, key).encode(), b"a.json"))


def test_a_program_that_cannot_be_parsed_in_time_is_said_and_joined_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(constant_folding, "_SECONDS", -1.0)
    key = api_key("parsed")
    content = f"a = '{key[:4]}'\n".encode() + b"[`${" * 5000 + f"\nk = '{key[:4]}' + '{key[4:]}'\n".encode()
    assert "its syntax could not be read in time" in _told(_items(content, path=b"a.py"))[0]
    assert key.encode() in secrets(find(builtin_scanner(), content, b"a.py"))
