"""Archives, mail and chat exports of a source, opened in place."""

from collections.abc import Iterator

from monei_guard.model.blob import Blob, Skipped
from monei_guard.sources.containers.archives import members
from monei_guard.sources.containers.messages import mail_or_chat
from monei_guard.sources.containers.signatures import ArchiveLimits, archive_kind, may_hold_messages


def expand(blob: Blob, limits: ArchiveLimits) -> Iterator[Blob | Skipped]:
    """Yield what stands in an archive or an export, member by member; the blob itself where it is neither after all."""
    if archive_kind(blob.content, blob.path) is None:
        yield from _messages(blob, limits, attached=True)
        return
    for item in members(blob, limits):
        yield from (item,) if isinstance(item, Skipped) else _messages(item, limits, attached=False)


def _messages(blob: Blob, limits: ArchiveLimits, *, attached: bool) -> Iterator[Blob | Skipped]:
    if blob.path is None or blob.is_new_line is not None or not may_hold_messages(blob):
        yield blob  # of a changed file, only the new lines count, and the messages would not say where they are
        return
    found = mail_or_chat(blob)
    if found is None:
        yield blob
        return
    for one in found:
        if attached and one.path != blob.path and archive_kind(one.content, one.path) is not None:
            yield from expand(one, limits)
        else:
            yield one
