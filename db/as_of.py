"""What was known on a day: the versions of records that the database held at the end of it, and which are shown.

Retention is declared by each source. `permanent`: what it removed stays visible, with a remark. `mirror-source` and
`term`: what it publishes no more is hidden. A day given in the row itself on which publication ends hides it anywhere.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import duckdb

from ingest.catalog import Source
from ingest.model import RECORD, literal

NO_LONGER, ENDED = "no longer published", "publication ended"
"""Why a record is hidden."""
TOMBSTONE = (
    "record_id", "source_id", "first_seen", "last_seen", "removed_at", "removal", "publication_ends", "hidden",
)  # fmt: skip
"""All that may be shown of a hidden record."""

_GIVEN = [column.name for column in RECORD]


def retention_of(sources: Iterable[Source]) -> dict[str, str]:
    """The declared retention by source id."""
    return {source.id: source.retention for source in sources}


def known_on(con: duckdb.DuckDBPyConnection, day: date | None, *, today: date, retention: Mapping[str, str]) -> None:
    """View `known`: the columns of `record` at present, or as held at the end of `day` (UTC), and `hidden VARCHAR`.

    `hidden` is NULL for what is shown, else NO_LONGER or ENDED; a source that `retention` lacks is permanent. A record
    removed after that day stands there as not yet removed; `last_seen` is NULL where it lies after it. A version
    belongs to the company that has the record's party now: how companies are linked is today's knowledge. Cost:
    nothing until it is asked; a condition on company_id or record_id reaches the tables.
    """
    if day is None:
        con.execute(
            f"CREATE OR REPLACE TEMP VIEW known AS SELECT *, {hidden_sql(today, retention)} AS hidden FROM record"
        )
        return
    end = f"TIMESTAMP '{day + timedelta(days=1)}'"
    own = {
        "removed_at": f"CASE WHEN removed_at < {end} THEN removed_at END",
        "removal": f"CASE WHEN removed_at < {end} THEN removal END",
        "last_seen": f"CASE WHEN last_seen < {end} THEN last_seen END",
    }
    columns = ", ".join(f"{own[name]} AS {name}" if name in own else name for name in _GIVEN)
    moved = ", ".join("coalesce(w.company_id, h.company_id) AS company_id" if n == "company_id" else n for n in _GIVEN)
    # generations of before companies were linked know no redirects
    linked = con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'company_redirect'").fetchall()
    redirects = "company_redirect" if linked else "(SELECT '' AS old_id, '' AS company_id WHERE false)"
    con.execute(
        f"""CREATE OR REPLACE TEMP VIEW known AS SELECT *, {hidden_sql(day, retention)} AS hidden FROM (
        SELECT {columns} FROM (
            SELECT {", ".join(_GIVEN)} FROM record WHERE changed_at < {end}
            UNION ALL SELECT {moved} FROM record_history h LEFT JOIN {redirects} w ON w.old_id = h.company_id
            WHERE changed_at < {end} AND superseded_at >= {end}))"""
    )


def hidden_sql(day: date, retention: Mapping[str, str]) -> str:
    """SQL for why a record, as known on the day, is hidden; the columns it reads are nearly all empty."""
    mirrored = ", ".join(literal(source_id) for source_id, kept in sorted(retention.items()) if kept != "permanent")
    gone = f"WHEN removed_at IS NOT NULL AND source_id IN ({mirrored}) THEN {literal(NO_LONGER)} " if mirrored else ""
    return f"CASE {gone}WHEN publication_ends < DATE '{day}' THEN {literal(ENDED)} END"
