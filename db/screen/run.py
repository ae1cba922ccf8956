"""Screen: a file of suppliers against the published generation, in one pass over the name index, into one report."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

from db.screen import findings
from db.screen.columns import LOOKED_AT, Taken, detect
from db.screen.matching import BANDS, VERSION
from db.screen.parallel import Asked, find_all, generation_of
from db.screen.report import Line, nil
from db.screen.work import Work, key_of
from db.screen.writing import FORMATS, write
from db.status import Coverage, coverage
from db.store import Store
from ingest.catalog import Source
from ingest.errors import StoreError, UsageError
from ingest.read.user_table import open_table

Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. `columns`: role → header; `threshold`: the weakest band reported."""

    suppliers: Path
    report: Path
    columns: Mapping[str, str] = field(default_factory=dict)
    threshold: str = "possible"
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Screened:
    """What came of it. `rows` of the input by the band of their best match, `none` and `not screened` beside."""

    report: Path
    taken_as: str
    header_row: int
    columns: tuple[Taken, ...]
    rows: dict[str, int]
    matches: int
    companies: int
    resumed: bool
    as_of: date | None
    coverage: Coverage


def screen(store: Store, wish: Wish, sources: Iterable[Source], now: datetime, progress: Progress) -> Screened:
    """Writes the report and says what came of it; `now` is UTC with zone.

    Raises UsageError for a file that is no table or has no column of names, for an unknown threshold or format, for
    a report that cannot be written. Cost: linear in distinct suppliers; memory does not grow with the file.
    """
    _check(wish, now.date())
    table = open_table(wish.suppliers)
    with closing(table.rows(spare=True)) as rows:
        sample = [row.cells for row in islice(rows, LOOKED_AT)]
    taken = detect(table.headers, sample, wish.columns, wish.suppliers.name)
    if not sample:
        raise UsageError("the file has a header and no row below it", where=wish.suppliers.name)
    with store.reading() as con:
        asked = Asked(
            store.home,
            generation_of(con),
            BANDS.index(wish.threshold),
            tuple(item.column for item in taken if item.role == "id"),
        )
        places = ",".join(f"{item.role}:{item.place}" for item in taken)
        retrievals = con.execute("SELECT count(*), max(chain_hash) FROM retrieval").fetchall()
        day = wish.as_of or now.date()
        parts = (asked.generation, str(retrievals), places, wish.threshold, str(wish.as_of), str(day), VERSION)
        work = Work(wish.report, key_of(wish.suppliers, *parts))
        finished = False
        try:
            if not work.resumed:
                work.take(table.rows(spare=True), taken, lambda read: progress("rows read", read, None))
            _find(work, con, asked, progress)
            findings.prepare(con, work.company_ids(), day, wish.as_of)
            work.keep_only(findings.on_record(con))
            until = datetime.combine(wish.as_of, time.max, UTC) if wish.as_of else None
            done = Screened(
                report=wish.report,
                taken_as=table.taken_as,
                header_row=table.header_row,
                columns=tuple(taken),
                rows=work.tally(),
                matches=work.matches(),
                companies=findings.count(con),
                resumed=work.resumed,
                as_of=wish.as_of,
                coverage=coverage(con, sources, until or now, until=until),
            )
            _report(work, con, done, table.headers, progress)
            finished = True
        except (duckdb.IOException, duckdb.OutOfMemoryException):
            raise StoreError(
                "there is no room left on the disk, or in memory",
                where=str(work.folder),
                next_step="Make room and ask again: it goes on where it stopped.",
            ) from None
        finally:
            work.close(finished=finished)
    return done


def _check(wish: Wish, today: date) -> None:
    if wish.as_of and wish.as_of > today:
        raise UsageError(f"{wish.as_of} is still to come", next_step=f"The latest day is {today}, UTC.")
    if wish.threshold not in BANDS:
        raise UsageError(f"no threshold `{wish.threshold[:40]}`", next_step=f"Thresholds: {', '.join(BANDS)}.")
    if wish.report.suffix.lower() not in FORMATS:
        raise UsageError("the report's ending says no known format", next_step=f"Endings: {', '.join(FORMATS)}.")
    if not wish.report.resolve().parent.is_dir():
        raise UsageError("there is no such folder", where=str(wish.report.parent))
    if wish.report.exists() and not wish.report.is_file():
        raise UsageError("the report is no regular file", where=str(wish.report))
    if wish.report.exists() and wish.suppliers.exists() and wish.report.samefile(wish.suppliers):
        raise UsageError("the report would replace the suppliers", where=str(wish.report))


def _report(
    work: Work, con: duckdb.DuckDBPyConnection, done: Screened, headers: Sequence[str], progress: Progress
) -> None:
    shown = headers if work.spare_cells() else headers[:-1]
    nothing, total = nil(done.coverage, done.as_of), sum(done.rows.values())
    write(
        done.report,
        work.folder,
        shown,
        _lines(work, con, len(shown), lambda written: progress("rows written", written, total)),
        nothing,
        summary=summary(done, nothing),
        coverage=_coverage_rows(done.coverage),
        records=findings.records(con),
    )


def _find(work: Work, con: duckdb.DuckDBPyConnection, asked: Asked, progress: Progress) -> None:
    total, done = work.count("subject"), work.looked_up()
    progress("suppliers", done, total)
    with closing(find_all(con, asked, work.pending(), total - done)) as found:
        for batch, hits in found:
            work.keep(batch, hits)
            progress("suppliers", work.looked_up(), total)


def _lines(work: Work, con: duckdb.DuckDBPyConnection, cells: int, tell: Callable[[int], None]) -> Iterator[Line]:
    """Every row of the input with its matches and what is on record about each."""
    written = 0
    for given in work.given():
        companies = findings.companies(con, {hit.company_id for row in given for hit in row.hits})
        for row in given:
            matches = [(hit, companies[hit.company_id]) for hit in row.hits]
            yield Line(row.row, row.cells[:cells], matches, row.problem)
        written += len(given)
        tell(written)


def summary(done: Screened, nothing: str) -> list[tuple[str, Any]]:
    """(name, value) of what was asked, how the file was taken, and what came of it."""
    taken = [(f"column taken as {item.role}", f"{item.column} ({item.why})") for item in done.columns]
    counts = [(f"rows, best match {band}", done.rows.get(band, 0)) for band in BANDS]
    return [
        ("input", done.taken_as),
        *taken,
        *counts,
        ("rows without a match", done.rows.get("none", 0)),
        ("rows not screened", done.rows.get("not screened", 0)),
        ("companies found", done.companies),
        ("as known on", done.as_of.isoformat() if done.as_of else "today's database"),
        ("no record found means", nothing),
        ("a match means", "A match on name alone is a possible match, for an analyst to judge."),
    ]


def _coverage_rows(covered: Coverage) -> list[tuple[Any, ...]]:
    titles = ("source", "records", "data as of", "retrieved", "state", "why")
    rows = [(s.source_id, s.records, s.data_as_of, s.retrieved_at, s.state, s.why) for s in covered.sources]
    return [titles, *rows]
