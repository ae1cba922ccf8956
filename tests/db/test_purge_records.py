"""What is purged is gone from disk, stays away, and costs the other records nothing."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

import db.erase
import db.store
from db.analyst import Analyst
from db.purge import Asked, Purged, Selection, purge, select
from db.store import Store
from db.verify import verify
from ingest.errors import StoreBusy, StoreError, UsageError
from tests.db.traces import traces

ROOT = Path(__file__).parents[2]
NAME = "Quillfeather Zebedin"
FIRST = (
    f"1,{NAME} Ltd,F,2024-01-31,1000,Jan Doe",
    "2,Beta Tools GmbH,F,2024-02-29,2500.50,Jan Doe",
    "3,Gamma Foods SA,V,2024-03-31,,",
)
SECOND = (FIRST[0].replace("1000", "900"), FIRST[1].replace("2500.50", "7"), FIRST[2])
SEVERAL = """
SELECT _row, NOTICE_NO || '-' || turn AS native_id, NOTICE_NO AS case_id, 'penalty' AS kind, 'xx' AS country,
       name AS company_name, 'final' AS status, [money('final', AMOUNT, 'EUR')] AS amounts,
       [alias('alias', nullif(STATE, ''))] AS names
FROM (SELECT _row, NOTICE_NO, AMOUNT, STATE, unnest(string_split(EMPLOYER, '; ')) AS name,
             generate_subscripts(string_split(EMPLOYER, '; '), 1) AS turn FROM notice)
"""
SAID = "SELECT record_id, version, row_hash, first_seen, company_id FROM record ORDER BY record_id"
CHILD = """
import os, signal, sys
from pathlib import Path
import db.home
import db.store
from db.purge import Asked, purge
from db.store import Store

def end(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)

step = sys.argv[2]
if step == "tombstones":
    import db.purge
    db.purge.start_erasing = end
elif step == "evidence":
    import db.purge
    db.purge.refresh_companies = end
elif step == "generation":
    db.store.Writer._publish = end
else:
    # each of them also runs when the writer starts
    name = {"published": "erase_old_generations", "generations": "erase_unknown"}[step]
    whole, calls = getattr(db.home, name), []

    def second(*given: object) -> None:
        calls.append(given)
        end() if len(calls) > 1 else whole(*given)

    for module in (db.home, db.store):
        setattr(module, name, second)
purge(Store(Path(sys.argv[1])), Asked(("xx_fair_work:1",), None, True), reason="request", by="t", sources={})
"""


def purged(agency: Any, *ids: str, with_name: bool = False, company: str | None = None, **more: Any) -> Purged:
    asked = Asked(tuple(f"xx_fair_work:{key}" for key in ids), company, with_name)
    source = agency.source
    return purge(agency.store, asked, reason="individual", by="an auditor", sources={source.id: source}, **more)


def findings(store: Store) -> list[Any]:
    return verify(store, lambda *_: None).findings


@pytest.mark.parametrize("with_name", [False, True])
def test_a_purged_record_is_gone_from_disk_and_stays_away(agency: Any, with_name: bool) -> None:
    agency.sync(*FIRST)
    agency.sync(*SECOND)
    others = [row for row in agency.ask(SAID) if row[0] != "xx_fair_work:1"]
    assert any("duckdb" in trace for trace in traces(agency.home, NAME))
    assert any("parquet" in trace for trace in traces(agency.home, NAME))
    done = purged(agency, "1", with_name=with_name)
    assert (done.records, done.versions, done.evidence.rows) == (("xx_fair_work:1",), 2, 2)
    assert traces(agency.home, NAME) == []
    assert agency.ask(SAID) == others
    assert findings(agency.store) == []
    report = agency.sync(*SECOND, "4,Delta Lines Inc,F,2024-04-30,10,")
    assert report.error is None
    assert (report.records["added"], report.records["unchanged"], report.withheld) == (1, 2, {"purged": 1})
    assert traces(agency.home, NAME) == []
    assert [row for row in agency.ask(SAID) if row[0] != "xx_fair_work:4"] == others
    assert findings(agency.store) == []


def test_deleting_in_the_database_alone_would_leave_bytes(agency: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search for traces is able to find them."""
    agency.sync(*FIRST)
    monkeypatch.setattr(db.erase, "has_erased", lambda _: False)
    purged(agency, "1")
    found = traces(agency.home, NAME)
    assert any(trace.endswith("duckdb: bytes") for trace in found)
    assert not any(trace.endswith("duckdb: inside") for trace in found)
    assert any(".parquet" in trace for trace in found)


def test_the_fresh_generation_has_the_same_schema_and_content(agency: Any) -> None:
    agency.sync(*FIRST)
    schema = """SELECT table_name, comment, NULL, NULL, NULL FROM duckdb_tables() UNION ALL
        SELECT table_name, column_name, data_type, comment, is_nullable::VARCHAR FROM duckdb_columns()
        WHERE NOT internal UNION ALL
        SELECT table_name, constraint_type, constraint_text, NULL, NULL FROM duckdb_constraints() UNION ALL
        SELECT table_name, index_name, sql, NULL, NULL FROM duckdb_indexes() ORDER BY ALL"""
    tables = [row[0] for row in agency.ask("SELECT table_name FROM duckdb_tables() ORDER BY 1")]
    before = agency.ask(schema)
    kept = "run", "retrieval", "tally", "migration"
    content = {table: agency.ask(f"SELECT * FROM {table} ORDER BY ALL") for table in kept}
    purged(agency, "1")
    assert agency.ask(schema) == before
    assert len([row for row in before if row[1] == "CHECK"]) == 3
    assert {table: agency.ask(f"SELECT * FROM {table} ORDER BY ALL") for table in kept} == content
    assert [row[0] for row in agency.ask("SELECT table_name FROM duckdb_tables() ORDER BY 1")] == tables
    assert agency.ask("SELECT name FROM company ORDER BY name") == [("Beta Tools GmbH",), ("Gamma Foods SA",)]
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{agency.store.current}' AS gen (READ_ONLY)")
        (tags,) = con.execute("SELECT tags FROM duckdb_databases() WHERE database_name = 'gen'").fetchone() or ({},)
    assert tags["storage_version"].startswith("v1.4")


def test_a_company_keeps_its_other_records_and_loses_the_purged_ones_numbers(agency: Any) -> None:
    agency.sync(*FIRST, "4,Beta Tools GmbH,F,2020-01-01,10,")
    assert agency.ask("SELECT records, first_on::VARCHAR FROM company WHERE name LIKE 'Beta%'") == [(2, "2020-01-01")]
    purged(agency, "4")
    assert agency.ask("SELECT records, first_on::VARCHAR FROM company WHERE name LIKE 'Beta%'") == [(1, "2024-02-29")]


def test_all_records_of_a_company(agency: Any) -> None:
    agency.sync(*FIRST, "4,Beta Tools GmbH,F,2020-01-01,10,")
    ((company,),) = agency.ask("SELECT company_id FROM company WHERE name LIKE 'Beta%'")
    assert purged(agency, company=company).records == ("xx_fair_work:2", "xx_fair_work:4")
    assert traces(agency.home, "Beta Tools") == []
    for table in ("company", "company_name"):
        assert agency.ask(f"SELECT count(*) FROM {table} WHERE company_id = '{company}'") == [(0,)]


def test_a_row_shared_with_a_record_that_stays_loses_its_text_only(agency: Any) -> None:
    agency.sql = SEVERAL
    agency.sync(f"1,Acme Ltd; {NAME} Inc,,,1,", "2,Beta Ltd; Gamma Inc,,,2,")
    hashes = agency.ask("SELECT record_id, row_hash FROM record WHERE record_id = 'xx_fair_work:1-1'")
    done = purged(agency, "1-2")
    assert (done.evidence.rows, done.evidence.rows_without_text) == (0, 1)
    assert traces(agency.home, NAME) == []
    assert traces(agency.home, "Beta Ltd; Gamma Inc")
    assert agency.ask("SELECT record_id, row_hash FROM record WHERE record_id = 'xx_fair_work:1-1'") == hashes
    assert findings(agency.store) == []


def test_a_later_row_under_the_same_key_loses_its_text_although_its_record_stays(agency: Any) -> None:
    agency.sql = SEVERAL.replace(
        "[money('final', AMOUNT, 'EUR')]", "CASE turn WHEN 1 THEN [money('final', AMOUNT, 'EUR')] END"
    )
    agency.sync(f"1,Acme Ltd; {NAME} Inc,,,1,", "2,Beta Ltd,,,2,")
    agency.sync(f"1,Acme Ltd; {NAME} Inc,,,9,", "2,Beta Ltd,,,2,")
    assert agency.ask("SELECT record_id, version FROM record WHERE case_id = '1' ORDER BY 1") == [
        ("xx_fair_work:1-1", 2),
        ("xx_fair_work:1-2", 1),
    ]
    assert purged(agency, "1-2").evidence.rows_without_text == 2
    assert traces(agency.home, NAME) == []
    assert findings(agency.store) == []


def test_with_name_takes_every_record_of_the_name_and_the_name_out_of_other_names(agency: Any) -> None:
    agency.sql = SEVERAL
    rows = [
        f"1,{NAME} Inc,,,1,",
        f"2,Beta Ltd,{NAME} Inc,,2,",
        f"3,{NAME.upper()} INC.,,,3,",
        f"4,{NAME} Works Inc,,,4,",
    ]
    agency.sync(*rows)
    with agency.store.reading() as con:
        chosen = select(con, Asked(("xx_fair_work:1-1",), None, True))
    assert [(doomed.record_id, doomed.because) for doomed in chosen.records] == [
        ("xx_fair_work:1-1", "asked for"),
        ("xx_fair_work:3-1", "same name"),
    ]
    assert NAME not in repr(chosen)
    done = purged(agency, "1-1", with_name=True)
    assert (done.records, done.versions_without_the_name) == (("xx_fair_work:1-1", "xx_fair_work:3-1"), 1)
    assert traces(agency.home, f"{NAME} Inc") == []
    assert traces(agency.home, f"{NAME} Works Inc"), "another company's longer name"
    before = agency.ask(SAID)
    report = agency.sync(*rows, f'5,"Inc {NAME}",,,1,')
    assert report.records["unchanged"] == 2
    assert report.withheld == {"purged": 3}
    assert agency.ask(SAID) == before
    assert traces(agency.home, f"{NAME} Inc") == []


def test_records_under_one_key_of_the_agency_go_together(agency: Any) -> None:
    agency.sync("1,Acme Ltd,F,2024-01-01,1,", "1,Beta Ltd,F,2024-01-01,2,", "12,Gamma Ltd,F,2024-01-01,2,")
    assert purged(agency, "1#2").records == ("xx_fair_work:1", "xx_fair_work:1#2")
    report = agency.sync("1,Acme Ltd,F,2024-01-01,1,", "1,Beta Ltd,F,2024-01-01,2,", "12,Gamma Ltd,F,2024-01-01,2,")
    assert report.withheld == {"purged": 2}
    assert agency.ask("SELECT record_id FROM record") == [("xx_fair_work:12",)]


def test_a_key_of_the_agency_with_a_number_sign_stands_alone(agency: Any) -> None:
    agency.sync("A#2,Acme Ltd,F,2024-01-01,1,", "A#3,Beta Ltd,F,2024-01-01,2,")
    assert purged(agency, "A#2").records == ("xx_fair_work:A#2",)


def test_whole_payloads_that_hold_the_row_go_and_others_stay(agency: Any) -> None:
    agency.make_company_only()
    agency.sync("2,Beta Ltd,F,,,", "3,Gamma Inc,F,,,")
    agency.sync("2,Beta Ltd,F,,,", f"1,{NAME} Ltd,F,,,")
    agency.sync("2,Beta Ltd,F,,,", f"1,{NAME} Ltd,F,,,", "5,Delta Ltd,F,,,")
    agency.sync("2,Beta Ltd,F,,,", "5,Delta Ltd,F,,,")
    assert agency.ask("SELECT count(*) FROM evidence WHERE kind = 'payload'") == [(4,)]
    assert purged(agency, "1").evidence.payloads == 2
    assert traces(agency.home, NAME) == []
    assert len(list((agency.home / "evidence" / "payloads").iterdir())) == 2
    assert findings(agency.store) == []


def test_a_payload_first_kept_by_another_run_goes_too(agency: Any) -> None:
    agency.make_company_only()
    with_it, without = ("2,Beta Ltd,F,,,", f"1,{NAME} Ltd,F,,,"), ("2,Beta Ltd,F,,,", "3,Gamma Ltd,F,,,")
    agency.sync(*with_it)
    agency.sync(*without)
    with duckdb.connect(str(agency.store.current)) as con:
        con.execute("DELETE FROM record WHERE record_id = 'xx_fair_work:1'")
    agency.sync(*with_it)
    assert purged(agency, "1").evidence.payloads == 1
    assert traces(agency.home, NAME) == []


def test_evidence_of_a_source_no_longer_in_the_catalogue(agency: Any) -> None:
    """Its joined rows cannot be told apart, so they lose their text; rows of other records stay."""
    agency.sync(*FIRST)
    ((name,),) = agency.ask("SELECT file FROM evidence WHERE kind = 'rows'")
    file = agency.home / "evidence" / str(name)
    other = file.with_name(file.name.replace(".notice.", ".address."))
    with duckdb.connect() as con:
        strange = f"SELECT * REPLACE ('other' AS retrieval_id, 'Elm Road' AS STATE) FROM '{file}'"
        con.execute(f"COPY ({strange}) TO '{other}'")
    with duckdb.connect(str(agency.store.current)) as con:
        con.execute(
            """INSERT INTO evidence SELECT * REPLACE (replace(file, '.notice.', '.address.') AS file,
            'address' AS relation) FROM evidence WHERE kind = 'rows'"""
        )
    purge(agency.store, Asked(("xx_fair_work:1",)), reason="error", by="t", sources={})
    assert traces(agency.home, NAME) == traces(agency.home, "Elm Road") == []
    assert traces(agency.home / "evidence", "Beta Tools")
    assert agency.ask("SELECT count(*) FROM evidence WHERE kind = 'rows'") == [(2,)]


def test_missing_evidence_does_not_hinder_a_purge(agency: Any) -> None:
    agency.sync(*FIRST)
    for file in (agency.home / "evidence").rglob("*.parquet"):
        file.unlink()
    purged(agency, "1")
    assert traces(agency.home, NAME) == []
    assert [finding.cause for finding in findings(agency.store)] == ["missing"]


@pytest.mark.parametrize("step", ["tombstones", "evidence", "generation", "published", "generations"])
@pytest.mark.parametrize("then", ["read", "sync"])
def test_killed_at_any_step_it_is_finished_by_whoever_comes_next(agency: Any, step: str, then: str) -> None:
    agency.sync(*FIRST)
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(agency.home), step], cwd=ROOT, capture_output=True, check=False
    )
    assert child.returncode == -signal.SIGKILL, child.stderr.decode()
    assert sum(stones.n for stones in Analyst(agency.home).tombstones()) == 2
    published = step in {"published", "generations"}
    assert traces(agency.home, NAME), "the kill came too late: the test proves nothing"
    if then == "read":
        assert agency.ask("SELECT count(*) FROM record") == [(2 if published else 3,)]
        if not published:
            assert purged(agency, "1", with_name=True).tombstones == 0
    else:
        assert agency.sync(*FIRST).records["total"] == 2
    assert traces(agency.home, NAME) == []
    assert findings(agency.store) == []


def test_what_cannot_be_removed_is_said_and_removed_later(agency: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    agency.sync(*FIRST)

    calls: list[Path] = []
    whole = db.home.erase_unknown

    def refuse(home: Path, published: Path) -> None:
        calls.append(home)
        if len(calls) > 1:
            raise PermissionError(13, "Permission denied")
        whole(home, published)

    with monkeypatch.context() as patched:
        for module in (db.home, db.store):
            patched.setattr(module, "erase_unknown", refuse)
        with pytest.raises(StoreError, match="not complete: Permission denied"):
            purged(agency, "1")
    assert traces(agency.home, NAME)
    with agency.store.writing():
        assert traces(agency.home, NAME) == []


def test_an_engine_failure_publishes_nothing_and_quotes_nothing(agency: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    agency.sync(*FIRST)

    def fail(*_: object) -> None:
        raise duckdb.IOException(f"could not write {NAME}")

    monkeypatch.setattr(db.purge, "refresh_companies", fail)
    with pytest.raises(StoreError, match=r"the engine failed \(IOException\)") as raised:
        purged(agency, "1")
    assert NAME not in str(raised.value)
    assert agency.ask("SELECT count(*) FROM record") == [(3,)]


def test_a_reader_keeps_what_it_opened(agency: Any) -> None:
    agency.sync(*FIRST)
    with agency.store.reading() as con:
        purged(agency, "1")
        assert con.execute("SELECT count(*) FROM record").fetchall() == [(3,)]
        assert traces(agency.home, NAME) == [], "its file has no name any more"
    assert agency.ask("SELECT count(*) FROM record") == [(2,)]


def test_it_waits_for_nobody(agency: Any) -> None:
    agency.sync(*FIRST)
    with agency.store.writing(), pytest.raises(StoreBusy, match=f"process {os.getpid()}"):
        purged(agency, "1")


def test_other_records_than_were_shown_do_not_go(agency: Any) -> None:
    agency.sync(*FIRST)
    with pytest.raises(UsageError, match="than were shown"):
        purged(agency, "1", shown=["xx_fair_work:2"])
    assert agency.ask("SELECT count(*) FROM record") == [(3,)]
    assert Analyst(agency.home).tombstones() == []


@pytest.mark.parametrize("asked", [Asked(("xx_fair_work:77",)), Asked((), "c000000000000000")])
def test_what_is_not_there_cannot_be_purged(agency: Any, asked: Asked) -> None:
    agency.sync(*FIRST)
    with pytest.raises(UsageError, match=r"no record|no company"), agency.store.reading() as con:
        select(con, asked)


def test_a_selection_names_nobody() -> None:
    assert NAME not in repr(Selection((), (NAME,), (NAME,)))
