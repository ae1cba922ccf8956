"""Search: companies by a number they carry or by a name, misspelt or not, with the coverage of the answer.

Ranked by how they match (see `db.index.meeting`), then by number of records and latest date, never by how bad the
records are.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb
import numpy as np

from db.index.generation import NO_DATE, NameIndex
from db.index.meeting import NUMBER, Met, Rows, meet, ranked
from db.index.opening import opened
from db.index.reasons import BY, reasons
from db.numbers import Match, by_number
from db.status import Coverage, coverage
from ingest.catalog import Source
from ingest.errors import UsageError
from ingest.model import KINDS
from ingest.names.normal import normal_form

Counts = dict[int, tuple[Any, ...]]
"""By row of company: records, removed, not adverse, sources, records by kind, first and last day."""
_covered: tuple[tuple[Any, ...], Coverage] | None = None
"""What was asked of coverage last, and the answer: it changes with the generation, the sources and the day."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Restrictions; empty ones restrict nothing. `since` leaves out records without a date."""

    country: str | None = None
    sources: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    since: date | None = None

    @property
    def recount(self) -> bool:
        """Whether the records themselves are restricted, so that they have to be counted again."""
        return bool(self.sources or self.kinds or self.since)


@dataclass(frozen=True, slots=True)
class Result:
    """A company as named + country; `records` counts removed ones, within the filters.

    `not_adverse`: how many of them are vacated, withdrawn or cleared; `kinds` are those of the others, and `by_kind`
    counts these. `why` says in words how the query meets it.
    """

    company_id: str
    name: str
    country: str | None
    entity_type: str
    identifiers: list[dict[str, Any]]
    records: int
    removed: int
    not_adverse: int
    sources: list[str]
    kinds: list[str]
    by_kind: dict[str, int]
    first: date | None
    last: date | None
    matched: Match
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The answer: the best `limit` companies of `total`, and what was searched."""

    query: str
    total: int
    results: list[Result]
    coverage: Coverage


def search(
    con: duckdb.DuckDBPyConnection,
    query: str,
    sources: Iterable[Source],
    now: datetime,
    *,
    filters: Filters | None = None,
    limit: int = 20,
) -> Found:
    """Companies that match the query; `now` is UTC with zone. Raises UsageError for a query or filter without sense.

    Cost: look-ups in the name index of the generation; with filters on records, one scan of record.company_id.
    """
    filters = filters or Filters()
    _check(query, filters, limit)
    index = opened(con)
    numbers = by_number(con, query)
    rows = _rows_of(con, numbers)
    met = meet(index, query, filters.country, np.array(sorted(rows), np.int64), deep=filters.recount)
    counts: Counts = {}
    if filters.recount and len(met.company):
        counts = _recounted(con, met.company, filters)
        met = _restricted(met, counts)
    best = _best(index, met, counts, limit)
    asked = normal_form(query, filters.country).text
    numbered = {row: numbers[key] for row, key in rows.items()}
    results = _results(index, met, best, counts=counts, asked=asked, numbers=numbered)
    return Found(query, len(met.company), results, _coverage(con, index, sources, now, filters.sources))


def _coverage(
    con: duckdb.DuckDBPyConnection, index: NameIndex, sources: Iterable[Source], now: datetime, only: tuple[str, ...]
) -> Coverage:
    """`coverage`, worked out once for many questions: a generation never changes, and ages are counted in days."""
    global _covered  # noqa: PLW0603
    known = tuple(sources)
    asked = (index, known, now.date(), only)
    last = _covered
    if last is None or last[0][0] is not index or last[0][1:] != asked[1:]:
        _covered = last = (asked, coverage(con, known, now, only))
    return last[1]


def _check(query: str, filters: Filters, limit: int) -> None:
    if not query.strip():
        raise UsageError("the query is empty", next_step="Give a company's name or number.")
    if not any(map(str.isalnum, query)):
        raise UsageError("the query has no letter and no digit", next_step="Give a company's name or number.")
    if limit < 1:
        raise UsageError("--limit must be 1 or more")
    if unknown := [kind for kind in filters.kinds if kind not in KINDS]:
        raise UsageError(f"no kind `{unknown[0][:40]}`", next_step=f"Kinds: {', '.join(KINDS)}.")
    if filters.country and not (len(filters.country) == 2 and filters.country.isascii() and filters.country.isalpha()):
        raise UsageError("--country takes two letters of ISO 3166-1", next_step="For example --country us.")


def _rows_of(con: duckdb.DuckDBPyConnection, numbers: dict[str, Match]) -> dict[int, str]:
    """Rows of these companies, with their ids."""
    if not numbers:
        return {}
    sql = "SELECT rowid, company_id FROM company WHERE company_id IN (SELECT unnest(?::VARCHAR[]))"
    return dict(con.execute(sql, [[*numbers]]).fetchall())


def _best(index: NameIndex, met: Met, counts: Counts, limit: int) -> Rows:
    if not counts:
        return ranked(index, met, limit)
    companies: list[int] = met.company.tolist()
    records = np.array([counts[row][0] for row in companies], np.int64)
    days = [counts[row][-1] for row in companies]
    last = np.array([NO_DATE if day is None else day.toordinal() for day in days], np.int64)
    return ranked(index, met, limit, records, last)


def _restricted(met: Met, counts: Counts) -> Met:
    """What was met, of companies with records within the filters."""
    kept = np.isin(met.company, np.array([*counts], np.int64))
    return Met(met.company[kept], met.level[kept], met.share[kept], met.link[kept], met.name[kept], met.differs)


def _recounted(con: duckdb.DuckDBPyConnection, companies: Rows, filters: Filters) -> Counts:
    """Counts of these companies (rows) by their records within the filters; those without such records are absent."""
    conditions = ["true"]
    values: list[Any] = []
    for column, chosen in (("source_id", filters.sources), ("kind", filters.kinds)):
        if chosen:
            conditions.append(f"{column} IN ({', '.join('?' * len(chosen))})")
            values += chosen
    if filters.since:
        conditions.append("day >= ?")
        values.append(filters.since)
    # imported here: it brings pyarrow along, which a question without filters should not wait for
    from ingest.model import DAY_SQL, NOT_ADVERSE_SQL  # noqa: PLC0415

    con.execute(
        """CREATE OR REPLACE TEMP TABLE hit AS SELECT c.rowid AS place, company_id
        FROM company c SEMI JOIN (SELECT unnest(?::BIGINT[]) AS place) h ON h.place = c.rowid""",
        [companies.tolist()],
    )
    rows = con.execute(
        f"""SELECT place, count(*), count(removed_at), count_if(not_adverse), list_sort(list(DISTINCT source_id)),
               histogram(kind) FILTER (NOT not_adverse), min(day), max(day)
        FROM (SELECT place, source_id, kind, removed_at, {DAY_SQL} AS day, {NOT_ADVERSE_SQL} AS not_adverse
              FROM record JOIN hit USING (company_id)) WHERE {" AND ".join(conditions)} GROUP BY place""",
        values,
    ).fetchall()
    return {row[0]: row[1:] for row in rows}


def _results(
    index: NameIndex, met: Met, best: Rows, *, counts: Counts, asked: str, numbers: dict[int, Match]
) -> list[Result]:
    links = index.links
    found = []
    for at in best.tolist():
        row, level = int(met.company[at]), int(met.level[at])
        card = index.cards.card(row)
        own = (card.records, card.removed, card.not_adverse, card.sources, card.by_kind, card.first, card.last)
        records, removed, not_adverse, sources, by_kind, first, last = counts.get(row, own)
        if level == NUMBER:
            matched = numbers[row]
            why: tuple[str, ...] = ("number",)
        else:
            if links.stated[met.link[at]]:
                # a company's stated names share one normal form; the first of them stands for all
                kind, written, text = "stated", normal_form(card.name, card.country).text, card.name
            else:
                kind, written, text = index.cards.other_name(int(links.name_row[met.link[at]]))
            matched = Match(BY[level], text, kind)
            why = reasons(level, met.differs.get(int(met.name[at])), asked, written, kind=kind, name=text)
        found.append(
            Result(
                company_id=card.company_id,
                name=card.name,
                country=card.country,
                entity_type=card.entity_type,
                identifiers=card.identifiers,
                records=records,
                removed=removed,
                not_adverse=not_adverse,
                sources=sources,
                kinds=sorted(by_kind or ()),
                by_kind=by_kind or {},
                first=first,
                last=last,
                matched=matched,
                why=why,
            )
        )
    return found
