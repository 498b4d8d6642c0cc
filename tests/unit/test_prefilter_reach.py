"""The history scan cuts content into windows that overlap by as much as the longest thing the first stage matches."""

import re
import re._parser as parser  # type: ignore[import-not-found] # the only thing that measures a pattern

from monei_guard.decoding.signatures.keyword_forms import ESCAPE_PATTERNS, encoded_literals, split_patterns
from monei_guard.detection.prefilter import REACH, Prefilter, keyword_forms
from monei_guard.ruleset.bundled import credential_keywords


def test_nothing_the_fast_test_matches_is_longer_than_the_reach() -> None:
    keywords = tuple(credential_keywords())
    literals = [form for keyword in keywords for form in keyword_forms(keyword)]
    patterns = [*map(re.escape, literals), *map(re.escape, encoded_literals(keywords))]
    patterns += [*ESCAPE_PATTERNS, *split_patterns(keywords)]
    longest = max(parser.parse(pattern.decode("latin-1")).getwidth()[1] for pattern in patterns)
    assert 0 < longest <= REACH


def test_the_fast_test_finds_what_the_plain_one_finds() -> None:
    prefilter = Prefilter(credential_keywords())
    test = prefilter.fast_test()
    assert test is not None
    for data in (b"", b"nothing", b"x = MONEI", b"m\0n\0i\0_\0" * 2):
        assert test(data) == prefilter.hits(data)
