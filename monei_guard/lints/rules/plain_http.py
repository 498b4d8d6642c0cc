"""MG401: a Monei host addressed over http://."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from monei_guard.lints.analysis.runtime import TEST_PATH
from monei_guard.lints.pattern import Pattern
from monei_guard.lints.violation import Violation

if TYPE_CHECKING:
    from monei_guard.lints.analysis.api_usage import ApiUse
    from monei_guard.lints.analysis.code_unit import CodeUnit
    from monei_guard.lints.documents.config_file import ConfigFile
    from monei_guard.lints.documents.page import Page
    from monei_guard.lints.documents.text_code import TextCode

ID = "plain-http"

_MESSAGE = "a Monei host is addressed over http://: the key travels in the clear"
_URL = Pattern(rb"http://(?:[^\s/@\"'`]*@)?(?:[A-Za-z0-9-]+\.)*monei\.cc(?![\w-]|\.\w)", re.IGNORECASE)
# A URL that is looked for, refused or rewritten is not addressed.
_COMPARED = Pattern(
    rb"(?i)(?:starts_?with|ends_?with|includes|indexOf|contains|replace(?:All)?|test|match(?:es)?|search|split|toThrow(?:Error)?|"
    rb"raises|not\.toBe|toEqual|assert\w*|equals?|removeprefix|has_?prefix|reject\w*|sub|deny|block\w*|invalid\w*|insecure\w*|"
    rb"forbid\w*|disallow\w*|redirectFrom|source)\s*[(:=]\s*[^()\n]{0,60}$"
    rb"|(?:[=!]==?|\bin|\bnot in)\s*[\"'`]$|^\s*(?:case)\s"
)
_CLEARTEXT = Pattern(
    r"cleartextTrafficPermitted=\"true\"[^>]*>\s*(?:<domain[^>]*>[^<]*</domain>\s*)*?<domain[^>]*>(?P<host>[\w.-]*monei\.cc)</domain>"
)
_QUOTED = Pattern(r"[\"']([^\"']*)$")
_FETCHED = Pattern(r"\b(?:curl|wget|http|url)\b")
_VALUE = Pattern(r"[=:>]\s*[\"']?$|^\s*-?\s*[\"']?$|\b(?:curl|wget|http|fetch)\b|[\[,]\s*[\"']$")
_SHELLS = ("sh", "bash", "zsh", "ps1")


def check_code(unit: "CodeUnit", _use: "ApiUse") -> Iterator[Violation]:
    """Yield each string whose content begins with a plain-HTTP Monei URL; tests hold such addresses to refuse them."""
    if b"http://" not in unit.data or TEST_PATH.search(unit.path):
        return
    root, nodes = unit.syntax.tree.root_node, unit.language.nodes
    for match in _URL.finditer(unit.data):
        node = root.descendant_for_byte_range(match.start(), match.start() + 1)
        if node is None or not (node.type in nodes.strings or node.type in nodes.pieces):
            continue
        opening = node.start_byte + (node.type in nodes.strings)  # the quotation mark
        if not unit.data[opening : match.start()].strip() and not _is_compared(unit.data, match.start()):
            yield _violation(match)


def check_text(code: "TextCode") -> Iterator[Violation]:
    """Yield each string that begins with such a URL; in a shell, each argument that does."""
    starts = {string.inner_start for string in code.strings}
    in_shell = code.suffix in _SHELLS
    for match in _URL.finditer(code.code.encode("latin-1")):
        begins_text = match.start() in starts or (
            in_shell and code.code[match.start() - 1 : match.start()] in (" ", "=", "\t")
        )
        if begins_text and not _is_compared(code.data, match.start()):
            yield _violation(match)


def check_config(file: "ConfigFile") -> Iterator[Violation]:
    """Yield each value that is such a URL, and Android's permission of clear text to a Monei host."""
    text = file.text
    for match in _URL.finditer(text.encode("latin-1")):
        before = text[max(match.start() - 2, 0) : match.start()]
        if before[-1:] not in ("", "\n", " ", "=", '"', "'", "\t", ":", ">") or _is_compared(file.data, match.start()):
            continue
        line_start = text.rfind("\n", 0, match.start()) + 1
        if _is_value(text[line_start : match.start()]):
            yield _violation(match)
    for cleartext in _CLEARTEXT.finditer(text):
        yield Violation(*cleartext.span("host"), "clear-text HTTP is permitted to a Monei host")


def check_page(page: "Page") -> Iterator[Violation]:
    """Yield each attribute that is such a URL."""
    for attribute in page.attributes:
        if _URL.match(attribute.value.encode()) is not None:
            yield Violation(attribute.start, attribute.end, _MESSAGE, fix="https" + attribute.value[4:])


def _is_compared(data: bytes, offset: int) -> bool:
    """Whether the URL at `offset` is compared with, searched for or rewritten rather than used."""
    line_start = data.rfind(b"\n", 0, offset) + 1
    return _COMPARED.search(data[line_start:offset][-160:]) is not None


def _is_value(lead: str) -> bool:
    """Whether what follows `lead` on its line is a value or an argument of a command, not words in a sentence."""
    quoted = _QUOTED.search(lead)
    if quoted is not None and quoted.group(1).strip() and not _FETCHED.search(lead):
        return False
    return bool(_VALUE.search(lead))


def _violation(match: re.Match[bytes]) -> Violation:
    return Violation(match.start(), match.end(), _MESSAGE, fix="https" + match.group().decode("latin-1")[4:])
