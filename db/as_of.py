"""What was known on a day: the versions of records that the database held at the end of it."""

from datetime import date, timedelta

import duckdb

from ingest.model import RECORD

_COLUMNS = ", ".join(
    column.name for column in RECORD if column.name not in {"company_id", "removed_at", "removal", "party_id"}
)


def known_on(con: duckdb.DuckDBPyConnection, day: date | None) -> None:
    """View `known` with the columns of `record`: the present versions, or those of the end of `day` (UTC).

    A record removed after that day stands there as not yet removed. A version belongs to the company that has the
    record's party now: how companies are linked is today's knowledge. Cost: nothing until it is asked.
    """
    if day is None:
        con.execute("CREATE OR REPLACE TEMP VIEW known AS SELECT * FROM record")
        return
    end = f"TIMESTAMP '{day + timedelta(days=1)}'"
    # generations of before companies were linked know no redirects
    linked = con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'company_redirect'").fetchall()
    redirects = "company_redirect" if linked else "(SELECT '' AS old_id, '' AS company_id WHERE false)"
    con.execute(
        f"""CREATE OR REPLACE TEMP VIEW known AS
        SELECT {_COLUMNS}, company_id, CASE WHEN removed_at < {end} THEN removed_at END AS removed_at,
               CASE WHEN removed_at < {end} THEN removal END AS removal
        FROM (SELECT {_COLUMNS}, company_id, removed_at, removal FROM record WHERE changed_at < {end}
              UNION ALL SELECT {_COLUMNS}, coalesce(w.company_id, h.company_id), removed_at, removal
              FROM record_history h LEFT JOIN {redirects} w ON w.old_id = h.company_id
              WHERE changed_at < {end} AND superseded_at >= {end})"""
    )
