"""MG306: a key inside what users download: a built bundle, a source map, an app package."""

import re
from collections.abc import Iterator

from monei_guard.lints.analysis.names import is_documented, key_literal, looks_like_credential
from monei_guard.lints.documents.bundle import is_bundle
from monei_guard.lints.violation import Violation

_INLINED = re.compile(
    rb"MONEI[A-Z0-9_]*(?:KEY|SECRET|TOKEN)[\"']?\s*[:=]\s*\\?[\"']([A-Za-z0-9_\-+/=.]{16,200})\\?[\"']"
)


def check_bundle(path: str, data: bytes) -> Iterator[Violation]:
    """Yield each distinct key in a bundle."""
    if not is_bundle(path):
        return
    seen: set[bytes] = set()
    key = re.compile(key_literal().pattern.encode())
    kind = "a source map" if path.endswith(".map") else "an app package" if "!/" in path else "a built bundle"
    for match in key.finditer(data):
        if match.group() not in seen and not is_documented(match.group().decode()):
            seen.add(match.group())
            yield Violation(match.start(), match.end(), f"a Monei key is inside {kind} that users download")
    for match in _INLINED.finditer(data):
        value = match.group(1)
        if value not in seen and not key.search(value) and looks_like_credential(value.decode()):
            seen.add(value)
            yield Violation(match.start(1), match.end(1), f"a Monei credential is inside {kind} that users download")
