"""A secret cannot leave by accident, whichever way a program usually lets values out."""

import copy
import json
import logging
import pickle
import pprint
import traceback
from dataclasses import asdict, dataclass, fields

import pytest
from made_keys import key_bytes

from monei_guard.detection.matcher import Candidate
from monei_guard.model.blob import Blob, View
from monei_guard.model.location import Origin
from monei_guard.model.masking import redact
from monei_guard.model.rule import Rule, RuleKind
from monei_guard.model.secret import Secret

VALUE = key_bytes("secret")
TEXT = VALUE.decode()
SECRET = Secret(VALUE)


@dataclass(frozen=True)
class Holder:
    """Anything that has a secret in it."""

    secret: Secret


def leaks(text: str) -> bool:
    """Return whether `text` shows more of the value than its masked form does."""
    return any(TEXT[start : start + 8] in text for start in range(len(TEXT) - 8)) or VALUE.hex() in text


def test_no_form_of_text_shows_the_value() -> None:
    forms = (
        repr(SECRET), str(SECRET), f"{SECRET}", f"{SECRET!r}", f"{SECRET:>60}", f"{SECRET!s:.60}",
        "%s %r" % (SECRET, SECRET),  # noqa: UP031 - it is one of the ways
               f"{SECRET} {SECRET!r}", ascii(SECRET), repr([SECRET]), repr({"key": SECRET}), str((SECRET,)),
        repr(Holder(SECRET)),        pprint.pformat(Holder(SECRET)), pprint.pformat({SECRET: SECRET}),
    )  # fmt: skip
    for form in forms:
        assert not leaks(form), form
        assert "mni_" in form


def test_the_value_is_not_an_attribute_that_vars_shows() -> None:
    with pytest.raises(TypeError):
        vars(SECRET)
    assert not hasattr(SECRET, "__dict__")
    assert not hasattr(SECRET, "value")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_secret_is_never_pickled(protocol: int) -> None:
    for value in (SECRET, Holder(SECRET), [SECRET]):
        with pytest.raises(TypeError, match="never pickled"):
            pickle.dumps(value, protocol)


def test_a_secret_is_never_copied() -> None:
    for copied in (copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="never pickled"):
            copied(SECRET)
    with pytest.raises(TypeError, match="never pickled"):
        asdict(Holder(SECRET))


def test_a_secret_is_no_json() -> None:
    with pytest.raises(TypeError):
        json.dumps({"secret": SECRET})
    assert not leaks(json.dumps({"secret": SECRET}, default=str))


def test_a_log_line_shows_the_masked_form(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").debug("found %s in %r", SECRET, Holder(SECRET), extra={"secret": SECRET})
    assert not leaks(caplog.text)
    assert not leaks(repr(caplog.records[0].__dict__))


def test_a_traceback_with_local_variables_shows_the_masked_form() -> None:
    def failing(secret: Secret) -> None:
        holder = Holder(secret)
        raise ValueError(f"cannot use {secret} of {holder}")

    with pytest.raises(ValueError, match="cannot use") as caught:
        failing(SECRET)
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert not leaks("".join(shown.format()))


def test_what_carries_raw_content_does_not_show_it_in_a_repr() -> None:
    rule = Rule(code="MG101", id="api-key", kind=RuleKind.CREDENTIAL, title="x")
    blob = Blob(b"key=" + VALUE, Origin.WORKTREE, b"a.txt")
    for holder in (
        blob,
        View(blob, blob.content if isinstance(blob.content, bytes) else b""),
        Candidate(rule, 4, 40, VALUE),
    ):
        assert not leaks(repr(holder)), [field.name for field in fields(holder)]


def test_the_only_door_is_reveal() -> None:
    assert SECRET.reveal() == VALUE
    assert SECRET.length == 36


def test_secrets_are_equal_by_value() -> None:
    assert Secret(VALUE) == SECRET
    assert hash(Secret(VALUE)) == hash(SECRET)
    assert Secret(key_bytes("other")) != SECRET
    assert SECRET != VALUE


def test_what_can_be_guessed_has_no_digest_and_shows_nothing() -> None:
    pin = Secret(b"4711", guessable=True)
    assert pin.sha256 is None
    assert "4711" not in f"{pin!r}{pin}"
    assert not {"4", "7", "1"} & set(pin.redacted)


@pytest.mark.parametrize("length", range(1, 80))
def test_the_hidden_part_is_never_small(length: int) -> None:
    value = (VALUE * 3)[4 : 4 + length]
    shown = redact(value)
    visible = shown.replace("…", "").replace("•", "")
    assert len(visible) <= 14
    assert length - len(visible) >= min(length - 2, 20)


@pytest.mark.parametrize("value", [b"\xff\xfe" * 20, b"\x1b[2J" * 10, b"a\nb" * 10, "ключ".encode() * 8])
def test_the_masked_form_of_anything_is_text(value: bytes) -> None:
    assert redact(value).encode("utf-8")
