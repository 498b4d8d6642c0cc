"""The labelled corpus: everything marked is found, nothing else is, and each finding is labelled right."""

from collections import Counter
from pathlib import Path

import pytest
from credential_corpus import CORPUS, Case, Expected, load_corpus
from rule_judge import Finder, builtin_finder

from monei_guard.detection.prefilter import Prefilter
from monei_guard.model.rule import RuleKind
from monei_guard.ruleset.bundled import bundled_rules
from monei_guard.ruleset.rule_files import load_directory, rule_paths

CASES = load_corpus()


@pytest.fixture(scope="module")
def find() -> Finder:
    return builtin_finder()


@pytest.fixture(scope="module")
def prefilter() -> Prefilter:
    rules = load_directory(bundled_rules())
    return Prefilter(key for rule in rules if rule.kind is RuleKind.CREDENTIAL for key in rule.keywords)


def found_in(case: Case, find: Finder) -> list[Expected]:
    return [
        Expected(
            finding.location.start_line,
            finding.location.start_column,
            finding.location.end_line,
            finding.location.end_column,
            finding.secret.reveal().decode() if finding.secret else "",
            finding.code,
            finding.vendor or "",
            str(finding.environment),
        )
        for finding in find(case.content, case.path)
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_engine_says_of_each_file_what_a_reader_would(case: Case, find: Finder) -> None:
    assert sorted(found_in(case, find)) == sorted(case.expected), case.because


@pytest.mark.parametrize("case", [case for case in CASES if case.expected], ids=lambda case: case.name)
def test_the_prefilter_lets_every_file_with_a_secret_pass(case: Case, prefilter: Prefilter) -> None:
    assert prefilter.hits(case.content)


def test_the_corpus_is_as_large_as_promised() -> None:
    assert sum(bool(case.expected) for case in CASES) >= 150
    assert sum(not case.expected for case in CASES) >= 150


def test_every_credential_rule_has_cases() -> None:
    codes = Counter(expected.code for case in CASES for expected in case.expected)
    rules = load_directory(bundled_rules())
    assert all(codes[rule.code] >= 3 for rule in rules if rule.kind is RuleKind.CREDENTIAL), codes


def test_case_names_are_unique_and_reasons_given() -> None:
    names = Counter(case.name for case in CASES)
    assert [name for name, count in names.items() if count > 1] == []
    assert all(case.because for case in CASES)


def test_the_repository_holds_no_key_itself(find: Finder) -> None:
    """Templates keep real-looking keys out of the corpus and the rules."""
    files = [*CORPUS.glob("*.toml"), *map(Path, rule_paths(bundled_rules()))]
    found = [
        (path.name, finding.code, finding.location.start_line)
        for path in files
        for finding in find(path.read_bytes(), "x")
    ]
    assert found == []
