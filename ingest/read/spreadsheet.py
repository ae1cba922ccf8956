"""XLSX, XLS and ODS sheets, read by calamine (no macros, no formulas, no external links)."""

import datetime
import re
import zipfile
import zlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import python_calamine as calamine
from lxml import etree

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
    refuse_bomb(path, min(LARGEST_UNPACKED, resource.max_bytes), where=target.where)
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
    except (calamine.CalamineError, zipfile.BadZipFile, OSError, ValueError, EOFError):
        raise ReadError("not readable as a spreadsheet", where=target.where) from None


def refuse_bomb(path: Path, most_bytes: int, *, where: str) -> None:
    """Raises ReadError for a workbook that unpacks to more than `most_bytes` or to a rectangle too large to hold."""
    if not zipfile.is_zipfile(path):
        return
    check_archive(path, most_bytes, where=where)
    try:
        _check_extent(path, where)
    except (zipfile.BadZipFile, zlib.error, etree.LxmlError, OSError, ValueError, EOFError, NotImplementedError):
        raise ReadError("not readable as a spreadsheet", where=where) from None


def _check_extent(path: Path, where: str) -> None:
    """Raises ReadError for a sheet whose cells lie too far apart: the reader lays out the whole rectangle at once."""
    with zipfile.ZipFile(path) as archive:
        if "content.xml" in archive.namelist():
            with archive.open("content.xml") as content:
                _check_repeats(content, where)
        for member in archive.namelist():
            # a workbook may keep its sheets anywhere; what is no sheet has no cells
            if not member.endswith(".xml") or member == "xl/sharedStrings.xml":
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


def _check_repeats(content: IO[bytes], where: str) -> None:
    """The same for ODS, where a cell or row may say that it stands for a million like it."""
    rows = columns = at = 0
    for _, element in etree.iterparse(
        content, tag=("{*}table", "{*}table-row"), load_dtd=False, no_network=True, resolve_entities=False
    ):
        if etree.QName(element).localname == "table":
            rows = columns = at = 0
        else:
            at += _repeated(element, "rows")
            last = width = 0
            for cell in element:
                width += _repeated(cell, "columns")
                last = width if len(cell) or any(name.endswith("}value-type") for name in cell.attrib) else last
            rows, columns = (at, max(columns, last)) if last else (rows, columns)
            if rows * columns > MOST_CELLS:
                raise ReadError(f"a sheet of {rows:,} rows by {columns:,} columns", where=where)
        element.clear()


def _repeated(element: etree._Element, what: str) -> int:
    return next((int(value) for name, value in element.items() if str(name).endswith(f"number-{what}-repeated")), 1)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _texts(sheet: calamine.CalamineSheet) -> Iterator[Cells]:
    # blank rows above the first cell are given, too
    for row in sheet.iter_rows():
        yield [cell_text(value) for value in row]


def cell_text(value: Any) -> str:
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
