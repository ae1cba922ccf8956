"""Exports: every format holds the same records, says where they come from, and nothing of what is hidden."""

import csv
import errno
import json
import os
import stat
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from pyarrow import parquet

from db.answer_file import formula_safe
from db.decisions.kept import Decisions
from db.export import run as export_run
from db.export import writing
from db.export.columns import EXPORTED
from db.export.run import Exported, export
from db.export.view import Chosen, prepare
from db.in_force import in_force
from db.remarks import remarks
from db.rows import rows_of
from db.store import Store
from ingest.errors import StoreError, UsageError
from ingest.model import RECORD
from tests.cli.homes import FIRST, NOW, SECOND, SOURCES, Home, make_home, source

SECRET = "Gone Services GmbH"
HIDING = [source(FIRST, retention="mirror-source", attribution="Ask the agency"), *SOURCES[1:]]
"""The sources, of which the first keeps nothing that it no longer publishes."""
HOSTILE = ('=HYPERLINK("https://evil.example")', "+1", "-1", "\uff20SUM(A1)", "\ttab", 'say "x", y\nz', "'quoted")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home in which one record is disputed and judged, and one has texts that a spreadsheet would run."""
    made = make_home(tmp_path_factory.mktemp("export") / "home")
    with made.changing() as con:
        con.execute(
            "UPDATE record SET summary = ?, legal_basis = ?, case_id = ?, agency_type = ?, list_id = ?, role = ?, "
            "agency_code = ? WHERE record_id = ?",
            [*HOSTILE, f"{FIRST}:2"],
        )
    decisions = Decisions(made.path)
    decisions.dispute(f"{FIRST}:1", why="=another company", evidence="https://proof.example/1", by="Analyst A")
    decisions.dispute(f"{FIRST}:7", why="must not be told", evidence=None, by="Analyst A")
    return made


def exported(home: Home, output: Path, *, known: Any = HIDING, written: str | None = None, **chosen: Any) -> Exported:
    return export(home.store, output, Chosen(**chosen), known, NOW, written=written, progress=lambda *_: None)


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of an export, whatever its format; cells that are empty are left out."""
    rows: list[dict[str, Any]]
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            rows = [*csv.DictReader(file)]
    elif path.suffix == ".jsonl":
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    elif path.suffix == ".parquet":
        rows = parquet.read_table(path).to_pylist()
    else:
        book = openpyxl.load_workbook(path)
        titles, *cells = book["Records"].iter_rows(values_only=True)
        rows = [dict(zip(map(str, titles), row, strict=True)) for row in cells]
        book.close()
    return [{name: value for name, value in row.items() if value not in (None, "")} for row in rows]


FORMATS = ["csv", "xlsx", "jsonl", "parquet"]


@pytest.mark.parametrize("ending", FORMATS)
def test_hidden_records_are_tombstones_in_every_format(home: Home, tmp_path: Path, ending: str) -> None:
    done = exported(home, tmp_path / f"a.{ending}", include_removed=True)
    rows = read(tmp_path / f"a.{ending}")
    assert (done.records, done.tombstones, len(rows)) == (9, 1, 10)
    (buried,) = [row for row in rows if "tombstone" in row]
    assert {name: str(value)[:10] for name, value in buried.items() if name.endswith(("seen", "_at"))} == {
        "first_seen": "2026-01-09", "last_seen": "2026-01-09", "removed_at": "2025-12-01",
    }  # fmt: skip
    assert {name: buried[name] for name in buried if not name.endswith(("seen", "_at"))} == {
        "record_id": f"{FIRST}:7", "source_id": FIRST, "removal": "aged out", "hidden": "no longer published",
        "tombstone": "no longer published by Invented Agency",
    }  # fmt: skip
    exported(home, tmp_path / f"b.{ending}")
    assert [row["record_id"] for row in read(tmp_path / f"b.{ending}") if row["record_id"] == f"{FIRST}:7"] == []
    for path in tmp_path.iterdir():
        assert SECRET.encode() not in path.read_bytes()
        assert b"must not be told" not in path.read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_a_permanent_source_took_back_stays_with_its_remark(home: Home, tmp_path: Path) -> None:
    done = exported(home, tmp_path / "a.jsonl", known=SOURCES)
    (row,) = [row for row in read(tmp_path / "a.jsonl") if row["record_id"] == f"{FIRST}:7"]
    assert (done.records, done.tombstones) == (10, 0)
    assert (row["company_name"], row["remarks"]) == (SECRET, "aged out, seen on 2025-12-01")


def test_parquet_is_typed_and_nested(home: Home, tmp_path: Path) -> None:
    exported(home, tmp_path / "a.parquet")
    table = parquet.read_table(tmp_path / "a.parquet")
    assert table.column_names == [column.name for column in EXPORTED]
    assert {column.name for column in RECORD} <= {*table.column_names}
    types = {field.name: field.type for field in table.schema}
    assert types["issued_on"] == pa.date32()
    assert types["retrieved_at"] == pa.timestamp("us", "UTC")
    assert types["amounts"].value_type.field("value").type == pa.decimal128(18, 2)
    assert types["disputes"].value_type.field("made_at").type == pa.timestamp("us", "UTC")
    first = table.slice(0, 1).to_pylist()[0]
    assert first["amounts"][1] == {"kind": "final", "value": Decimal("500.50"), "currency": "USD"}
    assert first["retrieved_at"] == datetime(2026, 1, 9, 8, tzinfo=UTC)
    assert first["disputes"][0]["why"] == "=another company"


def test_json_lines_are_nested_with_decimals_as_text(home: Home, tmp_path: Path) -> None:
    exported(home, tmp_path / "a.jsonl")
    first = read(tmp_path / "a.jsonl")[0]
    assert first["amounts"][1] == {"kind": "final", "value": "500.50", "currency": "USD"}
    assert (first["issued_on"], first["retrieved_at"]) == ("2020-05-01", "2026-01-09T08:00:00Z")
    assert first["events"] == [{"date": "2020-06-01", "type": "hearing", "note": "held"}]
    (dispute,) = first["disputes"]
    assert (dispute["why"], dispute["evidence"]) == ("=another company", "https://proof.example/1")
    assert "https://agency.example/errors" in dispute["sentence"]


def test_lists_are_readable_in_cells_and_every_row_says_where_it_comes_from(home: Home, tmp_path: Path) -> None:
    exported(home, tmp_path / "a.csv")
    rows = {row["record_id"]: row for row in read(tmp_path / "a.csv")}
    first = rows[f"{FIRST}:1"]
    assert first["amounts"] == "proposed 1000.00 USD; final 500.50 USD"
    assert first["identifiers"] == "cik 0001234567; lei 5493001KJTIIGC8Y1R12"
    assert first["addresses"] == "1 Main St, Omaha, NE, 68102, us"
    assert first["events"] == "2020-06-01 hearing held"
    assert first["disputes"].startswith("disputed by Analyst A on ")
    assert rows[f"{SECOND}:8"]["identifiers"] == "xx-register 77 (not valid)"
    assert rows[f"{FIRST}:5"]["names"] == "Toa Piping (alias)"
    assert rows[f"{FIRST}:5"]["source_rows"].startswith("row 5 of the file in retrieval ")
    assert {name: first[name] for name in ("publisher", "licence", "attribution", "retrieval_url", "retrieved_at")} == {
        "publisher": "Invented Agency", "licence": "CC0", "attribution": "Ask the agency",
        "retrieval_url": f"https://agency.example/{FIRST}.csv", "retrieved_at": "2026-01-09T08:00:00Z",
    }  # fmt: skip
    assert len(first["payload_sha256"]) == len(first["row_hash"]) == 64


def test_no_cell_is_run_as_a_formula(home: Home, tmp_path: Path) -> None:
    columns = ("summary", "legal_basis", "case_id", "agency_type", "list_id", "role", "agency_code")
    exported(home, tmp_path / "a.csv")
    (row,) = [row for row in read(tmp_path / "a.csv") if row["record_id"] == f"{FIRST}:2"]
    assert tuple(row[name] for name in columns) == tuple(formula_safe(text) for text in HOSTILE)
    exported(home, tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert HOSTILE[0] in {cell.value for cell in cells}
    book.close()


def test_remarks_and_force_are_those_of_the_pages(home: Home) -> None:
    with home.store.reading() as con:
        prepare(con, Chosen(), {item.id: item for item in SOURCES}, Decisions(home.path), NOW.date())
        rows = rows_of(con, "SELECT * FROM shown", [])
    assert {row["record_id"]: row["remarks"] or "" for row in rows} == {
        row["record_id"]: "; ".join(remarks(row)) for row in rows
    }
    assert {row["record_id"]: row["in_force"] for row in rows} == {
        row["record_id"]: in_force(row, NOW.date()) for row in rows
    }
    assert {row["in_force"] for row in rows} == {True, False, None}


def test_dictionary_licences_and_coverage_stand_beside_the_file(home: Home, tmp_path: Path) -> None:
    done = exported(home, tmp_path / "a.csv", known=HIDING, kinds=("penalty", "listing"), include_removed=True)
    assert done.files == [str(tmp_path / name) for name in ("a.csv.dictionary.csv", "a.csv.coverage.json", "a.csv")]
    titles, *rows = [*csv.reader((tmp_path / "a.csv.dictionary.csv").read_text(encoding="utf-8").splitlines())]
    assert titles == ["column", "type", "meaning", "unit"]
    assert [row[0] for row in rows[: len(EXPORTED)]] == [column.name for column in EXPORTED]
    assert all(row[1] and row[2] for row in rows)
    assert [f"source: {FIRST}", "licence", f"Title of {FIRST}, Invented Agency: CC0 — Ask the agency", ""] in rows
    told = json.loads((tmp_path / "a.csv.coverage.json").read_text(encoding="utf-8"))
    assert (told["records"], told["tombstones"], told["not_searched"]) == (4, 0, ["xx_never"])
    assert told["restricted_to"] == {"kinds": "penalty, listing", "include_removed": "True"}
    states = {item["source"]: item for item in told["sources"]}
    assert (states[SECOND]["state"], states[SECOND]["records"], states[SECOND]["data_as_of"]) == (
        "stale", 2, "2025-05-30",
    )  # fmt: skip
    assert (states["xx_never"]["state"], states["xx_never"]["retrieved"]) == ("never synced", None)


def test_a_workbook_has_dictionary_and_sources_as_sheets(home: Home, tmp_path: Path) -> None:
    done = exported(home, tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert (done.files, book.sheetnames) == ([str(tmp_path / "a.xlsx")], ["Records", "Dictionary", "Sources"])
    sources = [row[0] for row in book["Sources"].iter_rows(values_only=True)]
    assert sources[:4] == ["source", FIRST, "xx_never", SECOND]
    assert {"exported", "generation"} <= {*sources}
    book.close()


@pytest.mark.parametrize(
    ("chosen", "keys"),
    [
        ({"sources": (SECOND,)}, {"8", "9"}),
        ({"kinds": ("penalty",)}, {"1", "4"}),
        ({"country": "jp"}, {"5", "10"}),
        ({"since": date(2023, 2, 2)}, {"3", "5"}),
        ({"as_of": date(2026, 1, 8)}, set()),
        ({"as_of": date(2026, 1, 9), "kinds": ("recall",)}, {"10"}),
    ],
)
def test_only_what_was_asked_for(home: Home, tmp_path: Path, chosen: dict[str, Any], keys: set[str]) -> None:
    done = exported(home, tmp_path / "a.csv", **chosen)
    assert {row["record_id"].partition(":")[2] for row in read(tmp_path / "a.csv")} == keys
    assert done.records == len(keys)


@pytest.mark.parametrize("ending", FORMATS)
def test_an_export_of_nothing_has_its_columns(home: Home, tmp_path: Path, ending: str) -> None:
    exported(home, tmp_path / f"a.{ending}", kinds=("settlement",))
    assert read(tmp_path / f"a.{ending}") == []
    if ending == "csv":
        assert (tmp_path / "a.csv").read_text().startswith('"record_id","source_id",')


def test_a_company_is_chosen_by_any_id_it_ever_had(home: Home, tmp_path: Path) -> None:
    with home.store.reading() as con:
        ((company_id,),) = con.execute("SELECT company_id FROM company WHERE name = 'Mori Foods KK'").fetchall()
    assert exported(home, tmp_path / "a.csv", companies=(company_id,)).records == 1
    for wrong in ("c" + "0" * 15, f"{FIRST}:1"):
        with pytest.raises(UsageError, match="no company"):
            exported(home, tmp_path / "a.csv", companies=(wrong,))


def test_as_of_a_day_says_what_is_published_no_more(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    with home.changing() as con:
        con.execute(f"UPDATE record SET removed_at = '2026-01-10', removal = 'removed at source', "
                    f"last_seen = '2026-01-10' WHERE record_id = '{FIRST}:1'")  # fmt: skip
        con.execute(f"UPDATE record SET publication_ends = '2026-01-09' WHERE record_id = '{FIRST}:2'")
    exported(home, tmp_path / "then.jsonl", as_of=date(2026, 1, 9))
    rows = {row["record_id"].partition(":")[2]: row.get("remarks") for row in read(tmp_path / "then.jsonl")}
    assert rows["1"] == "no longer published by Invented Agency since, seen on 2026-01-10"
    assert rows["2"] == "no longer published by Invented Agency since 2026-01-09"
    assert rows["3"] is None
    exported(home, tmp_path / "now.jsonl")
    assert not {"1", "2"} & {row["record_id"].partition(":")[2] for row in read(tmp_path / "now.jsonl")}


@pytest.mark.parametrize(
    ("name", "wish", "said"),
    [
        ("folder", {"written": "csv"}, "is a folder"),
        ("missing/a.csv", {}, "no such folder"),
        ("a.txt", {}, "format is not known"),
        ("a.csv", {"written": "pdf"}, "format is not known"),
        ("a.csv", {"written": "xlsx"}, "goes into a file ending in .csv"),
        ("a.csv", {"kinds": ("fine",)}, "no kind `fine`"),
        ("a.csv", {"as_of": date(2027, 1, 1)}, "still to come"),
    ],
)
def test_a_wish_without_sense_is_refused_and_nothing_is_written(
    home: Home, tmp_path: Path, name: str, wish: dict[str, Any], said: str
) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match=said):
        exported(home, tmp_path / name, **wish)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_nothing_is_written_into_the_home_or_a_device(home: Home, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="lies in the home"):
        exported(home, home.path / "CURRENT", written="csv")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="no regular file"):
        exported(home, tmp_path / "pipe", written="csv")


def test_a_format_goes_into_a_file_of_any_other_ending(home: Home, tmp_path: Path) -> None:
    done = exported(home, tmp_path / "a.txt", written="CSV")
    assert done.format == "csv"
    assert (tmp_path / "a.txt.dictionary.csv").exists()


def test_too_many_rows_for_a_sheet_are_refused_before_writing(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_run, "MOST_ROWS", 8)
    with pytest.raises(UsageError, match="9 rows are more than a sheet holds"):
        exported(home, tmp_path / "a.xlsx")
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("writer", ["write_csv", "write_json"])
def test_a_full_disk_leaves_what_was_there(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: str
) -> None:
    def full(*_: object) -> Iterator[Any]:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "a.csv").write_text("last month's")
    monkeypatch.setattr(writing, writer, full)
    with pytest.raises(UsageError, match="No space left on device"):
        exported(home, tmp_path / "a.csv")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.csv", "last month's")]


def test_too_little_memory_is_said(home: Home, tmp_path: Path) -> None:
    small = Store(home.path, memory="1MB")
    with pytest.raises(StoreError, match="needs more memory"):
        export(small, tmp_path / "a.csv", Chosen(), SOURCES, NOW, progress=lambda *_: None)
    assert [*tmp_path.iterdir()] == []


def test_without_an_analyst_database_nothing_is_made(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    exported(home, tmp_path / "a.csv")
    assert not (home.path / "analyst.sqlite").exists()
