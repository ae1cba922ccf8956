"""The agencies' real files, synced and rebuilt from the evidence store; and each record from half of the rows."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from db.store import Store
from db.sync import Options, sync
from ingest.adapter import adapter_of
from ingest.catalog import find_source
from ingest.model import SQL_COLUMNS
from ingest.rederive import StoredRows, Task, rederive_each
from tests.db.rebuilt import assert_same

SOURCES = ("us_fed_enforcement_actions", "us_ofac_sdn")


@pytest.fixture(scope="module")
def store(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(tmp_path_factory.mktemp("real") / "home")
    for report in sync(store, [find_source(s) for s in SOURCES], Options(mirror=shared / "mirror"), lambda *_: None):
        assert report.error is None, report.error
    return store


def test_a_rebuild_from_real_rows_gives_the_same_database(store: Store, tmp_path: Path) -> None:
    assert_same(store, tmp_path)


def test_half_of_the_real_rows_say_half_of_the_records(store: Store) -> None:
    """Which rows lie in a file depends on what else changed at the same sync, so nothing may depend on that."""
    names = ", ".join(column.name for column in SQL_COLUMNS)
    for source_id in SOURCES:
        source = find_source(source_id)
        with store.reading() as con:
            files = con.execute(
                "SELECT relation, file FROM evidence WHERE kind = 'rows' AND source_id = ?", [source_id]
            ).fetchall()
            data_as_of = con.execute("SELECT data_as_of FROM run WHERE source_id = ?", [source_id]).fetchall()[0][0]
        tables = {relation: pq.read_table(store.evidence / file) for relation, file in files}
        halves = [
            {
                name: table.take(list(range(half, len(table), 2))) if _is_primary(source_id, name) else table
                for name, table in tables.items()
            }
            for half in (0, 1)
        ]
        tasks = [Task(adapter_of(source), StoredRows(tables=part), data_as_of) for part in (*halves, tables)]
        one, other, whole = rederive_each(tasks)
        assert isinstance(one, pa.Table)
        assert isinstance(other, pa.Table)
        assert isinstance(whole, pa.Table)
        both = pa.concat_tables([one, other])
        with duckdb.connect() as con:
            con.register("both_", both)
            con.register("whole", whole)
            differing = con.execute(
                f"SELECT count(*) FROM (SELECT {names} FROM whole EXCEPT ALL SELECT {names} FROM both_)"
            ).fetchall()
        # an entity on two lists shares what is joined to it, not its rows
        assert (source_id, differing, len(whole) > 1000) == (source_id, [(0,)], True)


def _is_primary(source_id: str, relation: str) -> bool:
    return find_source(source_id).relations[relation][0].role == "primary"
