"""One address to one file: conditional, resumed where the transfer ended, tried again with growing pauses.

A body shorter than its Content-Length is `partial`. A longer one cannot be noticed: HTTP says that it ends there; nor
can a cut in an answer that announces neither length nor chunks: there the end of the connection is the end of it.
"""

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx

from ingest.errors import Blocked, EmptyPayload, FetchError, PartialPayload, TooLarge, Unreachable, WrongContent
from ingest.fetch.addresses import plain_url
from ingest.fetch.content import settle
from ingest.fetch.network import Network
from ingest.fetch.pacing import Patience, http_date, retry_after
from ingest.fetch.retrieval import Attempt, Got, Progress, Retrieval, Wanted
from ingest.fetch.robots import LARGEST, Robots
from ingest.fetch.stream import Part, Tick, decoded, new_part, store

REFUSED = frozenset({401, 403, 407, 451})
TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
GONE = frozenset({404, 410})
ROBOTS_ATTEMPTS = 2


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


class Downloads:
    """Gets addresses over the network, robots.txt and pacing respected."""

    def __init__(
        self,
        network: Network,
        work: Path,
        *,
        patience: Patience,
        progress: Progress,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._network = network
        self._robots = Robots()
        self._work = work
        self._patience = patience
        self._progress = progress
        self._sleep = sleep
        self._clock = clock
        self._now = now

    def get(self, wanted: Wanted) -> Got:
        """All attempts for one address. Never raises FetchError: the end of it is in the answer."""
        part = new_part(self._work)
        deadline = self._clock() + self._patience.total
        rows: tuple[Retrieval, ...] = ()
        turn = 0
        try:
            while True:
                attempt = Attempt(wanted, "network", self._now())
                try:
                    got = self._try(attempt, part, turn, deadline)
                except FetchError as error:
                    attempt.bytes = part.size
                    got = attempt.failure(error)
                rows += got.attempts
                pause = max(attempt.wait, self._patience.pause(turn))
                last = turn + 1 >= self._patience.attempts or pause > self._patience.longest_wait
                if got.error is None or not attempt.again or last or self._clock() + pause > deadline:
                    break
                self._sleep(pause)
                turn += 1
        except BaseException:
            part.path.unlink(missing_ok=True)
            raise
        if got.payload is None:
            part.path.unlink(missing_ok=True)
        return Got(got.payload, rows, got.error, missing=attempt.status in GONE)

    def _try(self, attempt: Attempt, part: Part, turn: int, deadline: float) -> Got:
        wanted = attempt.wanted
        conditions = _conditions(wanted, part)

        def note(url: str, response: httpx.Response) -> None:
            attempt.final_url, attempt.status = plain_url(url), response.status_code
            attempt.keep_headers(response.headers)

        def permit(url: str) -> float:
            space = 1.0 / wanted.source.requests_per_second
            return max(space, self._robots.delay(url, wanted.resource.robots_reason, self._reader(space)))

        try:
            hosts = wanted.source.redirect_hosts
            with self._network.open(wanted.url, conditions, permit, note=note, turn=turn, elsewhere=hosts) as response:
                attempt.retrieved_at = self._now()
                if response.status_code == 304 and conditions.keys() & {"If-None-Match", "If-Modified-Since"}:
                    return Got(None, (attempt.row("unchanged"),))
                self._receive(attempt, part, response, deadline)
        except httpx.TransportError as error:
            attempt.again = "CERTIFICATE_VERIFY_FAILED" not in str(error)
            what = in_words(error)
            if part.size:
                raise PartialPayload(f"the transfer ended early: {what}", next_step="Try again later.") from None
            raise Unreachable(f"no answer: {what}", next_step="Check the network, or try again later.") from None
        except (httpx.InvalidURL, UnicodeError):
            raise WrongContent("not a web address") from None
        except PartialPayload:
            attempt.again = True
            raise
        return settle(attempt, part)

    def _receive(self, attempt: Attempt, part: Part, response: httpx.Response, deadline: float) -> None:
        """The body of an answer to disk, or an error for an answer without the file."""
        status = response.status_code
        resuming = "Range" in response.request.headers
        encoding = _encoding(response)
        if resuming and status in {206, 416}:
            if not _continues(response, part):
                part.restart()
                attempt.again = True
                raise Unreachable("the agency's server could not go on where the transfer ended; starting over")
        elif status in {200, 203}:
            part.restart()
            part.validator = "" if encoding else _validator(response)
            part.total = None if encoding else _announced(response)
        else:
            self._refuse(attempt, response)
        limit = attempt.wanted.resource.max_bytes
        if max(part.total or 0, _announced(response) or 0) > limit:
            raise TooLarge(f"more than {limit:,} bytes announced", next_step="See `max_bytes` in source.toml.")
        pieces = decoded(self._in_time(response, deadline), encoding, self._patience.max_ratio)
        store(pieces, part, limit, self._tick(attempt.wanted.name, part.total))
        if part.total is not None and part.size != part.total:
            raise PartialPayload("the transfer ended before the announced end", next_step="Try again later.")

    def _refuse(self, attempt: Attempt, response: httpx.Response) -> None:
        """Raise what a status other than success means."""
        status = response.status_code
        if status in REFUSED:
            raise Blocked(f"the agency refused with HTTP {status}", next_step="Open the address in a browser.")
        if status in GONE:
            raise Unreachable(f"nothing at this address: HTTP {status}", next_step="Check `url` in source.toml.")
        if status in {204, 205}:
            raise EmptyPayload(f"the answer is empty: HTTP {status}", next_step="Try again later.")
        attempt.again = status in TRY_AGAIN
        attempt.wait = retry_after(response.headers.get("retry-after", ""), self._now())
        step = f"The agency asks to wait {attempt.wait:,.0f} seconds." if attempt.wait else "Try again later."
        raise Unreachable(f"the agency answered HTTP {status}", next_step=step)

    def _in_time(self, response: httpx.Response, deadline: float) -> Iterator[bytes]:
        """The body as sent. Raises PartialPayload when it drips or when the time for the address is over."""
        began = self._clock()
        for chunk in response.iter_raw():
            spent = self._clock() - began
            slow = response.num_bytes_downloaded < spent * self._patience.least_bytes_per_second
            if began + spent > deadline or (spent > self._patience.slow_after and slow):
                raise PartialPayload("the transfer is too slow and was given up", next_step="Try again later.")
            yield chunk

    def _tick(self, name: str, total: int | None) -> Tick:
        return lambda done: self._progress(name, done, total)

    def _reader(self, space: float) -> Callable[[str], str | None]:
        """Reads robots.txt (RFC 9309, 2.3.1): a client error or a redirect elsewhere means that there is none."""

        def read(url: str) -> str | None:
            deadline = self._clock() + self._patience.silence
            for turn in range(ROBOTS_ATTEMPTS):
                try:
                    with self._network.open(
                        url, {"Accept-Encoding": "gzip"}, permit=lambda _: space, turn=turn
                    ) as response:
                        if response.status_code == 429 or response.status_code >= 500:
                            continue
                        if not response.is_success:
                            return ""
                        return self._text(response, deadline)
                except (httpx.TransportError, PartialPayload):
                    continue
                except FetchError:
                    return ""
            return None

        return read

    def _text(self, response: httpx.Response, deadline: float) -> str:
        body = b""
        raw = self._in_time(response, deadline)
        for chunk in decoded(raw, _encoding(response), self._patience.max_ratio):
            body += chunk
            if len(body) > LARGEST:
                break
        return body[:LARGEST].decode("utf-8", "replace")


def _conditions(wanted: Wanted, part: Part) -> dict[str, str]:
    """Request headers: go on behind what is on disk, else only if changed, else everything."""
    if part.size and part.validator:
        return {"Range": f"bytes={part.size}-", "If-Range": part.validator, "Accept-Encoding": "identity"}
    part.restart()
    headers = {"Accept-Encoding": "gzip"}
    if wanted.known is not None and wanted.known.etag:
        headers["If-None-Match"] = wanted.known.etag
    if wanted.known is not None and wanted.known.last_modified:
        headers["If-Modified-Since"] = wanted.known.last_modified
    return headers


def _validator(response: httpx.Response) -> str:
    """What If-Range may send (RFC 9110, 13.1.5): a strong ETag, or a date old enough to be a strong one."""
    etag = str(response.headers.get("etag", ""))
    if etag.startswith('"') and etag.isascii():
        return etag
    modified = str(response.headers.get("last-modified", ""))
    changed, given = http_date(modified), http_date(response.headers.get("date", ""))
    return modified if not etag and changed and given and (given - changed).total_seconds() >= 1 else ""


def _encoding(response: httpx.Response) -> str:
    encoding = str(response.headers.get("content-encoding", "")).strip().lower()
    return "" if encoding == "identity" else encoding


def _announced(response: httpx.Response) -> int | None:
    length = response.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 20 else None


def _continues(response: httpx.Response, part: Part) -> bool:
    """Whether a partial answer begins at the byte behind those on disk, of the very same file."""
    given = re.fullmatch(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19}|\*)", response.headers.get("content-range", ""))
    if response.status_code != 206 or given is None or int(given[1]) != part.size or _encoding(response):
        return False
    etag = response.headers.get("etag", "")
    if etag and part.validator.startswith('"') and etag != part.validator:
        return False
    if given[3] == "*":
        return True
    same = part.total in {None, int(given[3])}
    part.total = int(given[3])
    return same


def in_words(error: httpx.TransportError) -> str:
    """The engine's own words for connection errors; only the kind for others, which may quote the answer."""
    if isinstance(error, httpx.ConnectError):
        return str(error) or "the connection failed"
    if isinstance(error, httpx.TimeoutException):
        return "the host did not answer in time"
    return f"the connection broke ({type(error).__name__})"
