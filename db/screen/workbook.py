"""A screening report as an XLSX workbook: summary, suppliers, matches and records; texts are texts, never formulas."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.worksheet import Worksheet

from db.screen.findings import RECORD_COLUMNS
from db.screen.report import MATCH_COLUMNS, Line, match_cells, money

MOST_ROWS = 1_048_575
LONGEST_CELL = 32_767
_LINKS_PER_SHEET = 60_000
_LONGEST_LINK = 2_000
_WIDE = {"why": 60, "summary": 60, "links": 40, "company": 40, "name that matched": 40, "company_name": 40}


@dataclass(slots=True)
class _Sheet:
    """One kind of sheet with a frozen header, written row by row; a full one is followed by another of its name."""

    book: Workbook
    title: str
    formats: Mapping[str, Any]
    columns: Sequence[str]
    number: int = 0
    row: int = 0
    links: int = 0
    sheet: Worksheet = field(init=False)

    def __post_init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self.number += 1
        self.row = self.links = 0
        self.sheet = self.book.add_worksheet(self.title if self.number == 1 else f"{self.title} {self.number}")
        for at, column in enumerate(self.columns):
            self.sheet.set_column(at, at, _WIDE.get(column, 18))
            self.sheet.write_string(0, at, column[:LONGEST_CELL], self.formats["header"])
        self.sheet.freeze_panes(1, 0)

    def add(self, cells: Iterable[Any]) -> None:
        if self.row == MOST_ROWS:
            self._start()
        self.row += 1
        for at, cell in enumerate(cells):
            self._cell(at, cell)

    def _cell(self, at: int, cell: Any) -> None:
        if cell is None or cell == "":
            return
        if isinstance(cell, bool):
            self.sheet.write_string(self.row, at, "yes" if cell else "no")
        elif isinstance(cell, int | float):
            self.sheet.write_number(self.row, at, cell)
        elif isinstance(cell, datetime):
            self.sheet.write_string(self.row, at, f"{cell:%Y-%m-%d %H:%M} UTC")
        elif isinstance(cell, date):
            self._date(at, cell)
        else:
            self._text(at, str(cell))

    def _date(self, at: int, day: date) -> None:
        if day.year < 1900:  # spreadsheets know no earlier day
            self.sheet.write_string(self.row, at, day.isoformat())
        else:
            self.sheet.write_datetime(self.row, at, datetime(day.year, day.month, day.day), self.formats["date"])  # noqa: DTZ001

    def _text(self, at: int, text: str) -> None:
        link = text.startswith(("https://", "http://")) and " " not in text and len(text) <= _LONGEST_LINK
        if link and self.links < _LINKS_PER_SHEET:
            self.links += 1
            self.sheet.write_url(self.row, at, text, string=text[:255])
        else:
            shown = text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 10] + " … (cut)"
            self.sheet.write_string(self.row, at, shown)


def write_workbook(
    path: Path,
    *,
    summary: Sequence[tuple[str, Any]],
    coverage: Sequence[Sequence[Any]],
    headers: Sequence[str],
    lines: Iterator[Line],
    records: Iterator[dict[str, Any]],
    nothing: str,
) -> None:
    """The workbook; `summary` is (name, value), `coverage` a table with its titles first.

    Rows are written as they come: memory does not grow with them. What does not fit into cells or sheets of a
    workbook goes on in a further sheet, or is marked as cut.
    """
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        # the rows lie there until the end: not in a folder that others can read
        "tmpdir": str(path.parent),
    }
    book = Workbook(str(path), options)
    try:
        with book:
            book.use_zip64()
            book.set_calc_mode("manual")
            formats = {
                "header": book.add_format({"bold": True, "bg_color": "#EEEEEE", "bottom": 1}),
                "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            }
            first = _Sheet(book, "Summary", formats, ("Screening report", "", "", "", "", ""))
            first.sheet.set_column(0, 0, 34)
            first.sheet.set_column(1, 1, 60)
            for pair in (*summary, ("", ""), *coverage):
                first.add(pair)
            _rows(book, formats, headers, lines, nothing)
            on_record = _Sheet(book, "Records", formats, RECORD_COLUMNS)
            for record in records:
                on_record.add(money(record[name]) if name == "amounts" else record[name] for name in RECORD_COLUMNS)
    except FileCreateError as error:
        # the only word of it that matters is what the system said
        raise OSError(*error.args[0].args) from None
    finally:
        # the library leaves them open where it failed
        for sheet in book.worksheets():
            sheet.row_data_fh.close()


def _rows(
    book: Workbook, formats: Mapping[str, Any], headers: Sequence[str], lines: Iterator[Line], nothing: str
) -> None:
    """Every row of the input once, and every match."""
    titles = (*headers, "row in the file", "result", "matches", "best", "why")
    suppliers = _Sheet(book, "Suppliers", formats, titles)
    matches = _Sheet(book, "Matches", formats, ("row in the file", *headers, *MATCH_COLUMNS))
    for line in lines:
        rows = list(match_cells(line, nothing))
        best = rows[0]
        suppliers.add((*line.cells, line.row, best[0], len(line.matches), best[2], best[9]))
        for cells in rows if line.matches else ():
            matches.add((line.row, *line.cells, *_first_link(cells)))


def _first_link(cells: tuple[Any, ...]) -> tuple[Any, ...]:
    """A cell of a sheet holds one live link: the first of the company's; the sheet of records has them all."""
    at = MATCH_COLUMNS.index("links")
    return (*cells[:at], str(cells[at]).split(" ", 1)[0], *cells[at + 1 :])
