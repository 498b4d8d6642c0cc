"""Who wrote a commit, and when."""

from datetime import datetime, timedelta, timezone

_LINES = (b"\nauthor ", b"\ntagger ")


def author_and_date(content: bytes) -> tuple[str | None, str | None]:
    """Return author (or tagger) and date (ISO 8601, in the author's zone) of a commit or tag object's content."""
    header = content.partition(b"\n\n")[0]
    for mark in _LINES:
        start = header.find(mark)
        if start >= 0:
            line = header[start + len(mark) :].partition(b"\n")[0]
            name, bracket, when = line.rpartition(b"> ")
            return (name + bracket.strip()).decode("utf-8", "backslashreplace") or None, _date(when)
    return None, None


def _date(when: bytes) -> str | None:
    try:
        seconds, zone = when.split()
        minutes = int(zone[1:3]) * 60 + int(zone[3:5])
        offset = timezone(timedelta(minutes=-minutes if zone.startswith(b"-") else minutes))
        return datetime.fromtimestamp(int(seconds), offset).isoformat()
    except (ValueError, OverflowError, OSError):
        return None
