"""Keys of other companies: one secret whatever it decodes to."""

import base64

import pytest
from rule_judge import Finder, builtin_finder

from monei_guard.ruleset.templates import expand


@pytest.fixture(scope="module")
def find() -> Finder:
    return builtin_finder()


@pytest.mark.parametrize(
    ("name", "inner", "codes"),
    [
        ("WORKOS_API_KEY", "key_01<<alnum:26>>,<<alnum:25>>", []),
        ("HIGHNOTE_API_KEY", "key_01<<alnum:26>>,sk_live_<<alnum:25>>", []),
        ("API_KEY", "key_01<<alnum:26>>,sk_live_<<alnum:25>>", ["MG103"]),
        ("MONEI_SECRET_KEY", "key_99<<alnum:26>>,sk_live_<<alnum:25>>", ["MG103"]),
    ],
)  # fmt: skip
def test_a_key_and_what_it_decodes_to_are_one_secret(find: Finder, name: str, inner: str, codes: list[str]) -> None:
    value = "sk_live_" + base64.b64encode(expand(inner, name).encode()).decode()
    found = find(f"{name}={value}\n".encode(), ".env")
    assert [finding.code for finding in found] == codes
    assert all(finding.secret and finding.secret.reveal() == value.encode() for finding in found)


def test_a_key_of_monei_is_found_inside_another_companys(find: Finder) -> None:
    """Only what is no more informative than the outer key goes with it."""
    inner = expand("key_01<<alnum:30>>:mni_<<hex:32>>", "inside").encode()
    found = find(b"WORKOS_API_KEY=sk_live_" + base64.b64encode(inner), ".env")
    assert [finding.code for finding in found] == ["MG101"]


def test_two_keys_in_one_encoded_text_are_two(find: Finder) -> None:
    inner = expand("mni_<<hex:32>> mni_<<hex:32>>", "two").encode()
    found = find(b"MONEI_API_KEYS=" + base64.b64encode(inner), ".env")
    assert [finding.code for finding in found] == ["MG101", "MG101"]
