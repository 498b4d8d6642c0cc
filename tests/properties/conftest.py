"""How long properties are tried: a moment in every test run, minutes in `make fuzz`."""

import os

import pytest
from hypothesis import HealthCheck, settings

_FUZZING = os.environ.get("HYPOTHESIS_PROFILE") == "fuzz"

settings.register_profile("default", derandomize=True, max_examples=60, deadline=None)
settings.register_profile("fuzz", max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fuzz" if _FUZZING else "default")


@pytest.fixture(scope="session")
def fuzz_seconds() -> float:
    """Return how long a mutation fuzzer runs."""
    return 300.0 if _FUZZING else 1.5
