"""The tables behind `db.changes.between`: which records moved between two moments, compared by column in the engine.

    later      versions of after the beginning, as they stand at the end
    gone       records without a new version that their source removed
    former     what these records said at the beginning
    ended      records whose last day, of a measure or of its publication, lies between
    moved      one line per change, numbered (`n`) in the order of telling; without a number: changed and changed back

Every condition that selects them is on one column, so that the engine skips what its zone maps rule out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from db.as_of import hidden_sql
from db.history import CONTENT, FROM_GATE
from ingest.model import DAY_SQL, NOT_ADVERSE_SQL, RECORD

_NAMES = ", ".join(column.name for column in RECORD)
_TOLD = (
    "record_id", "source_id", "company_id", "company_name", "kind", "status", "status_as_published", "issued_on",
    "final_on", "published_on", "effective_from", "opened_on", "status_on", "effective_to", "publication_ends",
    "first_seen", "last_seen", "changed_at", "removed_at", "removal",
)  # fmt: skip
"""Columns of a record that says nothing new."""
_GATES = "(SELECT retrieval_id, gate_version FROM retrieval JOIN run USING (run_id))"


@dataclass(frozen=True, slots=True)
class Span:
    """After `since` until `until` (UTC without zone; None: now), of records that meet an SQL condition."""

    since: datetime
    until: datetime | None
    today: date
    wanted: str

    @property
    def after(self) -> str:
        """The beginning, which is not part of it, as a literal."""
        return f"TIMESTAMP '{self.since}'"

    @property
    def last_day(self) -> date:
        """The day of its end."""
        return self.until.date() if self.until else self.today

    def upto(self, column: str) -> str:
        """SQL for a time not after the end."""
        return f"{column} <= TIMESTAMP '{self.until}'" if self.until else "true"

    def held(self, where: str) -> str:
        """SQL for the versions held at the end that meet a condition, with the columns of `record`."""
        if self.until is None:
            return f"SELECT {_NAMES} FROM record WHERE {where} AND {self.wanted}"
        return f"""SELECT * REPLACE (CASE WHEN {self.upto("removed_at")} THEN removed_at END AS removed_at,
                                     CASE WHEN {self.upto("removed_at")} THEN removal END AS removal)
            FROM (SELECT {_NAMES} FROM record WHERE {self.upto("changed_at")} AND {where}
                  UNION ALL
                  SELECT {_NAMES} FROM (
                      SELECT h.* REPLACE (coalesce(w.company_id, h.company_id) AS company_id)
                      FROM record_history h LEFT JOIN company_redirect w ON w.old_id = h.company_id
                      WHERE {self.upto("changed_at")} AND NOT {self.upto("superseded_at")} AND {where}))
            WHERE {self.wanted}"""


def gather(con: duckdb.DuckDBPyConnection, span: Span) -> None:
    """Tables `later`, `gone`, `former` and `ended`."""
    told = ", ".join(_TOLD)
    con.execute(f"CREATE OR REPLACE TEMP TABLE later AS {span.held(f'changed_at > {span.after}')}")
    gone = f"changed_at <= {span.after} AND removed_at > {span.after} AND {span.upto('removed_at')}"
    con.execute(f"CREATE OR REPLACE TEMP TABLE gone AS SELECT {told} FROM ({span.held(gone)})")
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE former AS SELECT * FROM record_history
        WHERE superseded_at > {span.after} AND {span.upto("superseded_at")} AND changed_at <= {span.after}
            AND record_id IN (SELECT record_id FROM later)"""
    )
    dated = " UNION ALL ".join(
        f"""SELECT {told}, {column} AS passed
        FROM ({span.held(f"{column} >= DATE '{span.since.date()}' AND {column} < DATE '{span.last_day}'")})
        WHERE removed_at IS NULL AND first_seen <= {span.after} AND {condition}"""
        for column, condition in (("effective_to", f"NOT {NOT_ADVERSE_SQL}"), ("publication_ends", "true"))
    )
    con.execute(f"CREATE OR REPLACE TEMP TABLE ended AS {dated}")


def compare(con: duckdb.DuckDBPyConnection, span: Span, retention: Mapping[str, str]) -> None:
    """Table `moved`; `later_at` and `former_at` say where the two versions stand, `fields` which columns differ.

    Hidden is what was hidden at the end of the span, and what is by now. What went was last seen in the last unchanged
    file after the version's own.
    """
    _compare_versions(con, span)
    then = hidden_sql(span.last_day, retention)
    now = f"SELECT record_id, {hidden_sql(span.today, retention)} AS hidden FROM record"
    told = ", ".join(name for name in _TOLD if name != "changed_at")
    went = "if(removal = 'aged out', 'aged out', 'removed')"
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE moved AS
        WITH found AS (
            SELECT {told}, {DAY_SQL} AS day, {then} AS hidden,
                   coalesce(removed_at, if(former_at IS NULL, first_seen, changed_at)) AS moved_at,
                   l.rowid AS later_at, former_at, fields, CASE WHEN len(fields) > 0 THEN cause END AS cause,
                   CASE WHEN removed_at IS NOT NULL THEN {went}
                        WHEN former_at IS NULL THEN 'new' WHEN was_gone THEN 'back'
                        WHEN len(fields) > 0 THEN 'changed' END AS change
            FROM later l JOIN compared c ON c.later_at = l.rowid
            UNION ALL BY NAME
            SELECT {told}, {DAY_SQL} AS day, {then} AS hidden, removed_at AS moved_at, []::VARCHAR[] AS fields,
                   {went} AS change
            FROM gone
            UNION ALL BY NAME
            SELECT {told}, {DAY_SQL} AS day, {then} AS hidden, (min(passed) + 1)::TIMESTAMP AS moved_at,
                   []::VARCHAR[] AS fields, 'expired' AS change
            FROM ended GROUP BY ALL),
        still AS (
            SELECT source_id, last_seen, max(r.started_at) FILTER (outcome = 'unchanged') AS shown_at
            FROM (SELECT DISTINCT source_id, last_seen, removed_at FROM found WHERE removed_at IS NOT NULL) f
            JOIN run r USING (source_id)
            WHERE r.started_at > last_seen AND r.started_at < removed_at AND NOT EXISTS (
                FROM run l WHERE l.source_id = f.source_id AND l.outcome = 'loaded'
                    AND l.started_at > f.last_seen AND l.started_at < r.started_at)
            GROUP BY ALL),
        shown AS (SELECT f.* REPLACE (coalesce(f.hidden, p.hidden) AS hidden,
                                      if(removed_at IS NULL, last_seen, coalesce(shown_at, last_seen)) AS last_seen)
                  FROM found f LEFT JOIN still USING (source_id, last_seen)
                  LEFT JOIN ({now if span.until else f"{now} WHERE false"}) p USING (record_id))
        SELECT CASE WHEN change IS NOT NULL THEN row_number() OVER (
                   ORDER BY change IS NULL, moved_at DESC, source_id, change, record_id) END AS n,
               * REPLACE (CASE WHEN hidden IS NULL THEN fields ELSE [] END AS fields)
        FROM shown ORDER BY n"""
    )


def _compare_versions(con: duckdb.DuckDBPyConnection, span: Span) -> None:
    """Table `compared`: a line per line of `later` with the columns that differ from `former`, and what may be why."""
    differing = ", ".join(f"CASE WHEN a.{name} IS DISTINCT FROM b.{name} THEN '{name}' END" for name in CONTENT)
    by_gate = ", ".join(f"'{name}'" for name in FROM_GATE)
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE compared AS
        SELECT * EXCLUDE (same_row, same_adapter, same_gate),
               CASE WHEN NOT same_row THEN if(same_adapter, 'agency', 'agency or adapter')
                    WHEN NOT same_adapter THEN 'adapter'
                    WHEN NOT same_gate AND list_has_all([{by_gate}], fields) THEN 'gate' ELSE 'agency' END AS cause
        FROM (SELECT a.rowid AS later_at, b.rowid AS former_at,
                     a.record_id IN (SELECT record_id FROM record_history
                                     WHERE superseded_at > {span.after} AND {span.upto("superseded_at")}
                                         AND removed_at IS NOT NULL) AS was_gone,
                     CASE WHEN b.record_id IS NOT NULL AND a.removed_at IS NULL
                          THEN list_filter([{differing}], lambda name: name IS NOT NULL) ELSE [] END AS fields,
                     a.row_hash = b.row_hash AS same_row, a.adapter_version = b.adapter_version AS same_adapter,
                     m.gate_version IS NOT DISTINCT FROM g.gate_version AS same_gate
              FROM later a LEFT JOIN former b USING (record_id)
              LEFT JOIN {_GATES} m ON m.retrieval_id = a.retrieval_id
              LEFT JOIN {_GATES} g ON g.retrieval_id = b.retrieval_id)"""
    )
