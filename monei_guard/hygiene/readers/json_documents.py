"""JSON that may be anything."""

import json
from typing import Any


def parsed(text: str) -> Any:
    """Return what the text says, None where it is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
