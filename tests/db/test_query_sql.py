"""The user's SQL reads, and does nothing else."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from db.query import ask, count
from ingest.errors import UsageError
from tests.cli.homes import make_home


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with make_home(tmp_path / "home").store.reading() as reading:
        yield reading


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count(*) FROM record",
        "FROM record SELECT count(*);",
        "WITH a AS (SELECT 1) SELECT * FROM a -- end",
        "DESCRIBE record",
        "SHOW TABLES",
        "EXPLAIN SELECT 1",
        "VALUES (1)",
    ],
)
def test_reading_is_answered(con: duckdb.DuckDBPyConnection, query: str) -> None:
    assert list(ask(con, query).rows)


@pytest.mark.parametrize(
    "query",
    [
        "INSERT INTO record SELECT * FROM record",
        "DELETE FROM record",
        "CREATE TABLE x AS SELECT 1",
        "CREATE TEMP TABLE x AS SELECT 1",
        "ATTACH ':memory:' AS other",
        "COPY record TO 'out.csv'",
        "EXPORT DATABASE 'out'",
        "SET threads = 1",
        "PRAGMA memory_limit = '1GB'",
        "LOAD httpfs",
        "INSTALL httpfs",
        "CALL pragma_version()",
        "CHECKPOINT",
        "EXPLAIN ANALYZE DELETE FROM record",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM read_csv('/etc/hostname')",
        "SELECT * FROM '/etc/hostname.csv'",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM read_parquet('https://example.com/x.parquet')",
        "SELECT 1; DELETE FROM record",
        "SELECT 1; SELECT 2",
        "",
        "-- nothing",
        "SELECT 'open",
        "SELECT nothing FROM record",
        "SELECT now()",
    ],
)
def test_everything_else_is_refused(
    con: duckdb.DuckDBPyConnection, query: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = con.execute("SELECT count(*) FROM record").fetchone()
    with pytest.raises(UsageError):
        list(ask(con, query).rows)
    assert con.execute("SELECT count(*) FROM record").fetchone() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


def test_the_engine_explains_what_is_wrong(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(UsageError, match="nothing"):
        ask(con, "SELECT nothing FROM record")


def test_a_value_that_cannot_be_cast_is_said_while_rows_are_read(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(UsageError, match="Could not convert"):
        list(ask(con, "SELECT CASE WHEN i = 150000 THEN 'x' ELSE '1' END::INTEGER FROM range(200000) t(i)").rows)


def test_too_little_memory_is_said() -> None:
    class Full:
        def execute(self, _query: str) -> None:
            raise duckdb.OutOfMemoryException

        def extract_statements(self, query: str) -> list[object]:
            return [SimpleNamespace(type=SimpleNamespace(name="SELECT"), query=query)]

    with pytest.raises(UsageError, match="TRACKRECORD_MEMORY"):
        ask(Full(), "SELECT 1")  # type: ignore[arg-type]


def test_columns_of_one_name_are_told_apart(con: duckdb.DuckDBPyConnection) -> None:
    assert ask(con, "SELECT 1 AS n, 2 AS n, 3 AS n_1, 4 AS n").columns == ("n", "n_1", "n_1_1", "n_2")


def test_the_whole_answer_is_counted(con: duckdb.DuckDBPyConnection) -> None:
    assert count(con, "SELECT * FROM range(12345) -- end;") == 12345
    with pytest.raises(UsageError):
        count(con, "SELECT nothing FROM record")
