"""Mail and chat exports, message by message: a finding says who wrote it and when.

A message is an exact slice of its file, so nothing in it is lost that no reader understands; encoded bodies are the
decoders' business. What stands outside the messages is yielded under the file's own name.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from monei_guard.model.blob import Blob
from monei_guard.model.location import Origin
from monei_guard.sources.containers.mail_headers import attachments, sender_and_date

_HEAD = 4096
_MOST_MESSAGES = 1_000_000

_MBOX_START = re.compile(rb"From \S+ [^\n]{0,80}\d{4}[^\n]{0,20}\r?\n")
_MBOX_LINE = re.compile(rb"(?:^|(?<=\n\n)|(?<=\n\r\n))From \S+ [^\n]{0,80}\d{4}[^\n]{0,20}\r?\n")
_MAIL_HEADER = re.compile(
    rb"(?:[A-Za-z][A-Za-z0-9\-]{0,60}:[^\n]{0,2000}\n(?:[ \t][^\n]{0,2000}\n){0,50}){2,}", re.IGNORECASE
)
_HEADER_LINE = re.compile(rb"(?:From|Date|Received|MIME-Version|Return-Path): ")
_MAIL_SIGN = re.compile(rb"^(?:From|Date|Message-ID|Received|MIME-Version|Return-Path):", re.IGNORECASE | re.MULTILINE)

# [12/03/2024, 10:11:12] Ada: …    12/03/24, 10:11 - Ada: …    (WhatsApp on iOS and Android, any date order)
_WHATSAPP = re.compile(
    rb"^(?:\xe2\x80\x8e)?\[?(?P<date>\d{1,4}[./\-]\d{1,2}[./\-]\d{2,4},? \d{1,2}[:.]\d{2}(?:[:.]\d{2})?"
    rb"(?:(?: |\xe2\x80\xaf|\xc2\xa0)[AaPp]\.?[Mm]\.?)?)\]?(?: -)? (?P<sender>[^:\n]{1,100}): ",
    re.MULTILINE,
)
# Telegram's HTML export, and DiscordChatExporter's.
_HTML_MESSAGE = re.compile(
    rb"""<div[^>]{0,300}class=["']?(?:message\b|chatlog__message-container|chatlog__message-group)[^>]{0,300}>"""
)
_HTML_SENDER = re.compile(rb"""class=["']?(?:from_name|chatlog__author)["' ][^>]{0,300}>\s{0,200}([^<]{1,200})<""")
_HTML_DATE = re.compile(
    rb"""class=["']?(?:pull_right date details|chatlog__(?:short-)?timestamp)["' ]"""
    rb"""[^>]{0,200}title=["']?([^"'>]{4,60})"""
)
_OUTLOOK = re.compile(
    rb"(?:From|Von|De):\s{0,20}(?:<[^>]{0,200}>\s{0,20}){0,8}(?P<sender>[^<\n]{2,200})[\s\S]{0,600}?"
    rb"(?:Sent|Date|Gesendet|Enviado):\s{0,20}(?:<[^>]{0,200}>\s{0,20}){0,8}(?P<date>[^<\n]{4,80})"
)

_JSON_ARRAY = re.compile(r'^\s*\[|"messages"\s*:\s*\[')
_SENDER_KEYS = (
    "user_profile",
    "from",
    "author",
    "sender",
    "from_name",
    "user",
    "username",
    "real_name",
    "display_name",
)
_NAME_KEYS = (
    "real_name",
    "displayName",
    "display_name",
    "nickname",
    "name",
    "user",
    "username",
    "emailAddress",
    "address",
)
_DATE_KEYS = ("ts", "date", "timestamp", "createdDateTime", "Timestamp", "sent_at", "time", "composetime")
_TEXT_KEYS = ("text", "content", "body", "Contents", "message")


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its exact bytes `[start, end)` in the file, who wrote it, and when as the file says."""

    start: int
    end: int
    sender: str
    date: str


def mail_or_chat(blob: Blob) -> Iterator[Blob] | None:
    """Return the messages of a mail or chat export as blobs, or None for any other content."""
    path = (blob.path or b"").lower()
    head = bytes(blob.content[:_HEAD])
    if path.endswith(b".eml") or (path.endswith((b".mht", b".mhtml", b".email")) and _MAIL_SIGN.search(head)):
        return _single_mail(blob)
    if path.endswith(b".msg"):
        return _outlook_message(blob)
    reader = _reader(path, head)
    if reader is None:
        return None
    content = bytes(blob.content)
    found = reader(content)
    return _blobs(blob, content, found) if found else None


def _reader(path: bytes, head: bytes) -> Callable[[bytes], list[Message]] | None:
    if path.endswith((b".mbox", b".mbx")) or _MBOX_START.match(head):
        return _mbox
    if path.endswith(b".json") and (
        b'"ts"' in head or b'"messages"' in head or b'"text"' in head or b'"content"' in head
    ):
        return _json_chat
    if path.endswith(b".txt") and len(_WHATSAPP.findall(head)) > 1:
        return _whatsapp
    if path.endswith((b".html", b".htm")):
        return _html_chat if _HTML_MESSAGE.search(head) or b"chatlog" in head or b"tgme" in head else _outlook_html
    return None


def _single_mail(blob: Blob) -> Iterator[Blob]:
    """Yield a mail under its own name, with its sender and date, and the archives attached to it."""
    content = bytes(blob.content)
    sender, date = sender_and_date(content)
    yield replace(blob, author=blob.author or sender or None, date=blob.date or date or None, note=_note(sender, date))
    for name, attachment in attachments(content):
        yield _part(blob, name, attachment, sender, date)


def _outlook_message(blob: Blob) -> Iterator[Blob]:
    """Yield a message saved by Outlook, with what the headers it came with say; they stand in it as UTF-16.

    MS-OXMSG: PidTagTransportMessageHeaders. Not through a library of compound files, for this needs no other part.
    """
    narrow = bytes(blob.content).replace(b"\0", b"")
    headers = _MAIL_HEADER.search(narrow, _sign_start(narrow))
    sender, date = sender_and_date(headers[0] + b"\n") if headers else ("", "")
    yield replace(blob, author=blob.author or sender or None, date=blob.date or date or None, note=_note(sender, date))


def _sign_start(narrow: bytes) -> int:
    found = _HEADER_LINE.search(narrow)
    return found.start() if found else len(narrow)


def _blobs(blob: Blob, content: bytes, found: list[Message]) -> Iterator[Blob]:
    position = 0
    rest: list[bytes] = []
    for number, message in enumerate(found, 1):
        rest.append(content[position : message.start])
        position = message.end
        text = content[message.start : message.end]
        name = b"message-%d" % number
        yield _part(blob, name, text, message.sender, message.date)
        for inner, attachment in attachments(text):
            yield _part(blob, name + b"!/" + inner, attachment, message.sender, message.date)
    rest.append(content[position:])
    yield replace(blob, content=b"\n".join(rest))


def _part(blob: Blob, name: bytes, content: bytes, sender: str, date: str) -> Blob:
    return replace(
        blob, content=content, path=(blob.path or b"") + b"!/" + name, origin=Origin.ARCHIVE, object_id=None,
        author=sender or blob.author, date=date or blob.date, is_new_line=None, note=_note(sender, date),
    )  # fmt: skip


def _note(sender: str, date: str) -> Callable[[bytes], str] | None:
    details = " ".join(part for part in (f"from {sender}" if sender else "", f"at {date}" if date else "") if part)
    return (lambda _value: f"in a message {details}") if details else None


def _ends(starts: list[int], content: bytes) -> list[int]:
    return [*starts[1:], len(content)] if starts else []


def _mbox(content: bytes) -> list[Message]:
    starts = [match.start() for match in _MBOX_LINE.finditer(content)][:_MOST_MESSAGES]
    return [
        Message(start, end, *sender_and_date(content[start:end]))
        for start, end in zip(starts, _ends(starts, content), strict=True)
    ]


def _whatsapp(content: bytes) -> list[Message]:
    found = list(_WHATSAPP.finditer(content))[:_MOST_MESSAGES]
    ends = _ends([match.start() for match in found], content)
    return [
        Message(match.start(), end, _text(match["sender"]), _text(match["date"]))
        for match, end in zip(found, ends, strict=True)
    ]


def _html_chat(content: bytes) -> list[Message]:
    starts = [match.start() for match in _HTML_MESSAGE.finditer(content)][:_MOST_MESSAGES]
    messages = []
    sender = ""
    for start, end in zip(starts, _ends(starts, content), strict=True):
        name, date = _HTML_SENDER.search(content, start, end), _HTML_DATE.search(content, start, end)
        sender = _text(name[1]) if name else sender  # a second message in a row does not repeat it
        messages.append(Message(start, end, sender, _text(date[1]) if date else ""))
    return messages


def _outlook_html(content: bytes) -> list[Message]:
    found = _OUTLOOK.search(content[: _HEAD * 16])
    if found is None:
        return []
    return [Message(0, len(content), _text(found["sender"]), _text(found["date"]))]


def _json_chat(content: bytes) -> list[Message]:
    """Return the messages of a JSON export: Slack, Telegram, DiscordChatExporter, Teams."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return []
    array = _JSON_ARRAY.search(text)
    if array is None:
        return []
    read = json.JSONDecoder().raw_decode
    position, offset, counted = array.end(), 0, 0
    messages: list[Message] = []
    while len(messages) < _MOST_MESSAGES:
        while position < len(text) and text[position] in " \t\r\n,":
            position += 1
        if not text.startswith("{", position):
            break
        try:
            item, end = read(text, position)
        except (ValueError, RecursionError):
            break
        start = offset + len(text[counted:position].encode())
        stop = start + len(text[position:end].encode())
        if not any(key in item for key in _TEXT_KEYS) or not any(key in item for key in _DATE_KEYS):
            break
        messages.append(Message(start, stop, _sender(item), _date(item)))
        position, offset, counted = end, stop, end
    return messages


def _sender(item: dict[str, Any]) -> str:
    for key in _SENDER_KEYS:
        value = item.get(key)
        for _ in range(3):  # Teams: from → user → displayName
            if not isinstance(value, dict):
                break
            value = next((value[name] for name in _NAME_KEYS if value.get(name)), None)
        if isinstance(value, str) and value:
            return value[:200]
    return ""


def _date(item: dict[str, Any]) -> str:
    value = next((item[key] for key in _DATE_KEYS if item.get(key)), "")
    if isinstance(value, str) and re.fullmatch(r"\d{9,11}\.\d{1,9}", value):  # Slack: seconds since 1970
        return datetime.fromtimestamp(float(value), UTC).isoformat(timespec="seconds")
    return str(value)[:60]


def _text(raw: bytes) -> str:
    return " ".join(raw.decode("utf-8", "replace").split())
