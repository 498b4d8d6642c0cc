"""What of a line of a file is not shown as context: every value in it that is not plainly harmless.

A secret stands beside others, and most of them have no form that any rule knows. So nothing is looked for here: names,
numbers, booleans, words of code and punctuation are let through, and all else is hidden. No parser: the line may be any
language's, cut out of anything. What is hidden too much costs a reader a word.
"""

import re
from collections.abc import Generator, Iterable, Iterator
from enum import Enum

from monei_guard.model.location import Span
from monei_guard.model.words import is_wordlike


class TextKind(Enum):
    """How a file writes its values."""

    CODE = "code"  # in quotation marks: a bare word is a name
    DATA = "data"  # bare: configuration, shell, prose, messages
    VALUES = "values"  # nothing but values and their names: .env, .netrc, CSV, a private key


_CODE = frozenset(
    b"js jsx mjs cjs ts tsx mts cts vue svelte py pyi rb php java kt kts scala groovy go rs swift dart c h cc cpp hpp"
    b" cs fs ex exs erl lua pl r jl m mm zig sol".split()
)
_VALUES = frozenset(b"csv tsv env pem key p8 p12 crt ppk pgpass netrc htpasswd npmrc pypirc".split())
_VALUES_NAMES = re.compile(
    rb"(?:^|.*[._\-])env(?:rc)?(?:[._\-].*)?|\.flaskenv|_netrc|\.my\.cnf|credentials|id_(?:rsa|dsa|ecdsa|ed25519)|shadow|passwd",
    re.IGNORECASE,
)

_SECRET_NAME = re.compile(
    rb"(?i:pass(?:w(?:or)?d|phrase|code)|passwd|pwd|secret|token|credential|api[_-]?key|bearer|mnemonic|otp|cvv|cvc|iban)"
    rb"|(?:(?<![A-Za-z])(?:pin|key|pass|pw|auth|seed|code)|Pin|PIN|Key|KEY|Pass|PASS|Auth|AUTH|Code|CODE)s?(?![a-z])"
)
# Options and words that a value follows without a sign between them: `--password x`, "password is x", `login x`.
_BEFORE_VALUE = re.compile(
    rb"(?i)-p|-{1,2}[\w\-]*(?:pass(?:word|wd|phrase|code)?|pwd|pw|secret|token|pin|otp|key|auth)s?"
    rb"|(?:pass(?:word|wd|phrase|code)|pwd|pw|secret|token|pin|otp|cvv|bearer|basic|login|seed|mnemonic)s?"
)
_NAME = re.compile(rb"[A-Za-z_$@][\w.$\-]{0,99}")
_NUMBER = re.compile(rb"[+-]?(?:\d[\d_.]{0,8}|0x[0-9a-fA-F]{1,4})[a-z%]{0,2}")
_VERSION = re.compile(rb"[~^<>=v]{0,2}\d{1,3}\.\d{1,3}(?:\.\d{1,3})?")
_OPTION = re.compile(rb"-[A-Za-z]")
_FEW_DIGITS = 3
_NEAR = 80  # bytes before a value in which its name is looked for
_HARMLESS = frozenset(
    b"true false null none nil undefined yes no on off get post put delete patch head utf8 utf-8 ascii hex base64 json"
    b" production development test staging sandbox live dev prod debug info warn warning error trace localhost"
    b" application/json use strict string number boolean object function".split()
) | {b"use strict"}
# A reference to a value that stands elsewhere.
_REFERENCE = re.compile(rb"\$\w+|\$\{\w+\}|\$\{\{ ?[\w.]+ ?\}\}|%\w+%|process\.env(?:\.\w+)?|os\.environ")
_OWN_URL = re.compile(rb"https?://(?:[a-z]{1,12}\.){0,3}monei\.cc(?:/(?:[a-z][a-z\-]{0,30}|v\d))*/?")
_ENVIRONMENT_NAME = re.compile(
    rb"[A-Z][A-Z0-9_]*(?<![A-Z])(?:KEY|TOKEN|SECRET|PIN|PASSWORD|URL|HOST|PORT|ENV|MODE|ID|NAME|MONEI)|MONEI_[A-Z_]+"
    rb"|(?i:x-[a-z]+(?:-[a-z]+){1,3}|authorization|content-type|accept|user-agent)"
)
_MODULE = re.compile(rb"(?:@[a-z][a-z\-]{0,30}/)?[a-z.][\w.\-]{0,40}(?:/[\w.\-]{1,40}){0,6}")
_IMPORTED = re.compile(rb"(?:\bfrom|\bimport|\brequire\s*\()\s*$")
_QUOTED = (  # to the end of the line where nothing closes it
    rb"""(?:"(?:[^"\\]|\\.)*+(?:"|\\?$)|(?<![A-Za-z0-9])(?:[brfuBRFU]{1,2})?'(?:[^'\\]|\\.)*+(?:'|\\?$)"""
    rb"""|`(?:[^`\\]|\\.)*+(?:`|\\?$))"""
)
_URL = rb"[a-zA-Z][a-zA-Z0-9+.\-]{1,30}://[^\s\"'`<>]*"
_COMMENT = rb"(?<![:\w/])//|/\*|<!--|(?<!\S)(?:\#|--)(?=\s)"
_TOKEN = re.compile(
    rb"(?P<comment>" + _COMMENT + rb")|(?P<string>" + _QUOTED + rb")|(?P<url>" + _URL + rb")"
    rb"|(?P<word>[\w$@\x80-\xff](?:[\w$@%+/.~\-\x80-\xff]|\\.)*)|(?P<sign>\s+|.)",
    re.DOTALL,
)
_CHUNK = re.compile(rb"(?P<string>" + _QUOTED + rb")|(?P<space>\s+)|(?P<chunk>[^\s\"`]+|.)", re.DOTALL)
_ASSIGNED = re.compile(rb"[{(\[,;&?<]*(?P<name>[A-Za-z_$@][\w.$@\-]{0,99})\s{0,3}(?:=>|:=|=|:)")
_LINE_NAME = re.compile(rb"[\s#]*(?:export\s+|set\s+)?(?P<name>[A-Za-z_][\w.\-]{0,99})[ \t]*(?:=|:(?=\s))")
_PUNCTUATION = re.compile(rb"[\s{}()\[\],;:|&*=\\<>.!?+\-/#'\"`$]*")
_CONTINUES = re.compile(rb"(?:[=:\\]|(?:^|\s)[|>][+\-]?)\s*$")


def text_kind(path: bytes | None) -> TextKind:
    """Return how the file at `path` writes its values, by its name."""
    name = (path or b"").rpartition(b"/")[2]
    suffix = name.rpartition(b".")[2].lower() if b"." in name else b""
    if suffix in _VALUES or _VALUES_NAMES.fullmatch(name):
        return TextKind.VALUES
    return TextKind.CODE if suffix in _CODE else TextKind.DATA


def hidden_spans(line: bytes, kind: TextKind, before: bytes = b"", parts_of: bytes = b"") -> list[Span]:
    """Return what of a line is hidden, sorted, apart from each other.

    `before` is the line above it, which may say that its value goes on here. What stands anywhere in `parts_of` (the
    values that were found) is hidden whatever it looks like: a key may stand there in pieces.
    """
    if kind is TextKind.VALUES:
        spans = _all_but_name(line, continued=_CONTINUES.search(before) is not None)
    elif kind is TextKind.CODE:
        spans = _in_code(line, parts_of)
    else:
        spans = _in_data(line, 0, len(line), is_value=_CONTINUES.search(before) is not None, parts_of=parts_of)
    return _joined(line, spans)


def _all_but_name(line: bytes, *, continued: bool) -> Iterator[Span]:
    named = None if continued else _LINE_NAME.match(line)
    start = named.end() if named and _is_plain(named["name"]) else 0
    blank = len(line[start:]) - len(line[start:].lstrip(b" \t#"))
    if line[start + blank :].strip():
        yield Span(start + blank, len(line.rstrip()))


def _in_code(line: bytes, parts_of: bytes) -> Iterator[Span]:
    is_secret = False  # a name that says so stands before
    name = b""  # that a sign gives a value to
    is_given = False
    for found in _TOKEN.finditer(line):
        text, (start, end) = found[0], found.span()
        kind = found.lastgroup
        if kind == "comment":
            yield from _in_data(line, end, len(line), is_value=False, parts_of=parts_of)
            return
        if kind == "string":
            yield from _in_string(line, start, end, parts_of)
            is_secret = is_secret or _SECRET_NAME.search(text) is not None
            name, is_given = text, False
        elif kind == "url":
            if not _OWN_URL.fullmatch(text):
                yield Span(start, end)
        elif kind == "word":
            if not _is_harmless_word(text, line[end : end + 2], name if is_given else b"", parts_of, secret=is_secret):
                yield Span(start, end)
            is_secret = is_secret or _SECRET_NAME.search(text) is not None
            name, is_given = text, False
        elif not text.isspace():
            is_given = text in b"=:>"


def _in_data(line: bytes, start: int, end: int, *, is_value: bool, parts_of: bytes) -> Iterator[Span]:
    """Yield what is hidden in text whose values are bare: all from the first sign on, but the names of further ones."""
    at = start
    while at < end:
        found = _CHUNK.match(line, at, end)
        if found is None:
            return
        text, last = found[0], found.end()
        named = _ASSIGNED.match(line, at, end)
        if found.lastgroup == "space":
            at = last
        elif found.lastgroup == "string":
            yield from _in_string(line, at, last, parts_of)
            is_value = (
                is_value or line[last : last + 1] in (b":", b"=") or _BEFORE_VALUE.fullmatch(text[1:-1]) is not None
            )
            at = last
        elif named and _is_plain(named["name"]) and _may_be_name(line, at, named.end(), is_value=is_value):
            is_value, at = True, named.end()
        elif is_value:
            if not _is_harmless_value(text, line[max(0, at - _NEAR) : at], parts_of):
                yield Span(at, last)
            at = last
        else:
            is_value = yield from _bare(text, at, last, parts_of)
            at = last


def _in_string(line: bytes, start: int, end: int, parts_of: bytes) -> Iterator[Span]:
    """Yield what is hidden inside a string, its quotation marks apart."""
    if _is_harmless_string(line, start, end, parts_of):
        return
    first = start + re.match(rb"[brfuBRFU]*+", line[start:end]).end() + 1  # type: ignore[union-attr] # may be empty
    is_closed = end - 1 >= first and line[end - 1] == line[first - 1]
    yield from _in_data(line, first, end - is_closed, is_value=True, parts_of=parts_of)


def _may_be_name(line: bytes, at: int, end: int, *, is_value: bool) -> bool:
    """Return whether what looks like a name before a sign is one, and no part of a password with a sign in it."""
    if b"://" in line[at : end + 2]:
        return False
    named = _SECRET_NAME.search(line, max(0, at - _NEAR), at) if is_value else None
    return named is None or line[:at].rstrip()[-1:] in b"{,&;?|\"'"


def _bare(text: bytes, at: int, last: int, parts_of: bytes) -> Generator[Span, None, bool]:
    """Yield what is hidden of a word to which no sign gives a value; return whether what follows is one."""
    sign = re.search(rb"[=:>](?!//)", text)
    head = text[: sign.start()] if sign else text
    if b"://" in text:
        if not _OWN_URL.fullmatch(text.strip(b"(<>).,;")):
            yield Span(at, last)
        return False
    if not _is_plain(head) or (head.startswith(b"-p") and head != b"-p") or _is_part(head, parts_of):
        yield Span(at, last)
    elif sign and text[sign.end() :] and not _is_harmless_value(text[sign.end() :], head[-_NEAR:], parts_of):
        yield Span(at + sign.end(), last)
    return sign is not None or _BEFORE_VALUE.fullmatch(head.strip(b"(),.;*_")) is not None


def _is_harmless_string(line: bytes, start: int, end: int, parts_of: bytes) -> bool:
    text = line[start:end].lstrip(b"brfuBRFU")
    content = text[1:-1] if len(text) > 1 and text[:1] == text[-1:] else text[1:]
    if not content.strip():
        return True
    if _is_part(content, parts_of, least=1):
        return False
    before, after = line[max(0, start - _NEAR) : start].rstrip(), line[end : end + _NEAR].lstrip()
    if content.lower() in _HARMLESS or any(
        pattern.fullmatch(content) for pattern in (_OWN_URL, _ENVIRONMENT_NAME, _VERSION)
    ):
        return True
    if _IMPORTED.search(before) or (before.rpartition(b" ")[2] in (b"from", b"import")):
        return _MODULE.fullmatch(content) is not None and _is_plain(content)
    is_key = after[:1] == b":" and after[:2] != b"::" and before[-1:] in (b"", b"{", b",", b"(", b"-")
    is_subscript = after[:1] == b"]" and re.search(rb"[\w)\]]\[$", before) is not None
    is_pair = after[:2] == b"=>"
    return (is_key or is_subscript or is_pair) and _NAME.fullmatch(content) is not None and _is_plain(content)


def _is_harmless_word(word: bytes, after: bytes, name: bytes, parts_of: bytes, *, secret: bool) -> bool:
    """Return whether a bare word of a program can be shown; `name` is what a sign gives it to as a value."""
    if _NUMBER.fullmatch(word):
        return _is_short(word) or not (_SECRET_NAME.search(name) if name else secret)
    if not _is_plain(word) or _is_part(word, parts_of):
        return False
    # `password: swordfish` may be the text of a string over many lines; `password: userPassword` names a variable.
    is_alone = not after.lstrip()[:1] or after[:1] in b",;}\r"
    return not (name and is_alone and _SECRET_NAME.search(name)) or (
        _SECRET_NAME.search(word) is not None or word.lower() in _HARMLESS
    )


def _is_harmless_value(value: bytes, before: bytes, parts_of: bytes) -> bool:
    bare = value.strip(b"(){}[],;'\"")
    if _PUNCTUATION.fullmatch(value):
        return True
    if _is_part(bare, parts_of):
        return False
    if _NUMBER.fullmatch(bare):
        return _is_short(bare) or _SECRET_NAME.search(before) is None
    return bare.lower() in _HARMLESS or any(
        pattern.fullmatch(bare) for pattern in (_REFERENCE, _OWN_URL, _ENVIRONMENT_NAME, _VERSION, _OPTION)
    )


def _is_short(number: bytes) -> bool:
    return sum(character in b"0123456789" for character in number) <= _FEW_DIGITS


def _is_part(text: bytes, parts_of: bytes, least: int = 4) -> bool:
    return bool(parts_of) and len(text) >= least and text in parts_of


def _is_plain(text: bytes) -> bool:
    """Return whether a name or path consists of words."""
    return len(text) <= 100 and all(  # noqa: PLR2004 - longer ones are generated
        is_wordlike(part) and (not part.isdigit() or len(part) <= 8)  # noqa: PLR2004 - a date
        for part in re.split(rb"[^A-Za-z0-9]+", text)
        if part
    )


def _joined(line: bytes, spans: Iterable[Span]) -> list[Span]:
    """Return the spans with those made one that only white space divides."""
    joined: list[Span] = []
    for span in spans:
        if span.start >= span.end:
            continue
        if joined and not line[joined[-1].end : span.start].strip():
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    return joined
