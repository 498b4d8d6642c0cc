"""What reads as words, names, numbers or versions, and what does not."""

import re


def is_wordlike(part: bytes) -> bool:
    """Return whether a run of letters and digits reads as a word, a name, a number or a version."""
    if part.isdigit():
        return True
    letters = re.sub(rb"\d+$", b"", part)  # "sha256", "node20"
    if not letters.isalpha():
        return len(part) < 6  # noqa: PLR2004 - "2fa", "e2e", "3des"
    if len(part) - len(letters) > 4:  # noqa: PLR2004 - more than a year
        return False
    if len(letters) < 8:  # noqa: PLR2004
        return True
    pieces = re.findall(rb"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", letters)
    if len(letters) / len(pieces) < 3:  # noqa: PLR2004 - camelCase words are longer
        return False
    if any(re.search(rb"[^aeiouyAEIOUY]{6}", piece) for piece in pieces):
        return False
    vowels = sum(c in b"aeiouyAEIOUY" for c in letters)
    return 0.2 <= vowels / len(letters) <= 0.65 or len(letters) < 12  # noqa: PLR2004
