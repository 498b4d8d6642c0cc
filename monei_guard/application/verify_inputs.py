"""Where `verify` takes keys from: standard input, environment variables, files, and the places a JSON report names.

Everything goes through detection, so that a key is attributed before it may be sent. A report carries no key, only
its SHA-256: the place it names is read again, and what is found there counts if its hash is the one in the report.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, BinaryIO

from monei_guard.errors import GuardError
from monei_guard.git.object_reader import ObjectReader, cat_file
from monei_guard.git.repository import GitError, discover
from monei_guard.model.blob import Blob, Skipped
from monei_guard.model.location import Origin
from monei_guard.scanning.result import ScanResult
from monei_guard.scanning.scanner import Scanner, scan
from monei_guard.sources.files import named_file
from monei_guard.sources.source import SourceOptions

_OPTIONS = SourceOptions()
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ENOUGH_LOCATIONS = 5  # to find a key again, of the thousands of commits that may hold it
_OBJECT_ORIGINS = frozenset({Origin.INDEX, Origin.HISTORY, Origin.MESSAGE})


class InvalidReportError(GuardError):
    """A file that is not a JSON report of ours."""


class KeySourceError(GuardError):
    """A source of keys that is not there."""


@dataclass(frozen=True, slots=True)
class KeyLocation:
    """Where a report saw a key. `path` is relative to the scanned root."""

    origin: Origin
    path: bytes | None
    commit: str | None


def variable(name: str) -> Blob:
    """Return an environment variable as text to scan: its name is evidence of whose key it is.

    Raises KeySourceError when it is not set; the message repeats only what is surely a name.
    """
    value = os.environ.get(name) if _VARIABLE.fullmatch(name) else None
    if value is None:
        shown = name if name.isupper() else "named by --env"
        raise KeySourceError(
            f"the environment variable {shown} is not set", hint="--env takes the name of a variable, not its value"
        )
    return Blob(name.encode() + b"=" + os.fsencode(value) + b"\n", Origin.STDIN, b"$" + name.encode())


def file(path: str) -> Iterator[Blob | Skipped]:
    """Yield a file of keys. Raises KeySourceError when there is none."""
    if not os.path.isfile(path):
        raise KeySourceError("--file does not name a file", hint="--file takes the path of a file, not a key")
    yield from named_file(os.fsencode(path), _OPTIONS)


def standard_input(stream: BinaryIO) -> bytes:
    """Return what stands in standard input. Raises KeySourceError when that is more than keys can be."""
    content = stream.read(_OPTIONS.max_size + 1)
    if len(content) > _OPTIONS.max_size:
        raise KeySourceError("standard input is too large", hint="scan it: 'monei-guard scan - --verify'")
    return content


def read_report_file(path: str) -> bytes:
    """Return the content of a report. Raises ReportError."""
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise InvalidReportError(f"cannot read the report {path}: {error.strerror}") from error


def is_report(content: bytes) -> bool:
    """Return whether the content means to be a JSON report rather than a list of keys."""
    return content.lstrip()[:1] == b"{" and b'"findings"' in content


def read_report(content: bytes) -> dict[str, tuple[KeyLocation, ...]]:
    """Return, by the SHA-256 of each key in a JSON report, the first places it was seen at. Raises ReportError."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InvalidReportError("the report is not valid JSON", hint=_REPORT_HINT) from error
    if not isinstance(document, dict) or document.get("version") != 1 or not isinstance(document.get("findings"), list):
        raise InvalidReportError("this is not a report of monei-guard (version 1)", hint=_REPORT_HINT)
    locations: dict[str, tuple[KeyLocation, ...]] = {}
    for finding in document["findings"]:
        try:
            digest = finding["secret"]["sha256"] if finding["secret"] else None
            if isinstance(digest, str) and _SHA256.fullmatch(digest):
                seen = locations.get(digest, ())
                locations[digest] = (
                    seen if len(seen) == _ENOUGH_LOCATIONS else (*seen, _key_location(finding["location"]))
                )
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidReportError("a finding in the report is incomplete", hint=_REPORT_HINT) from error
    return locations


_REPORT_HINT = "make one with 'monei-guard scan --format json --output report.json'"


def _key_location(location: Mapping[str, Any]) -> KeyLocation:
    path = location["path"]
    raw = bytes.fromhex(location["path_bytes"]) if "path_bytes" in location else path
    return KeyLocation(Origin(location["origin"]), raw.encode() if isinstance(raw, str) else raw, location["commit"])


def scan_report(locations: Mapping[str, Sequence[KeyLocation]], root: str, scanner: Scanner) -> ScanResult:
    """Read the places again and return the findings whose key the report names; the rest is reported as skipped."""
    distinct = dict.fromkeys(location for seen in locations.values() for location in seen)
    with ExitStack() as stack:
        reader = _object_reader(distinct, root, stack)
        scanned = scan(
            (_read_again(location, root, reader) for location in distinct), scanner
        )  # one in memory at a time
    named = tuple(
        finding for finding in scanned.findings if finding.secret is not None and finding.secret.sha256 in locations
    )
    found = {finding.secret.sha256 for finding in named if finding.secret is not None}
    reasons = {skipped.path: skipped.reason for skipped in scanned.skipped}
    gone = tuple(
        Skipped(seen[0].path, reasons.get(seen[0].path, "the key the report names is no longer there"))
        for digest, seen in locations.items()
        if digest not in found
    )
    return scanned._replace(findings=named, skipped=gone)


def _object_reader(locations: Iterable[KeyLocation], root: str, stack: ExitStack) -> ObjectReader | None:
    if not any(location.origin in _OBJECT_ORIGINS for location in locations):
        return None
    repository = discover(root)
    if repository is None:
        raise KeySourceError(
            "the report names commits, and there is no repository here",
            hint="run it in the repository that was scanned, or name that with --root",
        )
    return stack.enter_context(cat_file(repository))


def _read_again(location: KeyLocation, root: str, reader: ObjectReader | None) -> Blob | Skipped:
    if location.origin in _OBJECT_ORIGINS and reader is not None:
        return _read_object(location, reader)
    path = location.path
    if path is None or location.origin is not Origin.WORKTREE:
        return Skipped(path, f"what was read from {location.origin.value} cannot be read again: use 'scan --verify'")
    if path.startswith((b"/", b"\\")) or b".." in re.split(rb"[/\\]", path) or b":" in path[:3]:
        return Skipped(path, "the report names a path outside the scanned root")
    item = next(iter(named_file(os.path.join(os.fsencode(root), path), _OPTIONS)))
    if isinstance(item, Skipped):
        return Skipped(path, item.reason)
    return Blob(item.content, Origin.WORKTREE, path)


def _read_object(location: KeyLocation, reader: ObjectReader) -> Blob | Skipped:
    commit, path = location.commit or "", location.path
    if location.origin is not Origin.INDEX and not _COMMIT.fullmatch(commit):
        return Skipped(path, "the report names no commit: use 'history --verify'")
    # The name is one line of a batch: a path with a line end would be two questions.
    if path is not None and b"\n" in path:
        return Skipped(path, "a path with a line end cannot be asked of git")
    name = commit.encode() if path is None else commit.encode() + b":" + path
    try:
        _, content = reader.read(name)
    except GitError:
        return Skipped(path, "git does not have it any more")
    return Blob(content, location.origin, path, location.commit)


def scan_items(items: Sequence[Blob | Skipped], scanner: Scanner) -> ScanResult:
    """Scan keys given one way or another. Raises KeySourceError when no key is among them."""
    scanned = scan(items, scanner)
    if not any(finding.secret is not None for finding in scanned.findings) and not scanned.skipped:
        raise KeySourceError(
            "there is no Monei key in what was given",
            hint="a key without a prefix of its own needs its name: MONEI_API_KEY=…",
        )
    return scanned
