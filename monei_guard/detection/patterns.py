r"""Rule patterns: the two tokens every rule may use, and their compilation.

`{left}` and `{right}` are the boundaries of a prefixed key. A letter before the key usually means that it is the tail
of a longer word (`omni_sk_…`), except where that letter belongs to an escape: `\n` in a string, `%3D` in a URL, a
colour code in a log.
"""

import regex

LEFT = (
    r"(?:(?<![0-9A-Za-z_])|(?<=\\[abefnrtv0])|(?<=%[0-9A-Fa-f]{2})|(?<=\\u[0-9A-Fa-f]{4})|(?<=\\x[0-9A-Fa-f]{2})"
    r"|(?<=\x1b\[[0-9;]{0,20}m))"
)
RIGHT = r"(?![0-9A-Za-z])"


def compile_pattern(pattern: str, *, whole: bool = False) -> "regex.Pattern[bytes]":
    """Return a rule's pattern compiled for bytes; `whole` drops the boundaries, for use with fullmatch.

    Raises regex.error.
    """
    left, right = ("", "") if whole else (LEFT, RIGHT)
    return regex.compile(pattern.replace("{left}", left).replace("{right}", right).encode())
