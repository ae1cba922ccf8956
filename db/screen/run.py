"""Screen: a file of suppliers against the published generation, in one pass over the name index, into one report."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

from db.as_of import retention_of
from db.decisions.kept import Decisions
from db.index.shown import View
from db.progress import Told
from db.screen import findings, tombstones
from db.screen.columns import LOOKED_AT, Taken, detect
from db.screen.decided import Decided
from db.screen.dismissing import dismiss
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

_DISMISSED = (
    "An analyst judged that it is another company, as the database knows it today. It stands last among the matches of "
    "its supplier and is no best match. It counts again once a record that was there says something else, or a "
    "respondent is there that was not: then it is marked as changed since dismissed."
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. `columns`: role → header; `threshold`: the weakest band reported.

    `include_removed`: what is left of records that may not be shown any more.
    """

    suppliers: Path
    report: Path
    columns: Mapping[str, str] = field(default_factory=dict)
    threshold: str = "possible"
    as_of: date | None = None
    include_removed: bool = False


@dataclass(frozen=True, slots=True)
class Screened:
    """What came of it. `rows` of the input by the band of their best match that nobody dismissed.

    Beside the bands: `dismissed` (all of its matches are), `none`, `not screened`. `matches` without dismissed ones.
    `unpublished`: records of the companies found that may not be shown any more, and count nowhere.
    """

    report: Path
    taken_as: str
    header_row: int
    columns: tuple[Taken, ...]
    rows: dict[str, int]
    matches: int
    dismissed: int
    companies: int
    unpublished: int
    resumed: bool
    as_of: date | None
    coverage: Coverage


def screen(store: Store, wish: Wish, sources: Iterable[Source], now: datetime, progress: Told) -> Screened:
    """Writes the report and says what came of it; `now` is UTC with zone.

    Raises UsageError for a file that is no table or has no column of names, for an unknown threshold or format, for
    a report that cannot be written. Cost: linear in distinct suppliers; memory does not grow with the file.
    """
    _check(wish, now.date())
    known = list(sources)
    table = open_table(wish.suppliers)
    with closing(table.rows(spare=True)) as rows:
        sample = [row.cells for row in islice(rows, LOOKED_AT)]
    taken = detect(table.headers, sample, wish.columns, wish.suppliers.name)
    if not sample:
        raise UsageError("the file has a header and no row below it", where=wish.suppliers.name)
    with store.reading() as con:
        view = View.of(retention_of(known), now.date(), wish.as_of, include_removed=wish.include_removed)
        asked = Asked(
            store.home,
            generation_of(con),
            BANDS.index(wish.threshold),
            tuple(item.column for item in taken if item.role == "id"),
            view,
        )
        places = ",".join(f"{item.role}:{item.place}" for item in taken)
        retrievals = con.execute("SELECT count(*), max(chain_hash) FROM retrieval").fetchall()
        parts = (asked.generation, str(retrievals), places, wish.threshold, str(view), VERSION)
        work = Work(wish.report, key_of(wish.suppliers, *parts))
        finished = False
        try:
            if not work.resumed:
                work.take(table.rows(spare=True), taken, lambda read: progress("rows read", read, None))
            _find(work, con, asked, progress)
            decided = Decided.on_records(con, Decisions(store.home), known, asked.id_headers)
            beside = {"set_aside": decided.set_aside, "disputed": decided.disputes}
            publishers = {source.id: source.publisher for source in known}
            findings.prepare(con, work.company_ids(), view, publishers=publishers, **beside)
            if wish.include_removed:
                tombstones.keep(work, findings.said_of_hidden(con))
            work.keep_only(findings.on_record(con))
            decided = dismiss(work, con, decided)
            until = datetime.combine(wish.as_of, time.max, UTC) if wish.as_of else None
            done = Screened(
                report=wish.report,
                taken_as=table.taken_as,
                header_row=table.header_row,
                columns=tuple(taken),
                rows=work.tally(),
                matches=work.matches(),
                dismissed=work.dismissed(),
                companies=findings.count(con),
                unpublished=findings.unpublished(con),
                resumed=work.resumed,
                as_of=wish.as_of,
                coverage=coverage(con, known, until or now, until=until),
            )
            _report(
                work,
                con,
                done,
                table.headers,
                decided=decided,
                include_removed=wish.include_removed,
                progress=progress,
            )
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
    work: Work,
    con: duckdb.DuckDBPyConnection,
    done: Screened,
    headers: Sequence[str],
    *,
    decided: Decided,
    include_removed: bool,
    progress: Told,
) -> None:
    shown = headers if work.spare_cells() else headers[:-1]
    nothing, total = nil(done.coverage, done.as_of), sum(done.rows.values())
    write(
        done.report,
        work.folder,
        shown,
        _lines(work, con, decided, len(shown), lambda written: progress("rows written", written, total)),
        nothing,
        summary=summary(done, nothing),
        coverage=_coverage_rows(done.coverage),
        records=({**record, **decided.on_record(record["record_id"])} for record in findings.records(con)),
        tombstones=findings.tombstones(con) if include_removed else None,
    )


def _find(work: Work, con: duckdb.DuckDBPyConnection, asked: Asked, progress: Told) -> None:
    total, done = work.count("subject"), work.looked_up()
    progress("suppliers", done, total)
    with closing(find_all(con, asked, work.pending(), total - done)) as found:
        for batch, hits in found:
            work.keep(batch, hits)
            progress("suppliers", work.looked_up(), total)


def _lines(
    work: Work,
    con: duckdb.DuckDBPyConnection,
    decided: Decided,
    cells: int,
    tell: Callable[[int], None],
) -> Iterator[Line]:
    """Every row of the input with its matches, what is on record about each, and what was decided about it."""
    written = 0
    for given in work.given(decided.key):
        companies = findings.companies(con, {hit.company_id for row in given for hit in row.hits})
        stones = tombstones.of_rows(work, given[0].row, given[-1].row) if given else {}
        for row in given:
            found = [(hit, companies[hit.company_id]) for hit in row.hits]
            matches = [(hit, company, decided.on(row.key, company)) for hit, company in found]
            matches.sort(key=lambda match: match[2].dismissed)
            yield Line(row.row, row.cells[:cells], matches, row.problem, row.warning, stones.get(row.row, ()))
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
        ("rows with dismissed matches only", done.rows.get("dismissed", 0)),
        ("rows without a match", done.rows.get("none", 0)),
        ("rows not screened", done.rows.get("not screened", 0)),
        ("matches", done.matches),
        ("matches dismissed, counted nowhere else", done.dismissed),
        ("companies found", done.companies),
        ("their records no longer published, not counted", done.unpublished),
        ("as known on", done.as_of.isoformat() if done.as_of else "today's database"),
        ("no record found means", nothing),
        ("a match means", "A match on name alone is a possible match, for an analyst to judge."),
        ("a dismissed match means", _DISMISSED),
    ]


def _coverage_rows(covered: Coverage) -> list[tuple[Any, ...]]:
    titles = ("source", "records", "data as of", "retrieved", "state", "why")
    rows = [(s.source_id, s.records, s.data_as_of, s.retrieved_at, s.state, s.why) for s in covered.sources]
    return [titles, *rows]
