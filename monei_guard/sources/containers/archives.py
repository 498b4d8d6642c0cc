"""What stands in archives, member by member, in memory, inside one another (`formats` lists what is opened).

Nothing is written to disk, nothing is followed. What cannot or must not be read is a Skipped with its reason.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from monei_guard.git.blob_id import blob_id
from monei_guard.model.blob import Blob, Skipped
from monei_guard.model.location import Origin
from monei_guard.sources.containers.budget import Budget, Member
from monei_guard.sources.containers.formats import FORMATS
from monei_guard.sources.containers.signatures import ArchiveLimits, archive_kind
from monei_guard.sources.containers.streams import LimitError


def members(blob: Blob, limits: ArchiveLimits | None = None) -> Iterator[Blob | Skipped]:
    """Yield the members of an archive, of archives in it, and so on; paths read `app.apk!/assets/config.json`.

    Nothing for content that is no archive. An archive that cannot be opened at all is yielded itself too: its bytes can
    be looked at as they stand.
    """
    limits = limits or ArchiveLimits()
    own_id: str | None = None
    for item in _opened(blob, Budget(limits, len(blob.content)), 1):
        if isinstance(item, Skipped) and item.incomplete:
            own_id = own_id or blob_id(blob.content)
            yield item._replace(content_id=own_id)
        else:
            yield item


def _opened(blob: Blob, budget: Budget, depth: int) -> Iterator[Blob | Skipped]:
    kind = archive_kind(blob.content, blob.path)
    if kind is None:
        return
    found = False
    try:
        for member in FORMATS[kind](bytes(blob.content), blob.path or b"", budget):
            found = True
            yield from _member_blobs(blob, member, budget, depth)
    except LimitError as error:
        yield Skipped(blob.path, str(error))
        return
    if not found:
        yield replace(blob, origin=Origin.ARCHIVE)  # an empty archive, or none after all


def _member_blobs(archive: Blob, member: Member, budget: Budget, depth: int) -> Iterator[Blob | Skipped]:
    path = (archive.path or b"") + b"!/" + member.name if member.name else archive.path
    if member.reason:
        yield Skipped(path, member.reason, member.incomplete)
        if not member.content:
            return
    note = _note(member.note) or archive.note
    blob = replace(
        archive, content=member.content, origin=Origin.ARCHIVE, path=path, object_id=None, is_new_line=None, note=note
    )
    kind = archive_kind(member.content, member.name) if member.name else None  # no name: the archive itself, unopened
    if kind is None:
        yield blob
    elif depth >= budget.limits.depth:
        yield Skipped(path, f"archives inside one another more than {budget.limits.depth} deep: raise --archive-depth")
        yield blob
    else:
        yield from _opened(blob, budget, depth + 1)


def _note(note: str | Callable[[bytes], str]) -> Callable[[bytes], str] | None:
    if isinstance(note, str):
        return (lambda _value: note) if note else None
    return note
