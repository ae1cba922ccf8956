"""The ministry's PDFs of 2025-03-31 and 2025-05-30, handed in one after the other."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from db.store import Store
from db.sync import Options, Report, sync
from ingest.catalog import find_source

Synced = tuple[Report, Report, duckdb.DuckDBPyConnection]
MARCH, MAY = "001150620_2025-03-31.pdf", "001483075_2025-05-30.pdf"


@pytest.fixture(scope="module")
def mhlw(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synced]:
    folder = shared / "data" / "jp_mhlw_labor_violations"
    if not (folder / MARCH).exists() or not (folder / MAY).exists():
        pytest.skip(f"the ministry's PDFs are not in {folder}")
    store, source = Store(tmp_path_factory.mktemp("mhlw")), find_source("jp_mhlw_labor_violations")
    first, second = (
        next(sync(store, [source], Options(files=(folder / name,)), lambda *_: None)) for name in (MARCH, MAY)
    )
    with store.reading() as con:
        yield first, second, con


def one(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[object, ...]:
    row = con.execute(sql).fetchone()
    assert row is not None
    return row


def test_nearly_every_row_is_a_record_and_every_row_has_one_fate(mhlw: Synced) -> None:
    for report in mhlw[:2]:
        assert report.error is None
        assert report.rows["read"] == 467
        assert report.rows["mapped"] >= 400
        assert sum(n for fate, n in report.rows.items() if fate != "read") == 467


def test_the_day_of_posting_is_the_date_of_the_data(mhlw: Synced) -> None:
    first, second, _ = mhlw
    assert [str(first.data_as_of), str(second.data_as_of)] == ["2025-03-31", "2025-05-30"]


def test_sole_traders_without_a_name_are_withheld(mhlw: Synced) -> None:
    first, second, _ = mhlw
    assert first.withheld["source type: sole trader"] == 6
    assert second.withheld["source type: sole trader"] == 11


def test_bureaus_whose_title_stands_above_the_table_keep_their_rows(mhlw: Synced) -> None:
    _, _, con = mhlw
    assert one(con, "SELECT count(DISTINCT list_id) FROM record") == (47,)
    sql = """SELECT DISTINCT list_id FROM record, unnest(addresses) AS place(a)
             WHERE a.text LIKE '新潟県%' AND list_id NOT IN ('新潟労働局', '沖縄労働局')"""
    assert con.execute(sql).fetchall() == []


def test_a_referral_is_an_allegation_and_a_conviction_is_said_to_be_one(mhlw: Synced) -> None:
    _, _, con = mhlw
    counts = dict(con.execute("SELECT kind || '/' || status, count(*) FROM record GROUP BY 1").fetchall())
    assert set(counts) == {"allegation/alleged", "violation/final", "warning/active"}
    assert counts["violation/final"] == 2
    (guided,) = con.execute("SELECT status_as_published FROM record WHERE kind = 'warning'").fetchall()
    assert "労働局長が指導" in guided[0]


def test_dates_of_the_era_and_statutes_line_by_line(mhlw: Synced) -> None:
    _, _, con = mhlw
    row = one(
        con,
        """SELECT published_on::VARCHAR, legal_basis, events[1].date::VARCHAR, names[1].name FROM record
        WHERE company_name = '（株）サンメイ'""",
    )
    assert row[0] == row[2] == "2025-02-03"
    assert str(row[1]).split("、")[1] == "労働安全衛生規則第123条"
    assert row[3] == "（株）サンメイ 笠間第一工場"


def test_two_respondents_of_one_cell_share_their_case(mhlw: Synced) -> None:
    _, _, con = mhlw
    sql = "SELECT case_id FROM record WHERE company_name = '（株）山新建材工業'"
    assert one(con, sql)[0] != one(con, sql.replace("case_id", "native_id"))[0]


def test_names_are_whole_although_their_cells_break_them(mhlw: Synced) -> None:
    _, _, con = mhlw
    broken = con.execute("SELECT company_name FROM record WHERE contains(company_name, chr(10))").fetchall()
    assert broken == []
    for name in ("（株）帯広白樺カントリークラブ", "（同）ＫＳファクトリー", "Ｍｉｒｅｉ Ｄｅｓｉｇｎ Ｌａｂ（株）"):
        assert one(con, f"SELECT count(*) FROM record WHERE company_name = '{name}'") == (1,)


def test_a_respelled_company_is_a_change_and_not_a_removal(mhlw: Synced) -> None:
    _, second, con = mhlw
    now, before, removed = one(
        con,
        """SELECT r.company_name, h.company_name, r.removed_at FROM record r JOIN record_history h USING (record_id)
        WHERE h.company_name = '丸交道交株式会社'""",
    )
    assert (now, before, removed) == ("丸交道交（株）", "丸交道交株式会社", None)
    assert second.records["changed"] > 100
    # of the months both files cover two cases are new in the second, and two had been withheld in the first,
    # where the agency left their legal form out
    sql = """SELECT count(*) FROM record WHERE published_on < DATE '2025-03-01' AND removed_at IS NULL
             AND first_seen = (SELECT max(first_seen) FROM record)"""
    assert one(con, sql) == (4,)


def test_what_leaves_the_list_after_its_year_is_aged_out(mhlw: Synced) -> None:
    _, second, con = mhlw
    rows = con.execute("SELECT removal, max(published_on)::VARCHAR, count(*) FROM record GROUP BY 1").fetchall()
    removed = {row[0]: row[1:] for row in rows}
    assert removed["aged out"][0] < "2024-05-30"
    assert removed["aged out"][1] + removed["removed at source"][1] == second.records["removed"]
