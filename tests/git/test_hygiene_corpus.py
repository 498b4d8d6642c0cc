"""Every small repository of tests/corpus/hygiene, built with real git: exactly the expected findings, no other."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from hygiene_corpus import Expected, build, cases

from monei_guard.application.hygiene import repository_findings
from monei_guard.hygiene.collection import plain_folder_files, work_tree_files
from monei_guard.model.blob import Blob
from monei_guard.model.finding import Finding
from monei_guard.model.location import Origin
from monei_guard.model.rule import RuleKind
from monei_guard.ruleset.bundled import credential_keywords
from monei_guard.ruleset.rule_files import load_bundled, load_credential_rules, load_evidence_rules
from monei_guard.scanning.scanner import Scanner

CASES = cases()


@pytest.fixture(scope="session")
def scanner() -> Scanner:
    return Scanner(credential_keywords(), load_credential_rules, load_evidence_rules)


def hygiene(root: Path, git: bool, scanner: Scanner) -> list[Finding]:
    def classify(content: bytes, path: bytes) -> Sequence[Finding]:
        return scanner.scan_blob(Blob(content, Origin.WORKTREE, path)).findings

    collect = work_tree_files if git else plain_folder_files
    rules = {rule.id: rule for rule in load_bundled() if rule.kind is RuleKind.HYGIENE}
    return repository_findings(collect(os.fsencode(root), classify), rules)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_repository_has_exactly_the_expected_findings(case: Expected, tmp_path: Path, scanner: Scanner) -> None:
    root = build(case, tmp_path)
    found = hygiene(root, case.git, scanner)
    lines = {(f.code, f.location.path): f.location.start_line for f in found}
    assert sorted((f.code, str(f.location.path)) for f in found) == sorted((c, p) for c, p, _ in case.findings)
    for finding in found:
        assert_safe_and_helpful(finding)
        assert finding.vendor == (None if case.name.startswith("elsewhere-") else "monei") or finding.secret is not None
    wanted = {
        (code, path): named for (code, path, _), named in zip(case.findings, case.severities, strict=True) if named
    }
    assert {place: severity for place, severity in severities(found).items() if place in wanted} == wanted
    for code, path, line in case.findings:
        if line is not None and sum(1 for c, p, _ in case.findings if (c, p) == (code, path)) == 1:
            assert lines[code, path] == line, f"{code} {path}"


def severities(found: list[Finding]) -> dict[tuple[str, str | None], str]:
    return {(finding.code, finding.location.path): finding.severity.label for finding in found}


def assert_safe_and_helpful(finding: Finding) -> None:
    """No secret is shown, and no blank of the advice was left unfilled."""
    shown = f"{finding.message} {finding.hint} {finding.related} {finding.snippet}"
    assert finding.secret is None or finding.secret.reveal().decode() not in shown
    assert finding.hint
    assert not any(blank in shown for blank in ("{path}", "{fix}", "{name}", "{ignore-file}", "{reference}"))


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(CASES) >= 60
    assert all(case.because for case in CASES)
    rules = {rule.code for rule in load_bundled() if rule.kind is RuleKind.HYGIENE}
    assert {code for case in CASES for code, _, _ in case.findings} == rules - {"MG209"}
