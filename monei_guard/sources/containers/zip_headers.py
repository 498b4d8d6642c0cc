"""Local headers of zip archives (APPNOTE.TXT 4.3.7), which stand before each member and by which it can be found.

Light, for every content is asked whether it holds one: a zip archive can be appended to anything.
"""

LOCAL_SIGN = b"PK\x03\x04"
FIXED = 30  # bytes of a header without name and extra field
_RESERVED_FLAGS = 0xD780
_NEWEST_VERSION = 63
_SIGN_BYTE = b"\x03"
# 4.4.5; of reduced and imploded members (1 to 6) there are none left.
_METHODS = frozenset({0, 8, 9, 10, 12, 14, 93, 94, 95, 96, 97, 98, 99})
_LONGEST_NAME = 4096
_MOST_TRIES = 1000  # signs that are no header: programs that read zip archives hold a few


def is_local_header(content: bytes, start: int) -> bool:
    """Return whether a member's header stands at `start`."""
    if content[start : start + 4] != LOCAL_SIGN or start + FIXED > len(content):
        return False
    version, flags, method, name_length, extra_length = (
        int.from_bytes(content[start + at : start + at + 2], "little") for at in (4, 6, 8, 26, 28)
    )
    name = content[start + FIXED : start + FIXED + name_length]
    return (
        version & 0xFF <= _NEWEST_VERSION
        and not flags & _RESERVED_FLAGS
        and method in _METHODS
        and 0 < name_length <= _LONGEST_NAME
        and start + FIXED + name_length + extra_length <= len(content)
        and min(name) >= ord(" ")
    )


def next_local_header(content: bytes, start: int, end: int) -> int:
    """Return where the first local header in `[start, end)` begins, -1 where there is none."""
    for _ in range(_MOST_TRIES):
        start = content.find(LOCAL_SIGN, start, end)
        if start < 0 or is_local_header(content, start):
            return start
        start += 1
    return -1


def holds_member(content: bytes | memoryview) -> bool:
    """Return whether a local header stands anywhere in some content."""
    raw = content if isinstance(content, bytes) else bytes(content)
    # Nearly all text has no such byte, which is told at ten times the speed.
    return _SIGN_BYTE in raw and next_local_header(raw, 0, len(raw)) >= 0
