"""What the repository depends on is evidence too, the weakest kind."""

import pytest
from rule_judge import builtin_finder

from monei_guard.ruleset.templates import expand

MONEI = b'"dependencies": {"monei-sdk": "^1.0.8", "express": "^4.19.2"}'
SPAIN = b'"dependencies": {"@monei-js/node-sdk": "^2.1.0"}'


def labels(text: str, manifests: bytes) -> list[tuple[str, str]]:
    content = expand(text, "dependencies").encode()
    return [(found.code, found.vendor or "") for found in builtin_finder(manifests)(content, "src/pay.js")]


@pytest.mark.parametrize(
    ("text", "code"),
    [('send({ transactionPin: "<<digits:4>>" })', "MG108"), ('secret: "mcs_<<hex:48>>"', "MG104"),
     ('token = "mcr_<<hex:48>>"', "MG105")],
)  # fmt: skip
def test_forms_too_common_to_report_are_reported_where_the_repository_uses_monei(text: str, code: str) -> None:
    assert labels(text, MONEI) == [(code, "monei")]
    assert labels(text, SPAIN) == []
    assert labels(text, b"") == []


def test_dependencies_alone_give_no_secret_key_to_monei() -> None:
    assert labels('key = "sk_live_<<alnum:57>>"', MONEI) == [("MG103", "unknown")]


def test_dependencies_alone_make_no_credential_of_a_plain_name() -> None:
    assert labels('apiKey: "<<alnum:40>>"', MONEI) == []


def test_a_monei_name_in_a_project_of_monei_com_is_not_given_to_monei() -> None:
    text = '// https://api.monei.com/v1\nMONEI_WEBHOOK_SECRET = "<<alnum:40>>"'
    assert labels(text, SPAIN) == []
