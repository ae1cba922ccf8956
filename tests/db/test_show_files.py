"""Show gives a company's records and a record's whole provenance, down to the row the agency published."""

from datetime import date
from pathlib import Path

import pytest

from db.show import record as show
from db.show.company import CompanyFile, company_file
from db.show.page import Asked, NothingShown
from ingest.catalog import Source
from ingest.errors import StoreDamaged, UsageError
from tests.cli.homes import FIRST, SECOND, SOURCES, Home, company_id, make_home

TODAY = date(2026, 1, 10)
CATALOGUE = {source.id: source for source in SOURCES}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def asked(home: Home, today: date = TODAY, sources: dict[str, Source] = CATALOGUE) -> Asked:
    return Asked(home=home.path, sources=sources, today=today)


def company(home: Home, name: str, country: str = "us", today: date = TODAY) -> CompanyFile:
    with home.store.reading() as con:
        found = company_file(con, company_id(name, country), asked(home, today))
    assert isinstance(found, CompanyFile)
    return found


def record(home: Home, record_id: str, sources: dict[str, Source] = CATALOGUE) -> show.RecordFile:
    with home.store.reading() as con:
        found = show.record_file(con, record_id, asked(home, sources=sources))
    assert isinstance(found, show.RecordFile)
    return found


def rows(home: Home, record_id: str) -> list[show.OriginalRow]:
    with home.store.reading() as con:
        found = show.find_record(con, record_id, asked(home))
        assert not isinstance(found, NothingShown)
        return show.original_rows(con, home.store, found)


def test_records_stand_in_time_order(home: Home) -> None:
    found = company(home, "ACME PIPELINE, LLC")
    assert [r["date"] for r in found.records] == [date(2019, 1, 2), date(2024, 3, 4)]
    assert found.company["name"] == "ACME PIPELINE, LLC"


def test_other_names_are_listed(home: Home) -> None:
    assert company(home, "東亜配管株式会社", "jp").names == [{"name": "Toa Piping", "kind": "alias"}]


@pytest.mark.parametrize(
    ("today", "in_force"), [(date(2024, 3, 31), False), (date(2024, 4, 1), True), (date(2030, 1, 2), False)]
)
def test_in_force_is_computed_from_dates(home: Home, today: date, *, in_force: bool) -> None:
    found = company(home, "ACME PIPELINE, LLC", today=today)
    assert [r["in_force"] for r in found.records] == [None, in_force]


def test_what_was_cleared_or_withdrawn_is_never_shown_as_adverse(home: Home) -> None:
    (cleared,) = company(home, "Blanca Flor SA de CV", "mx").records
    (withdrawn,) = company(home, "Acme Pipeline Holdings Ltd", "gb").records
    assert cleared["remarks"] == ["cleared: not held against the company"]
    assert withdrawn["remarks"] == ["withdrawn: not held against the company"]
    assert cleared["status_as_published"] == "Desvirtuado"


def test_allegations_and_removals_are_said(home: Home) -> None:
    (gone,) = company(home, "Gone Services GmbH", "de").records
    assert gone["remarks"] == ["aged out, seen on 2025-12-01"]
    assert gone["in_force_says"] == "not in force on 2026-01-10: ended on 2021-01-01"
    assert record(home, f"{FIRST}:6").remarks == ["not a finding"]


def test_a_record_comes_with_its_provenance(home: Home) -> None:
    found = record(home, f"{FIRST}:1")
    assert "role" not in found.record
    assert found.record["amounts"][1]["kind"] == "final"
    provenance = found.provenance
    assert provenance["publisher"] == "Invented Agency"
    assert provenance["evidence"] == [f"rows/{FIRST}/run-1.list.parquet"]
    assert provenance["rows"] == [{"retrieval_id": found.record["retrieval_id"], "member": None, "row": 101}]
    (retrieval,) = provenance["retrievals"]
    assert retrieval["url"] == f"https://agency.example/{FIRST}.csv"
    assert retrieval["final_url"] == f"https://cdn.agency.example/{FIRST}.csv"
    assert retrieval["retrieved_at"].isoformat() == "2026-01-09T08:00:00+00:00"
    assert len(retrieval["sha256"]) == 64


def test_a_record_of_a_source_outside_the_catalogue_still_shows(home: Home) -> None:
    found = record(home, f"{SECOND}:8", {})
    assert found.provenance["source"] is None
    assert found.provenance["retrievals"][0]["url"] == f"https://agency.example/{SECOND}.csv"


def test_earlier_versions_say_what_they_said(home: Home) -> None:
    with home.changing() as con:
        con.execute(
            """INSERT INTO record_history BY NAME
            SELECT * REPLACE ('proposed' AS status, 1 AS version), TIMESTAMP '2025-02-02' AS superseded_at
            FROM record WHERE native_id = '1'"""
        )
        con.execute("UPDATE record SET version = 2 WHERE native_id = '1'")
    (version,) = record(home, f"{FIRST}:1").versions
    assert version["said"] == {"status": "proposed"}
    assert version["version"] == 1


def test_the_original_row_is_shown(home: Home) -> None:
    (row,) = rows(home, f"{FIRST}:1")
    assert row.columns == {"NAME": "Acme Pipeline Inc.", "AMOUNT": "500.50"}
    assert row.row_number == 101


def test_all_rows_of_a_record_are_shown_in_order(home: Home) -> None:
    assert [row.row_number for row in rows(home, f"{FIRST}:5")] == [5, 6]


def test_a_row_that_names_somebody_withheld_shows_nothing(home: Home) -> None:
    (row,) = rows(home, f"{FIRST}:6")
    assert row.named_withheld
    assert row.columns == {}


def test_missing_evidence_is_said(home: Home) -> None:
    file = home.path / "evidence" / "rows" / FIRST / "run-1.list.parquet"
    file.rename(file.with_suffix(".away"))
    with pytest.raises(StoreDamaged, match="missing or damaged"):
        rows(home, f"{FIRST}:1")


def test_a_missing_row_is_said(home: Home) -> None:
    with home.changing() as con:
        con.execute("UPDATE record SET row_number = 999 WHERE native_id = '1'")
    with pytest.raises(StoreDamaged, match="lacks an original row"):
        rows(home, f"{FIRST}:1")


def test_unknown_ids_say_how_to_find_the_right_one(home: Home) -> None:
    with home.store.reading() as con:
        with pytest.raises(UsageError, match="no company"):
            company_file(con, "c000000000000000", asked(home))
        with pytest.raises(UsageError, match="no record"):
            show.record_file(con, f"{FIRST}:none", asked(home))


def test_what_is_no_id_is_sent_to_search() -> None:
    assert show.is_company("c0123456789abcde")
    assert not show.is_company(f"{FIRST}:c0123456789abcde")
    with pytest.raises(UsageError, match="trackrecord search Acme"):
        show.is_company("Acme")
