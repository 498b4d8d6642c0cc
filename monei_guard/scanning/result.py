"""What a scan comes to: of one blob, and of a whole source."""

from typing import TYPE_CHECKING, NamedTuple

from monei_guard.model.blob import Skipped

if TYPE_CHECKING:  # a commit without a finding does not import what one is made of
    from monei_guard.model.finding import Finding, Triaged


class BlobResult(NamedTuple):
    """What one blob holds: its findings on new lines, suppressed ones marked, and what in it was not looked at."""

    triaged: "tuple[Triaged, ...]" = ()
    skipped: tuple[Skipped, ...] = ()

    @property
    def findings(self) -> "tuple[Finding, ...]":
        """Those that count."""
        return tuple(triaged.finding for triaged in self.triaged if triaged.suppression is None)

    @property
    def suppressed(self) -> "tuple[Triaged, ...]":
        """Those that a directive in the blob suppresses."""
        return tuple(triaged for triaged in self.triaged if triaged.suppression is not None)


class ScanResult(NamedTuple):
    """The outcome of one pass over a source: what was found, what was not looked at, how much was.

    `files` counts blobs with a path, `bytes` all contents; `errors` are sentences about what else failed.
    """

    findings: "tuple[Finding, ...]" = ()
    skipped: tuple[Skipped, ...] = ()
    files: int = 0
    blobs: int = 0
    bytes: int = 0
    suppressed: "tuple[Triaged, ...]" = ()
    errors: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether everything was looked at that should have been."""
        return not self.errors and not any(skipped.incomplete for skipped in self.skipped)

    def merged(self, other: "ScanResult") -> "ScanResult":
        """Return both outcomes as one."""
        return ScanResult(
            findings=(*self.findings, *other.findings),
            skipped=(*self.skipped, *other.skipped),
            files=self.files + other.files,
            blobs=self.blobs + other.blobs,
            bytes=self.bytes + other.bytes,
            suppressed=(*self.suppressed, *other.suppressed),
            errors=(*self.errors, *other.errors),
        )
