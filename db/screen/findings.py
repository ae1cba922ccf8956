"""What is on record about the companies that a screening found: counts, dates, amounts, links; nothing is weighed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from db.as_of import known_on
from db.screen.asking import hand_over
from ingest import arrow
from ingest.model import DAY_SQL, NOT_ADVERSE_SQL

LINKS = 3
_COMPANY = pa.schema([("company_id", pa.string())])
RECORD_COLUMNS = (
    "company_id", "record_id", "source_id", "company_name", "kind", "agency_type", "status", "status_as_published",
    "date", "effective_from", "effective_to", "in_force", "summary", "legal_basis", "case_id", "amounts", "source_url",
    "document_url", "data_as_of", "removed_at", "retrieval_id", "row_hash",
)  # fmt: skip
"""Columns of a record in a report, in order."""


@dataclass(frozen=True, slots=True)
class Company:
    """A company in a report. Records that the source removed are counted in `removed`, cleared ones in `not_adverse`.

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


def prepare(
    con: duckdb.DuckDBPyConnection, company_ids: Iterable[pa.RecordBatch], today: date, as_of: date | None
) -> None:
    """Temporary tables `held` (records of these companies, as known on the day) and `summed` (one row a company).

    The functions below rest on both. Cost: one scan of record.company_id; the engine spills what memory cannot hold.
    """
    known_on(con, as_of)
    con.execute("DROP TABLE IF EXISTS matched")
    con.execute("CREATE TEMP TABLE matched (company_id VARCHAR)")
    for batch in company_ids:
        arrow.register(con, "_given", pa.Table.from_batches([batch]))
        try:
            con.execute("INSERT INTO matched SELECT company_id FROM _given")
        finally:
            con.unregister("_given")
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE held AS
        SELECT k.*, {DAY_SQL} AS day, {in_force_sql(today)} AS in_force, {NOT_ADVERSE_SQL} AS not_adverse
        FROM known k WHERE company_id IN (SELECT company_id FROM matched)"""
    )
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE summed AS
        WITH counted AS (
            SELECT company_id, count(*) AS records, count(removed_at) AS removed,
                   count_if(not_adverse AND removed_at IS NULL) AS not_adverse,
                   count_if(in_force) FILTER (in_force IS NOT NULL) AS in_force, max(day) AS last_on,
                   list(DISTINCT source_id ORDER BY source_id) AS sources,
                   list(DISTINCT coalesce(document_url, source_url)
                        ORDER BY coalesce(document_url, source_url)) [:{LINKS}] AS links
            FROM held GROUP BY company_id),
        kinds AS (
            SELECT company_id, list({{'kind': kind, 'n': n}} ORDER BY kind) AS by_kind
            FROM (SELECT company_id, kind, count(*) AS n FROM held WHERE NOT not_adverse AND removed_at IS NULL
                  GROUP BY company_id, kind) GROUP BY company_id),
        sums AS (
            SELECT company_id,
                   list({{'kind': kind, 'currency': currency, 'value': value}} ORDER BY kind, currency) AS amounts
            FROM (SELECT company_id, a.kind AS kind, a.currency AS currency, sum(a.value) AS value
                  FROM (SELECT company_id, unnest(amounts) AS a FROM held
                        WHERE NOT not_adverse AND removed_at IS NULL)
                  WHERE a.value IS NOT NULL GROUP BY company_id, a.kind, a.currency) GROUP BY company_id)
        SELECT c.company_id, c.name, c.country, c.identifiers, n.records, n.removed, n.not_adverse, k.by_kind,
               n.in_force, n.last_on, s.amounts, n.links, n.sources
        FROM counted n JOIN company c USING (company_id) LEFT JOIN kinds k USING (company_id)
        LEFT JOIN sums s USING (company_id)"""
    )


def on_record(con: duckdb.DuckDBPyConnection) -> Iterator[pa.RecordBatch]:
    """Companies that have a record on the day; column `company_id`."""
    return arrow.batches(con, "SELECT company_id FROM summed ORDER BY company_id")


def count(con: duckdb.DuckDBPyConnection) -> int:
    """How many companies have a record on the day."""
    ((number,),) = con.execute("SELECT count(*) FROM summed").fetchall()
    return int(number)


def companies(con: duckdb.DuckDBPyConnection, company_ids: Iterable[str]) -> dict[str, Company]:
    """Companies by their ids; those without a record on the day are left out."""
    hand_over(con, "asked_company", _COMPANY, [(company_id,) for company_id in sorted(company_ids)])
    rows = con.execute("SELECT s.* FROM summed s SEMI JOIN asked_company USING (company_id)").fetchall()
    return {row[0]: _company(row) for row in rows}


def _company(row: tuple[Any, ...]) -> Company:
    (company_id, name, country, numbers), (records, removed, not_adverse) = row[:4], row[4:7]
    kinds, in_force, last_on, amounts, links, sources = row[7:]
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
        sources=tuple(sources),
    )


def records(con: duckdb.DuckDBPyConnection) -> Iterator[dict[str, Any]]:
    """The records of table `held`, in the order of company, date and id; columns as in RECORD_COLUMNS."""
    columns = ", ".join("day AS date" if name == "date" else name for name in RECORD_COLUMNS)
    order = "company_id, day DESC NULLS LAST, record_id"
    for batch in arrow.batches(con, f"SELECT {columns} FROM held ORDER BY {order}", rows_per_batch=2_048):
        yield from batch.to_pylist()


def in_force_sql(today: date) -> str:
    """SQL for `db.show.in_force`: NULL for what has no dates of force, was lifted, cleared, removed, or paid once."""
    day = f"DATE '{today}'"
    return (
        f"CASE WHEN ((effective_from IS NULL OR kind = 'penalty') AND effective_to IS NULL)"
        f" OR {NOT_ADVERSE_SQL} OR removed_at IS NOT NULL"
        f" THEN NULL ELSE coalesce(effective_from <= {day}, true) AND coalesce({day} <= effective_to, true) END"
    )
