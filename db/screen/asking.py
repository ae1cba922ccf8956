"""Rows of ours handed to a reading connection as a temporary table."""

from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa

from ingest import arrow


def hand_over(con: duckdb.DuckDBPyConnection, table: str, schema: pa.Schema, rows: Sequence[tuple[Any, ...]]) -> None:
    """Temporary table with these rows; one of that name goes."""
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    given = pa.table({name: list(column) for name, column in zip(schema.names, columns, strict=True)}, schema=schema)
    arrow.register(con, "_given", given)
    try:
        con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM _given")
    finally:
        con.unregister("_given")
