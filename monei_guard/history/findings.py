"""The order of the stages where content comes from a repository's object store.

Workers look at the objects and judge suspicious ones by themselves; only which objects hold which secrets comes back,
as digests. Then it is found out where those objects lived, and of each secret under each path one version, the one
that brought it in, goes through the pipeline like any other blob.
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TypeAlias

from monei_guard.errors import GuardError
from monei_guard.git.cat_file import (
    OVERLAP,
    ObjectHeader,
    object_headers,
    read_objects,
    read_windows,
)
from monei_guard.git.commit_authors import author_and_date
from monei_guard.git.pack_walk import LARGE_OBJECT
from monei_guard.git.repository import GitError, Repository
from monei_guard.history.completeness import completeness
from monei_guard.history.gaps import EXCLUDED, located, without_excluded
from monei_guard.history.matching import digest
from monei_guard.history.object_store import PLACED, ObjectStore, Scan, StoreResult, finish_scan, open_store
from monei_guard.history.provenance import Provenance, provenance_of
from monei_guard.history.worker import MatchedObject
from monei_guard.model.blob import Blob, Skipped
from monei_guard.model.finding import Finding, Life, Related, Triaged
from monei_guard.model.location import Location, Origin, display_path
from monei_guard.model.secret import Secret
from monei_guard.scanning.result import ScanResult
from monei_guard.scanning.scanner import Scanner, masked_path, scan_container
from monei_guard.scanning.scanner import scan as run_pipeline
from monei_guard.sources.files import read_quietly
from monei_guard.sources.lfs_objects import lfs_objects
from monei_guard.sources.refs_and_reflogs import repository_names
from monei_guard.sources.source import SourceOptions

_NEVER = 1 << 62
_MOST_RELATED = 10  # other places told with each finding


@dataclass(frozen=True, slots=True)
class HistoryScan:
    """What an audit of an object store came to; its errors name damaged objects and missing ones.

    `notes` say how it was done; `is_whole` as of `Completeness`.
    """

    result: ScanResult
    notes: tuple[str, ...]
    is_whole: bool


def finish_history(scan: Scan, scanner: Scanner, options: SourceOptions) -> HistoryScan:
    """Return the report of a pass over the object store: every secret once, with where and how long it lived.

    What the pass has left is looked at before that.
    """
    store, result = scan.store, scan.result
    repository = store.repository
    provenance, left_out = without_excluded(_with_masked_refs(_provenance(scan), scanner), options.excluded)
    finish_scan(scan)
    whole = completeness(store, result, lambda name: masked_path(name, scanner) or display_path(name))
    matched_objects = {matched.object_id: matched for matched in result.matched_objects}
    found = list(_found(repository, _sightings(matched_objects, provenance), scanner))
    names = [Blob(name, Origin.HISTORY, name, is_name=True) for name in sorted(result.names)]
    stored = chain(
        names,
        repository_names(repository, scanner.prefilter.hits, options),
        lfs_objects(repository, options),
    )
    beside = run_pipeline(stored, scanner)
    skipped = [
        *(Skipped(path, reason) for path, reason in result.problems),
        *(_masked(gap, scanner) for gap in located(result.gaps, provenance)),
        *(_masked(Skipped(path, EXCLUDED, incomplete=False), scanner) for path in sorted(left_out)),
        *whole.skipped,
        *beside.skipped,
        *(skipped for part in found for skipped in part.skipped),
    ]
    in_objects = [finding for part in found for finding in part.findings]
    findings = _related([*in_objects, *_not_repeated(beside.findings, in_objects)])
    suppressed = [*(triaged for part in found for triaged in part.suppressed), *beside.suppressed]
    damaged = (f"object {name} cannot be read: {reason}" for name, reason in sorted(result.damaged.items()))
    scanned = ScanResult(
        tuple(findings), tuple(skipped), beside.files, result.objects + beside.blobs, result.size + beside.bytes,
        tuple(suppressed), (*damaged, *whole.errors),
    )  # fmt: skip
    return HistoryScan(scanned, _notes(result, store), whole.is_whole)


def _provenance(scan: Scan) -> dict[str, list[Provenance]]:
    kinds = {object_id: kind for object_id, kind, _ in scan.result.gaps}
    kinds |= {matched.object_id: matched.kind for matched in scan.result.matched_objects}
    blobs, commits = ([name for name, kind in kinds.items() if kind == placed] for placed in PLACED)
    if not blobs and not commits:
        return {}
    if scan.store.covered:  # then everything has been looked at, but not every pack is open
        return provenance_of(open_store(scan.store.repository), blobs, commits, scan.jobs)
    return provenance_of(scan.store, blobs, commits, scan.jobs, scan)


def _masked(gap: Skipped, scanner: Scanner) -> Skipped:
    shown = masked_path(gap.path, scanner)
    return gap if shown is None else gap._replace(path=shown.encode())


def _with_masked_refs(provenance: dict[str, list[Provenance]], scanner: Scanner) -> dict[str, list[Provenance]]:
    """Return where objects lived with secrets in ref names masked: a branch can be called like a key."""
    names = set().union(*(lived.refs for held in provenance.values() for lived in held))
    if not scanner.prefilter.hits("\n".join(names).encode()):
        return provenance
    masked = {name: masked_path(name.encode(), scanner) or name for name in names}
    return {
        object_id: [replace(lived, refs=tuple(masked[ref] for ref in lived.refs)) for lived in held]
        for object_id, held in provenance.items()
    }


def _not_repeated(beside: Iterable[Finding], in_objects: Iterable[Finding]) -> Iterator[Finding]:
    """Yield findings beside the objects; of those in reflogs only such as no message has, each secret once."""
    seen = {(finding.rule, finding.secret) for finding in in_objects if finding.location.origin is Origin.MESSAGE}
    for finding in beside:
        if (finding.location.path or "").removeprefix(".git/").startswith("logs/"):
            if (finding.rule, finding.secret) in seen:
                continue
            seen.add((finding.rule, finding.secret))
        yield finding


def _related(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings, each with other locations of the same secret."""
    locations_of: dict[tuple[str, Secret], list[Location]] = defaultdict(list)
    for finding in findings:
        if finding.secret is not None:
            locations_of[finding.rule, finding.secret].append(finding.location)
    return [_with_others(finding, locations_of) for finding in findings]


def _with_others(finding: Finding, locations_of: Mapping[tuple[str, Secret], Sequence[Location]]) -> Finding:
    if finding.secret is None:
        return finding
    others = [other for other in locations_of[finding.rule, finding.secret] if other != finding.location]
    related = (Related("the same secret", location) for location in others[:_MOST_RELATED])
    return replace(finding, related=(*finding.related, *related)) if others else finding


def _notes(result: StoreResult, store: ObjectStore) -> tuple[str, ...]:
    """Return how many objects went which way, and why some went through git."""
    ways = ", ".join(f"{count} from {_WAYS[way]}" for way, count in sorted(result.ways.items()) if count)
    reasons = [
        f"{path.decode('utf-8', 'backslashreplace')} was read through git: {reason}" for path, reason in store.refused
    ]
    submodules = [f"commits of submodules, which are in repositories of their own: {len(result.submodules)}"]
    return (f"objects: {ways or 'none'}", *reasons, *(submodules if result.submodules else ()))


_WAYS = {"pack": "packs", "loose": "loose files", "git": "git cat-file", "cache": "the cache (scanned before)"}


@dataclass(slots=True)
class _Sighting:
    """One secret under one path: the objects that hold it, and the places those had there."""

    digest: str
    path: bytes | None
    kind: str
    held: list[tuple[Provenance, str]] = field(default_factory=list)

    @property
    def earliest(self) -> tuple[Provenance, str]:
        """The place and object that brought the secret in."""
        return min(self.held, key=lambda held: (held[0].since if held[0].first_commit else _NEVER, held[1]))

    def life(self) -> Life:
        """Return the span of commits over all versions, without dates."""
        latest = max(self.held, key=lambda held: (held[0].until if held[0].last_commit else -1, held[1]))
        return Life(
            first_commit=self.earliest[0].first_commit,
            last_commit=latest[0].last_commit,
            versions=len({name for _, name in self.held}),
            reachable_from=tuple(sorted(set().union(*(lived.refs for lived, _ in self.held)))),
            in_head=any(lived.in_head for lived, _ in self.held),
            in_worktree=False,
        )


_Lived: TypeAlias = tuple[_Sighting, Life]


def _sightings(matched_objects: dict[str, MatchedObject], provenance: dict[str, list[Provenance]]) -> list[_Sighting]:
    """Return what is to be reported: each secret once for each path, those without a path once."""
    found: dict[tuple[str, bytes | None, str], _Sighting] = {}
    for matched in matched_objects.values():
        for lived in provenance.get(matched.object_id, [Provenance(None)]):
            for secret in matched.secrets:
                key = (secret, lived.path, matched.kind)
                sighting = found.setdefault(key, _Sighting(secret, lived.path, matched.kind))
                sighting.held.append((lived, matched.object_id))
    return sorted(found.values(), key=lambda sighting: (sighting.path or b"", sighting.digest))


def _found(repository: Repository, sightings: Sequence[_Sighting], scanner: Scanner) -> Iterator[ScanResult]:
    """Yield what the scanner says of the version that brought each secret in."""
    lives = [sighting.life() for sighting in sightings]
    people = _people(repository, {name for life in lives for name in (life.first_commit, life.last_commit) if name})
    versions: dict[str, dict[tuple[str | None, bytes | None], list[_Lived]]] = defaultdict(lambda: defaultdict(list))
    for sighting, life in zip(sightings, lives, strict=True):
        earliest, name = sighting.earliest
        first, last = (people.get(commit or "", (None, None))[1] for commit in (life.first_commit, life.last_commit))
        dated = replace(life, first_date=first, last_date=last)
        versions[name][earliest.first_commit, sighting.path].append((sighting, dated))
    headers = [header for header in object_headers(repository, versions) if isinstance(header, ObjectHeader)]
    small = {header.object_id for header in headers if header.size <= LARGE_OBJECT}
    parts = ((name, _parts(kind, content)) for name, kind, content in read_objects(repository, small, LARGE_OBJECT))
    large = (
        (header.object_id, _windows(repository, header, scanner)) for header in headers if header.object_id not in small
    )
    unread = set(versions)
    for name, pieces in chain(parts, large):
        unread.discard(name)
        for piece in pieces:
            for (commit, path), sought in versions[name].items():
                author, date = people.get(commit or "", (None, None))
                blob = Blob(piece.content, piece.origin, path, commit, author, date, name, name_is_new=False)
                yield _scanned(repository, blob, sought, scanner, piece.lines_before)
    for name in sorted(unread):
        reason = f"object {name} holds a secret, but git could not read it again to tell where: run 'git fsck'"
        yield ScanResult(skipped=tuple(Skipped(_shown(path, scanner), reason) for _, path in versions[name]))


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of an object that is looked at by itself, and how many lines stand before it."""

    content: bytes
    origin: Origin
    lines_before: int = 0


def _parts(kind: str, content: bytes) -> tuple[_Piece, ...]:
    """Return a blob whole; of a commit or tag the message, and the header with its names and addresses."""
    if kind == "blob":
        return (_Piece(content, Origin.HISTORY),)
    header, blank, message = content.partition(b"\n\n")
    return _Piece(header + blank[:1], Origin.MESSAGE), _Piece(message, Origin.MESSAGE)


def _windows(repository: Repository, header: ObjectHeader, scanner: Scanner) -> Iterator[_Piece]:
    """Yield the parts of a large object in which the first stage finds something."""
    lines = 0
    try:
        for _, window in read_windows(repository, header):
            if scanner.prefilter.hits(window):
                yield _Piece(window, Origin.HISTORY, lines)
            lines += window.count(b"\n", 0, max(len(window) - OVERLAP, 0))
    except GitError:
        return  # the pass over the store has said so


def _scanned(
    repository: Repository, blob: Blob, sought: Sequence[_Lived], scanner: Scanner, lines_before: int
) -> ScanResult:
    """Return the findings about the secrets in question, each with its life."""
    by_digest = {sighting.digest: (sighting, life) for sighting, life in sought}
    shown = masked_path(blob.path, scanner)
    path = _shown(blob.path, scanner)
    try:
        nameless = scan_container(scanner, Blob(blob.content, blob.origin))
        named = scan_container(scanner, blob, shown)
    except GuardError as error:
        return ScanResult(skipped=(Skipped(path, str(error)),))
    # The pass over the store has told what cannot be decoded; what ran out of time only now is told here.
    # A content without a name is read in every language, one with a name in its own: findings pair by their places.
    digests = {_place(triaged.finding): digest(triaged.finding) for triaged in nameless.triaged}
    late = () if len(nameless.triaged) == len(named.triaged) else (*nameless.skipped, *named.skipped)
    counted: list[Triaged] = []
    for triaged in named.triaged:
        lived = by_digest.get(digests.get(_place(triaged.finding), ""))
        if lived is not None:
            counted.append(replace(triaged, finding=_with_life(repository, triaged.finding, lived, lines_before)))
    return ScanResult(
        tuple(triaged.finding for triaged in counted if triaged.suppression is None),
        tuple(skipped._replace(path=path) for skipped in late), 1, 0, 0,
        tuple(triaged for triaged in counted if triaged.suppression is not None),
    )  # fmt: skip


def _shown(path: bytes | None, scanner: Scanner) -> bytes | None:
    """Return a path as it is shown: with its secrets masked."""
    shown = masked_path(path, scanner)
    return path if shown is None else shown.encode()


def _place(finding: Finding) -> tuple[str, int, int, Secret | None]:
    return finding.code, finding.location.start_byte, finding.location.end_byte, finding.secret


def _with_life(repository: Repository, finding: Finding, lived: _Lived, lines_before: int) -> Finding:
    sighting, life = lived
    value = finding.secret.reveal() if finding.secret is not None else b""
    life = replace(life, in_worktree=_in_work_tree(repository, sighting.path, value))
    location = finding.location
    words = _whereabouts(life, sighting)
    return replace(
        finding,
        message=f"{finding.message}; {words}" if words else finding.message,
        life=life,
        location=replace(
            location, start_line=location.start_line + lines_before, end_line=location.end_line + lines_before
        ),
    )  # fmt: skip


def _in_work_tree(repository: Repository, path: bytes | None, value: bytes) -> bool:
    if path is None or repository.work_tree is None or not value:
        return False
    content = read_quietly(os.path.join(repository.work_tree, path))
    return content is not None and value in content


def _whereabouts(life: Life, sighting: _Sighting) -> str:
    """Return what must be said in words about a secret that no commit in use holds; "" for all others."""
    if any(lived.in_index for lived, _ in sighting.held):
        return "staged, not yet committed"
    if life.in_head or life.reachable_from:
        return ""
    return (
        "reachable from no branch or tag: deleted, but in the object store until 'git gc' prunes it, and a mirror copy "
        "takes it along"
    )


def _people(repository: Repository, commits: Iterable[str]) -> dict[str, tuple[str | None, str | None]]:
    """Return author and author's date (ISO 8601) of each commit."""
    return {
        name: author_and_date(content) for name, _, content in read_objects(repository, sorted(commits), LARGE_OBJECT)
    }
