"""Which secrets suspicious objects hold, found where they are read, as digests."""

from collections.abc import Sequence

from monei_guard.errors import GuardError
from monei_guard.git.blob_id import blob_id
from monei_guard.history.worker import ObjectMatcher, ObjectMatches
from monei_guard.model.blob import Blob, Skipped
from monei_guard.model.finding import Finding
from monei_guard.model.location import Origin
from monei_guard.scanning.scanner import Scanner, scan_container
from monei_guard.sources.containers.signatures import archive_kind


def object_matcher(scanner: Scanner) -> ObjectMatcher:
    """Return what workers look for secrets in suspicious content with."""
    scanner.prefilter.fast_test()

    def match(contents: Sequence[bytes]) -> list[ObjectMatches]:
        if len(contents) > 1:
            scanner.prepare(content for content in contents if archive_kind(content, None) is None)
        return [_matches(scanner, content) for content in contents]

    return match


def digest(finding: Finding) -> str:
    """Return what tells two secrets apart, without the path: the fingerprint of a finding in a nameless blob."""
    return finding.fingerprint.partition(":")[0]


def _matches(scanner: Scanner, content: bytes) -> ObjectMatches:
    try:
        result = scan_container(scanner, Blob(content, Origin.HISTORY))
    except GuardError as error:
        return ObjectMatches(gaps=(Skipped(None, str(error), content_id=blob_id(content)),))
    digests = tuple(dict.fromkeys(digest(triaged.finding) for triaged in result.triaged))
    return ObjectMatches(digests, tuple(_identified(gap, content) for gap in result.skipped))


def _identified(gap: Skipped, content: bytes) -> Skipped:
    return gap if not gap.incomplete or gap.content_id else gap._replace(content_id=blob_id(content))
