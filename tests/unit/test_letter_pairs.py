"""Letters without digits are told from words by their pairs."""

import random
import string

import pytest

from monei_guard.detection.bigrams import reads_as_noise
from monei_guard.detection.placeholders import is_generated


@pytest.mark.parametrize(
    "words",
    [
        b"getMoneiApiKeyFromConfigurationService",
        b"errors.payments.monei.insufficientBalanceForPayout",
        b"aws-secrets-manager-eu-west-1",
        b"cc.monei.client.api-key-property-name",
        b"MONEI_API_KEY_ENVIRONMENT_VARIABLE_IS_MISSING",
        b"claveSecretaDelWebhookDeProduccion",
        b"olorunfemi_adebayo_wallet_preferences",
        b"kubernetes_horizontal_pod_autoscaler",
        b"x86_64-linux-gnu",
        b"",
        b"1234567890",
    ],
)
def test_words_of_any_kind_are_no_noise(words: bytes) -> None:
    assert not reads_as_noise(words)


@pytest.mark.parametrize(("length", "at_most"), [(24, 10), (32, 2), (40, 1)])
def test_nearly_all_values_of_random_letters_look_generated(length: int, at_most: int) -> None:
    draw = random.Random(length)  # noqa: S311 - the same draws each run, no secrets
    values = ["".join(draw.choices(string.ascii_letters, k=length)).encode() for _ in range(2000)]
    assert sum(not is_generated(value) for value in values) <= at_most


def test_hardly_any_value_of_letters_and_digits_is_taken_for_words() -> None:
    draw = random.Random(24)  # noqa: S311 - the same draws each run, no secrets
    values = ["".join(draw.choices(string.ascii_letters + string.digits, k=24)).encode() for _ in range(20_000)]
    assert sum(not is_generated(value) for value in values) <= 10
