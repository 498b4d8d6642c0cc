"""The baseline: findings that were looked at and accepted, so that only new ones stop anyone.

One entry a line, sorted, each line ending in a comma (the list is closed by null), so that git merges it and an added
entry is one added line. An entry is bound to the value by an HMAC under the file's own random salt: another key on the
same line is another entry, and no hash of a secret is published. A value that could be guessed (a PIN) does not go in;
such an entry, and one about no value at all, is bound to the masked text of its line.

No entry holds a line number or a commit, so moved lines, renamed files, squashes and rebases change nothing.
"""

import json
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hmac import digest
from typing import Any

from monei_guard.errors import GuardError
from monei_guard.model.finding import Finding, Suppression, Triaged

_VERSION = 1
_MAGIC = "monei-guard-baseline"
_FIELDS = ("key", "code", "path", "reason", "author", "date", "until")
KEY_DIGITS = 32
_LARGEST = 256 << 20  # bytes
GAP = "GAP"  # the code of an entry about something that could not be scanned (`accepted_gaps`)

# The file exactly as `render` writes it, checked in one pass; possessive, so that a bad file fails as fast.
_TEXT = rb'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"'
_LINE = (
    rb'\{"key": "[0-9a-f]{32}", "code": "[A-Z0-9]++", "path": (?:null|' + _TEXT + rb'), "reason": ' + _TEXT
    + rb', "author": ' + _TEXT + rb', "date": "[0-9-]{10}", "until": (?:null|"[0-9-]{10}")\},\n'
)  # fmt: skip
_CANONICAL = re.compile(
    rb'\{\n"monei-guard-baseline": 1,\n"entries": \[\n(?P<salts>(?:\{"salt": "[0-9a-f]{32}"\},\n)++)'
    rb"(?P<lines>(?:" + _LINE + rb")*+)null\n\]\n\}\n"
)
_KEY_AT = slice(len('{"key": "'), len('{"key": "') + KEY_DIGITS)


class BaselineError(GuardError):
    """A baseline that cannot be used."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One accepted finding. `date` and `until` are ISO dates; `path` is None for a finding without one."""

    key: str
    code: str
    path: str | None
    reason: str
    author: str
    date: str
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """A baseline file's content. Several `salts` (hex) are left when git has merged two files made apart."""

    salts: tuple[str, ...]
    entries: tuple[Entry, ...] = ()


class Index:
    """A baseline ready for questions. A file as `render` writes it is read line by line, and only where asked.

    Raises BaselineError as `parse` does.
    """

    def __init__(self, raw: bytes, name: str) -> None:
        canonical = _CANONICAL.fullmatch(raw) if len(raw) <= _LARGEST else None
        if canonical is None:
            raw = render(parse(raw, name)).encode()
            canonical = _CANONICAL.fullmatch(raw)
        if canonical is None:
            raise BaselineError(f"the baseline {name} holds an entry of the wrong form", hint="restore it from git")
        self.name = name
        self.salts = tuple(line.split(b'"')[3].decode() for line in canonical["salts"].splitlines())
        self._lines: dict[bytes, list[bytes]] = {}
        for line in raw[canonical.start("lines") : canonical.end("lines")].splitlines():
            self._lines.setdefault(line[_KEY_AT], []).append(line)

    def __bool__(self) -> bool:
        return bool(self._lines)

    def __contains__(self, key: str) -> bool:
        return key.encode() in self._lines

    def entries(self, key: str) -> tuple[Entry, ...]:
        """Return the entries with this key. Raises BaselineError."""
        values = [json.loads(line.rstrip(b",")) for line in self._lines.get(key.encode(), ())]
        return tuple(_entry(value, self.name) for value in values)


@dataclass(frozen=True, slots=True)
class BaselineContext:
    """Where a run looked. `prefix` leads from the baseline's folder to the scanned root ("" or "sub/").

    `exists` tells whether a path, relative to the baseline's folder, is still there.
    """

    today: date
    source: str
    exists: Callable[[str], bool]
    prefix: str = ""

    def path(self, finding: Finding) -> str | None:
        """Return the finding's path relative to the baseline's folder."""
        return self.relative(finding.location.path)

    def relative(self, path: str | None) -> str | None:
        """Return a path of the run relative to the baseline's folder."""
        return path if path is None or path.startswith("/") else self.prefix + path


def new_baseline() -> Baseline:
    """Return an empty baseline with a fresh salt."""
    return Baseline((os.urandom(16).hex(),))


def keys(salts: Iterable[str], finding: Finding) -> list[str]:
    """Return the keys an entry about `finding` may have, the one to write first."""
    bound = finding.code.encode() + b"\0" + _bound_to(finding)
    return [digest(bytes.fromhex(salt), bound, "sha256").hex()[:KEY_DIGITS] for salt in salts]


def apply_baseline(triaged: Sequence[Triaged], baseline: Index, context: BaselineContext) -> list[Triaged]:
    """Return the findings of a whole run, accepted ones suppressed.

    An entry covers its value at its path. Where that path is gone and the value stands in one place more than was
    accepted, the file was renamed and the entry covers the new place. Any other place is new: it is shown, and its
    message says where the same value was accepted. Expired entries cover nothing, and the message says so.
    """
    if not baseline:
        return list(triaged)
    found: dict[str, list[int]] = defaultdict(list)
    for number, candidate in enumerate(triaged):
        if candidate.suppression is None:
            key = next((key for key in keys(baseline.salts, candidate.finding) if key in baseline), None)
            if key is not None:
                found[key].append(number)
    result = list(triaged)
    for key, numbers in found.items():
        paths = dict.fromkeys(context.path(triaged[number].finding) for number in numbers)
        entries = baseline.entries(key)
        covering = _cover(entries, list(paths), context)
        for number in numbers:
            accepted = triaged[number]
            entry = covering.get(context.path(accepted.finding))
            if entry is None:
                result[number] = replace(accepted, finding=_shown_anyway(accepted.finding, entries, context))
            else:
                why = Suppression("baseline", entry.reason, entry.until, context.source)
                result[number] = replace(accepted, suppression=why)
    return result


def with_findings(
    baseline: Baseline, findings: Iterable[Finding], template: Entry, path: Callable[[Finding], str | None]
) -> Baseline:
    """Return the baseline with an entry for each finding; `template` gives reason, author, date and until."""
    entries = {(entry.key, entry.path): entry for entry in baseline.entries}
    for finding in findings:
        possible, own_path = keys(baseline.salts, finding), path(finding)
        for key in possible:
            entries.pop((key, own_path), None)
        entries[possible[0], own_path] = replace(template, key=possible[0], code=finding.code, path=own_path)
    return replace(baseline, entries=tuple(entries.values()))


def pruned(
    baseline: Baseline, findings: Iterable[Finding], context: BaselineContext
) -> tuple[Baseline, tuple[Entry, ...]]:
    """Return the baseline without entries that cover nothing in `findings` (all of a full run's) or are expired.

    The entries taken away come second. An entry whose file was renamed gets the new path.
    """
    paths: dict[str, dict[str | None, None]] = defaultdict(dict)
    for finding in findings:
        for key in keys(baseline.salts, finding):
            paths[key][context.path(finding)] = None
    kept: list[Entry] = []
    useful: set[Entry] = set()
    for key, entries in _grouped(baseline.entries).items():
        covering = _cover(entries, list(paths[key]), context)
        useful.update(covering.values())
        kept += [replace(entry, path=path) for path, entry in covering.items()]
    # What was once committed stays in history, where this run did not look.
    gaps = [entry for entry in baseline.entries if entry.code == GAP and not is_expired(entry, context.today)]
    kept += gaps
    useful.update(gaps)
    gone = tuple(entry for entry in baseline.entries if entry not in useful)
    return replace(baseline, entries=tuple(kept)), gone


def render(baseline: Baseline) -> str:
    """Return the file's text: sorted by path, code and key, one entry a line."""
    entries = sorted(set(baseline.entries), key=lambda entry: (entry.path or "", entry.code, entry.key, entry.date))
    lines = [json.dumps({name: getattr(entry, name) for name in _FIELDS}, ensure_ascii=True) for entry in entries]
    body = "".join(f"{line},\n" for line in lines)
    salts = "".join(f'{{"salt": "{salt}"}},\n' for salt in sorted(baseline.salts))
    return f'{{\n"{_MAGIC}": {_VERSION},\n"entries": [\n{salts}{body}null\n]\n}}\n'


def read(path: str) -> bytes:
    """Return a baseline file's bytes. Raises BaselineError."""
    try:
        with open(path, "rb") as file:
            return file.read(_LARGEST + 1)
    except OSError as error:
        raise BaselineError(
            f"cannot read the baseline {path}: {error.strerror}", hint="'monei-guard baseline create' makes one"
        ) from error


def parse(raw: bytes, name: str) -> Baseline:
    """Return the baseline in a file's bytes; `name` names it in errors.

    Raises BaselineError for a file that is another tool's, from a newer version, cut off, unmerged or not as written.
    """
    if len(raw) > _LARGEST:
        raise BaselineError(f"the baseline {name} is larger than 256 MB", hint="prune it")
    if b"\n<<<<<<< " in raw or raw.startswith(b"<<<<<<< "):
        raise BaselineError(f"the baseline {name} holds merge conflict markers", hint="keep the lines of both sides")
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        whole = raw.rstrip().endswith(b"}")
        what = "is not valid JSON" if whole else "is cut off (its end is missing)"
        raise BaselineError(
            f"the baseline {name} {what}: {error}", hint="restore it from git, or create it anew"
        ) from error
    if not isinstance(document, dict) or _MAGIC not in document:
        raise BaselineError(f"{name} is no monei-guard baseline{_whose(document)}", hint=_IMPORT_HINT)
    if document[_MAGIC] != _VERSION:
        raise BaselineError(
            f"the baseline {name} has version {document[_MAGIC]!r}, this monei-guard reads {_VERSION}",
            hint="update monei-guard",
        )
    values = document.get("entries")
    if not isinstance(values, list):
        raise BaselineError(f"the baseline {name} has no list of entries", hint="restore it from git")
    values = [value for value in values if value is not None]
    salts = [value["salt"] for value in values if isinstance(value, dict) and value.keys() == {"salt"}]
    if not salts or not all(isinstance(salt, str) and _is_hex(salt) for salt in salts):
        raise BaselineError(f"the baseline {name} has no usable salt", hint="restore it from git, or create it anew")
    entries = (_entry(value, name) for value in values if not (isinstance(value, dict) and value.keys() == {"salt"}))
    return Baseline(tuple(dict.fromkeys(salts)), tuple(entries))


_IMPORT_HINT = "'monei-guard baseline import FILE' reads gitleaks', betterleaks' and detect-secrets' files"


def _whose(document: Any) -> str:
    if isinstance(document, dict) and "plugins_used" in document:
        return " but a detect-secrets one"
    if isinstance(document, list) and document and isinstance(document[0], dict) and "RuleID" in document[0]:
        return " but a gitleaks report"
    return ""


def _entry(value: Any, name: str) -> Entry:
    if not isinstance(value, dict) or value.keys() != set(_FIELDS):
        raise BaselineError(f"an entry of the baseline {name} does not have the fields {', '.join(_FIELDS)}")
    entry = Entry(**value)
    if not _is_valid(entry):
        raise BaselineError(f"an entry of the baseline {name} holds a value of the wrong form: code {entry.code!r}")
    return entry


def _is_valid(entry: Entry) -> bool:
    words = (entry.key, entry.code, entry.reason, entry.author, entry.date)
    return (
        all(type(word) is str for word in words)
        and (entry.path is None or type(entry.path) is str)
        and len(entry.key) == KEY_DIGITS
        and (entry.until is None or _is_date(entry.until))
    )


def _is_date(text: Any) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except (ValueError, TypeError):
        return False


def _is_hex(text: str) -> bool:
    try:
        return len(bytes.fromhex(text)) == 16  # noqa: PLR2004 - bytes of salt
    except ValueError:
        return False


def _bound_to(finding: Finding) -> bytes:
    secret = finding.secret
    if secret is not None and not secret.guessable:
        return b"value\0" + secret.reveal()
    if finding.snippet is not None:
        text = next((line.text for line in finding.snippet.lines if line.number == finding.snippet.focus), "")
        return b"line\0" + " ".join(text.split()).encode("utf-8", "backslashreplace")
    return b"fingerprint\0" + finding.fingerprint.encode()


def _grouped(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    grouped: dict[str, list[Entry]] = {}
    for entry in entries:
        grouped.setdefault(entry.key, []).append(entry)
    return grouped


def _cover(entries: Sequence[Entry], paths: Sequence[str | None], context: BaselineContext) -> dict[str | None, Entry]:
    """Return which entry covers each of the paths under which one value was found."""
    live = [entry for entry in sorted(entries, key=lambda entry: entry.date) if not is_expired(entry, context.today)]
    by_path = {entry.path: entry for entry in live}  # of two for one path the younger decision holds
    covering = {path: by_path[path] for path in paths if path in by_path}
    moved = [entry for path, entry in by_path.items() if path not in covering and not _exists(path, context)]
    for same_name in (True, False):
        for path in [path for path in paths if path not in covering]:
            near = [entry for entry in moved if not same_name or _file_name(entry.path) == _file_name(path)]
            if near:
                covering[path] = min(near, key=lambda entry: entry.path or "")
                moved.remove(covering[path])
    return covering


def _exists(path: str | None, context: BaselineContext) -> bool:
    return path is None or context.exists(path.split("!/", 1)[0])


def _file_name(path: str | None) -> str:
    return (path or "").rsplit("/", 1)[-1]


def is_expired(entry: Entry, today: date) -> bool:
    """Return whether the last day of an entry has passed."""
    return entry.until is not None and date.fromisoformat(entry.until) < today


def _shown_anyway(finding: Finding, entries: Sequence[Entry], context: BaselineContext) -> Finding:
    path = context.path(finding)
    expired = [entry for entry in entries if entry.path == path and is_expired(entry, context.today)]
    if expired:
        note = f"accepted until {expired[-1].until} ({expired[-1].reason}), which has passed"
    else:
        paths = sorted({entry.path or "a message" for entry in entries})
        what = "the same value" if finding.secret is not None and not finding.secret.guessable else "the same line"
        note = f"{what} is accepted in {paths[0]}, but this is a new place"
    return replace(finding, message=f"{finding.message}; {note}")
