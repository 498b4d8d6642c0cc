"""Judging suspicious objects where they are read: which secrets stand in them, as digests.

Most suspicious content holds no keyword as such but something that could be an encoded one, and the same passage comes
back in every version of its file. Decoding whole files for that would cost more than everything else together, so the
passages are decoded first, each distinct one once; only where one of them holds anything is the whole content judged.
"""

import hashlib
import re
from collections.abc import Callable

from monei_guard.detection.prefilter import REACH, Prefilter
from monei_guard.errors import GuardError
from monei_guard.model.blob import Blob, Skipped
from monei_guard.model.finding import Finding
from monei_guard.model.location import Origin, display_path
from monei_guard.pipeline import Detector
from monei_guard.sources.archive_kinds import archive_kind
from monei_guard.sources.object_scan import Judge, Judgement

_SMALL = 1024  # bytes to which a suspicious place is narrowed down
_AROUND = 2048  # bytes before and after it that are decoded with it, and on to the ends of the lines
_REMEMBERED = 100_000
# Base64 of compressed text cannot be read from the middle: gzip's magic number, its own base64, zlib's headers.
_COMPRESSED = re.compile(rb"""H4sI|SDRzS|["'=:(>,` \n]e(?:J[w-z]|N[o-r]|A[E-H])""")


def judge_with(detector: Detector) -> Judge:
    """Return what workers judge suspicious content with."""
    look = detector.prefilter.fast_test() if detector.decode else None
    plain = Prefilter(detector.prefilter.keywords, encoded=False).fast_test() if look is not None else None
    if look is None or plain is None:
        return lambda content: _judged(detector, content)
    seen: dict[bytes, bool] = {}

    def judge(content: bytes) -> Judgement:
        if plain(content) or _COMPRESSED.search(content) or archive_kind(content, None) is not None:
            return _judged(detector, content)
        for start, end in passages(content, look):
            passage = content[start:end]
            key = hashlib.blake2b(passage, digest_size=16).digest()
            if key not in seen:
                if len(seen) > _REMEMBERED:
                    seen.clear()
                seen[key] = _holds_something(detector, passage)
            if seen[key]:
                return _judged(detector, content)
        return Judgement()

    return judge


def digest(finding: Finding) -> str:
    """Return what tells two secrets apart, without the path: the fingerprint of a finding in a nameless blob."""
    return finding.fingerprint.partition(":")[0]


def passages(content: bytes, look: Callable[[bytes], bool]) -> list[tuple[int, int]]:
    """Return the parts of the content, whole lines, in which `look` finds something, with what stands around it."""
    places: list[tuple[int, int]] = []
    pending = [(0, len(content))]
    while pending:
        start, end = pending.pop()
        if not look(content[start : end + REACH]):
            continue
        if end - start <= _SMALL:
            first = content.rfind(b"\n", 0, max(start - _AROUND, 0)) + 1
            last = content.find(b"\n", end + REACH + _AROUND)
            places.append((first, len(content) if last < 0 else last))
        else:
            middle = (start + end) // 2
            pending += [(start, middle), (middle, end)]
    merged: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _holds_something(detector: Detector, passage: bytes) -> bool:
    """Return whether any reading of a passage matches any rule, or could not be read to its end."""
    cuts: list[Skipped] = []
    matcher = detector.engine.matcher
    try:
        views = detector.views(Blob(passage, Origin.HISTORY), cuts)
        found = any(True for view in views for _ in matcher.candidates(view, matcher.deadline()))
    except GuardError:
        return True
    return found or bool(cuts)


def _judged(detector: Detector, content: bytes) -> Judgement:
    cuts: list[Skipped] = []
    try:
        found = detector.triaged_inside(Blob(content, Origin.HISTORY), None, cuts)
    except GuardError as error:
        return Judgement(gaps=((str(error), True),))
    digests = tuple(dict.fromkeys(digest(one.finding) for one in found))
    return Judgement(digests, tuple((_gap(cut), cut.incomplete) for cut in cuts))


def _gap(cut: Skipped) -> str:
    """Return what could not be looked at, with the member's name where it is one of an archive."""
    name = display_path(cut.path or b"").removeprefix("!/")
    return f"{name}: {cut.reason}" if name else cut.reason
