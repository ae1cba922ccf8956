"""Counting versions for the name index. Cost: a scan of a few narrow columns, then linear in the versions of those
companies that did not always stand as they do now."""

from dataclasses import dataclass, fields
from typing import Any

import duckdb
import numpy as np

from db.index.versions import ENDS, NEVER, NO_DATE, NO_NAME, REMOVED, Versions
from ingest.model import DAY_SQL, NOT_ADVERSE_SQL

_FIRST = "SELECT source_id, min(changed_at)::DATE AS day FROM record GROUP BY source_id"
_RESTLESS = f"""
    SELECT rowid::UINTEGER AS company, company_id FROM company WHERE len(sources) > 1 OR company_id IN (
        SELECT company_id FROM record JOIN ({_FIRST}) f USING (source_id) WHERE changed_at >= f.day + 1
        UNION SELECT company_id FROM record WHERE removed_at IS NOT NULL
        UNION SELECT company_id FROM record WHERE publication_ends IS NOT NULL
        UNION SELECT company_id FROM past)"""
_NOW = "removed_at::DATE AS removed_by_now, publication_ends AS ends_by_now"
_SPAN = "source_id, held_from, replaced, removed, ends, removed_by_now, ends_by_now"
_VERSIONS = f"""
    SELECT company, company_name, names, source_id, kind, {NOT_ADVERSE_SQL} AS not_adverse, {DAY_SQL} AS day,
           changed_at::DATE AS held_from, replaced, removed_at::DATE AS removed, publication_ends AS ends,
           removed_by_now, ends_by_now
    FROM (SELECT *, NULL::DATE AS replaced, {_NOW} FROM record
          UNION ALL BY NAME SELECT * EXCLUDE (superseded_at), superseded_at::DATE AS replaced FROM past
          JOIN (SELECT record_id, {_NOW} FROM record SEMI JOIN past USING (record_id)) USING (record_id))
    JOIN restless USING (company_id)"""
# names stand for themselves by their hashes: texts are slow to group by
_COUNTED = f"""
    SELECT company, hash(company_name) AS name, {_SPAN}, kind, not_adverse, min(day) AS first, max(day) AS last,
           count(*) AS n FROM ({_VERSIONS}) GROUP BY ALL"""
_CALLED = f"""
    SELECT DISTINCT company, hash(n.name) AS name, {_SPAN}
    FROM (SELECT company, unnest(names) AS n, {_SPAN} FROM ({_VERSIONS}) WHERE names IS NOT NULL)"""
_ROWS = """
    SELECT company, hash(name) AS name, list(place ORDER BY place) AS places
    FROM (SELECT n.rowid AS place, company, name FROM company_name n JOIN restless USING (company_id)) GROUP BY ALL"""
_GROUPS = f"""
    WITH counted AS MATERIALIZED ({_COUNTED}), rows_of AS MATERIALIZED ({_ROWS}),
    other AS (
        SELECT company, {_SPAN}, places[2:] AS places FROM counted JOIN rows_of USING (company, name)
        WHERE len(places) > 1
        UNION ALL SELECT company, {_SPAN}, places FROM ({_CALLED}) JOIN rows_of USING (company, name)),
    placed AS (
        SELECT company, {_SPAN}, places[1] AS name_row, kind, not_adverse, first, last, n
        FROM counted LEFT JOIN rows_of USING (company, name)
        UNION ALL SELECT company, {_SPAN}, unnest(places), NULL, false, NULL, NULL, 0 FROM other)
    SELECT company, coalesce(name_row, {NO_NAME})::UINTEGER AS name_row, not_adverse,
           coalesce(list_position(?::VARCHAR[], source_id) - 1, 0)::USMALLINT AS source,
           coalesce(list_position(?::VARCHAR[], kind) - 1, 0)::USMALLINT AS kind, n::UINTEGER AS n, {{days}}
    FROM placed"""
_SINCE = f"""
    SELECT c.rowid AS place, coalesce(datediff('day', DATE '1970-01-01', f.day), {NO_DATE})::INTEGER AS since
    FROM company c LEFT JOIN ({_FIRST}) f ON f.source_id = c.sources[1]"""


@dataclass(frozen=True, slots=True)
class Made:
    """Versions, and what their codes of sources and kinds stand for."""

    versions: Versions
    sources: tuple[str, ...]
    kinds: tuple[str, ...]


def make_versions(con: duckdb.DuckDBPyConnection) -> Made:
    """The versions of the database that `con` reads."""
    # generations of before companies were linked know no redirects
    linked = con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'company_redirect'").fetchall()
    redirects = "company_redirect" if linked else "(SELECT '' AS old_id, '' AS company_id WHERE false)"
    con.execute(
        f"""CREATE OR REPLACE TEMP VIEW past AS SELECT h.* REPLACE (coalesce(w.company_id, h.company_id) AS company_id)
        FROM record_history h LEFT JOIN {redirects} w ON w.old_id = h.company_id"""
    )
    con.execute(f"CREATE OR REPLACE TEMP TABLE restless AS {_RESTLESS}")
    sources, kinds = (_distinct(con, column) for column in ("source_id", "kind"))
    days = [_day(name, NO_DATE) for name in ("held_from", "first", "last")]
    days += [_day(name, NEVER) for name in ("replaced", "removed", "ends", "removed_by_now", "ends_by_now")]
    groups = con.execute(_GROUPS.format(days=", ".join(days)), [list(sources), list(kinds)]).fetchnumpy()
    order = np.argsort(groups["company"], kind="stable")
    groups = {name: np.asarray(column)[order] for name, column in groups.items()}
    standing = con.execute(_SINCE).fetchnumpy()
    con.execute("DROP TABLE restless")
    con.execute("DROP VIEW past")
    return Made(_versions(groups, standing), sources, kinds)


def _distinct(con: duckdb.DuckDBPyConnection, column: str) -> tuple[str, ...]:
    sql = f"SELECT {column} FROM record UNION SELECT {column} FROM record_history ORDER BY 1"
    return tuple(row[0] for row in con.execute(sql).fetchall())


def _day(column: str, missing: int) -> str:
    return f"coalesce(datediff('day', DATE '1970-01-01', {column}), {missing})::INTEGER AS {column}"


def _versions(groups: dict[str, np.ndarray], standing: dict[str, np.ndarray]) -> Versions:
    owner = groups["company"].astype(np.int64)
    rows = int(standing["place"].max(initial=-1)) + 1
    since = np.full(rows, NEVER, np.int32)
    since[standing["place"]] = standing["since"]
    changing = np.unique(owner)
    since[changing] = NEVER
    np.minimum.at(since, owner, groups["held_from"])
    hideable = np.zeros(rows, np.uint8)
    for why, columns in ((REMOVED, ("removed", "removed_by_now")), (ENDS, ("ends", "ends_by_now"))):
        for column in columns:
            hideable[np.unique(owner[groups[column] != NEVER])] |= why
    start = np.searchsorted(owner, np.arange(rows + 1)).astype(np.uint32)
    own: dict[str, Any] = {"since": since, "start": start, "hideable": hideable}
    own |= {item.name: groups[item.name] for item in fields(Versions) if item.name not in own}
    return Versions(**own)
