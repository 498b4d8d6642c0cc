"""MG401: a Monei host addressed over http://."""

import re
from collections.abc import Iterator

from monei_guard.lints.client_side import TEST_PATH
from monei_guard.lints.hit import Hit
from monei_guard.lints.monei_use import MoneiUse
from monei_guard.lints.source_file import SourceFile

URL = re.compile(rb"http://(?:[^\s/@\"'`]*@)?(?:[A-Za-z0-9-]+\.)*monei\.cc(?![\w-]|\.\w)", re.IGNORECASE)
# A URL that is looked for, refused or rewritten is not addressed.
_JUDGED = re.compile(
    rb"(?i)(?:starts_?with|ends_?with|includes|indexOf|contains|replace(?:All)?|test|match(?:es)?|search|split|toThrow(?:Error)?|"
    rb"raises|not\.toBe|toEqual|assert\w*|equals?|removeprefix|has_?prefix|reject\w*|sub|deny|block\w*|invalid\w*|insecure\w*|"
    rb"forbid\w*|disallow\w*|redirectFrom|source)\s*[(:=]\s*[^()\n]{0,60}$"
    rb"|(?:[=!]==?|\bin|\bnot in)\s*[\"'`]$|^\s*(?:case)\s"
)


def check(file: SourceFile, _use: MoneiUse) -> Iterator[Hit]:
    """Yield each string whose content begins with a plain-HTTP Monei URL; tests hold such addresses to refuse them."""
    if b"http://" not in file.data or TEST_PATH.search(file.path):
        return
    root = file.syntax.tree.root_node
    for match in URL.finditer(file.data):
        node = root.descendant_for_byte_range(match.start(), match.start() + 1)
        if node is None or node.type not in (
            "string", "string_fragment", "string_content", "template_string", "string_start", "jsx_text",
        ):  # fmt: skip
            continue
        if node.type in ("string", "template_string"):
            opening = node.start_byte + 1
        elif node.type == "jsx_text":
            continue
        else:
            opening = node.start_byte
        lead = file.data[opening : match.start()]
        if lead.strip() or is_judged(file.data, match.start()):
            continue
        fixed = "https" + match.group().decode("ascii", "replace")[4:]
        yield Hit(match.start(), match.end(), MESSAGE, fix=fixed)


MESSAGE = "a Monei host is addressed over http://: the key travels in the clear"


def is_judged(data: bytes, offset: int) -> bool:
    """Whether the URL at `offset` is compared with, searched for or rewritten rather than used."""
    line_start = data.rfind(b"\n", 0, offset) + 1
    return _JUDGED.search(data[line_start:offset][-160:]) is not None
