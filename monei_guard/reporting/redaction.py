"""Keys known by their prefix alone, masked in any text: it costs next to nothing and needs no rule."""

import re

from monei_guard.model.secret import redact

# The prefixes of Monei's own keys and of those it shares them with (rules/); 16 characters are more than any word has.
_KEY = re.compile(r"(?:mni_(?:sk_)?|[sp]k_(?:live|test)_|mk_(?:live|test)_|mc[str]_)[0-9A-Za-z]{16,}")


def without_keys(text: str) -> str:
    """Return `text` with everything that begins like a key, and is as long as one, masked."""
    return _KEY.sub(lambda found: redact(found[0].encode()), text) if "_" in text else text
