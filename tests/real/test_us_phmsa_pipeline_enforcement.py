"""The whole PHMSA file of 2026-07-01."""

import pytest


@pytest.fixture(scope="module")
def phmsa(synced):  # type: ignore[no-untyped-def]
    return synced("us_phmsa_pipeline_enforcement")


def test_nearly_every_case_is_a_record_and_every_row_has_one_fate(phmsa) -> None:  # type: ignore[no-untyped-def]
    report, _ = phmsa
    assert report.error is None
    assert report.rows["read"] == 5067
    assert report.records["total"] >= 5000
    assert sum(n for fate, n in report.rows.items() if fate != "read") == 5067


def test_the_three_amounts_stay_apart(phmsa) -> None:  # type: ignore[no-untyped-def]
    _, con = phmsa
    row = con.execute("SELECT amounts FROM record WHERE native_id = '42023010NOPV'").fetchone()
    assert [(a["kind"], str(a["value"])) for a in row[0]] == [
        ("proposed", "176000.00"),
        ("assessed", "169700.00"),
        ("paid", "169700.00"),
    ]


def test_withdrawn_cases_are_never_adverse(phmsa) -> None:  # type: ignore[no-untyped-def]
    """46 cases have a date of withdrawal; in three of them an order stands too, of the same day or earlier."""
    _, con = phmsa
    found = con.execute("SELECT DISTINCT kind FROM record WHERE status = 'withdrawn'").fetchall()
    assert {"violation", "penalty"}.isdisjoint(kind for (kind,) in found)
    sql = """SELECT count(*), count(*) FILTER (status = 'withdrawn') FROM record
             WHERE list_contains(list_transform(events, lambda e: e.type), 'Withdrawn by region')"""
    withdrawn = con.execute(sql).fetchone()
    assert withdrawn[0] == withdrawn[1] > 40
    assert con.execute("SELECT status FROM record WHERE native_id = '520055008'").fetchone() == ("withdrawn",)


def test_the_agencys_stamp_is_the_date_of_the_data(phmsa) -> None:  # type: ignore[no-untyped-def]
    report, con = phmsa
    assert report.data_as_of.isoformat() == "2026-07-01"
    assert con.execute("SELECT retrieved_at::DATE::VARCHAR FROM retrieval").fetchall() == [("2026-07-02",)]
