"""Arrow hand-over to and from DuckDB in one place: the Python client of DuckDB 2 renamed what 1.5 has."""

from collections.abc import Iterable, Iterator
from contextlib import closing

import duckdb
import pyarrow as pa

ROWS_PER_BATCH = 50_000


def quoted(name: str) -> str:
    """The name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def register(con: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    """Make an Arrow table visible to SQL under `name` until `con.unregister(name)`."""
    con.register(name, table)


def load(con: duckdb.DuckDBPyConnection, table: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
    """Append record batches to `table` in their order, creating it when absent; gives the number of rows.

    One INSERT a batch: an exception of the iterable reaches the caller as it is, not wrapped in an engine message.
    """
    view = "_arriving"
    register(con, view, schema.empty_table())
    try:
        con.execute(f"CREATE TABLE IF NOT EXISTS {quoted(table)} AS SELECT * FROM {view} LIMIT 0")
    finally:
        con.unregister(view)
    rows = 0
    for batch in batches:
        register(con, view, pa.Table.from_batches([batch], schema=schema))
        try:
            con.execute(f"INSERT INTO {quoted(table)} SELECT * FROM {view}")
        finally:
            con.unregister(view)
        rows += batch.num_rows
    return rows


def batches(
    con: duckdb.DuckDBPyConnection, sql: str, *, rows_per_batch: int = ROWS_PER_BATCH
) -> Iterator[pa.RecordBatch]:
    """The result of a query as record batches, in its order, without holding the whole result.

    The open result owns the connection until it is drained or closed: give a cursor to go on writing meanwhile.
    """
    relation = con.sql(sql)
    stream = getattr(relation, "to_arrow_reader", None) or relation.fetch_arrow_reader
    reader: pa.RecordBatchReader = stream(rows_per_batch)
    try:
        yield from reader
    finally:
        reader.close()


def table(con: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    """The whole result of a query, for results known to be small; typed also where it has no line."""
    relation = con.sql(sql)
    stream = getattr(relation, "to_arrow_reader", None) or relation.fetch_arrow_reader
    reader: pa.RecordBatchReader = stream(ROWS_PER_BATCH)
    return reader.read_all()


def batches_apart(con: duckdb.DuckDBPyConnection, sql: str) -> Iterator[pa.RecordBatch]:
    """`batches` on a cursor of its own, so that `con` can write meanwhile. Temporary tables are not visible to it."""
    with closing(con.cursor()) as cursor:
        yield from batches(cursor, sql)
