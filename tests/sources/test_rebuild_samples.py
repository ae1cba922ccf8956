"""Over the samples of all sources: a rebuild gives the same database, and each record rests on its own rows alone."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from db.purge import Asked, purge
from db.samples import sample_options, sync_samples
from db.store import Store
from db.sync import sync
from db.verify import verify
from ingest.adapter import adapter_of, pack_adapter, read_adapter, unpack_adapter
from ingest.catalog import Source, catalogue
from ingest.model import SQL_COLUMNS
from ingest.rederive import StoredRows, Task, rederive_each
from tests.db.rebuilt import assert_same
from tests.db.traces import traces

HERE = Path(__file__).parent
CONTENT = [column.name for column in SQL_COLUMNS]


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """All samples, each in its first state and then changed: every third line of its text files is gone."""
    store = Store(tmp_path_factory.mktemp("samples") / "home")
    for source, report in sync_samples(store, lambda *_: None):
        assert report.error is None, source.id
    changed = tmp_path_factory.mktemp("changed")
    for source in catalogue().values():
        folder = changed / source.id
        shutil.copytree(HERE / source.id / "sample", folder)
        thin_out(folder)
        list(sync(store, [source], sample_options(folder), lambda *_: None))
    return store


def thin_out(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.suffix in {".csv", ".txt", ".idx"}:
            lines = path.read_bytes().splitlines(keepends=True)
            path.write_bytes(b"".join(line for at, line in enumerate(lines) if at < 4 or at % 3))


def test_a_rebuild_gives_the_same_database(samples: Store, tmp_path: Path) -> None:
    with samples.reading() as con:
        runs, gone = con.execute(
            "SELECT count(*), (SELECT count(*) FROM record WHERE removed_at IS NOT NULL) FROM run"
        ).fetchone() or (0, 0)
    assert runs == 2 * len(catalogue())
    assert gone
    new = assert_same(samples, tmp_path)
    assert verify(new, lambda *_: None).findings == []


def test_a_rebuild_after_purges_gives_the_same_database(samples: Store, tmp_path: Path) -> None:
    """Of one record of every source, with its name."""
    store = Store(tmp_path / "home")
    shutil.copytree(samples.home, store.home)
    with store.reading() as con:
        chosen = con.execute(
            """SELECT record_id, company_name FROM record
            WHERE record_id IN (SELECT min(record_id) FROM record GROUP BY source_id)"""
        ).fetchall()
    asked = Asked(tuple(record_id for record_id, _ in chosen), None, with_name=True)
    purge(store, asked, reason="request", by="an auditor", sources=catalogue())
    for _, name in chosen:
        assert [trace for trace in traces(store.evidence, name) if "adapters" not in trace] == []
    assert_same(store, tmp_path)


@pytest.mark.parametrize("source", catalogue().values(), ids=list(catalogue()))
def test_an_adapter_is_the_same_wherever_it_is(source: Source) -> None:
    adapter = adapter_of(source)
    again = unpack_adapter(pack_adapter(adapter))
    assert (again.version, dict(again.files)) == (source.adapter_version, dict(adapter.files))
    assert pack_adapter(again) == pack_adapter(adapter)
    assert (again.source.id, again.source.resource, again.source.lookup) == (source.id, source.resource, source.lookup)
    assert (again.records_sql, again.macros) == (source.records_sql, adapter.macros)
    changed = {**adapter.files, "records.sql": adapter.files["records.sql"] + b" "}
    assert read_adapter(changed).version != adapter.version


@pytest.mark.parametrize("source_id", list(catalogue()))
def test_each_record_rests_on_its_own_rows_alone(samples: Store, source_id: str) -> None:
    """A record derived from nothing but its rows, and what is joined to them, says what the sync made of the whole."""
    source, adapter = catalogue()[source_id], adapter_of(catalogue()[source_id])
    expected, tasks = [], []
    with samples.reading() as con:
        for run_id, data_as_of, relations in stored(con, samples, source_id):
            for record in records_of(con, run_id):
                if rows := own_rows(source, relations, record["places"]):
                    expected.append(record)
                    tasks.append(Task(adapter, StoredRows(tables=rows), data_as_of))
    assert expected
    for record, derived in zip(expected, rederive_each(tasks, seconds=240), strict=True):
        assert isinstance(derived, pa.Table), derived
        said = [row for row in derived.to_pylist() if row["native_id"] == record["native_id"].partition("#")[0]]
        assert [{name: row[name] for name in CONTENT[1:]} for row in said] == [record["says"]], record["native_id"]


def stored(con: Any, store: Store, source_id: str) -> Iterator[tuple[str, Any, dict[str, pa.Table]]]:
    runs = con.execute("SELECT run_id, data_as_of FROM run WHERE source_id = ?", [source_id]).fetchall()
    for run_id, data_as_of in runs:
        files = con.execute(
            "SELECT relation, file FROM evidence WHERE kind = 'rows' AND run_id = ?", [run_id]
        ).fetchall()
        yield run_id, data_as_of, {relation: pq.read_table(store.evidence / file) for relation, file in files}


def records_of(con: Any, run_id: str) -> list[dict[str, Any]]:
    """Versions that the run brought: the agency's key, what they say, and the places of their rows."""
    rows = con.execute(
        f"""SELECT {", ".join(CONTENT)}, coalesce(source_rows,
            [{{'retrieval_id': retrieval_id, 'member': member, 'row': row_number}}])
        FROM (FROM record UNION ALL BY NAME FROM record_history)
        WHERE retrieval_id IN (SELECT retrieval_id FROM retrieval WHERE run_id = ?)""",
        [run_id],
    ).fetchall()
    return [
        {"native_id": row[0], "says": dict(zip(CONTENT[1:], row[1:-1], strict=True)), "places": row[-1]} for row in rows
    ]


def own_rows(source: Source, relations: dict[str, pa.Table], places: list[dict[str, Any]]) -> dict[str, pa.Table]:
    """The rows at these places and those joined to them; empty where the text of one is not kept."""
    wanted = {(place["retrieval_id"], place["member"], place["row"]) for place in places}
    found: dict[str, pa.Table] = {}
    for name, table in relations.items():
        if source.relations[name][0].role == "primary":
            at = zip(*(table.column(c).to_pylist() for c in ("retrieval_id", "member", "row_number")), strict=True)
            found[name] = table.filter(pa.array([place in wanted for place in at], pa.bool_()))
    for name, table in relations.items():
        first = source.relations[name][0]
        if first.role == "joined":
            other, _, column = first.joined_to.partition(".")
            keys = pc.unique(found[other].column(column)).drop_null()
            found[name] = table.filter(pc.is_in(table.column(first.key[0]), value_set=keys))
    withheld = any(pc.any(table.column("named_withheld")).as_py() for table in found.values())
    return {} if withheld else found
