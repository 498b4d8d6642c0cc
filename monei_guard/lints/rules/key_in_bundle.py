"""MG306: a key inside what users download: a built bundle, a source map, an app package."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from monei_guard.lints.analysis.names import is_credential_literal, is_documented, key_literal
from monei_guard.lints.pattern import Pattern
from monei_guard.lints.violation import Violation

if TYPE_CHECKING:
    from monei_guard.lints.documents.bundle import Bundle

ID = "key-in-bundle"

_INLINED = Pattern(rb"MONEI[A-Z0-9_]*(?:KEY|SECRET|TOKEN)[\"']?\s*[:=]\s*\\?[\"']([A-Za-z0-9_\-+/=.]{16,200})\\?[\"']")


def check_bundle(bundle: "Bundle") -> Iterator[Violation]:
    """Yield each distinct key in a bundle."""
    seen: set[bytes] = set()
    key = re.compile(key_literal().pattern.encode())
    for match in key.finditer(bundle.data):
        if match.group() not in seen and not is_documented(match.group().decode()):
            seen.add(match.group())
            message = f"a Monei key is inside {bundle.kind} that users download"
            yield Violation(match.start(), match.end(), message)
    for match in _INLINED.finditer(bundle.data):
        value = match.group(1)
        if value not in seen and not key.search(value) and is_credential_literal(value.decode()):
            seen.add(value)
            message = f"a Monei credential is inside {bundle.kind} that users download"
            yield Violation(match.start(1), match.end(1), message)
