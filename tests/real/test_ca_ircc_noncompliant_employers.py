"""The whole page of IRCC of 2023-10-04."""

from typing import Any

import duckdb
import pytest

from db.sync import Report

Real = tuple[Report, duckdb.DuckDBPyConnection]


@pytest.fixture(scope="module")
def ircc(synced: Any) -> Real:
    result: Real = synced("ca_ircc_noncompliant_employers")
    return result


def test_at_least_85_in_a_hundred_rows_are_mapped_and_every_row_has_one_fate(ircc: Real) -> None:
    report, _ = ircc
    assert report.error is None
    assert report.rows["read"] == 766
    assert sum(n for fate, n in report.rows.items() if fate != "read") == 766
    assert report.rows["rejected"] == report.rows["not_a_record"] == 0
    assert report.records["total"] == report.rows["mapped"] >= 0.85 * 766
    assert str(report.data_as_of) == "2023-10-04"


def test_every_penalty_status_and_reason_is_understood(ircc: Real) -> None:
    report, con = ircc
    # the page says 2019-02-29 once
    assert report.beside["issue"] == {"final_on: unreadable date": 1}
    assert con.execute("SELECT count(*) FROM record WHERE amounts IS NULL AND kind = 'penalty'").fetchall() == [(0,)]
    assert con.execute("SELECT count(*) FROM record WHERE summary IS NULL OR agency_type IS NULL").fetchall() == [(0,)]


def test_penalty_with_a_ban(ircc: Real) -> None:
    _, con = ircc
    row = con.execute(
        """SELECT kind, amounts[1].value::VARCHAR, amounts[1].currency, amounts[1].kind, effective_from::VARCHAR,
        effective_to::VARCHAR, status, agency_code FROM record WHERE company_name = '0982024 BC Ltd.'"""
    ).fetchone()
    assert row == ("debarment", "129000.00", "CAD", "final", "2023-09-26", "2024-09-26", "active", "5, 6, 9, 20")


def test_the_legal_name_decides_and_the_operating_name_is_an_alias(ircc: Real) -> None:
    _, con = ircc
    row = con.execute(
        "SELECT names, addresses[1].region FROM record WHERE company_name = '2110120 Ontario Inc.'"
    ).fetchone()
    assert row == ([{"name": "Cargo County Group", "kind": "trade"}], "Ontario")


def test_operating_names_of_persons_are_withheld(ircc: Real) -> None:
    report, con = ircc
    assert report.beside["withheld respondent"]["alias"] > 50
    assert con.execute("SELECT names FROM record WHERE company_name LIKE 'CertainTeed Canada%'").fetchall() == [(None,)]
