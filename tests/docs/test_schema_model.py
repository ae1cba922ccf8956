"""The migrations of db/schema, applied to an empty database, give exactly the tables of ingest/model.py."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from db.store import Store
from ingest.model import TABLES, ddl

COLUMNS = """SELECT table_name, column_name, data_type, is_nullable, comment FROM duckdb_columns()
    WHERE NOT internal AND table_name <> 'migration' ORDER BY table_name, column_index"""
PURPOSES = "SELECT table_name, comment FROM duckdb_tables() WHERE table_name <> 'migration' ORDER BY table_name"


@pytest.fixture(scope="module")
def wanted() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database made from the model alone."""
    con = duckdb.connect()
    for table in TABLES:
        con.execute(ddl(table))
    yield con
    con.close()


@pytest.mark.parametrize("question", [COLUMNS, PURPOSES], ids=["columns, types and comments", "purposes"])
def test_migrations_agree_with_the_model(question: str, wanted: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    store = Store(tmp_path / "home")
    with store.writing() as writer, writer.next_generation():
        pass
    with store.reading() as con:
        assert con.execute(question).fetchall() == wanted.execute(question).fetchall()


def test_every_table_and_column_has_a_comment(wanted: duckdb.DuckDBPyConnection) -> None:
    assert {row[0] for row in wanted.execute(PURPOSES).fetchall()} == set(TABLES)
    assert all(row[4] for row in wanted.execute(COLUMNS).fetchall())
