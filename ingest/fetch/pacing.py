"""How long to wait: between requests to one host, before another attempt, and for an answer."""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class Patience:
    """Limits of time and effort for one address; seconds unless named otherwise."""

    attempts: int = 4
    connect: float = 20.0
    silence: float = 60.0
    """Longest time without a byte."""
    total: float = 7200.0
    """All attempts for one address together."""
    slow_after: float = 30.0
    """From here on a transfer below `least_bytes_per_second` is given up."""
    least_bytes_per_second: float = 1000.0
    first_pause: float = 1.0
    """Doubles with each further attempt; a random part of it is taken off."""
    longest_wait: float = 300.0
    """An agency that asks to wait longer than this gets no further attempt now."""
    max_ratio: float = 200.0
    """Decoded bytes per byte sent, from 10 MB on."""

    def pause(self, turn: int) -> float:
        """Seconds before attempt `turn` + 1, with jitter."""
        share = 0.5 + secrets.randbelow(1000) / 2000
        return min(self.longest_wait, self.first_pause * 2.0**turn) * share


class Pacer:
    """Spaces requests to each host, across all threads that share this object."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._last: dict[str, float] = {}
        self._lock = threading.Lock()

    def wait(self, host: str, seconds: float) -> None:
        """Return when `seconds` have passed since the last request to `host` was let go."""
        with self._lock:
            now = self._clock()
            start = max(now, self._last[host] + seconds) if host in self._last else now
            self._last[host] = start
        if start > now:
            self._sleep(start - now)


def retry_after(value: str, now: datetime) -> float:
    """Seconds asked for by a Retry-After header (RFC 9110, 10.2.3: seconds or a date); 0 if it says nothing."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    moment = http_date(text)
    return max(0.0, (moment - now).total_seconds()) if moment else 0.0


def http_date(text: str) -> datetime | None:
    """A date as HTTP writes it, in UTC; None where it is none."""
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
