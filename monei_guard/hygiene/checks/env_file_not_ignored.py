"""MG202 env-file-not-ignored: a `.env`-like file is, or is going to be, one `git add .` away from being committed."""

from collections.abc import Iterator

from monei_guard.hygiene.env_file_names import EnvFileKind
from monei_guard.hygiene.findings import about_file, file_location, shown
from monei_guard.hygiene.readers.dotenv_files import is_encrypted
from monei_guard.hygiene.snapshot import FileState, RepositorySnapshot, nearest_ignore_file
from monei_guard.model.finding import Finding
from monei_guard.model.location import display_path
from monei_guard.model.rule import Confidence, Rule, Severity


def check(rule: Rule, files: RepositorySnapshot) -> Iterator[Finding]:
    """Yield a finding for each existing file, then for each folder whose code reads a `.env` nobody ignores."""
    yield from _existing(rule, files)
    if files.touched is None:
        yield from _expected(rule, files)


def _existing(rule: Rule, files: RepositorySnapshot) -> Iterator[Finding]:
    for path in files.env_files(EnvFileKind.DEDICATED, EnvFileKind.KEY, EnvFileKind.MIXED):
        if files.states[path] is not FileState.UNTRACKED or path in files.ignored or not _reported(files, path):
            continue
        if files.env_kinds[path] is EnvFileKind.MIXED and not files.findings.get(path):
            continue
        data = files.read(path)
        if data is None or not data.strip() or is_encrypted(data):
            continue
        consequence = ": 'git add .' would commit it" if files.in_git else ""
        message = f"{display_path(path)} exists and no ignore rule covers it{consequence}"
        yield about_file(rule, file_location(files, path), message, blanks=_blanks(files, path))


def _reported(files: RepositorySnapshot, path: bytes) -> bool:
    """In a commit, an unstaged file matters only when the commit changes the ignore rules above it."""
    return files.touched is None or nearest_ignore_file(files, path) in files.touched


def _expected(rule: Rule, files: RepositorySnapshot) -> Iterator[Finding]:
    for reader in files.readers:
        path = reader.env_file
        if path in files.states or path in files.ignored:
            continue
        message = f"{reader.sign} reads {display_path(path)}, and no ignore rule covers that file"
        yield about_file(
            rule,
            file_location(files, reader.path, reader.line),
            message,
            blanks=_blanks(files, path),
            severity=min(rule.severity, Severity.MEDIUM),
            confidence=min(rule.confidence, Confidence.MEDIUM),
            subject=display_path(path),
        )


def _blanks(files: RepositorySnapshot, path: bytes) -> dict[str, str]:
    return {
        "path": shown(path),
        "name": shown(path.rpartition(b"/")[2]),
        "ignore-file": shown(nearest_ignore_file(files, path)),
    }
