"""Counting the records of companies that a search met, within the restrictions of the question."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from db.as_of import known_on
from db.index.shown import Count, Rows, View
from ingest.model import DAY_SQL, NOT_ADVERSE_SQL


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


def recounted(con: duckdb.DuckDBPyConnection, companies: Rows, filters: Filters, view: View) -> dict[int, Count]:
    """Counts of these companies (rows) by their records within the filters; those without such records are absent.

    Cost: one scan of record.company_id, and as of a day of that of record_history, and another of the first.
    """
    conditions = ["true"]
    values: list[Any] = []
    for column, chosen in (("source_id", filters.sources), ("kind", filters.kinds)):
        if chosen:
            conditions.append(f"{column} IN ({', '.join('?' * len(chosen))})")
            values += chosen
    if filters.since:
        conditions.append("day >= ?")
        values.append(filters.since)
    con.execute(
        """CREATE OR REPLACE TEMP TABLE hit AS SELECT c.rowid AS place, company_id
        FROM company c SEMI JOIN (SELECT unnest(?::BIGINT[]) AS place) h ON h.place = c.rowid""",
        [companies.tolist()],
    )
    con.execute("CREATE OR REPLACE TEMP TABLE gone (record_id VARCHAR)")
    if view.as_of:
        known_on(con, None, today=view.today, retention=view.retention)
        con.execute(
            "INSERT INTO gone SELECT record_id FROM known SEMI JOIN hit USING (company_id) WHERE hidden IS NOT NULL"
        )
    known_on(con, view.as_of, today=view.today, retention=view.retention)
    rows = con.execute(
        f"""SELECT place, count(*) FILTER (shown) AS records, count(removed_at) FILTER (shown),
               count_if(not_adverse AND shown), coalesce(list_sort(list(DISTINCT source_id) FILTER (shown)), []),
               histogram(kind) FILTER (NOT not_adverse AND shown), min(day) FILTER (shown), max(day) FILTER (shown),
               histogram(source_id) FILTER (NOT shown), count_if(gone AND shown)
        FROM (SELECT place, source_id, kind, removed_at, hidden IS NULL AS shown,
                     record_id IN (SELECT record_id FROM gone) AS gone, {DAY_SQL} AS day,
                     {NOT_ADVERSE_SQL} AS not_adverse
              FROM known JOIN hit USING (company_id)) WHERE {" AND ".join(conditions)} GROUP BY place
        HAVING records > 0 OR {view.include_removed}""",
        values,
    ).fetchall()
    return {
        row: Count(
            records=records,
            removed=removed,
            not_adverse=not_adverse,
            sources=sources,
            by_kind=by_kind or {},
            first=first,
            last=last,
            hidden=hidden or {},
            gone=gone,
        )
        for row, records, removed, not_adverse, sources, by_kind, first, last, hidden, gone in rows
    }
