"""Making text from a repository inert: nothing in it may steer a terminal, a CI log or a reader's eye."""

import re
import unicodedata

# Azure Pipelines and old GitHub runners look for these anywhere in a line; TeamCity at its start.
# Source: actions/runner ActionCommand.cs, microsoft/azure-pipelines-agent Command.cs.
_LOGGING_COMMAND = re.compile(r"#(?=#(?:[A-Za-z]{0,16})\[)")
_WIDE = frozenset("WF")


def visible(text: str) -> str:
    r"""Return `text` on one line with every character that is not plainly printable written as an escape.

    Control characters, ANSI escapes, line ends, bidirectional overrides, zero-width and private-use characters, lone
    surrogates become `\xNN`, `\uNNNN` or `\UNNNNNNNN`. `##[`, `##vso[` and their like lose their first `#` to `\x23`.
    """
    if not text.isprintable():
        text = "".join(char if char.isprintable() else _escape(char) for char in text)
    return _LOGGING_COMMAND.sub(r"\\x23", text) if "##" in text else text


def visible_code(text: str) -> str:
    """Return a line of source like `visible`, except that a tab is one space (carets stay below their text)."""
    return visible(text.replace("\t", " "))


def columns(text: str) -> int:
    """Return how many terminal columns printable `text` takes: two for East Asian wide, none for combining marks."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in _WIDE else 1 for char in text
    )


def well_formed(text: str) -> str:
    """Return `text` without lone surrogates, which no UTF-8 file can hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _escape(char: str) -> str:
    code = ord(char)
    for letter, digits in (("x", 2), ("u", 4)):
        if code < 16**digits:
            return f"\\{letter}{code:0{digits}x}"
    return f"\\U{code:08x}"
