"""Times as stored."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present time in UTC, without zone, as stored: with microseconds, so that runs stand in order."""
    return datetime.now(UTC).replace(tzinfo=None)
