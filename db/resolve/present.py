"""What makes a company one: its ids past and present, places, records by source, and its links in words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from db.times import utc
from ingest.errors import UsageError

_METHODS = {
    "number": "the same number",
    "name and place": "the same name, legal form and country, and the same",
    "alias": "one is called by the name of the other:",
}


@dataclass(frozen=True, slots=True)
class Link:
    """Why two of its parties are one company, in words; by which method, whose, since when."""

    text: str
    method: str
    evidence: str
    version: str
    made_by: str
    made_at: datetime | None


@dataclass(frozen=True, slots=True)
class SourceCount:
    """Records of one kind in one source."""

    source_id: str
    kind: str
    records: int
    last_on: Any


def present_id(con: duckdb.DuckDBPyConnection, company_id: str) -> str | None:
    """The company that has this id, or had it: after a merger, a correction, or before there were links.

    None for an id that never was. Raises UsageError naming them where it is several companies' by now. Cost: a scan
    of the ids of parties for one that is nobody's now.
    """
    if con.execute("SELECT 1 FROM company WHERE company_id = ?", [company_id]).fetchone() or not has_links(con):
        return company_id
    found = con.execute(
        """SELECT DISTINCT c.company_id, c.name FROM company c JOIN (
            SELECT company_id FROM company_redirect WHERE old_id = $1
            UNION ALL SELECT company_id FROM party WHERE $1 IN (party_id, anchor, as_named)) USING (company_id)
        ORDER BY c.name, c.company_id""",
        [company_id],
    ).fetchall()
    if len(found) > 1:
        listed = ", ".join(f"{key} ({name})" for key, name in found[:10]) + (", …" if len(found) > 10 else "")
        raise UsageError(
            f"`{company_id}` is several companies now: {listed}", next_step=f"Try `trackrecord show {found[0][0]}`."
        )
    return found[0][0] if found else None


def has_links(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the generation was written since companies are made from links."""
    return con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'party'").fetchone() is not None


def links_of(con: duckdb.DuckDBPyConnection, company_id: str, records: str = "record") -> list[Link]:
    """Its links, numbers first; named as in `records`, a relation with the columns of record."""
    if not has_links(con):
        return []
    rows = con.execute(
        f"""WITH known AS (SELECT party_id, source_id, min(company_name) AS name FROM {records} WHERE company_id = ?
                          GROUP BY party_id, source_id)
        SELECT l.method, l.evidence, l.version, l.made_by, l.made_at, a.name, a.source_id, b.name, b.source_id
        FROM company_link l JOIN known a ON a.party_id = l.party_a JOIN known b ON b.party_id = l.party_b
        ORDER BY l.method <> 'number', l.method DESC, a.name, b.name, l.evidence""",
        [company_id],
    ).fetchall()
    return [
        Link(
            f"“{one}” ({source}) and “{other}” ({other_source}): {_METHODS[method]} {evidence}",
            method,
            evidence,
            version,
            made_by,
            utc(made_at),
        )
        for method, evidence, version, made_by, made_at, one, source, other, other_source in rows
    ]


def places_of(con: duckdb.DuckDBPyConnection, company_id: str, records: str = "record") -> list[str]:
    """Addresses on its records as published, the most frequent first."""
    rows = con.execute(
        f"""SELECT a.text FROM (SELECT unnest(addresses) AS a FROM {records} WHERE company_id = ?)
        WHERE a.text IS NOT NULL GROUP BY a.text ORDER BY count(*) DESC, a.text""",
        [company_id],
    ).fetchall()
    return [row[0] for row in rows]


def sources_of(con: duckdb.DuckDBPyConnection, company_id: str, day: str, records: str = "record") -> list[SourceCount]:
    """How many records of each kind every source has; `day` is SQL for the day of a record."""
    rows = con.execute(
        f"""SELECT source_id, kind, count(*), max({day}) FROM {records} WHERE company_id = ?
        GROUP BY source_id, kind ORDER BY source_id, kind""",
        [company_id],
    ).fetchall()
    return [SourceCount(*row) for row in rows]
