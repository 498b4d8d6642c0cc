"""Example values are made when a test runs, always the same ones, never one that stands in the repository."""

import base64
import json
import re
import uuid
from itertools import pairwise

import pytest

from monei_guard.ruleset.rule_files import RuleError
from monei_guard.ruleset.templates import expand


@pytest.mark.parametrize(
    ("template", "pattern"),
    [
        ("<<hex:32>>", r"[0-9a-f]{32}"),
        ("<<HEX:32>>", r"[0-9A-F]{32}"),
        ("<<alnum:24>>", r"[0-9A-Za-z]{24}"),
        ("<<upper:10>>", r"[0-9A-Z]{10}"),
        ("<<lower:10>>", r"[0-9a-z]{10}"),
        ("<<digits:6>>", r"\d{6}"),
        ("<<base64:69>>", r"[0-9A-Za-z+/]{69}"),
        ("<<base64url:43>>", r"[\w-]{43}"),
        ("sk_<<text:live>>_x", "sk_live_x"),
        ("no template", "no template"),
        ("a << b >> c <<", "a << b >> c <<"),
    ],
)
def test_a_template_becomes_a_value_of_its_kind_and_length(template: str, pattern: str) -> None:
    assert re.fullmatch(pattern, expand(template, 1))


def test_the_seed_decides_the_value() -> None:
    assert expand("<<hex:32>>", "a") == expand("<<hex:32>>", "a") != expand("<<hex:32>>", "b")


def test_each_template_of_a_text_gets_a_value_of_its_own() -> None:
    first, second = expand("<<hex:32>> <<hex:32>>", 1).split()
    assert first != second


def test_generated_digits_are_never_a_sequence_or_a_repetition() -> None:
    for seed in range(2000):
        pin = expand("<<digits:4>>", seed)
        assert all(abs(int(a) - int(b)) > 1 for a, b in pairwise(pin))


def test_a_uuid_is_a_random_uuid() -> None:
    assert uuid.UUID(expand("<<uuid>>", 1)).version == 4


def test_a_jwt_has_three_parts_that_decode() -> None:
    header, claims, signature = expand("<<jwt>>", 1).split(".")
    assert json.loads(base64.urlsafe_b64decode(header + "=="))["typ"] == "JWT"
    assert uuid.UUID(json.loads(base64.urlsafe_b64decode(claims + "=="))["sub"]).version == 4
    assert len(base64.urlsafe_b64decode(signature + "==")) == 32


@pytest.mark.parametrize(
    "template", ["<<hex>>", "<<hex:0>>", "<<hex:x>>", "<<rune:4>>", "<<uuid:4>>", "<<hex:9999999>>"]
)
def test_an_unknown_template_is_an_error_that_names_the_kinds(template: str) -> None:
    with pytest.raises(RuleError, match="hex, HEX, alnum"):
        expand(template, 1)
