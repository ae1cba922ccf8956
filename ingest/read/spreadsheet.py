"""XLSX, XLS and ODS sheets, read by calamine (no macros, no formulas, no external links)."""

import datetime
import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import python_calamine as calamine

from ingest.catalog import Resource
from ingest.errors import ReadError
from ingest.read.archive import check_archive
from ingest.read.grid import split_header
from ingest.read.rows import Cells, Rows, Target, load_grid

LARGEST_UNPACKED = 1 << 30
MOST_CELLS = 20_000_000
_REFERENCE = re.compile(rb'\sr="([A-Z]{1,3})([0-9]{1,7})"')


def read_spreadsheet(target: Target, resource: Resource, path: Path, _work: Path) -> Rows:
    """The sheet named by `rows_at`, or the first; row numbers are those of the sheet."""
    if zipfile.is_zipfile(path):
        check_archive(path, min(LARGEST_UNPACKED, resource.max_bytes), where=target.where)
    try:
        if zipfile.is_zipfile(path):
            _check_extent(path, target.where)
        with calamine.CalamineWorkbook.from_path(path) as workbook:
            if resource.rows_at and resource.rows_at not in workbook.sheet_names:
                raise ReadError(f"no sheet `{resource.rows_at}`", where=target.where)
            if not workbook.sheet_names:
                raise ReadError("no sheet", where=target.where)
            sheet = workbook.get_sheet_by_name(resource.rows_at or workbook.sheet_names[0])
            if sheet.total_height == 0:
                raise ReadError("no header row", where=target.where)
            names, rows = split_header(_texts(sheet), resource, target.where)
            return load_grid(target, resource, names, rows)
    except (calamine.CalamineError, zipfile.BadZipFile, OSError, ValueError, EOFError):
        raise ReadError("not readable as a spreadsheet", where=target.where) from None


def _check_extent(path: Path, where: str) -> None:
    """Raises ReadError for a sheet whose cells lie too far apart: the reader lays out the whole rectangle at once."""
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            if not member.startswith("xl/worksheets/"):
                continue
            rows, columns, tail = 0, 0, b""
            with archive.open(member) as sheet:
                while block := sheet.read(1 << 20):
                    for letters, number in set(_REFERENCE.findall(tail + block)):
                        rows = max(rows, int(number))
                        columns = max(columns, _column(letters))
                    tail = block[-40:]
            if rows * columns > MOST_CELLS:
                raise ReadError(f"a sheet of {rows:,} rows by {columns:,} columns", where=where)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _texts(sheet: calamine.CalamineSheet) -> Iterator[Cells]:
    above = sheet.start[0] if sheet.start else 0
    for _ in range(above):
        yield ()
    for row in sheet.iter_rows():
        yield [_text(value) for value in row]


def _text(value: Any) -> str:
    """A cell as the sheet shows it without formats: 5 not 5.0, ISO dates, a date without time at midnight."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{Decimal(repr(value)):f}"
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat()
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return str(value)
