"""XLSX, XLS and ODS sheets, read by calamine (no macros, no formulas, no external links)."""

import datetime
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


def read_spreadsheet(target: Target, resource: Resource, path: Path, _work: Path) -> Rows:
    """The sheet named by `rows_at`, or the first; row numbers are those of the sheet."""
    if zipfile.is_zipfile(path):
        check_archive(path, min(LARGEST_UNPACKED, resource.max_bytes), where=target.where)
    try:
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
    except (calamine.CalamineError, zipfile.BadZipFile, OSError, ValueError):
        raise ReadError("not readable as a spreadsheet", where=target.where) from None


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
