"""The examples of lint rules: a file, and behind `=== path` lines further files of its project."""

import re

from monei_guard.lints.registry import ProjectLints
from monei_guard.model.blob import Blob, View
from monei_guard.model.location import Origin
from monei_guard.model.rule import Rule

_FILE = re.compile(r"^=== (?P<path>\S+)\n", re.MULTILINE)


def project_files(text: str) -> tuple[bytes, dict[str, bytes]]:
    """Return the example's own content and the other files of its project by path."""
    first, *rest = _FILE.split(text)
    others = {name: content.encode() for name, content in zip(rest[::2], rest[1::2], strict=True)}
    return first.lstrip("\n").encode(), others


def codes_in_example(rule: Rule, text: str, path: str) -> list[str]:
    """Return the codes that one lint reports in an example's file."""
    data, others = project_files(text)
    files = {**others, path: data}
    view = View(Blob(data, Origin.WORKTREE, path.encode()), data)
    return [finding.code for finding in ProjectLints(files.get, lambda: files, {rule.id: rule}).lint(view).findings]
