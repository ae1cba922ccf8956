"""Every error trackrecord raises on purpose, as one tree.

    TrackrecordError                  anything an analyst can be told plainly
    ├── UsageError                    the question itself is wrong                       cli → exit 2
    │   └── CatalogError              a source.toml or records.sql breaks the rules      ingest.catalog
    ├── SourceError                   one source failed; its last good state is kept     cli → exit 3
    │   ├── FetchError                nothing usable came from the agency                ingest.fetch
    │   │   ├── Unreachable           no answer, or an answer that says try later
    │   │   ├── Blocked               a bot challenge, a login page, robots.txt
    │   │   ├── WrongContent          an answer of another kind than declared
    │   │   ├── EmptyPayload          an answer without a byte
    │   │   ├── PartialPayload        the transfer ended before its end
    │   │   ├── TooLarge              more bytes than the source may have
    │   │   └── NotHandedIn           a file that only a person can hand in (--file)
    │   ├── ReadError                 a payload that is not what its format promises     ingest.read
    │   │   └── UnsafeArchive         a zip bomb, a path outside, a broken member
    │   ├── TransformError            records.sql failed or lost a row                   ingest.transform
    │   ├── Shrunk, Jumped            fewer or more rows than plausible                  db.sync
    │   └── NotTraceable              a record without source, retrieval, row or hash    db.load
    └── StoreError                    the database is busy, missing or damaged           cli → exit 4
        ├── StoreBusy                 another process is syncing
        ├── StoreMissing              nothing has been synced into this home yet
        └── StoreDamaged              a hash, a pointer or a file does not agree

Messages say what happened, where (source, URL, file, row number), and what to do next. They never quote a value
of an input row: an agency file may name a person on any line.
"""


class TrackrecordError(Exception):
    """What happened and where; `next_step` says what the reader can do about it."""

    def __init__(self, what: str, *, source: str | None = None, where: str | None = None, next_step: str = "") -> None:
        self.what = what
        self.source = source
        self.where = where
        self.next_step = next_step
        super().__init__(self.sentence())

    def sentence(self) -> str:
        """One line: source, what happened, where, next step."""
        start = f"{self.source}: {self.what}" if self.source else self.what
        place = f" ({self.where})" if self.where else ""
        step = f" {self.next_step}" if self.next_step else ""
        return f"{start}{place}.{step}"


class UsageError(TrackrecordError):
    """The command, option or value given by the user cannot be used."""


class CatalogError(UsageError):
    """A source folder breaks the rules of the catalogue; names file and key."""


class SourceError(TrackrecordError):
    """One source could not be refreshed; what was published before stays."""


class FetchError(SourceError):
    """Nothing usable came from the agency's address."""


class Unreachable(FetchError):
    """No answer, or only answers that say to try later."""


class Blocked(FetchError):
    """The agency refused: bot challenge, login page, 401/403, robots.txt."""


class WrongContent(FetchError):
    """The answer is of another kind than the declared format."""


class EmptyPayload(FetchError):
    """The answer holds no byte."""


class PartialPayload(FetchError):
    """The transfer ended before the announced end."""


class TooLarge(FetchError):
    """The answer, or what it unpacks to, exceeds the declared limit."""


class NotHandedIn(FetchError):
    """The agency publishes this file on request only, and none was handed in."""


class ReadError(SourceError):
    """A payload does not hold what its format promises."""


class UnsafeArchive(ReadError):
    """An archive that is broken, explodes, or names paths outside of itself."""


class TransformError(SourceError):
    """records.sql failed, or left an input row without a fate."""


class Shrunk(SourceError):
    """Fewer rows than plausible; nothing was published."""


class Jumped(SourceError):
    """More rows than plausible; nothing was published."""


class NotTraceable(SourceError):
    """A record lacks its source, retrieval, row or hash."""


class StoreError(TrackrecordError):
    """The database is busy, missing or damaged."""


class StoreBusy(StoreError):
    """Another process holds the writer's lock."""


class StoreMissing(StoreError):
    """Nothing has been synced into this home yet."""


class StoreDamaged(StoreError):
    """A hash, a pointer or a file in the home does not agree with the rest."""
