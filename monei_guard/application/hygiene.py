"""Joining the repository checks (MG2xx) to a scan: the scan's findings in, the same and more out."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from monei_guard.application.opening import builtin_rules, source_options
from monei_guard.application.run import Run
from monei_guard.application.scanner_factory import build_key_finder
from monei_guard.decoding.charset import root_view
from monei_guard.detection.placeholders import is_generated, placeholder_reason
from monei_guard.errors import GuardError
from monei_guard.git.repository import discover
from monei_guard.hygiene.collection import plain_folder_files, staged_files, work_tree_files
from monei_guard.hygiene.elsewhere import findings_elsewhere
from monei_guard.hygiene.findings import path_of
from monei_guard.hygiene.monei_signs import concerns_monei
from monei_guard.hygiene.registry import hygiene_findings
from monei_guard.hygiene.snapshot import RepositorySnapshot
from monei_guard.model.blob import Blob, Skipped
from monei_guard.model.finding import Finding, Triaged
from monei_guard.model.levels import Severity
from monei_guard.model.location import Origin
from monei_guard.model.moment import moment
from monei_guard.model.rule import Rule, RuleKind
from monei_guard.model.secret import Secret
from monei_guard.ruleset.bundled import DIRECTIVE
from monei_guard.ruleset.rule_files import load_hygiene_rules
from monei_guard.scanning.result import ScanResult
from monei_guard.scanning.scanner import Scanner


@dataclass(frozen=True, slots=True)
class KeyHistory:
    """What `audit` knows and `scan` does not: when each key was first committed, and how old one may be.

    `holds_monei` says that a key of Monei was ever there.
    """

    first_seen: Callable[[Secret], datetime | None]
    max_key_age_days: int = 90
    holds_monei: bool = False


def key_history(findings: Iterable[Finding], max_key_age_days: int = 90) -> KeyHistory:
    """Return when each key was first committed, from the findings of a history scan (their dates are ISO 8601)."""
    first: dict[Secret, datetime] = {}
    holds_monei = False
    for finding in findings:
        holds_monei = holds_monei or finding.vendor == "monei"
        # A commit may carry any text as its date: then nothing is known.
        seen = moment(finding.life.first_date if finding.life is not None else None) or moment(finding.location.date)
        if finding.secret is not None and seen is not None:
            first[finding.secret] = min(seen, first.get(finding.secret, seen))
    return KeyHistory(first.get, max_key_age_days, holds_monei)


def with_hygiene(
    run: Run,
    scanned: ScanResult,
    paths: Sequence[str],
    excluded: Callable[[bytes], bool] | None = None,
    history: KeyHistory | None = None,
) -> ScanResult:
    """Return the outcome of a scan with what the checks find in each folder of `paths` added."""
    for path in paths if active_rules(run) else ():
        if path == "-" or not os.path.isdir(path):
            continue
        prefix = b"" if len(paths) == 1 else _prefix(path)
        finder = _key_finder(run, scanned, prefix)
        scanned = checked(run, scanned, partial(folder_files, path, *finder), excluded, history, prefix)
    return scanned


def checked(
    run: Run,
    scanned: ScanResult,
    collect: Callable[[], RepositorySnapshot],
    excluded: Callable[[bytes], bool] | None,
    history: KeyHistory | None,
    prefix: bytes = b"",
) -> ScanResult:
    """Return the outcome of a scan with what the checks find in the collected files added."""
    rules = active_rules(run)
    try:
        files = collect()
        if history is not None:
            files = replace(files, first_seen=history.first_seen, max_key_age_days=history.max_key_age_days)
        files = files if excluded is None else without(files, excluded)
        known = history is not None and history.holds_monei
        found = repository_findings(files, rules, holds_monei=known)
    except GuardError as error:
        return scanned._replace(skipped=(*scanned.skipped, Skipped(None, f"repository checks: {error}")))
    return _with(scanned, run, files, found, prefix)


def repository_findings(
    files: RepositorySnapshot, rules: Mapping[str, Rule], *, holds_monei: bool = False
) -> list[Finding]:
    """Return what the checks find: all of it where something is a sign of Monei, elsewhere what cannot be nothing.

    `holds_monei` says that such a sign is known from somewhere else. Raises GitError.
    """
    found = list(hygiene_findings(files, rules))
    if not found or holds_monei or concerns_monei(files):
        return found
    return list(findings_elsewhere(files, rules, _looks_generated))


def _looks_generated(value: bytes) -> bool:
    return is_generated(value) and not placeholder_reason(value)


def folder_files(
    path: str, scanner: Scanner, findings: Mapping[bytes, tuple[Finding, ...]] | None
) -> RepositorySnapshot:
    """Return what the checks ask about a folder, inside a git work tree or outside. Raises GitError."""
    repository = discover(path)
    root = os.fsencode(path)
    classify = classifier(scanner)
    if repository is None or repository.work_tree is None or not _contains(repository.work_tree, root):
        return plain_folder_files(root, classify, findings)
    return work_tree_files(root, classify, findings, top=repository.work_tree)


def without(files: RepositorySnapshot, excluded: Callable[[bytes], bool]) -> RepositorySnapshot:
    """Return the files without those that the configuration excludes: they are neither judged nor shipped."""
    return replace(
        files,
        states={path: state for path, state in files.states.items() if not excluded(path)},
        env_kinds={path: kind for path, kind in files.env_kinds.items() if not excluded(path)},
        findings={path: found for path, found in files.findings.items() if not excluded(path)},
        readers=tuple(reader for reader in files.readers if not excluded(reader.path)),
        archives=tuple(path for path in files.archives if not excluded(path)),
    )


def _contains(work_tree: bytes, folder: bytes) -> bool:
    """Whether the folder lies in the work tree: a hostile `core.worktree` may point anywhere."""
    top = os.path.realpath(work_tree)
    return os.path.commonpath([top, os.path.realpath(folder)]) == top


def with_staged_hygiene(run: Run, scanned: ScanResult, top: bytes, touched: frozenset[bytes]) -> ScanResult:
    """Return the outcome of a scan of the index with what the checks find in the touched files added."""
    rules = active_rules(run)
    if not rules:
        return scanned
    scanner, findings = _key_finder(run, scanned, b"")
    files = staged_files(top, touched, classifier(scanner), findings)
    excluded = source_options(run).excluded
    files = files if excluded is None else without(files, excluded)
    return _with(scanned, run, files, repository_findings(files, rules), b"")


def _key_finder(
    run: Run, scanned: ScanResult, prefix: bytes
) -> tuple[Scanner, Mapping[bytes, tuple[Finding, ...]] | None]:
    """Return the scanner that knows every key format, and the scan's findings if it was that scanner which made them.

    With `--select MG211` the scan looks for no key at all, but the check still has to know one when it sees it.
    """
    if run.active is None:
        return run.scanner, by_path(scanned.findings, prefix)
    return build_key_finder(builtin_rules()), None


def _with(scanned: ScanResult, run: Run, files: RepositorySnapshot, found: list[Finding], prefix: bytes) -> ScanResult:
    """Add findings to what was scanned, those apart that a directive in their file suppresses."""
    by_file: dict[bytes, list[Finding]] = defaultdict(list)
    for finding in found:
        by_file[path_of(finding)].append(finding)
    triaged: list[Triaged] = []
    for path, those in by_file.items():
        content = files.read(path)
        if content is None or DIRECTIVE.encode() not in content:
            triaged += map(Triaged, those)
            continue
        view = root_view(Blob(content, files.origin, path))
        # Directives that suppress nothing are the scan's to report, once.
        decided = run.scanner.triage(tuple(those), view)
        triaged += [item for item in decided if item.finding.code in {f.code for f in those}]
    mask = _mask(run.scanner, files, by_file)
    moved = [replace(item, finding=_relocated(mask(item.finding), prefix)) for item in triaged]
    return scanned._replace(
        findings=(*scanned.findings, *(item.finding for item in moved if item.suppression is None)),
        suppressed=(*scanned.suppressed, *(item for item in moved if item.suppression is not None)),
    )


def _mask(scanner: Scanner, files: RepositorySnapshot, paths: Iterable[bytes]) -> Callable[[Finding], Finding]:
    """Return what hides every known key in what a finding says: names of variables and files may be keys as well."""
    keys = [key for path in paths for key in files.findings.get(path, ())]
    for path in paths:
        keys += scanner.scan_blob(Blob(path, files.origin, path, is_name=True)).findings
    values = {key.secret.reveal().decode("utf-8", "replace"): key.secret.redacted for key in keys if key.secret}

    def hide(text: str) -> str:
        for value, redacted in values.items():
            text = text.replace(value, redacted)
        return text

    def masked(finding: Finding) -> Finding:
        location = finding.location
        path = None if location.path is None else hide(location.path)
        exact = location.path_bytes if path == location.path else None
        return replace(
            finding, message=hide(finding.message), hint=hide(finding.hint),
            location=replace(location, path=path, path_bytes=exact),
        )  # fmt: skip

    return masked


def classifier(scanner: Scanner) -> Callable[[bytes, bytes], Sequence[Finding]]:
    """Return the engine as the checks call it: content and path in, findings out; a slow file has none."""

    def classify(content: bytes, path: bytes) -> Sequence[Finding]:
        try:
            found = scanner.scan_blob(Blob(content, Origin.WORKTREE, path)).findings
            return [finding for finding in found if _is_key(finding)]
        except GuardError:
            return ()

    return classify


def _is_key(finding: Finding) -> bool:
    """Whether a finding is about a key itself, not about what code, a directive or a repository does with it.

    Another company's key where nothing speaks of Monei is no reason for advice on the repository.
    """
    is_ours = finding.severity > Severity.INFO
    return finding.secret is not None and finding.kind is RuleKind.CREDENTIAL and is_ours


def active_rules(run: Run) -> dict[str, Rule]:
    """Return the hygiene rules of this run by id."""
    rules = load_hygiene_rules()
    return {rule.id: rule for rule in rules if run.active is None or rule.code in run.active}


def _prefix(path: str) -> bytes:
    """Return what the scan puts before the paths of one of several folders."""
    base = os.path.normpath(os.fsencode(path)).replace(os.sep.encode(), b"/")
    return b"" if base == b"." else base + b"/"


def by_path(findings: Iterable[Finding], prefix: bytes) -> dict[bytes, tuple[Finding, ...]]:
    """Return the findings about file contents below `prefix`, by path without it."""
    grouped: dict[bytes, list[Finding]] = defaultdict(list)
    for finding in findings:
        location = finding.location
        if _is_key(finding) and location.path is not None and location.origin in (Origin.WORKTREE, Origin.INDEX):
            path = path_of(finding)
            if path.startswith(prefix):
                grouped[path[len(prefix) :]].append(finding)
    return {path: tuple(found) for path, found in grouped.items()}


def _relocated(finding: Finding, prefix: bytes) -> Finding:
    """Return the finding with its path as the scan shows it."""
    location = finding.location
    if not prefix or location.path is None:
        return finding
    before = prefix.decode("utf-8", "backslashreplace")
    exact = None if location.path_bytes is None else prefix + location.path_bytes
    shown = location.path if location.path.startswith(before) else before + location.path
    return replace(finding, location=replace(location, path=shown, path_bytes=exact))
