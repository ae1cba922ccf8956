"""The whole file of the Federal Reserve of 2024-12."""

import csv
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from db.sync import Report

Real = tuple[Report, duckdb.DuckDBPyConnection]


@pytest.fixture(scope="module")
def fed(synced: Any) -> Real:
    result: Real = synced("us_fed_enforcement_actions")
    return result


def named(con: duckdb.DuckDBPyConnection, where: str) -> list[tuple[str, str | None]]:
    """Name and first address of the records that meet the condition, in alphabetical order."""
    sql = f"SELECT DISTINCT company_name, addresses[1].text FROM record WHERE {where} ORDER BY 1, 2"
    return [(str(name), place) for name, place in con.execute(sql).fetchall()]


def test_every_bank_row_is_mapped_and_every_person_row_withheld(fed: Real) -> None:
    report, con = fed
    assert report.error is None
    assert report.rows == {"read": 2819, "mapped": 1547, "not_a_record": 0, "withheld": 1272, "rejected": 0}
    assert report.records["total"] >= 2045
    assert con.execute("SELECT DISTINCT entity_type FROM record").fetchall() == [("company",)]
    assert con.execute("SELECT count(*) FROM record WHERE agency_type IS NULL").fetchall() == [(0,)]


def test_banks_of_one_cell_are_parted_with_their_places(fed: Real) -> None:
    _, con = fed
    assert named(con, "document_url LIKE '%enforcement20241024a%'") == [
        ("U & I Financial Corp.", "Lynnwood, Washington"),
        ("UniBank", "Lynnwood, Washington"),
    ]
    assert named(con, "effective_from = '2001-11-13' AND kind = 'order'") == [
        ("State Bank of India", "Mumbai, India"),
        ("State Bank of India Broadway Branch", "New York, NY"),
        ("State Bank of India Chicago Branch", "Chicago, IL"),
        ("State Bank of India Flushing Branch", "Flushing, NY"),
        ("State Bank of India Los Angeles Agency", "Los Angeles, CA"),
        ("State Bank of India Park Avenue Branch", "New York, NY"),
    ]
    assert named(con, "company_name LIKE '%Curacao%' OR company_name LIKE 'B.O.T.%'") == [
        ("B.O.T. Corporation, N.V.", "Curacao, Netherlands Antilles")
    ]
    assert named(con, "company_name LIKE 'MERSCORP%' OR company_name LIKE 'Mortgage Electronic%'") == [
        ("MERSCORP, Inc.", "Reston, Virginia"),
        ("Mortgage ElectronicRegistration Systems, Inc.", "Reston, Virginia"),
    ]


def test_names_with_a_form_of_their_own_are_parted_at_commas_and_ands(fed: Real) -> None:
    _, con = fed
    for date, names in {
        "1994-12-04": ["BT Securities Corporation", "Bankers Trust Company", "Bankers Trust New York Corporation"],
        "2018-04-19": ["Hua Nan Commercial Bank Limited", "Hua Nan Commercial Bank Limited New York Agency"],
        "2019-04-04": ["Princap Holdings One LLC", "Princeton Capital Holdings LLC", "Princeton Capital LLC"],
        "2008-10-22": ["Privee LLC", "Remo DuQuoin LLC", "Republic Federal Bancorp, Inc."],
        "1992-08-27": ["BankSouth Corporation", "Citizens Bank", "First Chattanooga Corporation"],
        "1992-11-17": ["Pitcairn Bancorp, Inc.", "Pitcairn Private Bank"],
        "2011-05-31": ["PlainsCapital Bank", "PrimeLending a PlainsCapital Company"],
        "2011-06-27": ["FirstFed Bancorp, Inc.", "FirstFed Bancorp, Inc. Employee Stock Ownership Plan"],
    }.items():
        found = {name for name, _ in named(con, f"effective_from = '{date}'")}
        assert set(names) <= found, date
    assert [name for name, _ in named(con, "company_name LIKE 'UniCredit%' AND effective_from = '2019-04-15'")] == [
        "UniCredit Bank AG",
        "UniCredit Bank Austria AG",
        "UniCredit, S.p.A",
    ]
    assert ("BCCI Holdings (Luxembourg) S.A.", "Luxembourg") in named(con, "issued_on = '1991-07-29'")


def test_names_holding_and_or_commas_stay_whole(fed: Real) -> None:
    _, con = fed
    for name, place in (
        ("Adams Bank and Trust", "Ogallala, Nebraska"),
        ("The Governor and Company of The Bank of Ireland", "Dublin, Ireland"),
        ("Bank of Credit and Commerce International S.A.", "Luxembourg, Luxembourg"),
        ("State Street Bank and Trust Company", "Boston, Massachusetts"),
        ("Farmers and Merchants Bank of Long Beach", "Long Beach, CA"),
        ("Traders Bank, A Banking Corporation", "Spencer, WV"),
        ("Citigroup, Inc.", "New York, New York"),
    ):
        assert (name, place) in named(con, "true")


def test_no_bank_is_named_by_a_place(fed: Real) -> None:
    _, con = fed
    states = "'New York', 'Texas', 'Virginia', 'Washington', 'Antilles', 'Inc.', 'Illinois', 'California', 'Florida'"
    assert named(con, f"company_name IN ({states}) OR length(company_name) < 3") == []
    (placed, total) = con.execute(
        "SELECT count(*) FILTER (addresses IS NOT NULL), count(*) FROM record"
    ).fetchone() or (
        0,
        1,
    )
    assert placed / total > 0.97


def test_penalties_in_every_notation(fed: Real) -> None:
    _, con = fed
    wanted = {
        ("2018-05-01", "54750000.00"), ("2017-05-26", "41000000.00"), ("2003-12-18", "100000000.00"),
        ("2011-07-20", "85000000.00"), ("2006-06-22", "87500.00"),
    }  # fmt: skip
    sql = "SELECT effective_from::VARCHAR, unnest(amounts).value::VARCHAR FROM record WHERE kind = 'penalty'"
    found = con.execute(sql).fetchall()
    assert wanted <= set(found)


def test_no_person_of_the_file_is_named_anywhere(fed: Real, shared: Path) -> None:
    _, con = fed
    file = shared / "data/us_fed_enforcement_actions/enforcementactions.csv"
    with file.open(encoding="utf-8-sig", newline="") as lines:
        persons = {row["Individual"].strip() for row in csv.DictReader(lines)} - {""}
    assert len(persons) > 1000
    kept = " ".join(text for (text,) in con.execute("SELECT r::VARCHAR FROM record r").fetchall()).casefold()
    # a name of one word, or of initials, would be found by chance
    full = {name.casefold() for name in persons if len(re.findall(r"\w{2,}", name)) > 1}
    assert not [len(name) for name in full if name in kept]
