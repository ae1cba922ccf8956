"""The whole dashboard export of food recalls, 2022 to 2026."""

import pytest

FILE = "data/us_fda_recalls_dashboard/fda_recalls_2024_2025_dirty.xlsx"


@pytest.fixture(scope="module")
def fda(shared, synced):  # type: ignore[no-untyped-def]
    return synced("us_fda_recalls_dashboard", files=(shared / FILE,))


def test_every_event_is_one_record_or_withheld_with_all_its_lines(fda) -> None:  # type: ignore[no-untyped-def]
    report, con = fda
    assert report.error is None
    assert report.rows["read"] == 5453
    assert sum(n for fate, n in report.rows.items() if fate != "read") == 5453
    assert report.rows["not_a_record"] == report.rows["rejected"] == 0
    withheld = sum(report.beside["withheld respondent"].values())
    assert report.records["total"] + withheld == 1651
    assert withheld <= 20
    (events, lines) = con.execute(
        "SELECT count(DISTINCT case_id), sum(coalesce(len(source_rows), 1)) FROM record"
    ).fetchone()
    assert (events, lines) == (report.records["total"], report.rows["mapped"])
    assert report.beside["issue"] == {}


def test_four_hundred_product_lines_are_one_recall_with_a_summary_of_bounded_length(fda) -> None:  # type: ignore[no-untyped-def]
    _, con = fda
    row = con.execute(
        """SELECT len(source_rows), agency_code, status, country, issued_on::VARCHAR, identifiers, summary
           FROM record WHERE native_id = '91653'"""
    ).fetchone()
    assert row[:5] == (404, "Class I", "closed", "us", "2023-10-17")
    assert row[5] == [{"scheme": "fda-fei", "value": "3011010804", "valid": None}]
    assert "404 products, among them: " in row[6]
    (longest,) = con.execute("SELECT max(length(summary)) FROM record").fetchone()
    assert longest < 1200


def test_label_texts_are_cut_before_their_contact_addresses(fda) -> None:  # type: ignore[no-untyped-def]
    _, con = fda
    (found,) = con.execute(r"SELECT count(*) FROM record WHERE regexp_matches(summary, '\w@\w+\.')").fetchone()
    assert found == 0


def test_foreign_firms_have_their_country_as_code(fda) -> None:  # type: ignore[no-untyped-def]
    _, con = fda
    countries = dict(con.execute("SELECT country, count(*) FROM record GROUP BY 1").fetchall())
    assert None not in countries
    assert countries["us"] > 1500
    assert {"ca", "mx", "in", "cn", "nz", "fj", "sv", "rs", "tw"} <= countries.keys()
