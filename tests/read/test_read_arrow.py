"""Arrow batches into and out of DuckDB, whatever its version."""

import duckdb
import pyarrow as pa
import pytest

from ingest import arrow

SCHEMA = pa.schema([("n", pa.int64()), ('na"me', pa.string())])


def batch(*numbers: int) -> pa.RecordBatch:
    return pa.record_batch([pa.array(numbers), pa.array([f"x{number}" for number in numbers])], schema=SCHEMA)


def test_batches_are_appended_in_order_and_come_back(con: duckdb.DuckDBPyConnection) -> None:
    assert arrow.load(con, 'a "table"', SCHEMA, iter([batch(3, 1), batch(2)])) == 3
    assert arrow.load(con, 'a "table"', SCHEMA, [batch(9)]) == 1
    out = list(arrow.batches(con, 'SELECT * FROM "a ""table""" ORDER BY rowid', rows_per_batch=2))
    assert pa.Table.from_batches(out).to_pydict() == {"n": [3, 1, 2, 9], 'na"me': ["x3", "x1", "x2", "x9"]}


def test_no_batches_make_an_empty_table_and_errors_pass_through(con: duckdb.DuckDBPyConnection) -> None:
    assert arrow.load(con, "empty", SCHEMA, []) == 0
    assert list(arrow.batches(con, "SELECT n FROM empty")) in ([], [pa.record_batch([pa.array([], pa.int64())], ["n"])])
    with pytest.raises(ZeroDivisionError):
        arrow.load(con, "empty", SCHEMA, (batch(1 // number) for number in (1, 0)))
    assert con.execute("SELECT count(*) FROM empty").fetchone() == (1,)


def test_a_result_may_be_left_before_its_end(con: duckdb.DuckDBPyConnection) -> None:
    rows = arrow.batches(con, "SELECT * FROM range(100000)", rows_per_batch=1000)
    assert next(iter(rows)).num_rows > 0
    rows.close()  # type: ignore[attr-defined]
    assert con.execute("SELECT 1").fetchone() == (1,)
