"""Numbers of bytes as people write them."""

import re
from typing import Any

_SIZE = r"(\d{1,12})\s*(B|KB|MB|GB)?"
_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}


def size(value: Any) -> int:
    """Return a number of bytes given as such or as "64 MB"; raises ValueError with the rule."""
    found = (
        re.fullmatch(_SIZE, str(value).strip(), re.IGNORECASE)
        if isinstance(value, int | str) and value is not True
        else None
    )
    if found is None:
        raise ValueError("must be a size such as 64MB")
    return int(found[1]) * _UNITS[(found[2] or "").upper()]
