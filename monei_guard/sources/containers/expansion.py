"""Archives, mail and chat exports among the blobs of a source, opened in place."""

from collections.abc import Iterable, Iterator

from monei_guard.model.blob import Blob, Skipped
from monei_guard.sources.containers.signatures import ArchiveLimits, archive_kind

MAIL_SUFFIXES = (b".eml", b".mbox", b".mbx", b".mht", b".mhtml", b".email", b".msg")
# What the first bytes of an export show: Slack, Telegram, Discord, Teams; WhatsApp; Telegram, Discord, Outlook.
EXPORT_SIGNS: tuple[tuple[tuple[bytes, ...], tuple[bytes, ...]], ...] = (
    ((b".json",), (b'"messages"', b'"ts"', b'"createdDateTime"')),
    ((b".txt",), (b": ",)),
    ((b".html", b".htm"), (b"chatlog", b"from_name", b"Sent:", b"Gesendet:", b"Enviado:", b"Date:")),
)
_ENDS = (*MAIL_SUFFIXES, *(end for ends, _ in EXPORT_SIGNS for end in ends))
_HEAD = 4096


def opened(items: Iterable[Blob | Skipped], limits: ArchiveLimits | None = None) -> Iterator[Blob | Skipped]:
    """Yield the items, with the members of each archive and the messages of each export in their places."""
    limits = limits or ArchiveLimits()
    for item in items:
        if isinstance(item, Skipped) or item.is_name or limits.depth == 0 or _is_neither(item):
            yield item
        else:
            yield from _opened(item, limits)


def _is_neither(blob: Blob) -> bool:
    """Return whether a blob is no archive and no export: nearly all are, and this is asked of every one."""
    return archive_kind(blob.content, blob.path) is None and not may_hold_messages(blob)


def _opened(blob: Blob, limits: ArchiveLimits) -> Iterator[Blob | Skipped]:
    if archive_kind(blob.content, blob.path) is not None:
        from monei_guard.sources.containers.archives import members  # noqa: PLC0415 - 30 ms that few runs need

        for item in members(blob, limits):
            yield from (item,) if isinstance(item, Skipped) else _messages(item, limits, attached=False)
    else:
        yield from _messages(blob, limits, attached=True)


def may_hold_messages(blob: Blob) -> bool:
    """Return whether name and first bytes look like mail or a chat export."""
    path = (blob.path or b"").lower()
    if not path.endswith(_ENDS):
        return blob.content[:5] == b"From "
    if path.endswith(MAIL_SUFFIXES) or blob.content[:5] == b"From ":
        return True
    head = bytes(blob.content[:_HEAD])
    if path.endswith(b".txt") and not head[:4].lstrip(b"[\xe2\x80\x8e")[:1].isdigit():
        return False
    return any(path.endswith(ends) and any(sign in head for sign in signs) for ends, signs in EXPORT_SIGNS)


def _messages(blob: Blob, limits: ArchiveLimits, *, attached: bool) -> Iterator[Blob | Skipped]:
    if blob.path is None or blob.is_new_line is not None or not may_hold_messages(blob):
        yield blob  # of a changed file, only the new lines count, and the messages would not say where they are
        return
    from monei_guard.sources.containers.messages import mail_or_chat  # noqa: PLC0415 - 20 ms that few runs need

    found = mail_or_chat(blob)
    if found is None:
        yield blob
        return
    for one in found:
        if attached and one.path != blob.path and archive_kind(one.content, one.path) is not None:
            yield from _opened(one, limits)
        else:
            yield one
