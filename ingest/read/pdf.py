"""Ruled tables of PDF files, page by page."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pdfplumber

from ingest.catalog import Resource
from ingest.errors import ReadError
from ingest.read.columns import needed, tidy
from ingest.read.rows import Numbered, Rows, Target, load_grid

SECTION = "_section"
_MOST_PAGES = 5000
_IDEOGRAPHIC = r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u30ff]"
_BROKEN_WORD = re.compile(rf"(?<={_IDEOGRAPHIC})\s*\n\s*|\s*\n\s*(?={_IDEOGRAPHIC})")

# pdfminer logs what it stumbles over, and that can be text of the page.
logging.getLogger("pdfminer").setLevel(logging.CRITICAL + 1)


def read_pdf(target: Target, resource: Resource, path: Path, _work: Path) -> Rows:
    """The ruled tables of all pages as one; numbered by table row, headers and titles counted.

    The header row, wherever it is repeated, is the one that holds all needed columns. A title row above it (one
    cell filled) gives the extra column `_section`: its last line. Line breaks inside of words are taken out.
    """
    page = 0
    try:
        with pdfplumber.open(path) as document:
            if len(document.pages) > _MOST_PAGES:
                raise ReadError(f"more than {_MOST_PAGES} pages", where=target.where)

            def rows() -> Iterator[list[str]]:
                nonlocal page
                for page, sheet in enumerate(document.pages, 1):  # noqa: B007 -- told in the error
                    for table in sheet.extract_tables({"vertical_strategy": "lines", "horizontal_strategy": "lines"}):
                        yield from ([cell or "" for cell in row] for row in table)
                    sheet.close()

            return _load(target, resource, rows())
    except ReadError:
        raise
    except Exception:  # noqa: BLE001 -- broken files make pdfminer raise whatever comes, and it quotes the page
        raise ReadError("not readable as PDF", where=f"{target.where}, page {page}") from None


def _load(target: Target, resource: Resource, rows: Iterator[list[str]]) -> Rows:
    wanted = {name for name in needed(resource) if name != SECTION}
    section = ""
    header: tuple[str, ...] = ()
    numbered = enumerate(rows, 1)

    def title(cells: list[str]) -> bool:
        return sum(bool(cell.strip()) for cell in cells) == 1 and len(cells) > 1

    def last_line(cells: list[str]) -> str:
        return next(cell for cell in cells if cell.strip()).strip().splitlines()[-1].strip()

    for _, cells in numbered:
        if title(cells):
            section = last_line(cells)
        elif resource.columns or wanted <= set(tidy(map(_joined, cells))):
            header = resource.columns or tidy(map(_joined, cells))
            break
    else:
        raise ReadError("no table has the declared columns", where=target.where)

    def body() -> Iterator[Numbered]:
        nonlocal section
        for number, cells in numbered:
            if title(cells):
                section = last_line(cells)
            elif any(cells) and tidy(map(_joined, cells)) != header:
                yield number, [*map(_joined, cells), section]

    return load_grid(target, resource, [*header, SECTION], body())


def _joined(cell: str) -> str:
    """The cell in one line: line breaks go without a trace beside ideographs, and become a blank elsewhere."""
    return _BROKEN_WORD.sub("", cell).replace("\n", " ")
