"""The one place that knows the order of the stages: blobs in, findings and skipped entries out.

On the hook's path most content is clean, so nothing that only judges matches is imported before there is one.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from monei_guard.decoding.charset import root_view
from monei_guard.decoding.signatures.registry import SIGNATURES
from monei_guard.detection.prefilter import REACH, FastTest, Prefilter
from monei_guard.errors import GuardError
from monei_guard.model.blob import Blob, Skipped, View
from monei_guard.model.location import Origin, display_path
from monei_guard.ruleset.bundled import DIRECTIVE
from monei_guard.sources.containers.expansion import opened
from monei_guard.sources.containers.signatures import ArchiveLimits, archive_kind

if TYPE_CHECKING:
    from monei_guard.detection.engine import Engine
    from monei_guard.model.finding import Finding, Triaged
    from monei_guard.model.rule import Rule
    from monei_guard.policy.inline_suppression import InlinePolicy

_REMEMBERED = 100_000  # passages
_DECODED_WHOLE = 1 << 16  # bytes of content that names a keyword and is decoded without a look at its passages first
_LINTED_ORIGINS = frozenset({Origin.WORKTREE, Origin.INDEX, Origin.ARCHIVE, Origin.STDIN})

# Given a file's root view and the path to show: the lints' findings, and what they could not look at.
Lint = Callable[[View, str | None], "list[Finding | Skipped]"]


@dataclass(frozen=True, slots=True)
class ScanResult:
    """The outcome of one pass over a source: what was found, what was not looked at, how much was."""

    findings: "tuple[Finding, ...]"
    skipped: tuple[Skipped, ...]
    files: int
    blobs: int
    bytes: int
    suppressed: "tuple[Triaged, ...]" = ()


class Scanner:
    """Everything needed to look at blobs: the prefilter now, the engine when something is there to judge.

    `keywords` are those of all `rules`; `rules`, `evidence` and `manifests` (see `detection.engine.Engine`) are called
    when the first suspicious blob comes. `suppressing` gives the policy for directives in the scanned files; without it
    they mean nothing; `foreign_markers` says that it honours those of other tools too. `decode` turns encoded, joined
    and compressed text into views of its own; `archives` says how far archives are opened, `cache_folder` where the
    prefilter keeps its compiled patterns. `lint` reads code that names Monei (`lints.selection.lint_file`).
    """

    def __init__(  # noqa: PLR0913 - one for each stage it joins
        self,
        keywords: Iterable[str],
        rules: "Callable[[], Iterable[Rule]]",
        evidence: "Callable[[], Iterable[Rule]]",
        manifests: Callable[[], bytes] = lambda: b"",
        suppressing: "Callable[[], InlinePolicy] | None" = None,
        *,
        decode: bool = True,
        archives: ArchiveLimits | None = None,
        cache_folder: str | None = None,
        lint: "Lint | None" = None,
        foreign_markers: bool = False,
    ) -> None:
        words = (*keywords, DIRECTIVE) if suppressing else keywords
        self.prefilter = Prefilter(words, signatures=SIGNATURES if decode else (), cache_folder=cache_folder)
        self.decode = decode
        self.archives = archives or ArchiveLimits()
        self.lint = lint
        self._suppressing = suppressing
        self._foreign_markers = foreign_markers
        self._rules = rules
        self._evidence = evidence
        self._manifests = manifests
        self._passages: dict[int, bool] = {}

    @cached_property
    def engine(self) -> "Engine":
        """Return the second stage, built on first use."""
        from monei_guard.detection.engine import Engine  # noqa: PLC0415 - imports regex: 10 ms a clean commit saves

        return Engine(self._rules(), self._evidence, self._manifests)

    @cached_property
    def suppressions(self) -> "InlinePolicy | None":
        """Return how directives in files are judged, read on first use; None where they mean nothing."""
        return self._suppressing() if self._suppressing else None

    def views(self, blob: Blob, cuts: list[Skipped] | None = None) -> Sequence[View]:
        """Return the ways to read a blob's bytes, as they stand first; what is cut short goes to `cuts`."""
        root = root_view(blob)
        if blob.is_name or not self.decode:
            return (root,)
        from monei_guard.decoding.views import decoded_views  # noqa: PLC0415 - not on a clean commit

        views = [root]
        for item in decoded_views(root, may_hold=self.prefilter.fast):
            if isinstance(item, View):
                views.append(item)
            elif cuts is not None:
                cuts.append(item)
        return views

    def findings(self, blob: Blob, shown_path: str | None = None) -> "list[Finding]":
        """Return the findings in one blob that are on new lines and count. Raises SlowRuleError."""
        return [one.finding for one in self.triaged(blob, shown_path) if one.suppression is None]

    def triaged(self, blob: Blob, shown_path: str | None = None, cuts: list[Skipped] | None = None) -> "list[Triaged]":
        """Return the findings in one blob that are on new lines, suppressed ones marked. Raises SlowRuleError.

        What could not be decoded to the end is appended to `cuts`.
        """
        hit = self.prefilter.hits(blob.content)
        decoded = hit and self.decode and not blob.is_name and self._holds_encoded(blob.content)
        hit = decoded or (hit and self._is_named(blob.content))
        linted, is_linted = self._linted(blob, shown_path, cuts) if hit or _is_named_monei(blob.path) else ([], False)
        if not hit and not linted:
            return []
        views = self.views(blob, cuts) if decoded else (root_view(blob),)
        if decoded:  # what looked encoded may say nothing of ours once it is read
            hit = any(self.prefilter.names(view.data) for view in views)
            if not hit and not linted:
                return []
        detected = [*self.engine.findings(views, shown_path, cuts), *linted] if hit else linted
        policy = self._policy(views[0].data, is_found=bool(detected))
        if not detected and policy is None:
            return []
        found = _triaged(detected, views[0], policy, shown_path, is_linted=is_linted)
        if blob.is_new_line is None or not found:
            return found
        text, places = views[0].data, [one.finding.location for one in found]
        return [
            one
            for one, place in zip(found, places, strict=True)
            if blob.is_new_line(text, place.start_line, place.end_line)
        ]

    def triaged_inside(
        self, blob: Blob, shown_path: str | None = None, cuts: list[Skipped] | None = None
    ) -> "list[Triaged]":
        """Return what `triaged` does, of an archive for each of its members. Raises SlowRuleError.

        What could not be opened is appended to `cuts` too.
        """
        if self.archives.depth == 0 or archive_kind(blob.content, blob.path) is None:
            return self.triaged(blob, shown_path, cuts)
        from monei_guard.sources.containers.archives import members  # noqa: PLC0415 - 30 ms that few runs need

        found: list[Triaged] = []
        for item in members(blob, self.archives):
            if isinstance(item, Blob):
                shown = masked_path(item.path, self) if item.path != blob.path else shown_path
                found += self.triaged(replace(item, origin=blob.origin), shown, cuts)
            elif cuts is not None:
                cuts.append(item)
        return found

    def _policy(self, text: bytes, *, is_found: bool) -> "InlinePolicy | None":
        """Return how the directives in a text are judged, None where it cannot have any: a policy takes all rules."""
        return self.suppressions if DIRECTIVE.encode() in text or (is_found and self._foreign_markers) else None

    def _is_named(self, content: bytes | memoryview) -> bool:
        """Return whether a keyword stands unencoded in content that the first stage lets through."""
        look = self.prefilter.fast
        return look is None or look.unencoded(content)

    def _holds_encoded(self, content: bytes | memoryview) -> bool:
        """Return whether all of the content that the first stage lets through is to be decoded.

        Of large content the suspicious passages are decoded first, each distinct one once: the same ones come back in
        many files, and in every version of a file.
        """
        look = self.prefilter.fast
        if look is None:
            return True
        data = bytes(content)
        named = look.unencoded(data)
        if named and (len(data) <= _DECODED_WHOLE or self._has_open_prefix(data)):
            return True
        from monei_guard.detection.encoded_regions import passages, widened  # noqa: PLC0415 - not on a clean commit

        for passage in passages(data, look, REACH):
            text = widened(data, passage)
            key = hash(text)  # 64 bits with a secret of this process
            if key not in self._passages:
                if len(self._passages) > _REMEMBERED:
                    self._passages.clear()
                near = data[passage.start : passage.end]
                may_hold = self._says_anything(near, text, look, whole=passage.whole)
                self._passages[key] = may_hold and self._holds_match(text, look, whole=passage.whole)
            if self._passages[key]:
                return True
        return False

    def _says_anything(self, near: bytes, around: bytes, look: FastTest, *, whole: bool) -> bool:
        """Return whether any keyword comes out where the sign stands, or what decides that may stand further away."""
        from monei_guard.decoding.escapes import looks_quoted_printable  # noqa: PLC0415 - not on a clean commit

        if 2 * len(near) > len(around) or look.unencoded(near) or look.divided(near):
            return True
        if b"=" in near and looks_quoted_printable(around):
            return True
        views, is_whole = self._read_passage(near, whole=whole)
        return not is_whole or any(look.unencoded(view.data) for view in views)

    @cached_property
    def _has_open_prefix(self) -> Callable[[bytes], object]:
        """Return a test for a credential's prefix at the end of a string: the rest of the key may stand anywhere."""
        prefixes = (re.escape(word.encode()) for word in self.prefilter.keywords if word.endswith("_"))
        return re.compile(rb"(?:%b)(?![A-Za-z0-9_.])" % b"|".join(prefixes)).search

    def _holds_match(self, passage: bytes, look: FastTest, *, whole: bool) -> bool:
        """Return whether any reading of a passage matches any rule, or could not be read to its end."""
        views, is_whole = self._read_passage(passage, whole=whole)
        if not is_whole:
            return True
        named = [view for view in views if look.unencoded(view.data)]
        try:
            return any(
                True for view in named for _ in self.engine.matcher.candidates(view, self.engine.matcher.deadline())
            )
        except GuardError:
            return True

    def _read_passage(self, passage: bytes, *, whole: bool) -> tuple[list[View], bool]:
        """Return the readings of a passage that are decoded, and whether each could be read to its end."""
        from monei_guard.decoding.compressed import COMPRESSED  # noqa: PLC0415 - not on a clean commit

        cuts: list[Skipped] = []
        views = self.views(Blob(passage, Origin.HISTORY), cuts)[1:]
        return list(views), not cuts and (whole or all(COMPRESSED.name not in view.encoding_path for view in views))

    def _linted(self, blob: Blob, shown_path: str | None, cuts: list[Skipped] | None) -> "tuple[list[Finding], bool]":
        """Return what the lints say of a file as it is now, and whether they looked at all of it.

        Old versions in history are not linted.
        """
        if self.lint is None or blob.is_name or blob.origin not in _LINTED_ORIGINS:
            return [], False
        results = self.lint(root_view(blob), shown_path)
        missed = [one for one in results if isinstance(one, Skipped)]
        if cuts is not None:
            cuts += missed
        return [one for one in results if not isinstance(one, Skipped)], not missed


def _triaged(
    detected: "list[Finding]", root: View, policy: "InlinePolicy | None", shown_path: str | None, *, is_linted: bool
) -> "list[Triaged]":
    """Return the findings, suppressed where the policy honours a directive for them."""
    if policy is None:
        from monei_guard.model.finding import Triaged  # noqa: PLC0415 - not on a clean commit

        return [Triaged(one) for one in detected]
    from monei_guard.policy.inline_suppression import triage_content  # noqa: PLC0415 - few files have directives

    return triage_content(detected, root, policy, shown_path, is_linted=is_linted)


def _is_named_monei(path: bytes | None) -> bool:
    """Whether a file's name or folder says Monei (`webhooks/monei/route.ts`), whatever its content says."""
    return path is not None and b"monei" in path.lower()


def scan(items: Iterable[Blob | Skipped], detector: Scanner) -> ScanResult:
    """Look at every blob once, its path included; archives and message exports are opened."""
    names = _Names(detector)
    findings: list[Finding] = []
    suppressed: list[Triaged] = []
    skipped: list[Skipped] = []
    files = blobs = count = 0
    for item in opened(items, detector.archives):
        shown = names.shown(item.path) if item.path is not None else None
        if isinstance(item, Skipped):
            skipped.append(item if shown is None else Skipped(shown.encode(), item.reason, item.incomplete))
            continue
        files += item.path is not None
        blobs += 1
        count += len(item.content)
        if item.name_is_new or item.is_name:
            findings.extend(names.findings(item))
        if item.is_name:
            continue
        try:
            cuts: list[Skipped] = []
            triaged = detector.triaged(item, shown, cuts)
            skipped += cuts if shown is None else [Skipped(shown.encode(), cut.reason, cut.incomplete) for cut in cuts]
            findings += [one.finding for one in triaged if one.suppression is None]
            suppressed += [one for one in triaged if one.suppression is not None]
        except GuardError as error:
            skipped.append(Skipped(shown.encode() if shown else item.path, str(error)))
    return ScanResult(tuple(findings), tuple(skipped), files, blobs, count, tuple(suppressed))


def masked_path(path: bytes | None, detector: Scanner) -> str | None:
    """Return a path with its secrets masked, or None where it holds none."""
    return None if path is None else _Names(detector).shown(path)


@dataclass(slots=True)
class _Names:
    """Finds keys in file and directory names, and masks them wherever the path is shown.

    A key in a directory's name is reported once, not for every file below it.
    """

    detector: Scanner
    known: dict[bytes, str | None] = field(default_factory=dict)
    reported: set[bytes] = field(default_factory=set)

    def shown(self, path: bytes) -> str | None:
        """Return the path with its secrets masked, or None where it holds none."""
        if not self.detector.prefilter.hits(path):
            return None
        if path not in self.known:
            self.known[path] = _masked(path, self._secrets(path))
        return self.known[path]

    def findings(self, blob: Blob) -> "Iterator[Finding]":
        """Yield the findings in the blob's own path that no earlier path has had."""
        path = blob.path
        if path is None or self.shown(path) is None:
            return
        name = Blob(path, blob.origin, path, blob.commit, blob.author, blob.date, is_name=True)
        for finding in self.detector.findings(name, self.shown(path)):
            value = finding.secret.reveal() if finding.secret else b""
            place = path[: path.find(b"/", path.find(value))] if b"/" in path[path.find(value) :] else path
            if place not in self.reported:
                self.reported.add(place)
                yield finding

    def _secrets(self, path: bytes) -> list[bytes]:
        found = self.detector.engine.findings(self.detector.views(Blob(path, Origin.WORKTREE, path, is_name=True)))
        return [one.secret.reveal() for one in found if one.secret is not None]


def _masked(path: bytes, values: list[bytes]) -> str | None:
    from monei_guard.model.secret import redact  # noqa: PLC0415 - a path that holds a key is rare

    if not values:
        return None
    for value in values:
        path = path.replace(value, redact(value).encode())
    return display_path(path)
