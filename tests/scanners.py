"""Scanners with the built-in rules, as the command line builds them."""

import sys

from monei_guard.application.opening import builtin_rules
from monei_guard.decoding.signatures.registry import SIGNATURES
from monei_guard.detection.prefilter import Prefilter
from monei_guard.model.blob import Blob
from monei_guard.model.finding import Finding
from monei_guard.model.location import Origin
from monei_guard.ruleset.bundled import credential_keywords
from monei_guard.scanning.scanner import Scanner


def builtin_scanner(*, decode: bool = True, large: bool = False) -> Scanner:
    """Return a scanner; `large` gives it the prefilter for large amounts of content, else it keeps the other one."""
    rules = builtin_rules()
    scanner = Scanner(rules.keywords, rules.credentials, rules.evidence, decode=decode)
    scanner.prefilter = Prefilter(
        credential_keywords(), signatures=SIGNATURES if decode else (), switch_at=0 if large else sys.maxsize
    )
    return scanner


def find(scanner: Scanner, content: bytes, path: bytes = b"notes.txt") -> list[Finding]:
    """Return the findings in a file's content."""
    return [*scanner.scan_blob(Blob(content, Origin.WORKTREE, path)).findings]


def secrets(findings: list[Finding]) -> set[bytes]:
    """Return the values found."""
    return {finding.secret.reveal() for finding in findings if finding.secret}
