"""MG401: a Monei host addressed over http://."""

from collections.abc import Iterator

from monei_guard.lints.analysis.api_usage import MoneiUse
from monei_guard.lints.analysis.runtime import TEST_PATH
from monei_guard.lints.documents.code_file import SourceFile
from monei_guard.lints.plain_address import PLAIN_HTTP_MESSAGE, URL, is_judged
from monei_guard.lints.violation import Violation


def check(file: SourceFile, _use: MoneiUse) -> Iterator[Violation]:
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
        yield Violation(match.start(), match.end(), PLAIN_HTTP_MESSAGE, fix=fixed)
