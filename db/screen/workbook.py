"""A screening report as an XLSX workbook: summary, suppliers, matches and records; texts are texts, never formulas."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.worksheet import Worksheet

from db.screen.decided import RECORD_DECISIONS
from db.screen.findings import RECORD_COLUMNS, TOMBSTONE_COLUMNS
from db.screen.report import DECISION, MATCH_COLUMNS, NOT_STATED, Line, match_cells, money

if TYPE_CHECKING:
    from typing_extensions import Buffer

MOST_ROWS = 1_048_575
LONGEST_CELL = 32_767
_LINKS_PER_SHEET = 60_000
_LONGEST_LINK = 2_000
_WIDE = {
    "why": 60,
    "summary": 60,
    "links": 40,
    "company": 40,
    "decision": 60,
    "judged": 60,
    "disputed": 60,
    "name that matched": 40,
    "company_name": 40,
}


@dataclass(slots=True)
class Sheet:
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
    tombstones: Iterator[dict[str, Any]] | None,
    nothing: str,
) -> None:
    """The workbook; `summary` is (name, value), `coverage` a table with its titles first.

    Rows are written as they come: memory does not grow with them. What does not fit into cells or sheets of a
    workbook goes on in a further sheet, or is marked as cut.
    """
    with opened(path) as (book, formats):
        first = Sheet(book, "Summary", formats, ("Screening report", "", "", "", "", ""))
        first.sheet.set_column(0, 0, 34)
        first.sheet.set_column(1, 1, 60)
        for pair in (*summary, ("", ""), *coverage):
            first.add(pair)
        _rows(book, formats, headers, lines, nothing)
        on_record = Sheet(book, "Records", formats, (*RECORD_COLUMNS, *RECORD_DECISIONS))
        for record in records:
            on_record.add(_shown(name, record[name]) for name in on_record.columns)
        if tombstones is not None:
            gone = Sheet(book, "No longer published", formats, TOMBSTONE_COLUMNS)
            for stone in tombstones:
                gone.add(stone[name] for name in TOMBSTONE_COLUMNS)


def _shown(column: str, value: Any) -> Any:
    """The cell of a record as a sheet has it."""
    if column == "amounts":
        return money(value)
    return NOT_STATED if column == "in_force" and value is None else value


class _Output(FileIO):
    """A file that keeps to itself what the disk said when it refused something, and takes nothing from then on.

    The library's archive ends itself when it is collected; an error there would be printed and reach nobody.
    """

    refused: tuple[Any, ...] = ()
    """The arguments of the OSError."""

    def write(self, given: "Buffer") -> int:
        rest = memoryview(given).cast("B")
        size = len(rest)
        while rest and not self.refused:
            try:
                rest = rest[super().write(rest) :]
            except OSError as error:
                self.refused = error.args
        return size


@contextmanager
def opened(path: Path) -> Iterator[tuple[Workbook, Mapping[str, Any]]]:
    """A workbook and the formats of its cells, written to `path` when the block ends. Raises OSError."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        # the rows lie there until the end: not in a folder that others can read
        "tmpdir": str(path.parent),
    }
    said: tuple[Any, ...] = ()
    with _Output(path, "w") as file:
        book = Workbook(file, options)
        try:
            with book:
                book.use_zip64()
                book.set_calc_mode("manual")
                yield (
                    book,
                    {
                        "header": book.add_format({"bold": True, "bg_color": "#EEEEEE", "bottom": 1}),
                        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
                    },
                )
        except FileCreateError as error:
            # the only word of it that matters is what the system said
            said = error.args[0].args
        except OSError as error:
            said = error.args
        finally:
            # the library leaves them open where it failed
            for sheet in book.worksheets():
                with suppress(OSError):
                    sheet.row_data_fh.close()
    if said or file.refused:
        raise OSError(*(said or file.refused))


def _rows(
    book: Workbook, formats: Mapping[str, Any], headers: Sequence[str], lines: Iterator[Line], nothing: str
) -> None:
    """Every row of the input once, and every match."""
    titles = (*headers, "row in the file", "result", "matches", "best", "why")
    suppliers = Sheet(book, "Suppliers", formats, titles)
    matches = Sheet(book, "Matches", formats, ("row in the file", *headers, *MATCH_COLUMNS))
    for line in lines:
        rows = list(match_cells(line, nothing))
        best = rows[0]
        band, why = (best[2], best[9]) if line.hits or not line.matches else ("", best[DECISION])
        suppliers.add((*line.cells, line.row, best[0], line.hits, band, why))
        for cells in rows if line.matches else rows[1:]:
            matches.add((line.row, *line.cells, *_first_link(cells)))


def _first_link(cells: tuple[Any, ...]) -> tuple[Any, ...]:
    """A cell of a sheet holds one live link: the first of the company's; the sheet of records has them all."""
    at = MATCH_COLUMNS.index("links")
    return (*cells[:at], str(cells[at]).split(" ", 1)[0], *cells[at + 1 :])
