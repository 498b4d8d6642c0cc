"""Findings in mail and chat exports say who wrote the message and when."""

import base64
import json
import quopri
from email.message import EmailMessage

import pytest
from archive_makers import zip_of
from made_keys import api_key
from scanners import builtin_scanner

from monei_guard.model.blob import Blob
from monei_guard.model.finding import Finding
from monei_guard.model.location import Origin
from monei_guard.scanning.scanner import Scanner, scan

KEY = api_key("mail")
SAID = f"the key is {KEY} do not share it"


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return builtin_scanner()


def _findings(scanner: Scanner, content: bytes | str, path: str) -> list[Finding]:
    raw = content.encode() if isinstance(content, str) else content
    scanned = scan([Blob(raw, Origin.WORKTREE, path.encode())], scanner)
    assert scanned.skipped == ()
    return list(scanned.findings)


def _mail(subject: str = "key") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["Date"], mail["Subject"] = "Adé <ade@example.com>", "Tue, 01 Oct 2024 10:11:12 +0100", subject
    return mail


@pytest.mark.parametrize("encoding", ["7bit", "quoted-printable", "base64"])
@pytest.mark.parametrize("subtype", ["plain", "html"])
def test_a_mail_names_sender_and_time(scanner: Scanner, encoding: str, subtype: str) -> None:
    mail = _mail()
    mail.set_content(SAID * 3, subtype=subtype, cte=encoding)
    found = _findings(scanner, mail.as_bytes(), "m.eml")
    assert found
    assert {one.location.author for one in found} == {"Adé <ade@example.com>"}
    assert found[0].location.date == "2024-10-01T10:11:12+01:00"
    assert found[0].message.endswith("in a message from Adé <ade@example.com> at 2024-10-01T10:11:12+01:00")
    assert found[0].location.path == "m.eml"


def test_a_key_over_a_soft_line_break_is_found_on_its_lines(scanner: Scanner) -> None:
    body = quopri.encodestring(b"x" * 50 + b" " + SAID.encode())
    content = b"From: a@example.com\nContent-Transfer-Encoding: quoted-printable\n\n" + body
    (found,) = _findings(scanner, content, "m.eml")
    assert (found.location.start_line, found.location.end_line) == (4, 5)


def test_an_archive_attached_to_a_mail_is_opened(scanner: Scanner) -> None:
    mail = _mail()
    mail.set_content("see attachment")
    mail.add_attachment(
        zip_of([("config/.env", SAID.encode())]), maintype="application", subtype="zip", filename="conf.zip"
    )
    (found,) = _findings(scanner, mail.as_bytes(), "m.eml")
    assert found.location.path == "m.eml!/conf.zip!/config/.env"
    assert found.location.author == "Adé <ade@example.com>"


def test_a_mailbox_is_read_mail_by_mail(scanner: Scanner) -> None:
    mails = []
    for number in range(3):
        mail = _mail(f"mail {number}")
        mail.set_content(SAID if number == 1 else "hello")
        mails.append(b"From ade@example.com Tue Oct  1 10:11:12 2024\n" + mail.as_bytes() + b"\n")
    (found,) = _findings(scanner, b"".join(mails), "inbox.mbox")
    assert found.location.path == "inbox.mbox!/message-2"
    assert found.location.author == "Adé <ade@example.com>"


@pytest.mark.parametrize("path", ["empty.mbox", "none.html", "none.txt"])
def test_an_export_without_messages_is_scanned_as_it_is(scanner: Scanner, path: str) -> None:
    (found,) = _findings(scanner, f"chatlog 1 : {SAID}", path)
    assert found.location.path == path


def test_a_slack_export_is_read_message_by_message(scanner: Scanner) -> None:
    day = json.dumps([
        {"user": "U1", "type": "message", "ts": "1727777472.000100", "text": "hi",
         "user_profile": {"real_name": "Ada"}},
        {"user": "U2", "type": "message", "ts": "1727777473.000100", "text": SAID,
         "user_profile": {"real_name": "Bob"}},
    ], indent=4)  # fmt: skip
    export = zip_of([("users.json", b"[]"), ("general/2024-10-01.json", day.encode())])
    (found,) = _findings(scanner, export, "slack.zip")
    assert found.location.path == "slack.zip!/general/2024-10-01.json!/message-2"
    assert (found.location.author, found.location.date) == ("Bob", "2024-10-01T10:11:13+00:00")


JSON_EXPORTS = {
    "telegram": {
        "name": "Team", "type": "private_group", "id": 1,
        "messages": [
            {"id": 1, "type": "message", "date": "2024-10-01T10:00:00", "from": "Ada", "from_id": "u1",
             "text": "hi"},
            {"id": 2, "type": "message", "date": "2024-10-01T10:11:12", "from": "Bob", "from_id": "u2",
             "text": SAID},
        ],
    },
    "discord": {
        "guild": {"id": "1"},
        "messages": [{"id": "1", "timestamp": "2024-10-01T10:11:12", "content": SAID, "author": {"name": "Bob"}}],
    },
    "teams": {
        "messages": [
            {"id": "1", "createdDateTime": "2024-10-01T10:11:12", "from": {"user": {"displayName": "Bob"}},
             "body": {"contentType": "html", "content": f"<p>{SAID}</p>"}},
        ],
    },
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(JSON_EXPORTS))
def test_a_json_export_names_sender_and_time(scanner: Scanner, name: str) -> None:
    (found,) = _findings(scanner, json.dumps(JSON_EXPORTS[name]), f"{name}.json")
    assert (found.location.author, found.location.date) == ("Bob", "2024-10-01T10:11:12")


@pytest.mark.parametrize(
    "line",
    [
        "[01/10/2024, 10:11:12] {}: {}",
        "01/10/24, 10:11 - {}: {}",
        "2024-10-01, 10:11 - {}: {}",
        "[01.10.24, 10:11:12] {}: {}",
        "10/1/24, 10:11 AM - {}: {}",
    ],
)
def test_a_whatsapp_export_names_sender_and_time(scanner: Scanner, line: str) -> None:
    text = "\n".join([line.format("Ada", "hi"), line.format("Bob", f"look:\n{SAID}"), line.format("Ada", "thanks")])
    (found,) = _findings(scanner, text, "_chat.txt")
    assert (found.location.path, found.location.author) == ("_chat.txt!/message-2", "Bob")
    assert found.location.date is not None
    assert "10:11" in found.location.date


def test_a_telegram_html_export_names_sender_and_time(scanner: Scanner) -> None:
    message = """<div class="message default clearfix" id="m{}"><div class="body">
<div class="pull_right date details" title="01.10.2024 10:11:1{}">10:11</div>
<div class="from_name"> {} </div><div class="text">{}</div></div></div>"""
    html = "<html><body>" + message.format(1, 1, "Ada", "hi") + message.format(2, 2, "Bob", SAID) + "</body></html>"
    (found,) = _findings(scanner, html, "messages.html")
    assert (found.location.author, found.location.date) == ("Bob", "01.10.2024 10:11:12")


def test_a_mail_saved_by_outlook_names_sender_and_time(scanner: Scanner) -> None:
    html = f"<html><p><b>From:</b> Ada Obi<br><b>Sent:</b> Tuesday, 1 October 2024 10:11<br></p><p>{SAID}</p></html>"
    (found,) = _findings(scanner, html, "mail.html")
    assert found.location.author == "Ada Obi"


def test_what_stands_outside_the_messages_is_scanned_too(scanner: Scanner) -> None:
    export = {"note": SAID, "messages": [{"ts": "1727777472.000100", "user": "U1", "text": "hi"}], "after": 1}
    (found,) = _findings(scanner, json.dumps(export), "x.json")
    assert (found.location.path, found.location.author) == ("x.json", None)


def test_json_with_other_messages_is_left_alone(scanner: Scanner) -> None:
    (found,) = _findings(scanner, json.dumps({"messages": [{"id": "a", "en": SAID}, {"id": "b"}]}), "i18n.json")
    assert found.location.path == "i18n.json"


def test_a_sender_that_is_a_key_is_masked(scanner: Scanner) -> None:
    content = f"From: {KEY}\nDate: Tue, 01 Oct 2024 10:11:12 +0100\n\nhello\n"
    (found,) = _findings(scanner, content, "m.eml")
    assert KEY not in repr(found)


def test_an_outlook_message_file_is_read_through_its_utf_16(scanner: Scanner) -> None:
    content = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + SAID.encode("utf-16-le") + bytes(200) + bytes(range(256)) * 4
    )
    (found,) = _findings(scanner, content, "m.msg")
    assert found.location.encoding_path == ("utf-16",)


def test_a_base64_body_points_at_its_lines(scanner: Scanner) -> None:
    body = base64.encodebytes(b"z" * 120 + b" " + SAID.encode())
    content = b"From: a@example.com\nContent-Transfer-Encoding: base64\n\n" + body
    (found,) = _findings(scanner, content, "m.eml")
    assert found.location.start_line == 6


def test_a_discord_html_export_names_sender_and_time(scanner: Scanner) -> None:
    def container(number: int, head: str, text: str) -> str:
        return (
            f"<div id=chatlog__message-container-{number} class=chatlog__message-container data-message-id={number}>"
            f"<div class=chatlog__message><div class=chatlog__message-primary>{head}"
            f'<div class="chatlog__content chatlog__markdown"><span class=chatlog__markdown-preserve>{text}</span>'
            "</div></div></div></div>"
        )

    def author(name: str, time: str) -> str:
        return (
            f"<div class=chatlog__header><span class=chatlog__author title={name} data-user-id=1>{name}</span>"
            f'<span class=chatlog__timestamp title="{time}"><a href=#1>{time}</a></span></div>'
        )

    short = '<div class=chatlog__short-timestamp title="Tuesday, 1 October 2024 10:14">10:14</div>'
    groups = [
        container(1, author("Ada", "Tuesday, 1 October 2024 10:11"), "hi"),
        container(2, author("Bob", "Tuesday, 1 October 2024 10:12"), "ho") + container(3, short, SAID),
    ]
    html = (
        "<div class=chatlog>" + "".join(f"<div class=chatlog__message-group>{one}</div>" for one in groups) + "</div>"
    )
    (found,) = _findings(scanner, html, "general.html")
    assert found.location.author == "Bob"
    assert found.location.date == "Tuesday, 1 October 2024 10:14"


def test_a_message_saved_by_outlook_names_sender_and_time(scanner: Scanner) -> None:
    headers = (
        "Received: from a.example.com by b.example.com;\r\n Tue, 1 Oct 2024 09:11:13 +0000\r\n"
        "From: Ada Obi <ada@example.com>\r\nTo: b@example.com\r\nDate: Tue, 1 Oct 2024 10:11:12 +0100\r\n\r\n"
    )
    container = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    content = container + SAID.encode("utf-16-le") + bytes(70) + headers.encode("utf-16-le") + bytes(512)
    (found,) = _findings(scanner, content, "key.msg")
    assert (found.location.author, found.location.date) == ("Ada Obi <ada@example.com>", "2024-10-01T10:11:12+01:00")
    assert "in a message from Ada Obi" in found.message
