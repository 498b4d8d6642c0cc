"""Values that are no keys because anybody can read them in a documentation. Imports OpenSSL, so it is asked late."""

from hashlib import sha256

# SHA-256 of values printed in documentation that no test in `placeholders` recognises (facts, section 1 and 7.3).
_DOCUMENTED = frozenset({
    "3bf3b91adc03f426976e4de9a90cdd629dbd229ad29f9a93c39c1a2108396621",  # MONEI.com plugin, live
    "946f2968a823c6d4a1bf2b41fffd2144a87ac8561bfade2c63337239a5142b7b",  # MONEI.com plugin, test
    "3081c62af370ee86fa051862234cc89d31c7ae350f5bbd664902e8a92117890c",  # Paystack guide
    "53581a6a3e508d249daf1ad46e05e46448e29260c7b1eb52dbc375d5b677594c",  # MONEI.com's API reference, test account
    "61d78963cf82158b2e2a255df3fa9316c9959d5983df682f77bce248e4d164dd",  # MONEI.com's API reference, another
})  # fmt: skip


def is_documented(value: bytes) -> bool:
    """Return whether `value` is printed in public documentation."""
    return sha256(value).hexdigest() in _DOCUMENTED
