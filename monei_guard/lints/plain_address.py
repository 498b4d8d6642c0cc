"""A Monei host's address over http://, in any text."""

import re

PLAIN_HTTP_MESSAGE = "a Monei host is addressed over http://: the key travels in the clear"
URL = re.compile(rb"http://(?:[^\s/@\"'`]*@)?(?:[A-Za-z0-9-]+\.)*monei\.cc(?![\w-]|\.\w)", re.IGNORECASE)
# A URL that is looked for, refused or rewritten is not addressed.
_JUDGED = re.compile(
    rb"(?i)(?:starts_?with|ends_?with|includes|indexOf|contains|replace(?:All)?|test|match(?:es)?|search|split|toThrow(?:Error)?|"
    rb"raises|not\.toBe|toEqual|assert\w*|equals?|removeprefix|has_?prefix|reject\w*|sub|deny|block\w*|invalid\w*|insecure\w*|"
    rb"forbid\w*|disallow\w*|redirectFrom|source)\s*[(:=]\s*[^()\n]{0,60}$"
    rb"|(?:[=!]==?|\bin|\bnot in)\s*[\"'`]$|^\s*(?:case)\s"
)


def is_judged(data: bytes, offset: int) -> bool:
    """Whether the URL at `offset` is compared with, searched for or rewritten rather than used."""
    line_start = data.rfind(b"\n", 0, offset) + 1
    return _JUDGED.search(data[line_start:offset][-160:]) is not None
