"""Reports: whole or not there, for their owner alone, nothing in them that a spreadsheet or a browser would run."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from db.watch import report
from db.watch.report import COLUMNS, check, write
from db.watch.run import Line, Ran
from ingest.errors import UsageError
from tests.cli.homes import ESCAPED, FIRST
from tests.watch.world import ACME, ACME_ID, GONE, LIST, NOBODY

FORMULA = '=HYPERLINK("https://evil.example","x")'
SCRIPT = "<script>alert(1)</script>"


def reported(world: Any, name: str, **more: Any) -> Path:
    path: Path = world.folder / name
    world.run(deliver=lambda ran, lines: write(path, ran, lines), **more)
    return path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_csv_has_a_line_for_each_record_with_its_ids(world: Any) -> None:
    world.add(ACME, GONE)
    path = reported(world, "report.csv")
    (first, second, third) = rows(path)
    assert list(first) == list(COLUMNS)
    assert (first["what is new"], first["supplier reference"], first["row in the file"]) == ("new match", "V-1", "2")
    assert second["record"] == f"{FIRST}:1"
    assert second["match"].endswith(f"-{ACME_ID}")
    assert second["amounts"] == "proposed 1,000.00 USD; final 500.50 USD"
    assert third["remarks"] == "aged out, seen on 2025-12-01"
    assert path.stat().st_mode & 0o77 == 0
    assert [entry.name for entry in world.folder.iterdir() if entry.name.startswith(".")] == []


def test_a_nil_report_says_what_was_searched(world: Any) -> None:
    world.add(NOBODY)
    (only,) = rows(reported(world, "report.csv"))
    assert only["what is new"] == "nothing new"
    assert only["detail"].startswith("nothing found; 1 supplier against 10 records of 2 sources")
    page = reported(world, "report.html").read_text(encoding="utf-8")
    assert "<p>Nothing new.</p>" in page
    assert "xx_old_register" in page
    assert "not_searched" not in page
    assert "xx_never" in page


def test_no_cell_is_a_formula(world: Any) -> None:
    world.sql("UPDATE record SET summary = ?, agency_type = '@SUM(1)' WHERE record_id = ?", FORMULA, f"{FIRST}:1")
    world.add(ACME)
    (_, line) = rows(reported(world, "report.csv"))
    assert (line["summary"], line["agency's type"]) == (f"'{FORMULA}", "'@SUM(1)")
    path = reported(world, "report.xlsx", everything=True)
    book = openpyxl.load_workbook(path)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert FORMULA in [cell.value for cell in cells]
    assert path.stat().st_mode & 0o77 == 0


def test_workbook_has_summary_coverage_and_lines(world: Any) -> None:
    world.add(ACME)
    book = openpyxl.load_workbook(reported(world, "report.xlsx"))
    assert book.sheetnames == ["Summary", "What is new"]
    summary = {row[0]: row[1] for row in book["Summary"].iter_rows(values_only=True)}
    assert summary["watch list"] == LIST
    assert summary["new since"] == "never run before: all there is, the baseline"
    assert summary["lines: new match"] == 1
    assert FIRST in summary
    titles, *lines = book["What is new"].iter_rows(values_only=True)
    assert titles == COLUMNS
    assert len(lines) == 2


def test_page_is_escaped_and_asks_for_nothing(world: Any) -> None:
    world.sql(
        "UPDATE record SET summary = ?, source_url = 'javascript:alert(1)', agency_type = ? WHERE record_id = ?",
        SCRIPT,
        ESCAPED,
        f"{FIRST}:1",
    )
    world.add(ACME, GONE)
    page = reported(world, "report.html").read_text(encoding="utf-8")
    assert SCRIPT not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "javascript:" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "default-src 'none'" in page
    assert not re.findall(r"\ssrc\s*=|@import|url\(", page)
    assert set(re.findall(r'href="([^"]*)"', page)) == {"https://agency.example"}
    assert page.count("<table>") == page.count("</table>") == 4
    assert page.count("<h3>") == 2
    for text in (ACME_ID, f"{FIRST}:1", "row 2", "V-1", "Matched by the name", "2026-01-08"):
        assert text in page


def test_page_marks_what_is_as_before_and_shows_disputes_and_judgements(world: Any) -> None:
    world.add(ACME)
    world.run()
    world.judge("same", world.said[0])
    world.copy("1", "11", document_url="https://agency.example/11.pdf")
    page = reported(world, "report.html", everything=True).read_text(encoding="utf-8")
    assert page.count('class="same"') == 2
    assert "judged same by Ann" in page
    assert "https://agency.example/11.pdf" in page


@pytest.mark.parametrize(
    ("name", "message"),
    [("report.pdf", "no known format"), ("nowhere/report.csv", "no such folder"), ("taken.csv", "no regular file")],
)
def test_a_report_that_cannot_be_is_refused_before_anything_is_run(world: Any, name: str, message: str) -> None:
    (world.folder / "taken.csv").mkdir()
    with pytest.raises(UsageError, match=message):
        check(world.folder / name)


def test_a_report_that_fails_leaves_the_old_one_and_reports_nothing(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(ACME)
    (world.folder / "report.csv").write_text("old")

    def full(file: object, ran: Ran, lines: Iterator[Line]) -> None:
        next(lines)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(report, "_write_csv", full)
    with pytest.raises(UsageError, match=r"cannot be written: No space left on device .* Nothing is marked"):
        reported(world, "report.csv")
    assert (world.folder / "report.csv").read_text() == "old"
    monkeypatch.undo()
    assert world.run().anything


def test_suppliers_left_out_by_a_newer_gate_are_told(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world.add(ACME)
    told: dict[str, Any] = {}

    def deliver(ran: Ran, lines: Iterator[Line]) -> None:
        told.update(report.summary(ran))

    with world.lists.file.writing() as con:
        con.execute("UPDATE watch_list SET gate_version = 'older'")
        con.execute("UPDATE watch_supplier SET name = 'Janet Roe'")
    world.run(deliver=deliver)
    assert told["suppliers left out by the privacy gate, rows"] == "2"
