"""What is on record about the companies that a screening found: counts, dates, amounts, links; nothing is weighed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from db.as_of import TOMBSTONE, known_on
from db.in_force import in_force_sql
from db.index.shown import View
from db.remarks import no_longer_sql
from db.screen.asking import hand_over
from ingest import arrow
from ingest.model import DAY_SQL, NOT_ADVERSE_SQL

LINKS = 3
_COMPANY = pa.schema([("company_id", pa.string())])
_RECORD = pa.schema([("record_id", pa.string())])
_PUBLISHER = pa.schema([("source_id", pa.string()), ("publisher", pa.string())])
TOMBSTONE_COLUMNS = ("company_id", *TOMBSTONE, "says")
"""Columns of what is left of a record that may not be shown any more, in order."""
RECORD_COLUMNS = (
    "company_id", "record_id", "source_id", "company_name", "kind", "agency_type", "status", "status_as_published",
    "date", "effective_from", "effective_to", "in_force", "summary", "legal_basis", "case_id", "amounts", "source_url",
    "document_url", "data_as_of", "removed_at", "retrieval_id", "row_hash",
)  # fmt: skip
"""Columns of a record in a report, in order."""


@dataclass(frozen=True, slots=True)
class Company:
    """A company in a report. Records that the source removed are counted in `removed`, cleared ones in `not_adverse`.

    `set_aside`: records that analysts judged not to be about it; they count nowhere else. `disputed`: ids of records.

    `unpublished`: records that may not be shown any more; they count nowhere else either. `name`: as most others state.
    `in_force`: measures in force on the day asked for, by their dates; None where no record states such dates.
    `amounts`: (kind, currency, sum), never summed across either; of records that are neither removed nor cleared.
    """

    company_id: str
    name: str
    country: str | None
    identifiers: tuple[str, ...]
    records: int
    removed: int
    not_adverse: int
    by_kind: tuple[tuple[str, int], ...]
    in_force: int | None
    last_on: date | None
    amounts: tuple[tuple[str, str, Decimal], ...]
    links: tuple[str, ...]
    sources: tuple[str, ...]
    set_aside: int
    disputed: tuple[str, ...]
    unpublished: int


def prepare(
    con: duckdb.DuckDBPyConnection,
    company_ids: Iterable[pa.RecordBatch],
    view: View,
    *,
    publishers: Mapping[str, str],
    set_aside: Iterable[str] = (),
    disputed: Iterable[str] = (),
) -> None:
    """Temporary tables `held` (records of these companies, as known on the day), `stone` (what is left of those that
    may not be shown) and `summed` (one row a company).

    The functions below rest on them. `publishers` by source; `set_aside`, `disputed`: ids of records.
    Cost: one scan of record.company_id; the engine spills what memory cannot hold.
    """
    known_on(con, view.as_of, today=view.today, retention=view.retention)
    con.execute("DROP TABLE IF EXISTS matched")
    con.execute("CREATE TEMP TABLE matched (company_id VARCHAR)")
    for batch in company_ids:
        arrow.register(con, "_given", pa.Table.from_batches([batch]))
        try:
            con.execute("INSERT INTO matched SELECT company_id FROM _given")
        finally:
            con.unregister("_given")
    for table, record_ids in (("set_aside", set_aside), ("disputed", disputed)):
        hand_over(con, table, _RECORD, [(record_id,) for record_id in sorted(record_ids)])
    hand_over(con, "publisher", _PUBLISHER, sorted(publishers.items()))
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE stone AS
        SELECT company_id, {", ".join(TOMBSTONE)}, coalesce(publisher, source_id) AS publisher
        FROM (FROM known SEMI JOIN matched USING (company_id) WHERE hidden IS NOT NULL)
        LEFT JOIN publisher USING (source_id)"""
    )
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE held AS
        SELECT k.*, {DAY_SQL} AS day, {in_force_sql(view.as_of or view.today)} AS in_force,
               {NOT_ADVERSE_SQL} AS not_adverse,
               record_id IN (SELECT record_id FROM set_aside) AS set_aside,
               record_id IN (SELECT record_id FROM disputed) AS disputed
        FROM known k WHERE company_id IN (SELECT company_id FROM matched) AND hidden IS NULL"""
    )
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE summed AS
        WITH beside AS (
            SELECT company_id, count_if(set_aside) AS set_aside,
                   list(record_id ORDER BY record_id) FILTER (disputed) AS disputed FROM held GROUP BY company_id),
        its AS (FROM held WHERE NOT set_aside),
        counted AS (
            SELECT company_id, count(*) AS records, count(removed_at) AS removed,
                   count_if(not_adverse AND removed_at IS NULL) AS not_adverse,
                   count_if(in_force) FILTER (in_force IS NOT NULL) AS in_force, max(day) AS last_on,
                   list(DISTINCT source_id ORDER BY source_id) AS sources,
                   list(DISTINCT coalesce(document_url, source_url)
                        ORDER BY coalesce(document_url, source_url)) [:{LINKS}] AS links
            FROM its GROUP BY company_id),
        stated AS (
            SELECT DISTINCT ON (company_id) company_id, company_name AS name
            FROM (SELECT company_id, company_name, count(*) AS n FROM held GROUP BY ALL)
            ORDER BY company_id, n DESC, company_name),
        unpublished AS (SELECT company_id, count(*) AS n FROM stone GROUP BY company_id),
        kinds AS (
            SELECT company_id, list({{'kind': kind, 'n': n}} ORDER BY kind) AS by_kind
            FROM (SELECT company_id, kind, count(*) AS n FROM its WHERE NOT not_adverse AND removed_at IS NULL
                  GROUP BY company_id, kind) GROUP BY company_id),
        sums AS (
            SELECT company_id,
                   list({{'kind': kind, 'currency': currency, 'value': value}} ORDER BY kind, currency) AS amounts
            FROM (SELECT company_id, a.kind AS kind, a.currency AS currency, sum(a.value) AS value
                  FROM (SELECT company_id, unnest(amounts) AS a FROM its
                        WHERE NOT not_adverse AND removed_at IS NULL)
                  WHERE a.value IS NOT NULL GROUP BY company_id, a.kind, a.currency) GROUP BY company_id)
        SELECT c.company_id, t.name, c.country, c.identifiers, coalesce(n.records, 0) AS records,
               coalesce(n.removed, 0) AS removed, coalesce(n.not_adverse, 0) AS not_adverse, k.by_kind,
               n.in_force, n.last_on, s.amounts, n.links, n.sources, b.set_aside, b.disputed,
               coalesce(u.n, 0) AS unpublished
        FROM beside b JOIN company c USING (company_id) JOIN stated t USING (company_id)
        LEFT JOIN counted n USING (company_id) LEFT JOIN unpublished u USING (company_id)
        LEFT JOIN kinds k USING (company_id)
        LEFT JOIN sums s USING (company_id)"""
    )


def on_record(con: duckdb.DuckDBPyConnection) -> Iterator[pa.RecordBatch]:
    """Companies that have a record on the day; column `company_id`."""
    return arrow.batches(con, "SELECT company_id FROM summed ORDER BY company_id")


def count(con: duckdb.DuckDBPyConnection) -> int:
    """How many companies have a record on the day."""
    ((number,),) = con.execute("SELECT count(*) FROM summed").fetchall()
    return int(number)


def unpublished(con: duckdb.DuckDBPyConnection) -> int:
    """How many records of the companies that were found may not be shown on the day."""
    ((number,),) = con.execute("SELECT count(*) FROM stone").fetchall()
    return int(number)


def tombstones(con: duckdb.DuckDBPyConnection) -> Iterator[dict[str, Any]]:
    """What is left of the records that may not be shown, in the order of company and id; TOMBSTONE_COLUMNS."""
    sql = f"""SELECT * EXCLUDE (publisher), {no_longer_sql("publisher")} AS says FROM stone
        ORDER BY company_id, record_id"""
    for batch in arrow.batches(con, sql, rows_per_batch=2_048):
        yield from batch.to_pylist()


def said_of_hidden(con: duckdb.DuckDBPyConnection) -> Iterator[pa.RecordBatch]:
    """Of each company with records that may not be shown, how many, in words; columns `company_id` and `said`."""
    return arrow.batches(
        con,
        f"""SELECT company_id, string_agg(n || CASE WHEN n = 1 THEN ' record ' ELSE ' records ' END
               || {no_longer_sql("publisher")}, '; ' ORDER BY publisher) AS said
        FROM (SELECT company_id, publisher, count(*) AS n FROM stone GROUP BY ALL) GROUP BY company_id""",
    )


def emptied(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Companies of which every record on the day was set aside."""
    return [key for (key,) in con.execute("SELECT company_id FROM summed WHERE records = 0").fetchall()]


def companies(con: duckdb.DuckDBPyConnection, company_ids: Iterable[str]) -> dict[str, Company]:
    """Companies by their ids; those without a record on the day are left out."""
    hand_over(con, "asked_company", _COMPANY, [(company_id,) for company_id in sorted(company_ids)])
    rows = con.execute("SELECT s.* FROM summed s SEMI JOIN asked_company USING (company_id)").fetchall()
    return {row[0]: _company(row) for row in rows}


def _company(row: tuple[Any, ...]) -> Company:
    (company_id, name, country, numbers), (records, removed, not_adverse) = row[:4], row[4:7]
    kinds, in_force, last_on, amounts, links, sources, set_aside, disputed, unpublished = row[7:]
    return Company(
        company_id=company_id,
        name=name,
        country=country,
        identifiers=tuple(f"{n['scheme']} {n['value']}" for n in numbers or () if n["valid"] is not False),
        records=records,
        removed=removed,
        not_adverse=not_adverse,
        by_kind=tuple((k["kind"], k["n"]) for k in kinds or ()),
        in_force=in_force,
        last_on=last_on,
        amounts=tuple((a["kind"], a["currency"] or "currency not stated", a["value"]) for a in amounts or ()),
        links=tuple(links or ()),
        sources=tuple(sources or ()),
        set_aside=set_aside,
        disputed=tuple(disputed or ()),
        unpublished=unpublished,
    )


def records(con: duckdb.DuckDBPyConnection) -> Iterator[dict[str, Any]]:
    """The records of table `held`, in the order of company, date and id; columns as in RECORD_COLUMNS."""
    columns = ", ".join("day AS date" if name == "date" else name for name in RECORD_COLUMNS)
    order = "company_id, day DESC NULLS LAST, record_id"
    for batch in arrow.batches(con, f"SELECT {columns} FROM held ORDER BY {order}", rows_per_batch=2_048):
        yield from batch.to_pylist()
