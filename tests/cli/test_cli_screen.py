"""`trackrecord screen` as an analyst uses it: every row comes back, no cell is a formula, bad input is told plainly."""

import csv
import errno
import json
import zipfile
from pathlib import Path

import openpyxl
import pytest

from tests.cli.conftest import Command
from tests.cli.homes import Home

TEXT = (
    "Nr;Lieferant;Land;LEI;Ort\n"
    "1;Acme Pipeline;USA;;Omaha\n"
    "2;東亜配管;日本;;\n"
    "3;=Gone Services;Deutschland;;\n"
    "4;;Deutschland;;\n"
    "5;Zorvex Quandle;Österreich;;\n"
    "6;Some Other Writing;;5493 001K JTII GC8Y 1R12;\n"
)
pytestmark = pytest.mark.usefixtures("home")


def given(folder: Path, text: str = TEXT, name: str = "suppliers.csv") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def lines_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_row_comes_back_with_its_matches_or_its_nil(command: Command, tmp_path: Path) -> None:
    ran = command("screen", given(tmp_path), "-o", str(tmp_path / "report.csv"))
    assert (ran.code, ran.err) == (0, "")
    for told in (
        "6 rows screened",
        "name     Lieferant (by its header)",
        "id       LEI",
        "city     Ort",
        "not screened",
    ):
        assert told in ran.out
    rows = rows_of(tmp_path / "report.csv")
    assert list(rows[0])[:6] == ["Nr", "Lieferant", "Land", "LEI", "Ort", "row in the file"]
    assert list(dict.fromkeys(row["row in the file"] for row in rows)) == ["2", "3", "4", "5", "6", "7"]
    first = {row["Nr"]: row for row in reversed(rows)}
    assert first["1"]["company"].casefold().startswith("acme pipeline")
    assert first["2"]["company"] == "東亜配管株式会社"
    assert (first["3"]["Lieferant"], first["3"]["company"]) == ("'=Gone Services", "Gone Services GmbH")
    assert (first["3"]["no longer published"], first["3"]["in force"]) == ("1", "0")
    assert (first["4"]["result"], first["4"]["why"]) == ("not screened", "no name in this row")
    assert first["5"]["result"] == "no record found"
    for part in (
        "2 sources",
        "us_phmsa_pipeline_enforcement 2026-01-08",
        "stale: ",
        "not searched: xx_never",
        "Persons",
    ):
        assert part in first["5"]["why"]
    assert (first["6"]["company"], first["6"]["band"], first["6"]["why"]) == (
        "Acme Pipeline Inc.",
        "same",
        "equal Legal Entity Identifier, ISO 17442",
    )


def test_amounts_stay_apart_by_kind_and_currency(command: Command, tmp_path: Path) -> None:
    command("screen", given(tmp_path, "Vendor\nAcme Pipeline Inc.\n"), "-o", str(tmp_path / "report.csv"))
    found = {row["company"]: row for row in rows_of(tmp_path / "report.csv")}["Acme Pipeline Inc."]
    assert found["amounts"] == "final 500.50 USD; proposed 1,000.00 USD"
    assert (found["records by kind"], found["last date"]) == ("listing: 1; penalty: 1", "2021-01-01")


def test_the_report_is_the_users_alone_and_nothing_else_is_left(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "report.jsonl").write_text("old")
    assert command("screen", given(tmp_path), "-o", str(folder / "report.jsonl")).code == 0
    assert [path.name for path in folder.iterdir()] == ["report.jsonl"]
    assert (folder / "report.jsonl").stat().st_mode & 0o077 == 0
    lines = lines_of(folder / "report.jsonl")
    assert [line["row"] for line in lines] == [2, 3, 4, 5, 6, 7]
    assert lines[4]["matches"] == []
    assert "not searched" in str(lines[4]["meaning"])
    assert lines[3]["meaning"] == "no name in this row"


def test_json_says_what_the_columns_were_taken_for(command: Command, tmp_path: Path) -> None:
    ran = command("screen", given(tmp_path), "-o", str(tmp_path / "report.csv"), "--json").json
    assert [(item["role"], item["column"]) for item in ran["columns"]] == [
        ("name", "Lieferant"), ("country", "Land"), ("id", "LEI"), ("city", "Ort"),
    ]  # fmt: skip
    assert (sum(ran["rows"].values()), ran["rows"]["not screened"], ran["resumed"]) == (6, 1, False)


def test_workbook_has_no_formula_and_live_links(command: Command, tmp_path: Path) -> None:
    assert command("screen", given(tmp_path), "-o", str(tmp_path / "report.xlsx")).code == 0
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert book.sheetnames == ["Summary", "Suppliers", "Matches", "Records"]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    assert "=Gone Services" in {cell.value for cell in cells}
    assert {cell.hyperlink.target for cell in cells if cell.hyperlink} == {"https://agency.example"}
    assert all(sheet.freeze_panes == "A2" for sheet in book)
    assert book["Suppliers"].max_row == 7
    matches = list(book["Matches"].iter_rows(values_only=True))
    listed = list(book["Records"].iter_rows(values_only=True))
    assert {row[0] for row in listed[1:]} == {row[matches[0].index("company id")] for row in matches[1:]}
    assert "(more)" not in matches[0]
    told = {row[0]: row[1] for row in book["Summary"].iter_rows(values_only=True)}
    assert told["column taken as name"] == "Lieferant (by its header)"
    assert told["rows not screened"] == 1
    assert "xx_never" in told


def test_a_full_sheet_goes_on_in_another(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.screen.workbook.MOST_ROWS", 4)
    monkeypatch.setattr("db.screen.workbook._LINKS_PER_SHEET", 1)
    monkeypatch.setattr("db.screen.workbook.LONGEST_CELL", 40)
    assert command("screen", given(tmp_path), "-o", str(tmp_path / "report.xlsx")).code == 0
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert "Suppliers 2" in book.sheetnames
    assert book["Suppliers"].max_row + book["Suppliers 2"].max_row - 2 == 6
    assert sum(cell.hyperlink is not None for row in book["Records"].iter_rows() for cell in row) == 1
    texts = [str(cell.value) for row in book["Suppliers 2"].iter_rows() for cell in row]
    assert any(text.endswith("… (cut)") for text in texts)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("Supplier;Country\n", "no row below it"),
        ("17\n18\n19\n", "no column looks like names"),
        ("a;b\n1;2\n3;4\n", "--column name="),
        ("\x00\x01\x02\x7f" * 50, ""),
    ],
)
def test_bad_files_are_told_in_one_line(command: Command, tmp_path: Path, text: str, says: str) -> None:
    ran = command("screen", given(tmp_path, text), "-o", str(tmp_path / "report.csv"))
    assert ran.code == 2
    assert says in ran.err
    assert "unexpected" not in ran.err
    assert {path.name for path in tmp_path.iterdir()} == {"suppliers.csv", "home"}


def test_binary_garbage_is_no_table(command: Command, tmp_path: Path) -> None:
    (tmp_path / "s.xlsx").write_bytes(b"PK\x03\x04" + bytes(range(256)) * 20)
    (tmp_path / "s.parquet").write_bytes(b"PAR1" + bytes(range(256)) * 20)
    for name in ("s.xlsx", "s.parquet", "missing.csv", "home"):
        ran = command("screen", str(tmp_path / name), "-o", str(tmp_path / "report.csv"))
        assert (ran.code, "unexpected" in ran.err) == (2, False)


def test_odd_cells_lose_nothing(command: Command, tmp_path: Path) -> None:
    long = "Quorvex " * 1_300
    text = f"Vendor,Vendor,City\nAcme Pipeline,twice,Omaha,beyond\n{long},x,y\n...,x,y\n\nAcme Pipeline\n"
    ran = command("screen", given(tmp_path, text), "-o", str(tmp_path / "report.jsonl"), "--column", "name=Vendor")
    assert ran.code == 0
    lines = lines_of(tmp_path / "report.jsonl")
    assert [line["row"] for line in lines] == [2, 3, 4, 6]
    assert lines[0]["input"] == {"Vendor": "Acme Pipeline", "Vendor (2)": "twice", "City": "Omaha", "(more)": "beyond"}
    assert [str(line.get("meaning", ""))[:26] for line in lines[1:3]] == [
        "the name has 10,399 charac", "the name has no letter and",
    ]  # fmt: skip
    assert [line["result"] for line in lines] == [
        "possible records",
        "not screened",
        "not screened",
        "possible records",
    ]


def test_merged_cells_and_formulas_of_a_workbook(command: Command, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Supplier list 2026", None])
    sheet.merge_cells("A1:B1")
    sheet.append(["Supplier", "Country"])
    sheet.append(["Acme Pipeline Inc.", "US"])
    sheet.append(["=1+1", "US"])
    book.save(tmp_path / "suppliers.xlsx")
    ran = command("screen", str(tmp_path / "suppliers.xlsx"), "-o", str(tmp_path / "report.jsonl"))
    assert ran.code == 0
    assert "header in row 2" in ran.out
    assert [line["row"] for line in lines_of(tmp_path / "report.jsonl")] == [3, 4]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--threshold", "sure"), "Thresholds: same, likely, possible"),
        (("--column", "name"), "ROLE=HEADER"),
        (("--column", "nome=Nr"), "Roles: "),
        (("--column", "name=Nope"), "no column called"),
    ],
)
def test_wrong_options(command: Command, tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    ran = command("screen", given(tmp_path), "-o", str(tmp_path / "report.csv"), *words)
    assert (ran.code, says in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("report", "says"),
    [
        ("report.pdf", "Endings: .xlsx, .csv, .jsonl"),
        ("nowhere/report.csv", "no such folder"),
        ("folder.csv", "no regular file"),
        ("suppliers.csv", "would replace the suppliers"),
    ],
)
def test_reports_that_cannot_be(command: Command, tmp_path: Path, report: str, says: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    ran = command("screen", given(tmp_path), "-o", str(tmp_path / report))
    assert (ran.code, says in ran.err) == (2, True)
    assert (tmp_path / "suppliers.csv").read_text(encoding="utf-8") == TEXT


def test_threshold_leaves_weaker_matches_out(command: Command, tmp_path: Path) -> None:
    text = "Vendor\nAcme Pipeline Holding Trust\n"
    strict = command("screen", given(tmp_path, text), "-o", str(tmp_path / "r.csv"), "--threshold", "same", "--json")
    wide = command("screen", given(tmp_path, text), "-o", str(tmp_path / "r.csv"), "--json")
    assert strict.json["matches"] == 0
    assert wide.json["matches"] > 0


def test_a_screening_that_failed_goes_on(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("screen", given(tmp_path), "-o", str(tmp_path / "r.csv"))
    with monkeypatch.context() as patched:
        patched.setattr("db.screen.writing._write_csv", _refuse)
        ran = command(*words)
    assert (ran.code, "No space left on device" in ran.err, "make room" in ran.err) == (2, True, True)
    assert "Went on where an earlier screening" in command(*words).out


def _refuse(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_without_a_database(command: Command, tmp_path: Path) -> None:
    ran = command("screen", given(tmp_path), "-o", str(tmp_path / "r.csv"), home=tmp_path / "none")
    assert (ran.code, "nothing has been synced" in ran.err) == (4, True)


def test_as_of_a_day_before_everything(command: Command, tmp_path: Path) -> None:
    ran = command("screen", given(tmp_path), "-o", str(tmp_path / "r.jsonl"), "--as-of", "2025-01-01")
    assert ran.code == 0
    lines = lines_of(tmp_path / "r.jsonl")
    assert not any(line["matches"] for line in lines)
    assert "searched 0 records of 0 sources; as known on 2025-01-01" in str(lines[0]["meaning"])


def test_workbook_is_a_whole_zip_and_old_days_are_texts(command: Command, tmp_path: Path, home: Home) -> None:
    with home.changing() as con:
        con.execute("UPDATE record SET issued_on = DATE '1850-05-05' WHERE native_id = '10'")
    text = "Vendor\nMori Foods KK\n"
    assert command("screen", given(tmp_path, text), "-o", str(tmp_path / "r.xlsx")).code == 0
    with zipfile.ZipFile(tmp_path / "r.xlsx") as archive:
        assert archive.testzip() is None
    rows = list(openpyxl.load_workbook(tmp_path / "r.xlsx")["Records"].iter_rows(values_only=True))
    assert rows[1][rows[0].index("date")] == "1850-05-05"
