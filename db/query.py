"""The user's own SQL, read only: one SELECT on a connection without files, network, settings or writing."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from db.disk import disk_error
from ingest.errors import UsageError

ALLOWED = ("SELECT", "EXPLAIN")
"""Statement kinds; DESCRIBE, SUMMARIZE, SHOW, FROM and VALUES are SELECT to the engine."""

_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Answer:
    """Column names, made unique, and the rows, which may be read once."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]


def ask(con: duckdb.DuckDBPyConnection, query: str) -> Answer:
    """The answer to one query. Raises UsageError with the engine's message, also while rows are read."""
    try:
        con.execute(_statement(con, query))
    except duckdb.Error as error:
        raise _refused(error) from None
    return Answer(_unique([column[0] for column in con.description or []]), _rows(con))


def count(con: duckdb.DuckDBPyConnection, query: str) -> int:
    """How many rows the whole answer has, without bringing them over."""
    try:
        row = con.execute(f"SELECT count(*) FROM (\n{_statement(con, query).rstrip().rstrip(';')}\n)").fetchone()
    except duckdb.Error as error:
        raise _refused(error) from None
    return int(row[0]) if row else 0


def _statement(con: duckdb.DuckDBPyConnection, query: str) -> str:
    statements = con.extract_statements(query)
    if len(statements) != 1:
        raise UsageError(f"{len(statements)} statements given", next_step="Ask one SELECT at a time.")
    kind = statements[0].type.name
    if kind not in ALLOWED:
        raise UsageError(
            f"a {kind} statement is refused: this database is only read",
            next_step="Use SELECT, DESCRIBE, SUMMARIZE, SHOW TABLES or EXPLAIN.",
        )
    text: str = statements[0].query
    return text


def _rows(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    try:
        while batch := con.fetchmany(_BATCH):
            yield from batch
    except duckdb.Error as error:
        raise _refused(error) from None


def _refused(error: duckdb.Error) -> UsageError:
    """The engine's own words: the query and the data of companies are all it can quote.

    A damaged file or a full disk is no fault of the query: that error goes up to the store, which tells it.
    """
    if disk_error(error, Path()):
        raise error
    if isinstance(error, duckdb.OutOfMemoryException):
        return UsageError("the query needs more memory", next_step="Raise TRACKRECORD_MEMORY, for instance to 4GB.")
    message = str(error).strip().rstrip(".")
    if "pytz" in message:
        return UsageError("a column with a time zone cannot be shown", next_step="Cast it: `column::TIMESTAMP`.")
    return UsageError(message)


def _unique(names: list[str]) -> tuple[str, ...]:
    """Names made distinct the way the engine does it in subqueries: `n`, `n_1`."""
    taken: list[str] = []
    for name in names:
        candidate, number = name, 0
        while candidate in taken:
            number += 1
            candidate = f"{name}_{number}"
        taken.append(candidate)
    return tuple(taken)
