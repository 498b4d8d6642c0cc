"""Values of every credential's shape, made from a name: each test has its own, and none stands in the repository."""

from monei_guard.ruleset.templates import expand

# Code -> (line template, path). The value to look for is the only `<<…>>` in the line, its prefix included.
LINES = {
    "MG101": ('MONEI_API_KEY="{}"', "mni_<<hex:32>>", ".env"),
    "MG102": ('MONEI_API_SECRET="{}"', "mni_sk_<<hex:32>>", ".env"),
    "MG103": ('MONEI_SECRET_KEY="{}"', "sk_live_<<alnum:32>>", ".env"),
    "MG104": ('MONEI_CLIENT_SECRET="{}"', "mcs_<<hex:40>>", ".env"),
    "MG105": ('MONEI_ACCESS_TOKEN="{}"', "mct_<<hex:40>>", ".env"),
    "MG106": ('MONEI_WEBHOOK_SECRET="{}"', "<<hex:64>>", ".env"),
    "MG107": ('MONEI_API_KEY="{}"', "<<alnum:40>>", ".env"),
    "MG108": ("MONEI_TRANSACTION_PIN={}", "<<digits:6>>", ".env"),
    "MG109": ('MONEI_BEARER_TOKEN="{}"', "<<jwt>>", ".env"),
    "MG111": ('MONEI_API_KEY="{}"', "pk_live_<<hex:32>>", ".env"),
}


def api_key(name: str | int) -> str:
    """Return a value of an API key's shape that belongs to `name`."""
    return expand("mni_<<hex:32>>", f"made/{name}")


def key_bytes(name: str | int) -> bytes:
    """Return the same as bytes."""
    return api_key(name).encode()


def line_of(code: str, name: str) -> tuple[str, str]:
    """Return a line that the rule `code` reports, and the value in it."""
    template, shape, _ = LINES[code]
    value = expand(shape, f"made/{code}/{name}")
    return template.format(value), value
