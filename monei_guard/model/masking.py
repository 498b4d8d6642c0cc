"""The one way to show a value that must not be seen. Apart from `secret`, for this imports nothing."""

MASK = "•" * 4
_SHORT = 12


def redact(value: bytes, *, guessable: bool = False) -> str:
    """Return the masked form of `value`: its public prefix, two characters, an ellipsis, four characters.

    Values too short for that to be safe are masked whole. The hidden middle is always at least 20 characters
    (80 bits for hex), so the shown ends do not help a search.
    """
    text = value.decode("ascii", "replace")
    if guessable or len(text) < _SHORT:
        return MASK
    prefix = _public_prefix(text)
    body = text[len(prefix) :]
    if len(body) < 20 + 6:
        return f"{prefix}…" if prefix else f"{text[:2]}…"
    return f"{prefix}{body[:2]}…{body[-4:]}"


def _public_prefix(text: str) -> str:
    """Return the leading `word_` or `word_word_` marker of a prefixed key (at most 8 characters), or ''."""
    end = 0
    for index, char in enumerate(text[:8]):
        if char == "_":
            end = index + 1
        elif not (char.isascii() and char.isalpha() and char.islower()):
            break
    return text[:end]
