"""Suppliers that a company may be of which records are published no more: kept apart, as neutral as tombstones are."""

from collections.abc import Iterator

import pyarrow as pa

from db.screen.work import Work
from ingest import arrow

_SAID = pa.schema([("company_id", pa.string()), ("said", pa.string())])


def keep(work: Work, said: Iterator[pa.RecordBatch]) -> None:
    """Table `stone` of the work file: suppliers with what is left to say of companies found; before others go."""
    work.con.execute("DROP TABLE IF EXISTS said")
    arrow.load(work.con, "said", _SAID, said)
    # a screening that goes on finds it made, and those of the companies that were found then gone
    work.con.execute(
        """CREATE TABLE IF NOT EXISTS stone AS
        SELECT DISTINCT subject, company_id, said FROM hit JOIN said USING (company_id)"""
    )


def of_rows(work: Work, first: int, last: int) -> dict[int, list[tuple[str, str]]]:
    """Row of the input → (company id, what is left to say of it); empty where nobody asked for it."""
    if not work.con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'stone'").fetchall():
        return {}
    found: dict[int, list[tuple[str, str]]] = {}
    for row, company_id, said in work.con.execute(
        """SELECT row, company_id, said FROM line JOIN stone USING (subject) WHERE row BETWEEN ? AND ?
        ORDER BY row, company_id""",
        [first, last],
    ).fetchall():
        found.setdefault(row, []).append((company_id, said))
    return found
