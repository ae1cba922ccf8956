"""What the database knows of companies that may be meant: names, numbers, places, for many at once by their rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from db.match.address import Place, place
from db.screen.asking import hand_over

_ROW = pa.schema([("row_id", pa.int64())])
_COMPANY = pa.schema([("row_id", pa.int64()), ("company_id", pa.string())])
_MOST_ADDRESSES = 50


@dataclass(frozen=True, slots=True)
class Address:
    """An address on a record, as published and as it is compared."""

    text: str
    city: str
    postcode: str
    place: Place


@dataclass(frozen=True, slots=True)
class Known:
    """A company that may be meant; `country` ISO 3166-1 alpha-2 lower case, `identifiers` (scheme, value)."""

    company_id: str
    name: str
    country: str | None
    identifiers: tuple[tuple[str, str], ...]
    records: int


def companies(con: duckdb.DuckDBPyConnection, rows: Iterable[int]) -> dict[int, Known]:
    """Row of table company → company. Cost: one scan of the table, whatever the number of rows."""
    hand_over(con, "asked_row", _ROW, [(row,) for row in sorted(rows)])
    return {
        row: Known(company_id, name, country, tuple((n["scheme"], n["value"]) for n in numbers or ()), records)
        for row, company_id, name, country, numbers, records in con.execute(
            """SELECT c.rowid, company_id, name, country, identifiers, records
            FROM company c JOIN asked_row a ON a.row_id = c.rowid"""
        ).fetchall()
    }


def names(con: duckdb.DuckDBPyConnection, rows: Iterable[int]) -> dict[int, str]:
    """Row of table company_name → name as published. Cost: one scan of the table."""
    hand_over(con, "asked_row", _ROW, [(row,) for row in sorted(rows)])
    return dict(
        con.execute("SELECT n.rowid, n.name FROM company_name n JOIN asked_row a ON a.row_id = n.rowid").fetchall()
    )


def addresses(con: duckdb.DuckDBPyConnection, found: dict[int, Known]) -> dict[int, Sequence[Address]]:
    """Row of a company → addresses on its records. Cost: one scan of record.company_id."""
    hand_over(con, "asked_company", _COMPANY, sorted((row, company.company_id) for row, company in found.items()))
    return {
        row: [_address(a["text"] or "", a["city"] or "", a["postcode"] or "") for a in stated]
        for row, stated in con.execute(
            f"""SELECT row_id, list(DISTINCT a ORDER BY a)[:{_MOST_ADDRESSES}] FROM (
                SELECT q.row_id, unnest(r.addresses) AS a FROM record r JOIN asked_company q USING (company_id)
                WHERE r.addresses IS NOT NULL) WHERE a IS NOT NULL GROUP BY row_id"""
        ).fetchall()
    }


def _address(text: str, city: str, postcode: str) -> Address:
    return Address(text, city, postcode, place(text, postcode, city))
