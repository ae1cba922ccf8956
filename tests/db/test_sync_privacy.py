"""People leave no trace: not in the database, the evidence store, the work folder, errors or output."""

import logging
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.errors import StoreMissing

PERSON = "Quillfeather"
SEVERAL = """
SELECT _row, NOTICE_NO || '-' || turn AS native_id, NOTICE_NO AS case_id, 'penalty' AS kind, 'xx' AS country,
       name AS company_name, 'final' AS status
FROM (SELECT _row, NOTICE_NO, unnest(string_split(EMPLOYER, '; ')) AS name,
             generate_subscripts(string_split(EMPLOYER, '; '), 1) AS turn FROM notice)
"""


def everything_below(folder: Path) -> bytes:
    """All bytes of all files, Parquet and DuckDB read out as text too: their own encoding may hide a name."""
    parts = []
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            parts.append(file.read_bytes())
            if file.suffix == ".parquet":
                with duckdb.connect() as con:
                    parts.append(str(con.execute("SELECT * FROM read_parquet(?)", [str(file)]).fetchall()).encode())
            if file.suffix == ".duckdb":
                with duckdb.connect(str(file), read_only=True) as con:
                    for (table,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall():
                        parts.append(str(con.execute(f"SELECT * FROM {table}").fetchall()).encode())
    return b"\n".join(parts)


def test_withheld_people_and_personal_columns_leave_no_trace(
    agency: Any, rows: tuple[str, ...], capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    report = agency.sync(*rows, f'6,"{PERSON}, Janet",F,2024-01-01,1,', f"7,Acme Ltd,F,2024-01-01,1,Mr {PERSON}")
    assert report.rows["withheld"] == 2
    assert PERSON.encode() not in everything_below(agency.home)
    captured = capfd.readouterr()
    assert PERSON not in captured.out + captured.err + caplog.text + str(report.as_json())


def test_a_row_that_also_names_a_person_is_not_kept_as_evidence(agency: Any) -> None:
    agency.sql = SEVERAL
    report = agency.sync(f"1,Acme Ltd; {PERSON.upper()} Janet,F,,,", "2,Beta Ltd; Gamma Inc,F,,,")
    assert (report.error, report.rows["mapped"]) == (None, 2)
    assert report.beside["withheld respondent"]
    assert sorted(agency.ask("SELECT case_id, company_name FROM record")) == [
        ("1", "Acme Ltd"),
        ("2", "Beta Ltd"),
        ("2", "Gamma Inc"),
    ]
    stored = everything_below(agency.home)
    assert PERSON.encode() not in stored
    assert PERSON.upper().encode() not in stored
    assert b"Beta Ltd; Gamma Inc" in stored


@pytest.mark.parametrize(("rows", "kept"), [(("1,Acme Ltd,F,,,", "2,Beta Ltd,F,,,"), 1)])
def test_whole_payload_is_kept_for_a_company_only_source(agency: Any, rows: tuple[str, ...], kept: int) -> None:
    agency.make_company_only()
    agency.sync(*rows)
    assert agency.ask("SELECT count(*) FROM evidence WHERE kind = 'payload'") == [(kept,)]


def test_a_company_only_source_with_a_person_in_it_keeps_no_payload(agency: Any) -> None:
    agency.make_company_only()
    agency.sync("1,Acme Ltd,F,,,", f'2,"{PERSON}, Janet",F,,,')
    assert agency.ask("SELECT count(*) FROM evidence WHERE kind = 'payload'") == [(0,)]
    assert PERSON.encode() not in everything_below(agency.home)


SELECT = "SELECT _row, NOTICE_NO AS native_id, 'penalty' AS kind, EMPLOYER AS company_name"


@pytest.mark.parametrize(
    "sql",
    [
        f"{SELECT}, CAST(EMPLOYER AS INTEGER) AS agency_code FROM notice",
        f"{SELECT}, CONTACT AS summary FROM notice",
        "SELECT _row, NOTICE_NO AS native_id, EMPLOYER AS kind, EMPLOYER AS company_name FROM notice",
        "SELECT _row, NOTICE_NO AS native_id, 'penalty' AS kind, error(EMPLOYER) AS company_name FROM notice",
    ],
)
def test_no_engine_message_quotes_a_row(agency: Any, sql: str, capfd: pytest.CaptureFixture[str]) -> None:
    agency.sql = sql
    marked = f"1,{PERSON} A,{PERSON} B,{PERSON} C,{PERSON} D,{PERSON} E"
    report = agency.sync(marked, marked.replace("1,", "2,"))
    assert report.outcome == "failed"
    captured = capfd.readouterr()
    assert PERSON not in str(report.as_json()) + captured.out + captured.err
    assert PERSON.encode() not in everything_below(agency.home)


def test_nothing_is_published_when_the_first_sync_fails(agency: Any) -> None:
    agency.sync("1,Acme Ltd,F,,,")
    assert agency.ask("SELECT count(*) FROM record") == [(0,)]
    with pytest.raises(StoreMissing):
        type(agency)(agency.folder / "elsewhere").store.current.exists()


def test_a_care_of_part_is_cut_from_the_evidence_too(agency: Any) -> None:
    agency.sql = SELECT + ", [alias('alias', STATE)] AS names FROM notice"
    agency.sync(f"1,Acme Ltd,Alpha Ltd c/o Markus {PERSON},,,", "2,Beta Ltd,Beta Trading Ltd,,,")
    stored = everything_below(agency.home)
    assert PERSON.encode() not in stored
    assert b"Beta Trading Ltd" in stored


def test_a_stray_header_cell_is_counted_and_not_quoted(agency: Any, rows: tuple[str, ...]) -> None:
    header = f"NOTICE_NO,EMPLOYER,STATE,ISSUED,AMOUNT,CONTACT,Markus {PERSON}"
    report = agency.sync(*(f"{row}," for row in rows), header=header)
    assert report.beside["issue"] == {"notice: undeclared column": 1}
    assert PERSON.encode() not in everything_below(agency.home)
