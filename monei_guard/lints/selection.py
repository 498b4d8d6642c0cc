"""Is a file linted at all? Decided from its path and bytes: a file that does not name Monei costs a lower-casing."""

import re

from monei_guard.lints.languages.registry import LANGUAGES, PAGES, WITHOUT_GRAMMAR
from monei_guard.lints.pattern import Pattern

MAX_SIZE = 1 << 20  # bytes of code; larger files are generated, and only the bundle lint looks at them

LINT_WORDS = ("monei", "mni_")  # one of them stands in every linted file, or the first in its path

_CODE = sorted({*PAGES, *WITHOUT_GRAMMAR}.union(*(language.suffixes for language in LANGUAGES)))
_LINTED = Pattern(
    rb"\.(?:%b|cmd|bat|gradle|plist|xml|properties|xcconfig|ya?ml|json|jsonc|toml|ini|cfg|conf|map|jsbundle|env|tf|tfvars|"
    rb"in|txt|css|arb|strings)$"
    rb"|(?:^|/)(?:\.env[^/]*|[^/]*\.env\.[^/]*|Dockerfile[^/]*|[^/]*\.Dockerfile|Makefile|Procfile|Pipfile|Containerfile|justfile)$"
    rb"|\.(?:apk|aab|ipa|xapk|apkm|asar|crx|xpi)!/" % "|".join(_CODE).encode(),
    re.IGNORECASE,
)


def is_linted(path: bytes | None, content: bytes | memoryview) -> bool:
    """Whether a file is code or configuration that names Monei, in its content or its path."""
    if path is None or _LINTED.search(path) is None:
        return False
    lowered = bytes(content).lower()
    return any(word.encode() in lowered for word in LINT_WORDS) or b"monei" in path.lower()
