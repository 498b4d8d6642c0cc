"""The payload of the event that started a run, where a CI system leaves one in a file."""

import json
import os
import stat

from monei_guard.ci_platforms.event import Payload, Platform, Variables

_LARGEST_PAYLOAD = 32 << 20  # bytes; GitHub's own limit for a payload is 25 MB


def read_payload(platform: Platform, variables: Variables) -> tuple[Payload, str | None]:
    """Return the event's payload, empty where there is none, and what is wrong with it."""
    path = variables.get(platform.event_file) if platform.event_file is not None else None
    if not path:
        return {}, None
    try:
        found = json.loads(_content(path))
    except (OSError, ValueError, RecursionError) as error:
        return {}, f"the event's payload cannot be read ({type(error).__name__}), so what it is about is not known"
    if not isinstance(found, dict):
        return {}, "the event's payload is not an object, so what it is about is not known"
    return found, None


def _content(path: str) -> bytes:
    """Return the file. Raises OSError, ValueError where it cannot be a payload (a pipe would be waited for)."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise ValueError("it is not a regular file")
    with open(path, "rb") as file:
        raw = file.read(_LARGEST_PAYLOAD + 1)
    if len(raw) > _LARGEST_PAYLOAD:
        raise ValueError("it is too large")
    return raw
