"""What reading a file gives, and how rows that Python makes get into a table."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import duckdb
import pyarrow as pa

from ingest import arrow
from ingest.catalog import Resource
from ingest.errors import ReadError
from ingest.read.columns import Kept, choose, needed, tidy

MOST_REJECTED = 1_000_000
_BATCH = 20_000


@dataclass(frozen=True, slots=True)
class Rows:
    """What one file, or one member of an archive, became.

    `table` holds the kept columns as VARCHAR in file order. `number_sql` gives the row number (from 1) of the
    physical record, header and preamble counted; `where_sql` leaves placeholders of unreadable rows out.
    `rejected` are row numbers with the reason in words, never with content. `stamp` is group 1 of `as_of_pattern`.
    """

    table: str
    number_sql: str
    where_sql: str
    rows: int
    rejected: tuple[tuple[int, str], ...]
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    member: str | None
    stamp: str | None


@dataclass(frozen=True, slots=True)
class Target:
    """Where the rows of one file go, and what the file is called for people."""

    con: duckdb.DuckDBPyConnection
    table: str
    where: str
    member: str | None = None
    stamp: str | None = None


Cells = Sequence[str | None]
Numbered = tuple[int, Cells]
Fields = Mapping[str, str | None]


class Rejections:
    """Row numbers that could not be read, with the reason. Raises ReadError when there are absurdly many."""

    def __init__(self, where: str) -> None:
        self._found: list[tuple[int, str]] = []
        self._reasons: dict[str, str] = {}
        self._where = where

    def add(self, number: int, reason: str) -> None:
        self._found.append((number, self._reasons.setdefault(reason, reason)))
        if len(self._found) > MOST_REJECTED:
            raise ReadError(f"more than {MOST_REJECTED} rows cannot be read", where=self._where)

    def all(self) -> tuple[tuple[int, str], ...]:
        return tuple(self._found)


def load_grid(target: Target, resource: Resource, names: Cells, rows: Iterable[Numbered]) -> Rows:
    """Load numbered rows of cells under a header; blank rows are none, rows with more or fewer cells are rejected."""
    kept = choose(resource, tidy(names), where=target.where)
    rejections = Rejections(target.where)

    def good() -> Iterator[Numbered]:
        for number, cells in rows:
            if not any(cell and not cell.isspace() for cell in cells):
                continue
            if len(cells) != len(names):
                rejections.add(number, f"{len(cells)} cells instead of {len(names)}")
                continue
            yield number, [cells[place] for place in kept.places]

    return load_numbered(target, kept, good(), rejections)


def load_numbered(target: Target, kept: Kept, rows: Iterator[Numbered], rejections: Rejections) -> Rows:
    """Load numbered rows that hold the kept columns only."""
    loaded = _load(target, kept.names, rows)
    return _rows(target, loaded, rejections, kept)


def load_fields(target: Target, resource: Resource, rows: Iterable[tuple[int, Fields]]) -> Rows:
    """Load numbered rows of named fields, as JSON and XML have them: which columns exist is known at the end only."""
    wanted = needed(resource)
    present: dict[str, None] = {}

    def cells() -> Iterator[Numbered]:
        for number, fields in rows:
            present.update(dict.fromkeys(fields))
            yield number, [fields.get(name) for name in wanted]

    loaded = _load(target, wanted, cells())
    kept = choose(resource, tuple(present), where=target.where, optional=not loaded)
    return _rows(target, loaded, Rejections(target.where), kept)


def _load(target: Target, names: Sequence[str], rows: Iterator[Numbered]) -> int:
    schema = pa.schema([pa.field("_number", pa.int64()), *(pa.field(name, pa.string()) for name in names)])
    try:
        return arrow.load(target.con, target.table, schema, _batches(schema, rows))
    except (duckdb.Error, pa.ArrowException, UnicodeError, TypeError):
        raise ReadError("the rows could not be loaded into the engine", where=target.where) from None


def _batches(schema: pa.Schema, rows: Iterator[Numbered]) -> Iterator[pa.RecordBatch]:
    while batch := list(islice(rows, _BATCH)):
        numbers = pa.array([number for number, _ in batch], pa.int64())
        columns = [
            pa.array([cells[place] or None for _, cells in batch], pa.string()) for place in range(len(schema) - 1)
        ]
        yield pa.record_batch([numbers, *columns], schema=schema)


def _rows(target: Target, loaded: int, rejections: Rejections, kept: Kept) -> Rows:
    return Rows(
        table=target.table,
        number_sql="_number",
        where_sql="true",
        rows=loaded,
        rejected=rejections.all(),
        missing=kept.missing,
        unknown=kept.unknown,
        member=target.member,
        stamp=target.stamp,
    )
