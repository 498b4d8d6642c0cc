"""Archives, mail and chat exports among the blobs of a source, opened in place.

What opens them imports much that few runs need, so it is handed in.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from monei_guard.model.blob import Blob, Skipped
from monei_guard.sources.containers.signatures import ArchiveLimits, archive_kind, is_container, may_hold_messages


class Openers(NamedTuple):
    """What opens an archive (`archives.members`), and mail and chat exports (`messages.mail_or_chat`)."""

    members: Callable[[Blob, ArchiveLimits], Iterator[Blob | Skipped]]
    messages: Callable[[Blob], Iterator[Blob] | None]


def expand(items: Iterable[Blob | Skipped], limits: ArchiveLimits, openers: Openers) -> Iterator[Blob | Skipped]:
    """Yield the items, with the members of each archive and the messages of each export in their places."""
    for item in items:
        if isinstance(item, Skipped) or item.is_name or limits.depth == 0 or not is_container(item):
            yield item
        else:
            yield from _expanded(item, limits, openers)


def _expanded(blob: Blob, limits: ArchiveLimits, openers: Openers) -> Iterator[Blob | Skipped]:
    if archive_kind(blob.content, blob.path) is None:
        yield from _messages(blob, limits, openers, attached=True)
        return
    for item in openers.members(blob, limits):
        yield from (item,) if isinstance(item, Skipped) else _messages(item, limits, openers, attached=False)


def _messages(blob: Blob, limits: ArchiveLimits, openers: Openers, *, attached: bool) -> Iterator[Blob | Skipped]:
    if blob.path is None or blob.is_new_line is not None or not may_hold_messages(blob):
        yield blob  # of a changed file, only the new lines count, and the messages would not say where they are
        return
    found = openers.messages(blob)
    if found is None:
        yield blob
        return
    for message in found:
        is_archive = attached and message.path != blob.path and archive_kind(message.content, message.path) is not None
        if is_archive:
            yield from _expanded(message, limits, openers)
        else:
            yield message
