"""The evidence store, replayed into an empty database, gives the same records, versions, ids and books."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from db.analyst import Analyst
from db.purge import Asked, purge
from db.replay.rebuild import Rebuilt, rebuild
from db.search import search
from db.store import Store
from db.sync import Options, sync
from db.verify import verify
from ingest.catalog import load_source
from tests.db.conftest import ROWS, Agency
from tests.db.rebuilt import assert_same, differing, rebuilt_beside
from tests.db.traces import traces

NAME = "Quillfeather Zebedin"
SEVERAL = """
SELECT _row, NOTICE_NO || '-' || turn AS native_id, NOTICE_NO AS case_id, 'penalty' AS kind, 'xx' AS country,
       name AS company_name, 'final' AS status, [money('final', AMOUNT, 'EUR')] AS amounts,
       [alias('alias', nullif(STATE, ''))] AS names
FROM (SELECT _row, NOTICE_NO, AMOUNT, STATE, unnest(string_split(EMPLOYER, '; ')) AS name,
             generate_subscripts(string_split(EMPLOYER, '; '), 1) AS turn FROM notice)
"""
ONE_OF_MANY_ROWS = """
SELECT list(_row ORDER BY _row) AS _rows, NOTICE_NO AS native_id, 'penalty' AS kind, EMPLOYER AS company_name,
       'xx' AS country, date_iso(min(ISSUED)) AS issued_on, count(*)::VARCHAR AS summary
FROM notice GROUP BY NOTICE_NO, EMPLOYER
"""
AGAIN = (ROWS[0].replace("1000", "77"), ROWS[0].replace("1000", "78"))


def purged(agency: Any, *ids: str, with_name: bool = False) -> None:
    source = agency.source
    asked = Asked(tuple(f"xx_fair_work:{key}" for key in ids), None, with_name)
    purge(agency.store, asked, reason="individual", by="an auditor", sources={source.id: source})


def findings(store: Store) -> list[Any]:
    return verify(store, lambda *_: None).findings


@pytest.fixture(scope="module")
def eventful(tmp_path_factory: pytest.TempPathFactory) -> Agency:
    """First load, change, removal, return, an unchanged run, a failed one, keys that are shared and no longer."""
    agency = Agency(tmp_path_factory.mktemp("eventful"))
    agency.sync(*ROWS)
    agency.sync(ROWS[0].replace("1000", "900"), *ROWS[1:])
    agency.sync(ROWS[0], *ROWS[2:], accept="the register was cleaned")
    agency.sync(*ROWS)
    assert agency.sync(*ROWS).outcome == "unchanged"
    assert agency.sync("1,Short Ltd,F,2024-01-31,1000,x").outcome == "failed"
    agency.sync(*ROWS, *AGAIN)
    agency.sync(*ROWS[1:], *AGAIN)
    return agency


@pytest.fixture(scope="module")
def replayed(eventful: Agency, tmp_path_factory: pytest.TempPathFactory) -> tuple[Rebuilt, Store]:
    """Its rebuild beside it, which is only ever copied."""
    return rebuilt_beside(eventful.store, tmp_path_factory.mktemp("replayed"))


@pytest.fixture
def new(replayed: tuple[Rebuilt, Store], tmp_path: Path) -> Store:
    shutil.copytree(replayed[1].home, tmp_path / "home")
    return Store(tmp_path / "home")


def test_every_table_is_the_same_row_for_row(eventful: Agency, replayed: tuple[Rebuilt, Store]) -> None:
    states = eventful.ask(
        """SELECT count(*), count(*) FILTER (removed_at IS NOT NULL), max(version),
        count(*) FILTER (contains(native_id, '#')) FROM record"""
    )
    assert states == [(5, 1, 4, 2)]
    rebuilt, new = replayed
    assert (rebuilt.whole, rebuilt.published) == (True, True)
    assert differing(eventful.store.current, new.current) == {}
    assert findings(new) == []


def test_the_new_home_is_searched_and_synced_like_the_old_one(eventful: Agency, new: Store) -> None:
    mirror = eventful.publish(*ROWS[1:], *AGAIN, "9,Zeta Haulage Ltd,F,2024-06-01,5,")
    with new.reading() as con:
        found = search(con, "beta tools", [eventful.source], datetime.now(UTC))
        assert [result.name for result in found.results] == ["Beta Tools GmbH"]
    (report,) = sync(new, [eventful.source], Options(mirror=mirror), lambda *_: None)
    assert (report.records["added"], report.records["changed"], report.records["unchanged"]) == (1, 0, 4)
    assert findings(new) == []


def test_a_rebuild_of_a_rebuild_is_the_same(eventful: Agency, new: Store) -> None:
    again = rebuild(new)
    assert (again.whole, again.published) == (True, True)
    assert differing(eventful.store.current, new.current) == {}
    assert findings(new) == []


def test_the_report_counts_by_source(eventful: Agency, replayed: tuple[Rebuilt, Store]) -> None:
    rebuilt, _ = replayed
    ((records, versions),) = eventful.ask(
        "SELECT count(*), count(*) + (SELECT count(*) FROM record_history) FROM record"
    )
    (source,) = rebuilt.sources
    assert (source.source_id, source.runs, source.records, source.versions) == ("xx_fair_work", 8, records, versions)
    assert (source.withheld, source.lost, source.differing) == (0, 0, 0)
    assert (rebuilt.runs, rebuilt.missing, rebuilt.without_journal, rebuilt.notes) == (8, [], 0, [])
    assert [(rebuilt.retrievals,)] == eventful.ask("SELECT count(*) FROM retrieval")


@pytest.mark.parametrize("snapshot", ["increment", "window"])
def test_increments_and_windows(tmp_path: Path, snapshot: str) -> None:
    agency = Agency(tmp_path, snapshot=snapshot)
    agency.sync(*ROWS)
    agency.sync(ROWS[0].replace("1000", "900"), ROWS[1], accept="fewer")
    agency.sync("8,Eta Freight Ltd,F,2024-06-30,1,", "9,Zeta Haulage Ltd,F,2024-07-01,5,", accept="others")
    agency.sync(ROWS[0], "9,Zeta Haulage Ltd,F,2024-07-01,5,", accept="others")
    assert agency.ask("SELECT count(DISTINCT last_seen) FROM record") == [(4,)]
    assert agency.ask("SELECT count(*) FROM record WHERE removal = 'aged out'") == [
        (0 if snapshot == "increment" else 3,)
    ]
    assert_same(agency.store, tmp_path)


def test_rows_that_cannot_be_read_remove_nothing(agency: Any, tmp_path: Path) -> None:
    agency.sync(*ROWS)
    agency.sync(*ROWS[:2], "3,too,few", ROWS[3])
    agency.sync(*ROWS[:3], "4,too,few")
    assert agency.ask("SELECT count(*), count(DISTINCT last_seen) FROM record WHERE removed_at IS NULL") == [(3, 1)]
    agency.sync(*ROWS[:2], "3,too,few", ROWS[3])
    assert agency.ask("SELECT count(*), count(DISTINCT last_seen) FROM record WHERE removed_at IS NULL") == [(3, 2)]
    assert_same(agency.store, tmp_path)


def test_a_record_of_several_rows(agency: Any, tmp_path: Path) -> None:
    agency.sql = ONE_OF_MANY_ROWS
    agency.sync("1,Acme Ltd,F,2024-01-01,1,", "1,Acme Ltd,F,2024-01-02,2,", "2,Beta Ltd,F,2024-01-03,3,")
    agency.sync("1,Acme Ltd,F,2024-01-01,1,", "1,Acme Ltd,F,2024-01-02,2,", "2,Beta Ltd,F,2024-01-03,3,", ROWS[2])
    agency.sync("1,Acme Ltd,F,2024-01-02,2,", "1,Acme Ltd,F,2024-01-01,1,", "1,Acme Ltd,F,2024-02-02,2,", ROWS[2])
    assert agency.ask("SELECT len(source_rows), version FROM record WHERE native_id = '1'") == [(3, 2)]
    assert_same(agency.store, tmp_path)


def test_rows_that_name_somebody_withheld_give_their_records_by_the_journal_alone(agency: Any, tmp_path: Path) -> None:
    agency.sql = SEVERAL
    agency.sync('1,"Acme Ltd; Roe, Janet Q.",,,1,', "2,Beta Ltd,,,2,")
    new = assert_same(agency.store, tmp_path)
    agency.sync('1,"Acme Ltd; Roe, Janet Q.",,,1,', "2,Beta Ltd,,,22,", '3,"Eta Ltd; Roe, Janet Q.",,,3,')
    agency.sync('1,"Acme Ltd; Roe, Janet Q.",,,7,', "2,Beta Ltd,,,22,", '3,"Eta Ltd; Roe, Janet Q.",,,3,')
    assert agency.ask("SELECT native_id, version FROM record ORDER BY 1") == [("1-1", 2), ("2-1", 2), ("3-1", 1)]
    new = assert_same(agency.store, tmp_path)
    assert traces(agency.home, "Janet") == traces(new.home, "Janet") == []


def test_after_a_purge(agency: Any, tmp_path: Path) -> None:
    """Of the whole record, of one that shares its row, and of a name; nothing of it is in evidence or rebuilt home."""
    agency.sql = SEVERAL
    rows = [f"1,Acme Ltd; {NAME} Inc,,,1,", f"2,Beta Ltd,{NAME} Inc,,2,", "3,Gamma SA; Delta SA,,,3,", "4,Eta Ltd,,,4,"]
    agency.sync(*rows)
    agency.sync(*rows[:3], "4,Eta Ltd,,,5,")
    assert traces(agency.store.evidence, NAME)
    purged(agency, "1-2", with_name=True)
    assert_same(agency.store, tmp_path)
    purged(agency, "4-1")
    new = assert_same(agency.store, tmp_path)
    assert traces(agency.home, NAME) == traces(new.home, NAME) == []
    assert traces(agency.home, "Eta Ltd") == traces(new.home, "Eta Ltd") == []
    assert findings(agency.store) == findings(new) == []
    agency.sync(*rows[:2], "3,Gamma SA; Delta SA,,,33,", "4,Eta Ltd,,,5,", "5,Theta SA,,,1,")
    new = assert_same(agency.store, tmp_path)
    assert traces(new.home, NAME) == traces(new.home, "Eta Ltd") == []


def test_after_a_purge_of_all_that_a_first_load_brought(agency: Any, tmp_path: Path) -> None:
    agency.sync(ROWS[0])
    agency.sync(*ROWS)
    purged(agency, "1")
    new = assert_same(agency.store, tmp_path)
    assert traces(agency.home, "Acme Widgets") == traces(new.home, "Acme Widgets") == []


def test_a_purged_record_does_not_come_back_where_an_old_journal_still_has_it(agency: Any, tmp_path: Path) -> None:
    """As with a backup of the evidence store that is older than the purge."""
    agency.sync(*ROWS)
    source = agency.source
    Analyst(agency.home).purge(records=[(source.id, "1")], names=(), reason="request", by="an auditor")
    rebuilt, new = rebuilt_beside(agency.store, tmp_path)
    assert (rebuilt.whole, rebuilt.sources[0].withheld, rebuilt.sources[0].records) == (True, 1, 2)
    assert traces(new.home, "Acme Widgets") == []
    assert traces(new.home / "evidence", "Beta Tools")
    assert findings(new) == []


def test_whose_name_is_withheld_by_now_is_not_restored(agency: Any, tmp_path: Path) -> None:
    """In plain runs and others, from rows and from lines; older versions go alone, present ones with all others."""
    agency.sql = SEVERAL
    agency.sync(f"1,{NAME} Ltd,,,1,", f'2,"{NAME} Ltd; Roe, Janet Q.",,,2,', "3,Gamma SA,,,3,", f"4,{NAME} Ltd,,,4,")
    agency.sync(f"1,{NAME} Ltd,,,11,", f'2,"{NAME} Ltd; Roe, Janet Q.",,,2,', f"3,{NAME} Ltd,,,3,", "4,Delta SA,,,4,")
    Analyst(agency.home).purge(records=(), names=[f"{NAME} Ltd"], reason="request", by="an auditor")
    rebuilt, new = rebuilt_beside(agency.store, tmp_path)
    (source,) = rebuilt.sources
    assert (rebuilt.whole, source.lost) == (True, 0)
    assert source.withheld == 5
    with new.reading() as con:
        assert con.execute("SELECT native_id, version FROM record").fetchall() == [("4-1", 2)]
        assert con.execute("SELECT native_id, version FROM record_history").fetchall() == []
        assert con.execute("SELECT name FROM company_name").fetchall() == [("Delta SA",)]
    assert traces(new.home, NAME) == []
    assert findings(new) == []
    assert_same(new, tmp_path / "again")


def test_an_other_name_that_is_withheld_by_now_leaves_the_evidence_and_its_record_stays(
    agency: Any, tmp_path: Path
) -> None:
    agency.sql = SEVERAL
    agency.sync(f"1,Acme Ltd,{NAME} Inc,,1,", "2,Beta Ltd,,,2,", f'3,"Eta Ltd; Roe, Janet Q.",{NAME} Inc,,1,')
    Analyst(agency.home).purge(records=(), names=[f"{NAME} Inc"], reason="request", by="an auditor")
    (agency.home / "damaged").mkdir()
    (agency.home / "damaged" / "20260101T000000-gen-000001.duckdb").write_text(NAME, encoding="utf-8")
    rebuilt = rebuild(agency.store)
    assert (rebuilt.whole, rebuilt.published, rebuilt.sources[0].records) == (True, True, 3)
    assert traces(agency.home, NAME) == []
    assert agency.ask("SELECT DISTINCT names FROM record") == [(None,)]
    assert findings(agency.store) == []
    assert_same(agency.store, tmp_path)


def test_where_a_file_is_missing_the_evidence_stays_and_that_is_said(agency: Any, tmp_path: Path) -> None:
    agency.sync(*ROWS)
    agency.sync(ROWS[0].replace("1000", "900"), *ROWS[1:])
    Analyst(agency.home).purge(records=[(agency.source.id, "1")], names=(), reason="request", by="an auditor")
    newest = max((agency.store.evidence / "rows").rglob("*.parquet"), key=lambda file: file.stat().st_mtime_ns)
    newest.unlink()
    rebuilt, new = rebuilt_beside(agency.store, tmp_path)
    assert not rebuilt.whole
    assert [note for note in rebuilt.notes if "withheld by now are still in the evidence store" in note]
    assert traces(new.home / "generations", "Acme Widgets") == []


def test_the_adapter_of_each_run_makes_its_records(agency: Any, tmp_path: Path) -> None:
    agency.sync(*ROWS)
    agency.sql = agency.sql.replace("'penalty' AS kind", "'warning' AS kind")
    agency.sync(*ROWS)
    assert agency.ask("SELECT DISTINCT kind, version FROM record") == [("warning", 2)]
    assert agency.ask("SELECT count(*) FROM evidence WHERE kind = 'adapter'") == [(2,)]
    assert_same(agency.store, tmp_path)


def test_companies_that_were_linked_anew_keep_their_old_ids(agency: Any, tmp_path: Path) -> None:
    agency.sql = agency.sql.replace("'xx' AS country", "'xx' AS country, [id('lei', STATE)] AS identifiers").replace(
        "lookup('state', STATE) AS status,", ""
    )
    lei = "506700GE1G29325QX363"
    agency.sync(f"1,Acme Widgets Ltd,{lei},2024-01-31,1,", "2,Acme Holdings Ltd,,2024-01-31,1,")
    agency.sync(f"1,Acme Widgets Ltd,{lei},2024-01-31,1,", f"2,Acme Holdings Ltd,{lei},2024-01-31,1,")
    assert agency.ask("SELECT count(*) FROM company") == [(1,)]
    assert agency.ask("SELECT count(*) > 0 FROM company_redirect") == [(True,)]
    assert agency.ask("SELECT count(*) FROM company_link") == [(1,)]
    assert_same(agency.store, tmp_path)


def test_two_sources_are_replayed_in_the_order_of_their_runs(agency: Any, tmp_path: Path) -> None:
    agency.sync(*ROWS)
    folder = tmp_path / "xx_other"
    folder.mkdir()
    for path in agency.source.folder.iterdir():
        text = path.read_text(encoding="utf-8").replace("Fair Work penalty notices", "Other notices")
        (folder / path.name).write_text(text, encoding="utf-8")
    mirror = agency.publish(*ROWS[:3], "7,Eta Freight Ltd,F,2024-01-31,1,")
    (report,) = sync(agency.store, [load_source(folder)], Options(mirror=mirror), lambda *_: None)
    assert report.error is None
    agency.sync(ROWS[0].replace("1000", "900"), *ROWS[1:])
    assert agency.ask("SELECT count(*), count(DISTINCT source_id), max(version) FROM record") == [(7, 2, 2)]
    assert_same(agency.store, tmp_path)
