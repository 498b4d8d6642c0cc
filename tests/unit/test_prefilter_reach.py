"""The history scan cuts content into windows that overlap by as much as the longest thing the first stage matches."""

import re
import re._parser as parser  # type: ignore[import-not-found] # the only thing that measures a pattern

from monei_guard.decoding.signatures.keyword_forms import encoded_literals
from monei_guard.decoding.signatures.registry import SIGNATURES
from monei_guard.detection.prefilter import REACH, Prefilter, plain_forms
from monei_guard.ruleset.bundled import credential_keywords


def test_nothing_the_fast_test_matches_is_longer_than_the_reach() -> None:
    keywords = tuple(credential_keywords())
    literals = [form for keyword in keywords for form in plain_forms(keyword)]
    patterns = [*map(re.escape, literals), *map(re.escape, encoded_literals(keywords))]
    for one in SIGNATURES:
        patterns += [*one.patterns, *one.exact_patterns(keywords)]
    longest = max(parser.parse(pattern.decode("latin-1")).getwidth()[1] for pattern in patterns)
    assert 0 < longest <= REACH


def test_the_fast_test_finds_what_the_plain_one_finds() -> None:
    prefilter = Prefilter(credential_keywords())
    test = prefilter.fast_test()
    assert test is not None
    for data in (b"", b"nothing", b"x = MONEI", b"m\0n\0i\0_\0" * 2):
        assert test(data) == prefilter.hits(data)
