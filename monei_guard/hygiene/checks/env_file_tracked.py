"""MG201 env-file-tracked: a `.env`-like file with values is in the index, so every clone has it."""

from collections.abc import Iterator

from monei_guard.hygiene.env_file_names import EnvFileKind
from monei_guard.hygiene.findings import about_file, file_location, shown
from monei_guard.hygiene.readers.dotenv_files import Assignment, ValueKind, assignments
from monei_guard.hygiene.snapshot import FileState, RepositorySnapshot, nearest_ignore_file
from monei_guard.model.finding import Finding
from monei_guard.model.location import display_path
from monei_guard.model.rule import Confidence, Rule, Severity

_NAMES_SHOWN = 3
_LONG_SECRET = 12  # bytes; a shorter value under a secret's name is a switch or a default


def check(rule: Rule, files: RepositorySnapshot) -> Iterator[Finding]:
    """Yield one finding for each tracked file that holds values (secrets, where the file is made for more)."""
    for path in files.env_files(EnvFileKind.DEDICATED, EnvFileKind.MIXED, EnvFileKind.KEY):
        if files.states[path] is not FileState.TRACKED or not files.reports(path):
            continue
        data = files.read(path)
        if data is None:
            continue
        # A placeholder counts: somebody fills it in where it stands, and 'git commit -a' takes it.
        values = tuple(a for a in assignments(path, data) if a.kind in (ValueKind.LITERAL, ValueKind.PLACEHOLDER))
        secrets = tuple(a for a in values if _is_secret(a))
        has_key = bool(files.findings.get(path))
        counted = values if files.env_kinds[path] is not EnvFileKind.MIXED else secrets
        if counted or has_key:
            grave = has_key or bool(secrets) or files.env_kinds[path] is EnvFileKind.KEY
            yield _finding(rule, files, path, counted, grave=grave)


def _finding(
    rule: Rule, files: RepositorySnapshot, path: bytes, values: tuple[Assignment, ...], *, grave: bool
) -> Finding:
    verb = "would be committed" if files.touched is not None else "is tracked by git"
    ignored = ", although an ignore rule covers it" if path in files.ignored else ""
    return about_file(
        rule,
        file_location(files, path, values[0].line if values else 1),
        f"{display_path(path)} {verb}{ignored} and holds {_described(values)}",
        blanks={"path": shown(path), "name": _name(path), "ignore-file": shown(nearest_ignore_file(files, path))},
        severity=rule.severity if grave else min(rule.severity, Severity.MEDIUM),
        confidence=rule.confidence if grave else min(rule.confidence, Confidence.MEDIUM),
    )


def _described(values: tuple[Assignment, ...]) -> str:
    if not values:
        return "a key"
    names = list(dict.fromkeys(a.name for a in values))
    rest = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return f"values: {', '.join(names[:_NAMES_SHOWN])}{rest}"


def _is_secret(assignment: Assignment) -> bool:
    literal = assignment.kind is ValueKind.LITERAL
    return literal and assignment.names_a_secret and assignment.value.length >= _LONG_SECRET


def _name(path: bytes) -> str:
    return shown(path.rpartition(b"/")[2])
