"""Both first stages let a key through of which some characters are escaped, whichever these are."""

from itertools import combinations

import pytest
from made_keys import line_of

from monei_guard.detection.prefilter import ContentTest, Prefilter
from monei_guard.ruleset.bundled import credential_keywords

FORMS = ("%%%02X", "%%%02x", "=%02X", r"\u%04x", r"\x%02x", r"\%03o", "&#%d;", "&#x%x;")
PREFIXED = ("MG101", "MG102", "MG103", "MG104", "MG105")


@pytest.fixture(scope="module", params=["plain", "Hyperscan"])
def first_stage(request: pytest.FixtureRequest) -> ContentTest:
    prefilter = Prefilter(credential_keywords())
    if request.param == "plain":
        return prefilter.hits
    fast = prefilter.fast_test()
    assert fast is not None
    return fast


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("code", PREFIXED)
def test_any_one_or_two_characters_of_a_prefix_may_be_escaped(first_stage: ContentTest, code: str, form: str) -> None:
    value = line_of(code, "partly")[1]
    size = value.rindex("_") + 1
    missed = []
    for places in [(at,) for at in range(size)] + list(combinations(range(size), 2)):
        text = "".join(form % ord(char) if at in places else char for at, char in enumerate(value))
        if not first_stage(f"x {text}\n".encode()):
            missed.append(text)
    assert missed == []


@pytest.mark.parametrize("form", ["%%25%02x", "%%2525%02X", "&amp;#%d;", "&amp;amp;#x%x;"])
@pytest.mark.parametrize("code", PREFIXED)
def test_escapes_may_be_escaped_again_where_they_have_need_of_it(
    first_stage: ContentTest, code: str, form: str
) -> None:
    line, _ = line_of(code, "again")
    assert first_stage("".join(form % ord(char) for char in line).encode())
