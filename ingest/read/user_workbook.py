"""Spreadsheets and Parquet files that a user hands in, as rows of text."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from ingest.errors import UsageError
from ingest.read.spreadsheet import LARGEST_UNPACKED, cell_text, refuse_bomb
from ingest.read.user_text import Raw

_BATCH = 10_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """The first sheet of a workbook with anything in it, held whole; row numbers are those of the sheet."""

    sheet: CalamineSheet
    delimiter: str = ","

    @property
    def taken_as(self) -> str:
        """In words, for whoever handed it in."""
        return f"sheet {self.sheet.name}"

    def rows(self, after: int, _columns: int) -> Generator[Raw, None, None]:
        """The rows behind number `after`, blank ones apart; merged cells keep their text in the first cell."""
        for number, row in enumerate(self.sheet.iter_rows(), 1):
            if number > after and any(map(str.strip, cells := [cell_text(cell) for cell in row])):
                yield number, cells, ""


@dataclass(frozen=True, slots=True)
class Parquet:
    """A Parquet file; its names of columns are row 1."""

    path: Path
    delimiter: str = ","
    taken_as: str = "Parquet"

    def rows(self, after: int, _columns: int) -> Generator[Raw, None, None]:
        """The rows behind number `after`, blank ones apart. Raises UsageError for a damaged file."""
        try:
            with pq.ParquetFile(self.path) as file:
                if not after:
                    yield 1, list(file.schema_arrow.names), ""
                number = 1
                for batch in file.iter_batches(batch_size=_BATCH):
                    for cells in zip(*map(_texts, batch.columns), strict=True):
                        number += 1
                        if number > after and any(map(str.strip, cells)):
                            yield number, list(cells), ""
        except (pa.ArrowException, OSError):
            raise UsageError("the Parquet file cannot be read", where=self.path.name) from None


def sheet_of(path: Path) -> Sheet:
    """The sheet to read. Raises ReadError for a bomb, UsageError for a workbook that is damaged or empty."""
    refuse_bomb(path, LARGEST_UNPACKED, where=path.name)
    try:
        with CalamineWorkbook.from_path(path) as book:
            for name in book.sheet_names:
                sheet = book.get_sheet_by_name(name)
                if sheet.total_height:
                    return Sheet(sheet)
    except (CalamineError, OSError, ValueError, EOFError):
        raise UsageError("the spreadsheet cannot be read", where=path.name, next_step="Save it as CSV.") from None
    raise UsageError("the workbook is empty", where=path.name)


def _texts(column: pa.Array) -> list[str]:
    try:
        values = column.to_pylist()
    except (ValueError, OverflowError):
        # times finer or farther away than Python's own
        values = column.cast(pa.string()).to_pylist()
    return ["" if value is None else _text(value) for value in values]


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else cell_text(value)
