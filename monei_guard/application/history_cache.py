"""The cache of scanned objects in a run: where it is, under which rules it holds, and whether it may be used."""

import hashlib
import os
from dataclasses import dataclass

from monei_guard import __version__
from monei_guard.application.run import Run
from monei_guard.filesystem.links import LinkInRepositoryError, refuse_links
from monei_guard.filesystem.user_directories import state_folder
from monei_guard.git.pack_index import ID_LENGTHS
from monei_guard.git.repository import Repository
from monei_guard.history.clean_objects import (
    CleanObjects,
    load_clean_objects,
    no_clean_objects,
    save_clean_objects,
    user_key,
)
from monei_guard.history.object_store import ObjectStore, StoreResult, remember
from monei_guard.reporting.console import note
from monei_guard.ruleset.bundled import bundled_rules
from monei_guard.ruleset.rule_files import rule_paths

_FOLDER = b"monei-guard"
_FILE = b"scanned-objects"


@dataclass(frozen=True, slots=True)
class ObjectCache:
    """An open cache; `key` is None where nothing can be cached."""

    path: bytes
    key: bytes | None
    rules: bytes
    id_length: int
    clean: CleanObjects

    def save(self, store: ObjectStore, stored: StoreResult) -> None:
        """Add what a complete pass found clean; a failure is said, and costs only time."""
        scanned = remember(store, stored) if self.key is not None else None
        if scanned is None or self.key is None:
            return
        problem = save_clean_objects(self.path, self.key, self.rules, scanned, self.id_length)
        if problem:
            note(f"the cache of scanned objects was not written: {problem}")


def open_cache(run: Run, repository: Repository, folder: str | None, *, enabled: bool) -> ObjectCache:
    """Return the cache in `folder`, or in the repository's git directory. Raises LinkInRepositoryError for `folder`."""
    width = ID_LENGTHS[repository.object_format]
    name = hashlib.sha256(os.path.realpath(repository.git_dir)).hexdigest()[:16].encode()
    path = (
        os.path.join(os.fsencode(folder), _FILE + b"-" + name)
        if folder is not None
        else os.path.join(os.path.realpath(repository.common_dir()), _FOLDER, _FILE)
    )
    if enabled:
        try:
            refuse_links(path, "the cache of scanned objects")
        except LinkInRepositoryError as error:
            if folder is not None:
                raise
            note(f"no cache of scanned objects: {error}")
            enabled = False
    key = user_key(state_folder()) if enabled else None
    if key is None:
        if enabled:
            note("no cache of scanned objects: no private key file can be kept in your state folder")
        return ObjectCache(path, None, b"", width, no_clean_objects(width))
    rules = _rules_digest(run)
    clean, problem = load_clean_objects(path, key, rules, width)
    if problem:
        note(f"the cache of scanned objects is ignored: {problem}")
    return ObjectCache(path, key, rules, width, clean)


def _rules_digest(run: Run) -> bytes:
    """Return a digest of all that decides what is found in an object."""
    parts = [
        __version__.encode(), repr(run.scanner.prefilter.keywords).encode(),
        repr(run.settings.selection).encode(), repr(sorted(run.active or ())).encode(),
        b"decode" if run.scanner.decode else b"", repr(run.settings.archives).encode(),
        repr(run.folder is None).encode(),
    ]  # fmt: skip
    for path in (*rule_paths(bundled_rules()), *run.settings.extend_rules):
        with open(path, "rb") as file:
            parts.append(hashlib.sha256(file.read()).digest())
    return hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).digest()
