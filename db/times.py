"""Times as stored, which is UTC without zone, and as shown, with it."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present time in UTC, without zone, as stored: with microseconds, so that runs stand in order."""
    return datetime.now(UTC).replace(tzinfo=None)


def utc(moment: datetime | None) -> datetime | None:
    """A stored time with its zone."""
    return moment.replace(tzinfo=UTC) if moment else None


def stored(moment: datetime) -> datetime:
    """A time with zone as it is stored."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def from_text(text: str) -> datetime:
    """A time out of the analyst database, which keeps stored times as ISO text, with its zone."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
