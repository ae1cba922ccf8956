"""Rows of cells that carry their header among them: spreadsheets and HTML tables."""

from collections.abc import Iterator, Sequence

from ingest.catalog import Resource
from ingest.errors import ReadError
from ingest.read.rows import Cells, Numbered


def split_header(
    rows: Iterator[Cells], resource: Resource, where: str
) -> tuple[Sequence[str | None], Iterator[Numbered]]:
    """The header cells and the numbered rows behind them.

    The header is the first row that starts with `preamble` (cells joined with the delimiter), or that is not blank.
    Raises ReadError when there is none.
    """
    numbered = enumerate(rows, 1)
    if resource.columns and not resource.preamble:
        return resource.columns, numbered
    for _, cells in numbered:
        line = resource.delimiter.join(" ".join((cell or "").split()) for cell in cells)
        if any(cells) and line.startswith(resource.preamble):
            return resource.columns or cells, numbered
    raise ReadError("no header row", where=where)
