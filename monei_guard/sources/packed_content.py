"""Archives, mail and chat exports among the blobs of a source, opened in place."""

from collections.abc import Iterable, Iterator

from monei_guard.model.blob import Blob, Skipped
from monei_guard.sources.archive_budget import ArchiveLimits
from monei_guard.sources.archive_kinds import archive_kind

_MESSAGES = (b".eml", b".mbox", b".mbx", b".mht", b".mhtml", b".email", b".json", b".txt", b".html", b".htm")


def opened(items: Iterable[Blob | Skipped], limits: ArchiveLimits | None = None) -> Iterator[Blob | Skipped]:
    """Yield the items, with the members of each archive and the messages of each export in their places."""
    limits = limits or ArchiveLimits()
    for item in items:
        if isinstance(item, Skipped) or item.is_name or limits.depth == 0:
            yield item
        else:
            yield from _opened(item, limits)


def _opened(blob: Blob, limits: ArchiveLimits) -> Iterator[Blob | Skipped]:
    if archive_kind(blob.content, blob.path) is not None:
        from monei_guard.sources.archive_members import members  # noqa: PLC0415 - 30 ms that few runs need

        for item in members(blob, limits):
            yield from (item,) if isinstance(item, Skipped) else _messages(item, limits, attached=False)
    else:
        yield from _messages(blob, limits, attached=True)


def _messages(blob: Blob, limits: ArchiveLimits, *, attached: bool) -> Iterator[Blob | Skipped]:
    if blob.path is None or not blob.path.lower().endswith(_MESSAGES):
        yield blob
        return
    from monei_guard.sources.mail_and_chat import mail_or_chat  # noqa: PLC0415 - 20 ms that few runs need

    found = mail_or_chat(blob)
    if found is None:
        yield blob
        return
    for one in found:
        if attached and one.path != blob.path and archive_kind(one.content, one.path) is not None:
            yield from _opened(one, limits)
        else:
            yield one
