"""The tree of HEAD in a repository without a work tree: what an audit looks at in its place."""

from dataclasses import replace
from functools import cached_property, lru_cache

from monei_guard.application.hygiene import KeyHistory, by_path, checked, classifier
from monei_guard.application.opening import builtin_rules, source_options
from monei_guard.application.run import Run
from monei_guard.application.scanner_factory import build_key_finder
from monei_guard.git.commit_files import files_of_commit, files_of_commit_containing
from monei_guard.git.object_reader import ObjectTooLargeError, cat_file
from monei_guard.git.repository import GitError, Repository
from monei_guard.hygiene.collection import tree_files
from monei_guard.hygiene.snapshot import RepositorySnapshot
from monei_guard.reporting.progress import file_progress
from monei_guard.scanning.linter import ProjectFiles
from monei_guard.scanning.result import ScanResult
from monei_guard.scanning.scanner import scan
from monei_guard.sources.commit_tree import tree_items
from monei_guard.sources.dependency_files import NAMES

_MAX_READ = 4 << 20  # bytes; no file that configures anything is longer
_READS_KEPT = 512


class HeadTree:
    """Read access to the files of one commit (hex), by path. What git cannot read is no file."""

    def __init__(self, repository: Repository, commit: str) -> None:
        self.repository = repository
        self.commit = commit
        self.read = lru_cache(maxsize=_READS_KEPT)(self._read)

    @cached_property
    def ids(self) -> dict[bytes, bytes]:
        """Object ids by path. Raises GitError."""
        return {file.path: file.object_id for file in files_of_commit(self.repository, self.commit)}

    def containing(self, needles: tuple[bytes, ...]) -> tuple[bytes, ...]:
        """Return the text files that contain one of the needles. Raises GitError."""
        return files_of_commit_containing(self.repository, self.commit, needles)

    def manifests(self) -> bytes:
        """Return the lower-cased text of the dependency files at the top."""
        texts = (self.read(name) for name in NAMES)
        return b"\n".join(text for text in texts if text).lower()

    def project(self) -> ProjectFiles:
        """Return the files as the lints ask for them."""
        return ProjectFiles(
            lambda path: self.read(path.encode("utf-8", "surrogateescape")),
            lambda: [path.decode("utf-8", "replace") for path in self.ids],
        )

    def _read(self, path: bytes) -> bytes | None:
        try:
            if path not in self.ids:
                return None
            with cat_file(self.repository) as objects:
                return objects.read(self.ids[path], _MAX_READ)[1]
        except (GitError, ObjectTooLargeError):
            return None


def scan_head_tree(run: Run, tree: HeadTree, history: KeyHistory) -> ScanResult:
    """Return what the files of the tree and the checks on them come to, as those of a work tree do.

    Every finding names the commit: nothing of it lies in a work tree.
    """
    asked = source_options(run)
    with file_progress(quiet=run.options.quiet) as progress:
        scanned = scan(progress.follow(tree_items(tree.repository, tree.commit, asked)), run.scanner)
    result = checked(run, scanned, lambda: _snapshot(run, tree, scanned), asked.excluded, history)
    found = (replace(one, location=replace(one.location, commit=tree.commit)) for one in result.findings)
    return result._replace(findings=tuple(found))


def _snapshot(run: Run, tree: HeadTree, scanned: ScanResult) -> RepositorySnapshot:
    findings = by_path(scanned.findings, b"")
    if run.active is not None:  # the rules that find keys may not be among those selected
        classify = classifier(build_key_finder(builtin_rules()))
        contents = ((path, tree.read(path)) for path in tree.ids)
        findings = {path: tuple(classify(content, path)) for path, content in contents if content}
    return tree_files(tree.ids, tree.read, tree.containing, findings)
