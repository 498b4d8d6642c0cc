"""The engine with the built-in rules, as `rule_check` and the corpus want it: text in, findings out."""

from collections.abc import Callable, Sequence

from monei_guard.model.blob import Blob
from monei_guard.model.finding import Finding
from monei_guard.model.location import Origin
from monei_guard.model.rule import RuleKind
from monei_guard.ruleset.bundled import bundled_rules
from monei_guard.ruleset.rule_check import ObservedMatch, RuleRunner
from monei_guard.ruleset.rule_files import load_directory
from monei_guard.scanning.scanner import Scanner

Finder = Callable[[bytes, str], list[Finding]]


def builtin_finder(manifests: bytes = b"") -> Finder:
    """Return a function that finds credentials in the bytes of a file of that name, all stages included.

    `manifests` is the lower-cased text of the repository's dependency files.
    """
    rules = load_directory(bundled_rules())
    credentials = [rule for rule in rules if rule.kind is RuleKind.CREDENTIAL]
    scanner = Scanner(
        (keyword for rule in credentials for keyword in rule.keywords),
        lambda: credentials,
        lambda: (rule for rule in rules if rule.kind is RuleKind.EVIDENCE),
        lambda: manifests,
    )

    def find(content: bytes, path: str) -> list[Finding]:
        return [*scanner.scan_blob(Blob(content=content, origin=Origin.WORKTREE, path=path.encode())).findings]

    return find


def builtin_judge() -> RuleRunner:
    """Return the judge that `check_rules` runs examples through."""
    find = builtin_finder()

    def judge(text: bytes, path: str) -> Sequence[ObservedMatch]:
        return [
            (found.code, found.vendor or "", str(found.environment), found.secret.reveal() if found.secret else b"")
            for found in find(text, path)
        ]

    return judge
