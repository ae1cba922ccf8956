"""What analysts decided stands in a screening report: dismissed matches stay, marked, last, and count as no hit."""

import csv
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from db.decisions.judging import dispute, judge
from db.decisions.kept import Decisions
from db.screen.run import Screened, Wish, screen
from db.store import Store
from tests.cli.homes import FIRST, SOURCES, company_id, make_home

NOW = datetime(2026, 1, 10, tzinfo=UTC)
INC, LLC = company_id("Acme Pipeline Inc.", "us"), company_id("ACME PIPELINE, LLC", "us")
GIVEN = "Nr,Vendor,Land\n1,Acme Pipeline Inc.,US\n2,Zzyq Umbrella,\n3,Gone Services GmbH,DE\n4,ACME PIPELINE LLC,US\n"


@dataclass
class Desk:
    """A list of four suppliers, one of which is not in the home."""

    folder: Path

    @property
    def store(self) -> Store:
        return Store(self.folder / "home")

    def run(self, ending: str = ".jsonl", given: str = GIVEN) -> Screened:
        file = self.folder / "suppliers.csv"
        file.write_text(given, encoding="utf-8")
        return screen(self.store, Wish(file, self.folder / f"report{ending}"), SOURCES, NOW, lambda *_: None)

    def lines(self, given: str = GIVEN) -> dict[int, dict[str, Any]]:
        self.run(given=given)
        found = map(json.loads, (self.folder / "report.jsonl").read_text(encoding="utf-8").splitlines())
        return {line["row"]: line for line in found}

    def ids(self) -> dict[str, str]:
        """Company → id of its match with the first supplier."""
        return {match["company"]["company_id"]: match["match_id"] for match in self.lines()[2]["matches"]}

    def judge(self, about: str, verdict: str = "different", by: str = "ann") -> None:
        judge(self.store, about, verdict, why="other register number", by=by)

    def change(self, sql: str) -> None:
        with duckdb.connect(str(self.store.current)) as con:
            con.execute(sql)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    make_home(tmp_path / "home")
    return Desk(tmp_path)


def test_a_match_has_an_id_that_comes_back(desk: Desk) -> None:
    ids = desk.ids()
    assert INC in ids
    assert ids == desk.ids()
    assert not (desk.folder / "home" / "analyst.sqlite").exists()
    match = desk.lines()[2]["matches"][0]
    assert (match["decision"], match["disputed_records"]) == (None, [])


def test_a_dismissed_match_stays_marked_and_last(desk: Desk) -> None:
    ids = desk.ids()
    before = desk.run()
    desk.judge(ids[INC])
    done = desk.run()
    line = desk.lines()[2]
    assert line["matches"][-1]["company"]["company_id"] == INC
    decision = line["matches"][-1]["decision"]
    assert (decision["dismissed"], decision["verdict"], decision["by"]) == (True, "different", "ann")
    assert "judged different by ann" in decision["says"]
    assert (done.matches, done.dismissed) == (before.matches - 1, 1)
    assert sum(done.rows.values()) == sum(before.rows.values()) == 4


def test_a_supplier_of_whom_all_matches_are_dismissed(desk: Desk) -> None:
    (match,) = desk.lines()[4]["matches"]
    desk.judge(match["match_id"])
    done = desk.run()
    assert (done.rows["dismissed"], done.rows["none"]) == (1, 1)
    assert desk.lines()[4]["result"] == "dismissed"
    desk.run(".xlsx")
    book = openpyxl.load_workbook(desk.folder / "report.xlsx")
    rows = {row[0]: row for row in book["Suppliers"].iter_rows(values_only=True)}
    assert rows["3"][4:7] == ("dismissed", 0, None)
    assert "judged different by ann" in str(rows["3"][7])
    assert rows["2"][4] == "no record found"
    facts = {row[0]: row[1] for row in book["Summary"].iter_rows(values_only=True)}
    assert (facts["rows with dismissed matches only"], facts["matches dismissed, counted nowhere else"]) == (1, 1)
    assert "counts again once" in str(facts["a dismissed match means"])


def test_a_csv_report_has_the_columns(desk: Desk) -> None:
    desk.judge(desk.ids()[INC], "same")
    dispute(desk.store, f"{FIRST}:1", why="=1+1", evidence=None, by="ann")
    desk.run(".csv")
    with (desk.folder / "report.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["company id"] == INC]
    assert rows[0]["match id"] == desk.ids()[INC]
    assert (rows[0]["result"], rows[0]["disputed records"]) == ("possible records", f"{FIRST}:1")
    assert rows[0]["decision"].startswith("judged same by ann on ")


def test_what_changed_brings_a_match_back(desk: Desk) -> None:
    match = desk.ids()[INC]
    desk.judge(match)
    desk.change(f"UPDATE record SET status = 'vacated', version = 2 WHERE record_id = '{FIRST}:1'")
    found = next(m for m in desk.lines()[2]["matches"] if m["match_id"] == match)
    assert found["decision"]["dismissed"] is False
    assert found["decision"]["changed"] == f"1 record changed: {FIRST}:1"
    assert found["decision"]["says"].startswith("changed since dismissed: ")
    desk.judge(match)
    assert desk.run().dismissed == 1


def test_a_supplier_stated_otherwise_has_no_judgement(desk: Desk) -> None:
    desk.judge(desk.ids()[INC])
    other = desk.lines(GIVEN.replace("Inc.,US", "Inc.,"))[2]["matches"]
    assert INC in {match["company"]["company_id"] for match in other}
    assert all(match["decision"] is None for match in other)
    same = desk.lines(GIVEN.replace("Acme Pipeline Inc.", "ACME  PIPELINE INC"))[2]["matches"]
    assert [m["decision"]["dismissed"] for m in same if m["company"]["company_id"] == INC] == [True]


def test_a_record_judged_not_its_counts_nowhere(desk: Desk) -> None:
    (before,) = (m["company"] for m in desk.lines()[5]["matches"] if m["company"]["company_id"] == LLC)
    desk.judge(f"{FIRST}:2")
    (match,) = (m for m in desk.lines()[5]["matches"] if m["company"]["company_id"] == LLC)
    assert (before["records"], match["company"]["records"]) == (2, 1)
    assert "warning" in before["by_kind"]
    assert "warning" not in match["company"]["by_kind"]
    assert match["decision"]["records_not_its"] == 1
    assert match["decision"]["says"] == "1 of 2 records judged not to be about this company, and not counted"
    desk.judge(f"{FIRST}:3")
    done = desk.run()
    (match,) = (m for m in desk.lines()[5]["matches"] if m["company"]["company_id"] == LLC)
    assert (match["decision"]["dismissed"], match["company"]["records"], done.dismissed) == (True, 0, 1)
    desk.change(f"UPDATE record SET summary = 'other words' WHERE record_id = '{FIRST}:2'")
    assert desk.run().dismissed == 0


def test_the_sheet_of_records_says_what_is_disputed_and_judged(desk: Desk) -> None:
    dispute(desk.store, f"{FIRST}:1", why="the amount is wrong", evidence="https://agency.example/1", by="ann")
    desk.judge(f"{FIRST}:2")
    desk.run(".xlsx")
    sheet = openpyxl.load_workbook(desk.folder / "report.xlsx")["Records"]
    titles, *rows = sheet.iter_rows(values_only=True)
    records = {str(row[1]): dict(zip(titles, row, strict=True)) for row in rows}
    disputed = str(records[f"{FIRST}:1"]["disputed"])
    assert "the amount is wrong (evidence: https://agency.example/1)" in disputed
    assert disputed.endswith("https://agency.example/errors")
    assert "judged not to be about this company by ann" in str(records[f"{FIRST}:2"]["judged"])
    assert records[f"{FIRST}:3"]["disputed"] is None
    assert Decisions(desk.store.home).all_disputes()
