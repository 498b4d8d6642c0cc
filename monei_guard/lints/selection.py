"""The door to the lints: decides from path and bytes whether a file is linted at all.

Nothing here imports tree-sitter: a file that does not name Monei, or that no lint reads, costs a lower-casing and two
searches. The checks themselves are loaded with the first file that needs them.
"""

import re
from typing import TYPE_CHECKING

from monei_guard.lints.documents.bundle import is_bundle
from monei_guard.model.blob import Skipped, View
from monei_guard.model.location import display_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monei_guard.lints.analysis.project import Project
    from monei_guard.model.finding import Finding
    from monei_guard.model.rule import Rule

MAX_SIZE = 1 << 20  # bytes of code; larger files are generated, and only the bundle lint looks at them

LINT_WORDS = ("monei", "mni_")  # one of them stands in every linted file, or the first in its path

_LINTED = re.compile(
    rb"\.(?:[cm]?[jt]sx?|pyw?|html?|xhtml|vue|svelte|astro|ejs|hbs|njk|j2|jinja2?|erb|dart|kts?|java|swift|m|mm|go|php|rb|cs|"
    rb"rs|scala|ex|exs|sh|bash|zsh|ps1|cmd|bat|gradle|plist|xml|properties|xcconfig|ya?ml|json|jsonc|toml|ini|cfg|conf|map|"
    rb"jsbundle|env|tf|tfvars|in|txt|css|arb|strings)$"
    rb"|(?:^|/)(?:\.env[^/]*|[^/]*\.env\.[^/]*|Dockerfile[^/]*|[^/]*\.Dockerfile|Makefile|Procfile|Pipfile|Containerfile|justfile)$"
    rb"|\.(?:apk|aab|ipa|xapk|apkm|asar|crx|xpi)!/",
    re.IGNORECASE,
)


def is_linted(path: bytes | None, content: bytes | memoryview) -> bool:
    """Whether a file is code or configuration that names Monei, in its content or its path."""
    if path is None or _LINTED.search(path) is None:
        return False
    lowered = bytes(content).lower()
    return any(word.encode() in lowered for word in LINT_WORDS) or b"monei" in path.lower()


def lint_file(
    view: View, project: "Project", rules: "Mapping[str, Rule]", shown_path: str | None = None
) -> "list[Finding | Skipped]":
    """Return the findings of every lint in one file, `rules` by id (a missing id turns its lint off).

    `view` is the blob's root view; `shown_path` replaces the displayed path (to mask one). What could not be looked at
    is a Skipped entry; a file that no lint reads, or that does not name Monei, yields nothing.
    """
    path = view.blob.path
    if not is_linted(path, view.data) or path is None or view.blob.is_name:
        return []
    if len(view.data) > MAX_SIZE and not is_bundle(display_path(path)):
        reason = f"not linted: larger than {MAX_SIZE // 1024} KiB; credentials in it were looked for all the same"
        return [Skipped(path, reason, incomplete=False)]
    # The checks, with a parser where code is read as code: 20 ms that a commit without Monei code does not pay.
    from monei_guard.lints.checks import run_checks  # noqa: PLC0415

    return run_checks(view, display_path(path), project, rules, shown_path)
