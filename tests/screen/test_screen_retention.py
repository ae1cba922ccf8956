"""A screening shows nothing of records that may not be shown any more, but that they are published no more."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

import db.sync
from db.screen.run import Screened, Wish, screen
from tests.db.conftest import Agency

FIRST, SECOND = datetime(2026, 3, 1, 9), datetime(2026, 3, 20, 9)  # noqa: DTZ001 -- stored without zone
NOW = datetime(2026, 4, 1, tzinfo=UTC)
BETWEEN = date(2026, 3, 5)
PUBLISHER = "Fair Work Office of Xland"


@dataclass
class Desk:
    agency: Agency
    folder: Path

    def run(self, report: str, *names: str, **more: Any) -> Screened:
        (self.folder / "s.csv").write_text("\n".join(("Vendor,LEI", *names)) + "\n", encoding="utf-8")
        wish = Wish(self.folder / "s.csv", self.folder / report, **more)
        return screen(self.agency.store, wish, [self.agency.source], NOW, lambda *_: None)

    def rows(self, *names: str, **more: Any) -> list[dict[str, Any]]:
        self.run("r.jsonl", *names, **more)
        return [json.loads(line) for line in (self.folder / "r.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory) -> Agency:
    """On the second sync one of Acme's records and Beta's only one are gone, and Gamma is called Zorvexa."""
    agency = Agency(tmp_path_factory.mktemp("agency"))
    rows = ["1,Acme Widgets Ltd,F,2024-01-31,1000,", "2,Acme Widgets Ltd,F,2024-02-29,2500.50,",
            "3,Beta Tools GmbH,F,2024-02-28,7,", "4,Gamma Foods SA,F,2024-03-31,8,"]  # fmt: skip
    with pytest.MonkeyPatch.context() as patched:
        for now, held in ((FIRST, rows), (SECOND, [rows[0], rows[3].replace("Gamma Foods", "Zorvexa")])):
            patched.setattr(db.sync, "utc_now", lambda now=now: now)
            assert agency.sync(*held).error is None
    return agency


@pytest.fixture
def desk(agency: Agency, tmp_path: Path) -> Desk:
    return Desk(agency, tmp_path)


def test_hidden_records_do_not_count_and_are_said_to_be_gone(desk: Desk) -> None:
    acme, beta = desk.rows("Acme Widgets Ltd,", "Beta Tools GmbH,")
    company = acme["matches"][0]["company"]
    assert (company["records"], company["removed"], company["unpublished"], company["amounts"][0]["value"]) == (
        1, 0, 1, "1000.00",
    )  # fmt: skip
    assert (beta["result"], beta["matches"]) == ("no record found", [])
    assert "no_longer_published" not in acme
    assert desk.run("r.xlsx", "Acme Widgets Ltd,").unpublished == 1


def test_tombstones_where_asked_for(desk: Desk) -> None:
    acme, beta = desk.rows("Acme Widgets Ltd,", "Beta Tools GmbH,", include_removed=True)
    assert acme["no_longer_published"][0]["says"] == f"1 record no longer published by {PUBLISHER}"
    assert (beta["result"], beta["matches"]) == ("no record found", [])
    (stone,) = beta["no_longer_published"]
    assert stone["says"] == f"1 record no longer published by {PUBLISHER}"
    desk.run("r.csv", "Beta Tools GmbH,", include_removed=True)
    lines = (desk.folder / "r.csv").read_text(encoding="utf-8").splitlines()
    assert f"no longer published,,,,,,,{stone['company_id']},,1 record no longer published by {PUBLISHER}" in lines[2]


def test_the_workbook_lists_what_is_left_of_them(desk: Desk) -> None:
    desk.run("r.xlsx", "Beta Tools GmbH,", include_removed=True)
    book = CalamineWorkbook.from_path(desk.folder / "r.xlsx")
    titles, stone = book.get_sheet_by_name("No longer published").to_python()
    found = dict(zip(titles, stone, strict=True))
    assert (found["record_id"], found["removal"], found["says"]) == (
        "xx_fair_work:3",
        "removed at source",
        f"no longer published by {PUBLISHER}",
    )
    titles, *matches = book.get_sheet_by_name("Matches").to_python()
    assert [row[titles.index("company id")] for row in matches] == [found["company_id"]]
    assert len(book.get_sheet_by_name("Records").to_python()) == 1
    desk.run("r.xlsx", "Beta Tools GmbH,")
    assert "No longer published" not in CalamineWorkbook.from_path(desk.folder / "r.xlsx").sheet_names


def test_as_of_a_day_the_record_and_the_name_are_those_of_the_day(desk: Desk) -> None:
    beta, gamma, later = desk.rows("Beta Tools GmbH,", "Gamma Foods SA,", "Zorvexa SA,", as_of=BETWEEN)
    assert beta["matches"][0]["company"]["records"] == 1
    assert (gamma["matches"][0]["company"]["name"], gamma["matches"][0]["band"]) == ("Gamma Foods SA", "same")
    assert gamma["matches"][0]["why"][-1] == "an earlier name of the company"
    assert later["matches"] == []
    gamma, later = desk.rows("Gamma Foods SA,", "Zorvexa SA,")
    assert (gamma["matches"][0]["company"]["name"], gamma["matches"][0]["name_that_matched"]) == (
        "Zorvexa SA",
        "Gamma Foods SA",
    )
    assert later["matches"][0]["why"][-1] != "an earlier name of the company"


def test_in_force_is_not_stated_rather_than_blank(desk: Desk) -> None:
    desk.run("r.csv", "Acme Widgets Ltd,")
    assert ",not stated," in (desk.folder / "r.csv").read_text(encoding="utf-8").splitlines()[1]
    desk.run("r.xlsx", "Acme Widgets Ltd,")
    titles, record = CalamineWorkbook.from_path(desk.folder / "r.xlsx").get_sheet_by_name("Records").to_python()
    assert record[titles.index("in_force")] == "not stated"


def test_a_second_row_of_headers_is_no_supplier(desk: Desk) -> None:
    again, acme = desk.rows("Lieferant,LEI", "Acme Widgets Ltd,")
    assert (again["result"], again["meaning"][:23]) == ("not screened", "a second row of headers")
    assert acme["result"] == "possible records"
    first, below = desk.rows("Lieferant,5493001KJTIIGC8Y1R12", "Lieferant,LEI")
    assert (first["result"], below["result"]) == ("no record found", "no record found")


@pytest.mark.parametrize("name", ["Acme Widgets Ltd", "Zzyq Nobody"])
def test_a_number_with_a_wrong_check_digit_is_said(desk: Desk, name: str) -> None:
    wrong, right = desk.rows(f"{name},5493001KJTIIGC8Y1R13", f"{name},5493001KJTIIGC8Y1R12")
    said = "the number below “LEI” fails the check digit of LEI and was not used"
    assert (wrong["warning"], "warning" in right) == (said, False)
    desk.run("r.csv", f"{name},5493001KJTIIGC8Y1R13")
    assert said in (desk.folder / "r.csv").read_text(encoding="utf-8")


def test_a_screening_of_another_retention_starts_anew(desk: Desk) -> None:
    (kept,) = desk.rows("Beta Tools GmbH,")
    source = replace(desk.agency.source, retention="permanent")
    wish = Wish(desk.folder / "s.csv", desk.folder / "r.jsonl")
    screen(desk.agency.store, wish, [source], NOW, lambda *_: None)
    removed = json.loads((desk.folder / "r.jsonl").read_text(encoding="utf-8"))
    assert (kept["matches"], removed["matches"][0]["company"]["removed"]) == ([], 1)
