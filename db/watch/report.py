"""The report of a run as CSV, XLSX or HTML: built beside the old one, for its owner alone, put in place when whole."""

import csv
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from db.answer_file import formula_safe, replacing
from db.screen.report import money
from db.status import Coverage
from db.watch.news import KINDS, SAME
from db.watch.run import Line, Ran, nothing_new
from ingest.errors import UsageError

FORMATS = (".csv", ".xlsx", ".html")
COLUMNS = (
    "what is new", "detail", "supplier reference", "row in the file", "supplier", "supplier country", "match", "band",
    "name that matched", "why it matched", "judgement", "company", "company country", "company id", "record", "source",
    "kind", "agency's type", "status", "status as published", "date", "in force", "amounts", "summary", "legal basis",
    "case", "link", "data as of", "remarks",
)  # fmt: skip
"""Columns of a report, in order; every line has the id of its match, and of the record it is about."""
MEANS = "A match on name alone is a possible match, for an analyst to judge. Persons and sole traders are not searched."
_COVERAGE = ("source", "records", "data as of", "retrieved", "state", "why")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def check(path: Path) -> None:
    """Raises UsageError for a report of no known format, or at a place where none can be."""
    if path.suffix.lower() not in FORMATS:
        raise UsageError("the report's ending says no known format", next_step=f"Endings: {', '.join(FORMATS)}.")
    if not path.resolve().parent.is_dir():
        raise UsageError("there is no such folder", where=str(path.parent))
    if path.exists() and not path.is_file():
        raise UsageError("the report is no regular file", where=str(path))


def write(path: Path, ran: Ran, lines: Iterator[Line]) -> None:
    """Writes the report in the format of its ending. Raises UsageError where it cannot; what stood there then stays."""
    check(path)
    step = "Nothing is marked as reported: make it writable, or make room, and run it again."
    with replacing(path, "report", step) as part:
        if part.suffix == ".xlsx":
            _write_xlsx(part, ran, lines)
        else:
            with part.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
                (_write_csv if part.suffix == ".csv" else _write_html)(file, ran, lines)


def cells(line: Line) -> tuple[Any, ...]:
    """The cells of COLUMNS."""
    supplier, record = line.supplier, line.record
    return (
        line.what,
        line.detail,
        supplier.reference,
        supplier.row,
        supplier.name,
        supplier.country.upper(),
        line.match,
        line.band,
        line.met,
        "; ".join(line.why),
        line.judgement,
        line.company,
        (line.company_country or "").upper(),
        line.company_id,
        *(record.get(n) for n in ("record_id", "source_id", "kind", "agency_type", "status", "status_as_published")),
        record.get("date"),
        record.get("in_force"),
        money(record.get("amounts")),
        *(record.get(name) for name in ("summary", "legal_basis", "case_id")),
        record.get("document_url") or record.get("source_url"),
        record.get("data_as_of"),
        "; ".join(line.remarks),
    )


def summary(ran: Ran) -> list[tuple[str, Any]]:
    """(name, value): what was run, what came of it, and what no line about a supplier means."""
    since = ran.since.strftime("%Y-%m-%d %H:%M UTC") if ran.since else "never run before: all there is, the baseline"
    return [
        ("watch list", ran.name),
        ("new since", since),
        *((f"lines: {what}", ran.news[what]) for what in KINDS if what in ran.news),
        *([] if ran.anything else [("nothing new", nothing_new(ran))]),
        ("suppliers", ran.suppliers),
        ("suppliers matched", ran.matched),
        ("matches", ran.matches),
        ("matches dismissed by analysts", ran.dismissed),
        ("weakest band reported", ran.threshold),
        ("records of matched companies", ran.records),
        ("records searched", ran.coverage.records),
        ("sources not searched", ", ".join(ran.coverage.not_searched)),
        *([("suppliers left out by the privacy gate, rows", _rows(ran.left_out))] if ran.left_out else []),
        ("a match means", MEANS),
    ]


def _rows(rows: tuple[int, ...]) -> str:
    return ", ".join(map(str, rows))


def _coverage(covered: Coverage) -> list[tuple[Any, ...]]:
    searched = [state for state in covered.sources if state.source_id in covered.searched]
    return [(s.source_id, s.records, s.data_as_of, s.retrieved_at, s.state, s.why) for s in searched]


def _write_csv(file: IO[str], ran: Ran, lines: Iterator[Line]) -> None:
    """Lines alone, which other programs read; without any, one that says what was searched."""
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    if not ran.news:
        writer.writerow(["nothing new", formula_safe(nothing_new(ran)), *[""] * (len(COLUMNS) - 2)])
    for line in lines:
        writer.writerow([_cell(cell) for cell in cells(line)])


def _cell(cell: Any) -> Any:
    return cell if isinstance(cell, int) else "" if cell is None else formula_safe(str(cell))


def _write_xlsx(path: Path, ran: Ran, lines: Iterator[Line]) -> None:
    from db.screen.workbook import Sheet, opened  # noqa: PLC0415 -- most reports need no workbook

    with opened(path) as (book, formats):
        first = Sheet(book, "Summary", formats, ("Watch list report", "", "", "", "", ""))
        first.sheet.set_column(0, 0, 40)
        first.sheet.set_column(1, 1, 60)
        for pair in (*summary(ran), ("", ""), _COVERAGE, *_coverage(ran.coverage)):
            first.add(pair)
        found = Sheet(book, "What is new", formats, COLUMNS)
        for line in lines:
            found.add(cells(line))


def _write_html(file: IO[str], ran: Ran, lines: Iterator[Line]) -> None:
    from jinja2 import Environment, FileSystemLoader  # noqa: PLC0415 -- only where it is asked for

    page = Environment(
        autoescape=True,
        loader=FileSystemLoader(Path(__file__).parent),
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    page.filters |= {"money": money, "is_web": lambda url: str(url).startswith(("https://", "http://"))}
    given = {
        "ran": ran,
        "same": SAME,
        "summary": summary(ran),
        "titles": _COVERAGE,
        "coverage": _coverage(ran.coverage),
        "lines": _marked(lines),
    }
    for part in page.get_template("report.html.j2").generate(**given):
        file.write(part)


def _marked(lines: Iterator[Line]) -> Iterator[tuple[Line, bool, bool]]:
    """Each line, and whether it is the first of its supplier, and of its match."""
    before: Line | None = None
    for line in lines:
        other = before is None or before.supplier != line.supplier
        yield line, other, other or (before is not None and before.match != line.match)
        before = line


def _shown(value: Any) -> Any:
    """A value on the page: nothing as empty, times to the minute, no controls or direction marks of an agency."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, bool) or not isinstance(value, str | int | date):
        return value
    if isinstance(value, int):
        return f"{value:,}"
    return type(value)(_CONTROLS.sub("", value)) if isinstance(value, str) else value
