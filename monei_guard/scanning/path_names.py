"""Keys in file and directory names, and their masks wherever the path is shown."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from monei_guard.model.blob import Blob
from monei_guard.model.location import Origin, display_path

if TYPE_CHECKING:
    from monei_guard.model.finding import Finding
    from monei_guard.model.secret import Secret
    from monei_guard.scanning.scanner import Scanner


class PathNames:
    """The names of one pass; a key in a directory's name is reported once, not for every file below it."""

    def __init__(self, scanner: "Scanner") -> None:
        self._scanner = scanner
        self._shown: dict[bytes, str | None] = {}
        self._reported: set[bytes] = set()

    def shown(self, path: bytes) -> str | None:
        """Return the path with its secrets masked, or None where it holds none."""
        if not self._scanner.prefilter.hits(path):
            return None
        if path not in self._shown:
            self._shown[path] = _masked(path, self._secrets(path))
        return self._shown[path]

    def findings(self, blob: Blob) -> "Iterator[Finding]":
        """Yield the findings in the blob's own path that no earlier path has had."""
        path = blob.path
        if path is None or self.shown(path) is None:
            return
        name = Blob(path, blob.origin, path, blob.commit, blob.author, blob.date, is_name=True)
        for finding in self._scanner.scan_blob(name, self.shown(path)).findings:
            value = finding.secret.reveal() if finding.secret else b""
            location = path[: path.find(b"/", path.find(value))] if b"/" in path[path.find(value) :] else path
            if location not in self._reported:
                self._reported.add(location)
                yield finding

    def _secrets(self, path: bytes) -> "list[Secret]":
        # What a directive in the name suppresses is masked all the same.
        found = self._scanner.scan_blob(Blob(path, Origin.WORKTREE, path, is_name=True)).triaged
        return [triaged.finding.secret for triaged in found if triaged.finding.secret is not None]


def _masked(path: bytes, secrets: "list[Secret]") -> str | None:
    if not secrets:
        return None
    for secret in secrets:
        path = path.replace(secret.reveal(), secret.redacted.encode())
    return display_path(path)
