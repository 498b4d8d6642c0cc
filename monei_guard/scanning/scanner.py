"""The one place that knows the order of the stages: blobs in, findings and skipped entries out.

On the hook's path most content is clean, so nothing that only judges matches is imported before there is one.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from monei_guard.decoding.charset import root_view
from monei_guard.decoding.signatures.registry import SIGNATURES
from monei_guard.deferred import load
from monei_guard.detection.prefilter import Prefilter
from monei_guard.errors import GuardError, IncompleteError
from monei_guard.lints.registry import language_openers
from monei_guard.model.blob import Blob, Skipped, View
from monei_guard.model.location import Origin
from monei_guard.ruleset.bundled import DIRECTIVE
from monei_guard.scanning.path_names import PathNames
from monei_guard.scanning.result import BlobResult, ScanResult
from monei_guard.sources.containers.expansion import Openers, expand
from monei_guard.sources.containers.signatures import ArchiveLimits, archive_kind

if TYPE_CHECKING:
    from monei_guard.detection.decode_gate import DecodeGate
    from monei_guard.detection.engine import Engine
    from monei_guard.detection.quiet_lines import QuietLines
    from monei_guard.lints.registry import LintResult
    from monei_guard.model.finding import Finding, Triaged
    from monei_guard.model.rule import Rule
    from monei_guard.model.snippet import Masks
    from monei_guard.policy.inline_suppression import InlinePolicy
    from monei_guard.scanning.linter import Lint

_LINTED_ORIGINS = frozenset({Origin.WORKTREE, Origin.INDEX, Origin.ARCHIVE, Origin.STDIN})  # no old versions


class Scanner:
    """Everything needed to look at blobs: the prefilter now, the engine when something is there to judge.

    `keywords` are those of all `rules`; `rules`, `evidence`, `manifests` and `mentions` (see
    `detection.engine.Engine`) are called when the first suspicious blob comes. `suppressing` gives the policy for
    directives in the scanned files; without it they mean nothing; `foreign_markers` says that it honours those of
    other tools too. `decode` turns encoded, joined and compressed text into views of its own; `archives` says how far
    archives are opened, `cache_folder` where the prefilter keeps its compiled patterns. `lint` reads code that names
    Monei (`scanning.linter`). `file_seconds` is what one blob may take of this process's time, whatever it does; None:
    what each stage allows it.
    """

    def __init__(  # noqa: PLR0913 - one for each stage it joins
        self,
        keywords: Iterable[str],
        rules: "Callable[[], Iterable[Rule]]",
        evidence: "Callable[[], Iterable[Rule]]",
        manifests: Callable[[], bytes] = lambda: b"",
        suppressing: "Callable[[], InlinePolicy] | None" = None,
        *,
        mentions: Callable[[str], bool] = lambda _pattern: False,
        decode: bool = True,
        archives: ArchiveLimits | None = None,
        cache_folder: str | None = None,
        lint: "Lint | None" = None,
        foreign_markers: bool = False,
        file_seconds: float | None = None,
    ) -> None:
        words = (*keywords, DIRECTIVE) if suppressing else keywords
        self.prefilter = Prefilter(words, signatures=SIGNATURES if decode else (), cache_folder=cache_folder)
        self.decode = decode
        self.archives = archives or ArchiveLimits()
        self.lint = lint
        self._file_seconds = file_seconds
        self._suppressing = suppressing
        self._foreign_markers = foreign_markers
        self._rules = (rules, evidence, manifests, mentions)

    @cached_property
    def engine(self) -> "Engine":
        """The second stage, built on first use."""
        rules, *about_the_repository = self._rules
        engine: Engine = load("monei_guard.detection.engine:Engine")(rules(), *about_the_repository)
        return engine

    @cached_property
    def suppressions(self) -> "InlinePolicy | None":
        """How directives in files are judged, read on first use; None where they mean nothing."""
        return self._suppressing() if self._suppressing else None

    @cached_property
    def _gate(self) -> "DecodeGate":
        gate: DecodeGate = load("monei_guard.detection.decode_gate:DecodeGate")(
            self.prefilter, lambda: self.engine.matcher, language_openers
        )
        return gate

    @cached_property
    def _quiet_lines(self) -> "QuietLines":
        quiet_lines: QuietLines = load("monei_guard.detection.quiet_lines:QuietLines")(self.engine)
        return quiet_lines

    def scan_in_time(self, blob: Blob, shown_path: str | None = None) -> BlobResult:
        """Return what `scan_blob` does, within the time that one blob may take. Raises GuardError."""
        if self._file_seconds is None:
            return self.scan_blob(blob, shown_path)
        with load("monei_guard.scanning.watchdog:watched")(self._file_seconds):
            return self.scan_blob(blob, shown_path)

    def scan_blob(self, blob: Blob, shown_path: str | None = None) -> BlobResult:
        """Return what one blob holds; `shown_path` replaces the displayed path (to mask one)."""
        is_suspicious = self.prefilter.hits(blob.content)
        is_quiet = is_suspicious and self._is_quiet(blob)
        may_match = is_suspicious and not is_quiet
        decoded = may_match and self.decode and not blob.is_name and self._gate.is_open(blob.content)
        is_named = is_suspicious and not decoded and self.prefilter.is_named(blob.content)
        may_match = decoded or (may_match and is_named)
        if not may_match and not is_named and not _is_named_monei(blob.path):
            return BlobResult()
        views, cut = self._gate.read(blob) if decoded else ((root_view(blob),), ())
        if decoded and not any(self.prefilter.names(view.data) for view in views):
            may_match = False  # what looked encoded says nothing of ours once it is read
        found, late, masks = self.engine.findings(views, shown_path) if may_match else ((), (), None)
        lints = self._linted(blob, shown_path, masks)
        linted, missed = (lints.findings, lints.skipped) if lints is not None else ((), ())
        if not may_match and not linted:
            return BlobResult(skipped=(*missed, *cut))
        is_linted = lints is not None and not missed
        triaged = self.triage((*found, *linted), views[0], shown_path, is_linted=is_linted)
        return BlobResult(_on_new_lines(blob, views[0], triaged), (*missed, *cut, *late))

    def prepare(self, contents: Iterable[bytes]) -> None:
        """Read the lines that contents to be scanned next may have in common, each once."""
        if self.prefilter.fast is not None:
            self._quiet_lines.learn(contents)

    def _is_quiet(self, blob: Blob) -> bool:
        """Return whether there is nothing to be found in the blob; where little is read, remembering costs too much."""
        if self.prefilter.fast is None or blob.is_name:
            return False
        root = root_view(blob)
        return DIRECTIVE.encode() not in root.data and self._quiet_lines.are_all_of(root)

    def _linted(self, blob: Blob, shown_path: str | None, masks: "Masks | None") -> "LintResult | None":
        """Return what the lints say of a file as it is now, None where they do not look; `masks` are detection's."""
        if self.lint is None or blob.is_name or blob.origin not in _LINTED_ORIGINS:
            return None
        return self.lint(root_view(blob), shown_path, masks)

    def triage(
        self, found: "tuple[Finding, ...]", root: View, shown_path: str | None = None, *, is_linted: bool = False
    ) -> "tuple[Triaged, ...]":
        """Return the findings in a file, suppressed where a directive in it is honoured, and those about directives."""
        # A policy takes all rules: it is read only where there can be a directive.
        may_direct = DIRECTIVE.encode() in root.data or (found and self._foreign_markers)
        policy = self.suppressions if may_direct else None
        if policy is None:
            return tuple(map(load("monei_guard.model.finding:Triaged"), found)) if found else ()
        triage_content = load("monei_guard.policy.inline_suppression:triage_content")
        return tuple(triage_content(list(found), root, policy, shown_path, is_linted=is_linted))


def _on_new_lines(blob: Blob, root: View, triaged: "tuple[Triaged, ...]") -> "tuple[Triaged, ...]":
    if blob.is_new_line is None:
        return triaged
    locations = [item.finding.location for item in triaged]
    return tuple(
        item
        for item, location in zip(triaged, locations, strict=True)
        if blob.is_new_line(root.data, location.start_line, location.end_line)
    )


def scan_container(scanner: Scanner, blob: Blob, shown_path: str | None = None) -> BlobResult:
    """Return what `Scanner.scan_blob` does, of an archive for each of its members, which it opens in memory."""
    if scanner.archives.depth == 0 or archive_kind(blob.content, blob.path) is None:
        return scanner.scan_blob(blob, shown_path)
    triaged: list[Triaged] = []
    skipped: list[Skipped] = []
    for item in _OPENERS.members(blob, scanner.archives):
        if isinstance(item, Skipped):
            skipped.append(item)
            continue
        shown = masked_path(item.path, scanner) if item.path != blob.path else shown_path
        result = scanner.scan_blob(replace(item, origin=blob.origin), shown)
        triaged += result.triaged
        skipped += result.skipped
    return BlobResult(tuple(triaged), tuple(skipped))


def scan(items: Iterable[Blob | Skipped], scanner: Scanner) -> ScanResult:
    """Look at every blob once, its path included; archives and message exports are opened."""
    names = PathNames(scanner)
    findings: list[Finding] = []
    suppressed: list[Triaged] = []
    skipped: list[Skipped] = []
    files = blobs = size = 0
    for item in expand(_to_the_end(items), scanner.archives, _OPENERS):
        shown = names.shown(item.path) if item.path is not None else None
        if isinstance(item, Skipped):
            skipped.append(_masked(item, shown))
            continue
        files += item.path is not None
        blobs += 1
        size += len(item.content)
        if item.name_is_new or item.is_name:
            findings.extend(names.findings(item))
        if item.is_name:
            continue
        try:
            result = scanner.scan_in_time(item, shown)
        except GuardError as error:
            skipped.append(_identified(Skipped(shown.encode() if shown else item.path, str(error)), item))
            continue
        except MemoryError:
            reason = "needs more memory than there is"
            skipped.append(_identified(Skipped(shown.encode() if shown else item.path, reason), item))
            continue
        findings += result.findings
        suppressed += result.suppressed
        skipped += (_identified(_masked(gap, shown), item) for gap in result.skipped)
    return ScanResult(tuple(findings), tuple(skipped), files, blobs, size, tuple(suppressed))


def _to_the_end(items: Iterable[Blob | Skipped]) -> Iterator[Blob | Skipped]:
    """Yield the items; what ends them early is the last thing that was not scanned: what came before still counts."""
    try:
        yield from items
    except IncompleteError as error:
        yield Skipped(None, str(error))


def masked_path(path: bytes | None, scanner: Scanner) -> str | None:
    """Return a path with its secrets masked, or None where it holds none."""
    return None if path is None else PathNames(scanner).shown(path)


def _masked(item: Skipped, shown: str | None) -> Skipped:
    return item if shown is None else item._replace(path=shown.encode())


def _identified(gap: Skipped, blob: Blob) -> Skipped:
    """Return the gap with the id of the content that it is in, which costs nothing where there is no gap."""
    if not gap.incomplete or gap.content_id is not None:
        return gap
    return gap._replace(content_id=load("monei_guard.git.blob_id:blob_id")(blob.content))


def _members(blob: Blob, limits: ArchiveLimits) -> "Iterator[Blob | Skipped]":
    found: Iterator[Blob | Skipped] = load("monei_guard.sources.containers.archives:members")(blob, limits)
    return found


def _mail_or_chat(blob: Blob) -> "Iterator[Blob] | None":
    found: Iterator[Blob] | None = load("monei_guard.sources.containers.messages:mail_or_chat")(blob)
    return found


_OPENERS = Openers(_members, _mail_or_chat)  # 30 ms and 20 ms to import, for what few runs meet


def _is_named_monei(path: bytes | None) -> bool:
    """Whether a file's name or folder says Monei (`webhooks/monei/route.ts`), whatever its content says."""
    return path is not None and b"monei" in path.lower()
