"""The checks in a repository without any sign of Monei: they speak only of values that look like credentials.

What a `.env` with `PORT=8000` is to its project, whether code reads one, and on which side of whose API a key is, is
for that project's own tools. A value that looks like a credential is reported whoever it belongs to, with no vendor
claimed, and in folders of tests and documents as a note.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from monei_guard.hygiene.env_file_names import EnvFileKind
from monei_guard.hygiene.findings import path_of
from monei_guard.hygiene.readers.dotenv_files import Assignment, ValueKind, assignments
from monei_guard.hygiene.registry import hygiene_findings
from monei_guard.hygiene.snapshot import RepositorySnapshot, folder_of
from monei_guard.model.finding import Finding
from monei_guard.model.rule import Rule, Severity

LooksGenerated = Callable[[bytes], bool]

# These ask what Monei asks: its two environments, its ninety days.
ONLY_FOR_MONEI = frozenset({"same-key-across-environments", "production-key-in-development", "key-older-than-90-days"})

_ASIDE = re.compile(
    rb"(?i)(?:^|[/._-])(?:_*tests?_*|testing|testdata|specs?|e2e|fixtures?|_*mocks?_*|examples?|samples?|demos?|docs?|"
    rb"documentation|tutorials?|cookbook|playground)(?:$|[/._-])"
)
_NEVER_CREDENTIALS = (EnvFileKind.TEMPLATE, EnvFileKind.ENCRYPTED)  # of templates only keys count, wherever they stand

_PASSWORD_IN_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://[^/\s:@]{0,200}:([^/\s@]{1,500})@")
_IDENTIFIER = re.compile(  # digests, commits, addresses of contracts, UUIDs; hosts and what lies on them
    r"(?:0x)?[0-9a-fA-F]+|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|.*@sha\d+:.*|[\w-]+(?:\.[\w-]+)*\.[a-z]{2,24}(?:[:/].*)?"
)
_NAMES_AN_IDENTIFIER = re.compile(
    r"(?i)(?:^|_)(?:ids?|uuid|guid|hash|sha\d*|digest|checksum|commit|version|address|addr|contract|hosts?|hostname|"
    r"domain|bucket|image|tag|arn|region|email|user|username|name|uri|endpoint|public\w*|publishable\w*)(?:$|_)|_url$"
)
_SHORTEST_UNNAMED = 24  # bytes; shorter noise under a name that promises no secret is a name of something
_LONGEST = 4096  # bytes of a value that are looked at


def findings_elsewhere(
    files: RepositorySnapshot, rules: Mapping[str, Rule], looks_generated: LooksGenerated
) -> Iterator[Finding]:
    """Yield what the checks find in a repository without any sign of Monei.

    `looks_generated` tells whether a generator made a value, rather than a person.
    """
    asked = {rule_id: rule for rule_id, rule in rules.items() if rule_id not in ONLY_FOR_MONEI}
    narrowed = _narrowed(files, looks_generated)
    for finding in hygiene_findings(narrowed, asked):
        yield _toned_down(finding, narrowed)


def _narrowed(files: RepositorySnapshot, looks_generated: LooksGenerated) -> RepositorySnapshot:
    """Return the files without environment files that hold no credential, and without what only may hold one."""
    kinds = {
        path: kind
        for path, kind in files.env_kinds.items()
        if kind in _NEVER_CREDENTIALS or _holds_credential(files, path, looks_generated)
    }
    holders = any(kind not in _NEVER_CREDENTIALS for kind in kinds.values())
    return replace(
        files, env_kinds=kinds, readers=(), archives=files.archives if holders else (), concerns_monei=False
    )  # fmt: skip


def _holds_credential(files: RepositorySnapshot, path: bytes, looks_generated: LooksGenerated) -> bool:
    if files.findings.get(path):
        return True
    data = files.read(path)
    is_key = files.env_kinds[path] is EnvFileKind.KEY
    return data is not None and any(
        _is_credential(value, looks_generated, is_key=is_key) for value in assignments(path, data)
    )


def _is_credential(assignment: Assignment, looks_generated: LooksGenerated, *, is_key: bool) -> bool:
    if assignment.kind is not ValueKind.LITERAL:
        return False
    value = assignment.value.reveal()[:_LONGEST]
    text = value.decode("utf-8", "replace").strip()
    if "://" in text:
        password = _PASSWORD_IN_URL.match(text)
        return password is not None and looks_generated(password[1].encode())
    if not looks_generated(value):
        return False
    if is_key or assignment.names_a_secret:
        return True
    return (
        len(value) >= _SHORTEST_UNNAMED
        and _NAMES_AN_IDENTIFIER.search(assignment.name) is None
        and _IDENTIFIER.fullmatch(text) is None
    )


def _toned_down(finding: Finding, files: RepositorySnapshot) -> Finding:
    """Return the finding as nobody's in particular, no graver than the key it is about."""
    path = path_of(finding)
    keys = [key for key in files.findings.get(path, ()) if finding.secret is not None and key.secret == finding.secret]
    severities = [finding.severity, *(key.severity for key in keys)]
    if _ASIDE.search(folder_of(path)) is not None:
        severities.append(Severity.INFO)
    vendor = None if finding.vendor == "monei" else finding.vendor
    return replace(finding, severity=min(severities), vendor=vendor)
