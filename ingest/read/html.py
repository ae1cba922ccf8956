"""Tables of HTML pages."""

import json
from collections.abc import Iterator
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from ingest.catalog import Resource
from ingest.errors import ReadError
from ingest.read.columns import tidy
from ingest.read.grid import split_header
from ingest.read.rows import Cells, Numbered, Rows, Target, load_grid
from ingest.read.text import utf8_blocks

LARGEST_PAGE = 100 << 20
_WIDEST = 1000
_BREAKING = "br, p, div, li, ul, ol, tr, td, th"


def read_html(target: Target, resource: Resource, path: Path, _work: Path) -> Rows:
    """The table at the CSS selector `rows_at`, or the first one; numbered by table row, the header counted.

    Cells are their text with runs of white space collapsed; a cell that spans rows or columns counts for each.
    For each column there is another, `NAME @href`: a JSON list of the links in the cell.
    """
    if path.stat().st_size > LARGEST_PAGE:
        raise ReadError("the page is larger than 100 MiB", where=target.where)
    page = b"".join(utf8_blocks(path, resource.encoding, where=target.where)).decode("utf-8", "replace")
    try:
        table = LexborHTMLParser(page).css_first(resource.rows_at or "table")
    except (SelectolaxError, ValueError):
        raise ReadError("`rows_at` is not a usable CSS selector", where=target.where) from None
    if table is None:
        raise ReadError(f"no table at `{resource.rows_at or 'table'}`", where=target.where)
    for node in table.css(_BREAKING):
        node.insert_before(" ")
    links: dict[int, list[str | None]] = {}
    names, rows = split_header(_rows(table, links), resource, target.where)
    tidied = tidy(names)
    linked = [place for place, name in enumerate(tidied) if f"{name} @href" in resource.known_columns]

    def wider() -> Iterator[Numbered]:
        for number, cells in rows:
            hrefs = links.pop(number, [])
            extra = [hrefs[place] for place in linked] if len(cells) == len(tidied) else []
            yield number, [*cells, *extra]

    return load_grid(target, resource, [*tidied, *(f"{tidied[place]} @href" for place in linked)], wider())


def _rows(table: LexborNode, links: dict[int, list[str | None]]) -> Iterator[Cells]:
    """Rows of texts; the links of each row are put into `links` under its number."""
    hanging: dict[int, tuple[int, str, str | None]] = {}
    for number, row in enumerate(_own_rows(table), 1):
        texts: list[str | None] = []
        hrefs: list[str | None] = []

        def hang(texts: list[str | None] = texts, hrefs: list[str | None] = hrefs) -> None:
            while (place := len(texts)) in hanging:
                left, text, href = hanging.pop(place)
                if left > 1:
                    hanging[place] = (left - 1, text, href)
                texts.append(text)
                hrefs.append(href)

        for cell in row.iter():
            if cell.tag not in {"td", "th"}:
                continue
            hang()
            text, href = " ".join(cell.text().split()), _links(cell)
            for _ in range(_span(cell, "colspan")):
                if (below := _span(cell, "rowspan")) > 1:
                    hanging[len(texts)] = (below - 1, text, href)
                texts.append(text)
                hrefs.append(href)
        hang()
        links[number] = hrefs
        yield texts


def _own_rows(table: LexborNode) -> Iterator[LexborNode]:
    """Rows of this table, not of tables inside its cells."""
    for child in table.iter():
        if child.tag == "tr":
            yield child
        elif child.tag in {"thead", "tbody", "tfoot"}:
            yield from (row for row in child.iter() if row.tag == "tr")


def _links(cell: LexborNode) -> str | None:
    found = [link.attributes.get("href") for link in cell.css("a[href]")]
    return json.dumps(found, ensure_ascii=False) if found else None


def _span(cell: LexborNode, name: str) -> int:
    text = cell.attributes.get(name) or "1"
    return min(max(int(text), 1), _WIDEST) if text.isdecimal() and len(text) < 6 else 1
