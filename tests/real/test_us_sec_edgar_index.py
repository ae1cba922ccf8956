"""Three real days of EDGAR, each in another layout of the index, and the submissions answers at hand."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from db.sync import Report

Synced = tuple[Report, duckdb.DuckDBPyConnection]
Sync = Callable[..., Synced]
DAYS = {"master": (2018, 12, 31, 2619, 167), "form": (2020, 3, 18, 4084, 257), "company": (2022, 10, 3, 4925, 300)}


def on(synced: Sync, year: int, month: int, day: int) -> Synced:
    return synced("us_sec_edgar_index", since=date(year, month, day), until=date(year, month, day))


@pytest.fixture(scope="module")
def march(synced: Sync) -> Synced:
    """2020-03-18, whose index is that by form."""
    return on(synced, 2020, 3, 18)


def all_text(con: duckdb.DuckDBPyConnection) -> str:
    rows: list[Any] = con.execute("SELECT to_json(r)::VARCHAR FROM record r").fetchall()
    return "\n".join(row[0] for row in rows)


@pytest.mark.parametrize("layout", DAYS)
def test_a_day_is_read_in_the_layout_it_has(synced: Sync, layout: str) -> None:
    year, month, day, read, mapped = DAYS[layout]
    report, con = on(synced, year, month, day)
    assert report.error is None
    assert report.data_as_of == date(year, month, day)
    assert report.rows == {
        "read": read, "mapped": mapped, "not_a_record": read - mapped, "withheld": 0, "rejected": 0,
    }  # fmt: skip
    sql = "SELECT resource FROM retrieval WHERE outcome = 'ok' AND url LIKE '%/daily-index/%'"
    assert con.execute(sql).fetchall() == [(layout,)]


def test_days_without_an_index_are_days_without_filings(synced: Sync) -> None:
    report, con = synced("us_sec_edgar_index", since=date(2020, 3, 17), until=date(2020, 3, 19))
    assert report.error is None
    assert report.rows["read"] == 4084
    assert con.execute("SELECT count(DISTINCT published_on) > 0 FROM record").fetchall() == [(True,)]


def test_a_range_without_any_index_fails_loudly(synced: Sync) -> None:
    report, _ = synced("us_sec_edgar_index", since=date(2020, 3, 20), until=date(2020, 3, 21))
    assert report.outcome == "failed"
    assert report.error is not None


def test_an_index_without_filings_is_valid(synced: Sync, shared: Path) -> None:
    file = shared / "data" / "us_sec_edgar_index" / "empty-form.idx"
    if not file.exists():
        pytest.skip(f"{file} is not on this machine")
    report, _ = synced("us_sec_edgar_index", files=(file,))
    assert report.error is None
    assert report.rows["read"] == report.records["total"] == 0
    assert str(report.data_as_of) == "2025-03-29"


def test_only_forms_of_issuers_are_records_and_none_is_a_violation(march: Synced) -> None:
    _, con = march
    forms = {row[0] for row in con.execute("SELECT DISTINCT agency_type FROM record").fetchall()}
    assert forms == {
        "10-K/A", "15-12B/A", "25-NSE", "8-K", "8-K/A", "NT 10-K", "NT 10-K/A", "NT 10-Q", "NT 10-Q/A",
    }  # fmt: skip
    assert con.execute("SELECT DISTINCT kind, status FROM record").fetchall() == [("compliance filing", "unknown")]


def test_the_exchange_that_files_a_removal_is_not_its_subject(march: Synced) -> None:
    report, con = march
    assert report.not_a_record["the exchange that files, not its subject"] == 6
    names = {row[0] for row in con.execute("SELECT company_name FROM record WHERE agency_type = '25-NSE'").fetchall()}
    assert {"PETROBRAS - PETROLEO BRASILEIRO SA", "BARCLAYS BANK PLC"} <= names
    assert not any("NASDAQ" in name.upper() or "EXCHANGE" in name.upper() for name in names)


def test_items_come_from_submissions_and_are_unknown_without(march: Synced) -> None:
    report, con = march
    # Expedia's 8-K of that day has an answer, and none of the telling items; the others have no answer here
    assert report.not_a_record["8-K without a telling item"] == 1
    assert con.execute("SELECT count(*) FROM record WHERE company_name LIKE 'Expedia%'").fetchall() == [(0,)]
    assert report.beside["joined"] == {"submission": 1}
    assert report.beside["issue"] == {"8-K items unknown: no submissions answer": 244}
    sql = "SELECT count(*) FROM record WHERE agency_type LIKE '8-K%' AND agency_code IS NULL"
    assert con.execute(sql).fetchall() == [(244,)]


def test_coregistrants_share_the_accession_number(march: Synced) -> None:
    _, con = march
    rows = con.execute("SELECT count(DISTINCT native_id) FROM record GROUP BY case_id HAVING count(*) > 1").fetchall()
    assert rows
    assert all(row[0] > 1 for row in rows)


def test_no_name_or_number_of_an_insider_is_kept(march: Synced, shared: Path) -> None:
    """Every filer of that day that appears with insiders' forms alone."""
    index = (shared / "data" / "us_sec_edgar_index" / "form.20200318.idx").read_text(encoding="latin-1")
    lines = [line.rstrip().rsplit(None, 3) for line in index.splitlines()[10:] if line.strip()]
    insiders: set[tuple[str, str]] = set()
    others: set[tuple[str, str]] = set()
    for left, number, _, _ in lines:
        is_insiders = left[:12].strip() in {"3", "4", "5", "3/A", "4/A", "SC 13G", "SC 13D", "SC 13G/A", "SC 13D/A"}
        (insiders if is_insiders else others).add((left[12:].strip(), number))
    kept = all_text(march[1]).casefold()
    found = [name for name, number in insiders - others if f'"{name.casefold()}"' in kept or f'"{number:0>10}"' in kept]
    assert len(insiders - others) > 500
    assert found == []
