"""Whether a history is all there: every object that anything names is stored, and every pack can be read.

What a pass over the store did not find named objects for is asked git once more, which alone reads some packs. Commits
of submodules are in repositories of their own. Beyond the edge of a shallow clone, and in a partial clone, objects are
left out on purpose: those are said, and are no errors.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from monei_guard.git.cat_file import all_object_ids, object_headers
from monei_guard.git.object_names import AS_ENTRY, AS_PARENT, AS_TARGET, AS_TREE, Unstored
from monei_guard.git.pack_index import Ids, among
from monei_guard.git.ref_tips import shallow_edge, tips
from monei_guard.git.repository import GitError, Repository
from monei_guard.history.object_store import ObjectStore, StoreResult
from monei_guard.model.blob import Skipped

_MOST_NAMED = 100
_NAMERS = {AS_TREE: "commit", AS_PARENT: "commit", AS_ENTRY: "tree", AS_TARGET: "tag"}
# Which git knows without storing them: the content of nothing.
_EMPTY_BLOBS = {
    "sha1": "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "sha256": "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
}


@dataclass(frozen=True, slots=True)
class Completeness:
    """What is missing, a sentence each, and what was left out on purpose or cannot be told.

    `is_whole` says that nothing at all is missing, so that only what is new need be looked at next time.
    """

    errors: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    is_whole: bool = True


def completeness(store: ObjectStore, result: StoreResult, shown: Callable[[bytes], str]) -> Completeness:
    """Return what of a store's history is missing after a pass over it; `shown` is how the name of a ref is told."""
    skipped = [*_flaws(store)]
    try:
        edge = shallow_edge(store.repository)
        named = _by_refs(store, shown)
    except GitError as error:
        return Completeness((f"what refs lead to could not be listed: {error}",), tuple(skipped), is_whole=False)
    promised = _promised(result.unstored, store.id_length)
    named |= _by_objects(result.unstored, promised, edge, store.id_length)
    for known in (store.repository.empty_tree, _EMPTY_BLOBS[store.repository.object_format]):
        named.pop(known, None)
    missing = [name for name, _ in _unanswered(store.repository, named)]
    errors = [f"object {name} is missing: {named[name]}" for name in sorted(missing)[:_MOST_NAMED]]
    if len(missing) > _MOST_NAMED:
        errors.append(f"{len(missing) - _MOST_NAMED:,} more objects are missing")
    is_whole = not errors and not skipped and not len(promised)
    if edge:
        said = f"this is a shallow clone: what came before {_count(len(edge), 'commit')} ({min(edge)[:12]}) is not here"
        skipped.append(Skipped(None, said, incomplete=False))
    if len(promised):
        first, more = bytes(promised[0]).ljust(store.id_length, b"\0").hex(), len(promised) - 1
        others = f" and {more:,} more" if more else ""
        said = f"object {first}{others} not fetched yet: this is a partial clone, and nothing is fetched for a scan"
        skipped.append(Skipped(None, said))
    return Completeness(tuple(errors), tuple(skipped), is_whole)


def _flaws(store: ObjectStore) -> Iterator[Skipped]:
    """Yield the packs that may hold more than is known of them."""
    for pack in store.packs:
        if pack.flaw:
            yield Skipped(pack.stem + b".pack", f"{pack.flaw}: 'git index-pack' makes a new one")
    listed = frozenset(all_object_ids(store.repository)) if store.refused else frozenset()
    for path, reason in store.refused:
        try:
            with open(path.removesuffix(b".pack") + b".idx", "rb") as file:
                index = file.read()
            lines = store.repository.run(
                "show-index", f"--object-format={store.repository.object_format}", stdin=index
            ).splitlines()
        except (OSError, GitError):
            yield Skipped(path, f"{reason}, and git cannot read that either: 'git index-pack' makes a new one")
            continue
        if not lines or not listed.issuperset(line.split()[1].decode() for line in lines):
            yield Skipped(path, f"{reason}, and git does not read it either: run 'git fsck'")


def _by_refs(store: ObjectStore, shown: Callable[[bytes], str]) -> dict[str, str]:
    """Return what refs, reflogs and the index name and is not known to be stored, and by whom it is named."""
    digits = 2 * store.id_length
    found = [(name, who) for name, who in tips(store.repository) if len(name) == digits]
    ids = np.frombuffer(bytes.fromhex(b"".join(name for name, _ in found).decode()), dtype=f"S{store.id_length}")
    stored = store.stored_ids().has(ids).tolist()
    named: dict[str, str] = {}
    for (name, who), is_stored in zip(found, stored, strict=True):
        if not is_stored and name.decode() not in named:
            named[name.decode()] = f"{shown(who)} names it"
    return named


def _promised(unstored: list[Unstored], width: int) -> Ids:
    """Return the ids of what is named in packs of a partial clone, sorted, each once."""
    joined = b"".join(part.ids for part in unstored if part.promised)
    return np.unique(np.frombuffer(joined, dtype=f"S{width}"))


def _by_objects(unstored: list[Unstored], promised: Ids, edge: frozenset[str], width: int) -> dict[str, str]:
    """Return what objects name, has not been promised and does not lie beyond the edge, and by whom it is named."""
    named: dict[str, str] = {}
    for part in unstored:
        ids = np.frombuffer(part.ids, dtype=f"S{width}")
        for row in np.nonzero(~among(ids, promised))[0].tolist():
            name, namer = (raw[row * width : (row + 1) * width].hex() for raw in (part.ids, part.namers))
            if not (part.role == AS_PARENT and namer in edge):
                named[name] = f"{_NAMERS[part.role]} {namer} names it as {part.role}"
    return named


def _unanswered(repository: Repository, named: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what git cannot answer for either, and why."""
    for header in object_headers(repository, named):
        if isinstance(header, tuple):
            yield header


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
