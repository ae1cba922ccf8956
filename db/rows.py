"""Rows of a query by column name."""

from datetime import datetime
from typing import Any

import duckdb

from db.times import utc


def rows_of(con: duckdb.DuckDBPyConnection, sql: str, values: list[Any]) -> list[dict[str, Any]]:
    """All rows, each by column name; times with their zone, UTC."""
    con.execute(sql, values)
    names = [column[0] for column in con.description or []]
    return [
        {name: utc(value) if isinstance(value, datetime) else value for name, value in zip(names, row, strict=True)}
        for row in con.fetchall()
    ]
