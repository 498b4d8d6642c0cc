"""The dates of commits, which may carry any text as theirs."""

from datetime import UTC, datetime


def moment(text: str | None) -> datetime | None:
    """Return a commit's date (ISO 8601) in UTC, None for none or nonsense."""
    if text is None:
        return None
    try:
        when = datetime.fromisoformat(text)
        return (when if when.tzinfo is not None else when.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
