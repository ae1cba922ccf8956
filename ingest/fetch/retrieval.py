"""What a fetch leaves behind: one row per attempt, chained by hash, and the payload of those that succeeded."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Protocol

from ingest.catalog import Resource, Source
from ingest.errors import Blocked, FetchError, PartialPayload, Unreachable

Outcome = Literal["ok", "unchanged", "partial", "blocked", "failed"]
Via = Literal["network", "mirror", "file"]

KEPT_HEADERS = ("etag", "last-modified", "content-type", "content-length", "content-encoding", "retry-after")
LONGEST_HEADER = 300


class Progress(Protocol):
    """Told while bytes arrive: name of the file, bytes so far, bytes announced or None."""

    def __call__(self, name: str, done: int, total: int | None, /) -> None: ...


def silent(name: str, done: int, total: int | None, /) -> None:
    """The Progress that shows nothing."""


@dataclass(frozen=True, slots=True)
class Retrieval:
    """One attempt to get one address. `retrieved_at` is the time the agency gave it, None where unknown."""

    source_id: str
    resource: str
    url: str
    final_url: str | None
    attempted_at: datetime
    retrieved_at: datetime | None
    status: int | None
    headers: Mapping[str, str]
    bytes: int
    """Decoded bytes held after this attempt: the whole payload, or the part that a later attempt resumes."""
    sha256: str | None
    outcome: Outcome
    error: str | None
    via: Via


@dataclass(frozen=True, slots=True)
class Payload:
    """The bytes of one successful retrieval: a file in the work folder, and a file name for people."""

    retrieval: Retrieval
    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """Payloads of one resource and every attempt made for it.

    No payload but an attempt with outcome `unchanged`: the agency still gives what is known already.
    `pages` are the landing pages on which links were found; a mirror needs them, readers do not.
    """

    payloads: tuple[Payload, ...]
    attempts: tuple[Retrieval, ...]
    pages: tuple[Payload, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """Validators of the last good retrieval of a URL."""

    etag: str | None
    last_modified: str | None
    sha256: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """One address to get, for whom, and what is known of it."""

    source: Source
    resource: Resource
    url: str
    name: str
    known: Known | None = None


@dataclass(slots=True)
class Attempt:
    """What one request has come to so far; becomes one Retrieval."""

    wanted: Wanted
    via: Via
    attempted_at: datetime
    retrieved_at: datetime | None = None
    final_url: str | None = None
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    bytes: int = 0
    sha256: str | None = None
    again: bool = False
    """Whether another attempt may succeed."""
    wait: float = 0.0
    """Seconds the agency asked to wait before it."""

    def keep_headers(self, given: Mapping[str, str]) -> None:
        """Keep the headers that matter, no longer than a header reasonably is."""
        self.headers = {name: given[name][:LONGEST_HEADER] for name in KEPT_HEADERS if name in given}

    def row(self, outcome: Outcome, error: FetchError | None = None) -> Retrieval:
        """The row of this attempt."""
        return Retrieval(
            source_id=self.wanted.source.id,
            resource=self.wanted.resource.name,
            url=self.wanted.url,
            final_url=self.final_url,
            attempted_at=self.attempted_at,
            retrieved_at=self.retrieved_at if error is None else None,
            status=self.status,
            headers=self.headers,
            bytes=self.bytes,
            sha256=self.sha256,
            outcome=outcome,
            error=None if error is None else error.sentence(),
            via=self.via,
        )

    def failure(self, error: FetchError) -> "Got":
        """The end of an attempt that failed; the error now names source and address."""
        outcome: Outcome = "failed"
        if isinstance(error, Blocked):
            outcome = "blocked"
        elif isinstance(error, PartialPayload):
            outcome = "partial"
        named = type(error)(
            error.what,
            source=self.wanted.source.id,
            where=error.where or self.wanted.url,
            next_step=error.next_step,
        )
        return Got(None, (self.row(outcome, named),), named)


@dataclass(frozen=True, slots=True)
class Got:
    """How the attempts for one address ended: with a payload, unchanged (neither), or with an error."""

    payload: Payload | None
    attempts: tuple[Retrieval, ...]
    error: FetchError | None = None
    missing: bool = False
    """The agency, or the mirror, says that there is nothing at this address."""

    def need(self) -> Payload:
        """The payload. Raises the error that kept it away."""
        if self.payload is None:
            raise self.error or Unreachable("the answer is unchanged and its bytes are not kept")
        return self.payload


def fetched(gots: Iterable[Got], pages: Iterable[Got] = ()) -> Fetched:
    """Several ends as one answer; landing pages come first among the attempts."""
    gots, pages = tuple(gots), tuple(pages)
    return Fetched(
        payloads=tuple(got.payload for got in gots if got.payload),
        attempts=tuple(row for got in (*pages, *gots) for row in got.attempts),
        pages=tuple(got.payload for got in pages if got.payload),
    )


def chain_hash(previous: str, retrieval: Retrieval) -> str:
    """SHA-256 (64 hex digits) over the previous hash and every field of `retrieval`.

    Fields are written as JSON with sorted keys, UTF-8, no blanks, times in UTC with microseconds. The first
    retrieval of a chain has the empty text as its previous hash.
    """
    values = {item.name: _plain(getattr(retrieval, item.name)) for item in fields(retrieval)}
    canonical = json.dumps([previous, values], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return dict(value) if isinstance(value, Mapping) else value
