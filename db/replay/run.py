"""One run done again in database `gen`: its rows derived anew, judged by today's gate, and put where its journal says.

Nothing is compared with what stands: the lines of the journal say which records came, changed and went. What today's
gate withholds is not restored; it is counted, as is what a damaged file took away.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from db.companies import refresh_companies
from db.content import Loading
from db.journal import CONTENT, LINE, PLACE, Journal
from db.replay.matching import base_sql, match
from db.resolve.parties import name_parties
from db.versions import replace_changed, write_linked
from ingest.arrow import quoted
from ingest.catalog import Source
from ingest.content import ready_sql
from ingest.model import SOURCE_ROWS
from ingest.privacy.gate import Gated, pass_gate
from ingest.privacy.rulings import Rulings
from ingest.rederive import Derived, take_over
from ingest.transform import REQUIRED, Candidates, Inputs

_NO_LINE = f"SELECT {', '.join(f'NULL::{kind} AS {name}' for name, kind in LINE.items())} WHERE false"
NOT_RESTORED = "not_restored"
"""Table of (record_id, version) that today's gate withholds, over all runs."""
_LEAST = ("_row", *REQUIRED)
_STORED = "SELECT _row, retrieval_id, member, row_number, row_hash FROM stored_row"


@dataclass(frozen=True, slots=True)
class Redone:
    """Versions by what became of them. `withheld` by today's gate; `lost`: their row, or their line, is not there."""

    versions: int = 0
    withheld: int = 0
    lost: int = 0
    differing: int = 0
    """Versions that were found again by their rows alone, because they say something else than they did."""


@dataclass(frozen=True, slots=True)
class Given:
    """What there is to do a run again: its lines, what its rows gave (None where they are damaged), who judges."""

    journal: Journal
    source: Source
    lines: str | None
    """SQL reading the lines; None where the run has none."""
    derived: Derived | None
    rulings: Rulings
    damaged: bool = False
    """Rows that there should be are not there; those of an erasure are none."""


class Seen:
    """When the records of a source were last seen, written when it is needed and not at every run.

    `pending`: every record of the source that is not gone was last seen then.
    """

    def __init__(self) -> None:
        self.pending: datetime | None = None

    def settle(self, con: duckdb.DuckDBPyConnection, source_id: str, which: str = "true") -> None:
        """Writes it into the records that the SQL condition names."""
        if self.pending is not None:
            con.execute(
                f"""UPDATE gen.record SET last_seen = $at WHERE source_id = $source AND removed_at IS NULL
                AND last_seen < $at AND {which}""",
                {"at": self.pending, "source": source_id},
            )

    def settle_all(self, con: duckdb.DuckDBPyConnection, source_id: str) -> None:
        """Writes it everywhere."""
        self.settle(con, source_id)
        self.pending = None


def redo(con: duckdb.DuckDBPyConnection, given: Given, seen: Seen) -> Redone:
    """Does a run that loaded again; the caller writes its books.

    Cost: linear in its stored rows, and a few scans of the ids in `gen`.
    """
    source_id, now = given.source.id, given.journal.run["started_at"]
    run = given.journal.run
    loading = Loading(given.journal.run_id, now, run["data_as_of"], Path(), run["adapter_version"])
    _clear(con)
    con.execute(
        f"CREATE OR REPLACE TABLE line AS SELECT *, row_number() OVER () AS turn FROM ({given.lines or _NO_LINE})"
    )
    con.execute("CREATE OR REPLACE TABLE touched (company_id VARCHAR)")
    gated = pass_gate(_candidates(con, given), given.rulings)
    name_parties(con, source_id)
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW ready AS {ready_sql(gated, loading.data_as_of, 'p.company_id, p.party_id,')}"
    )
    differing = match(gated, given.journal, loading)
    gone = (
        "record_id IN (SELECT record_id FROM incoming WHERE state = 'changed' UNION ALL SELECT record_id FROM leaving)"
    )
    con.execute("CREATE OR REPLACE TABLE leaving AS FROM line WHERE state IN ('removed at source', 'aged out')")
    seen.settle(con, source_id, gone)
    replace_changed(con, source_id, now)
    _remove(con, source_id, now)
    _place_bare(con)
    versions = write_linked(gated, loading, _STORED)
    _see(con, given, seen, now)
    con.execute(
        """INSERT INTO touched SELECT r.company_id FROM ready r JOIN incoming i USING (_out)
        WHERE i.state <> 'unchanged'"""
    )
    refresh_companies(con, now)
    withheld, lost = _count_missing(gated, given, versions)
    _mark_withheld(gated, given)
    return Redone(versions, withheld, lost, differing)


def _clear(con: duckdb.DuckDBPyConnection) -> None:
    """Drops what the run before left: some tables of the pipeline are added to."""
    rows = con.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'main'"
    ).fetchall()
    drops = "".join(f"DROP TABLE {quoted(name)}; " for (name,) in rows if name != NOT_RESTORED)
    con.execute(f"BEGIN; {drops}COMMIT")


def _candidates(con: duckdb.DuckDBPyConnection, given: Given) -> Candidates:
    """Table `output`: what the stored rows give, then what lines say of records whose rows have no text (`_line`)."""
    if given.derived is not None:
        candidates = take_over(con, given.derived)
    else:
        con.execute(
            "CREATE OR REPLACE TABLE output (_row BIGINT, native_id VARCHAR, kind VARCHAR, company_name VARCHAR)"
        )
        con.execute(
            """CREATE OR REPLACE TABLE stored_row (_row BIGINT, retrieval_id VARCHAR, member VARCHAR, row_number BIGINT,
            named_withheld BOOLEAN, row_hash VARCHAR)"""
        )
        candidates = Candidates(Inputs(con, given.source), frozenset(_LEAST), many_rows=False)
    content = ", ".join(_as_output(column.name) for column in CONTENT)
    rows = "_rows" if candidates.many_rows else "[_row] AS _rows"
    con.execute(
        f"""CREATE OR REPLACE TABLE output_all AS SELECT * EXCLUDE (_place) FROM (
            SELECT * EXCLUDE ({"_rows" if candidates.many_rows else "_row"}), {rows}, NULL::BIGINT AS _line,
                   output.rowid AS _place FROM output
            UNION ALL BY NAME
            SELECT {base_sql("line")} AS native_id, {content}, turn AS _line, 9223372036854775807 AS _place
            FROM line WHERE bare AND state IN ('added', 'changed')) ORDER BY _place, _line"""
    )
    con.execute("DROP TABLE output")
    con.execute("ALTER TABLE output_all RENAME TO output")
    said = {column.name for column in CONTENT} | {"native_id", "_rows"}
    return Candidates(candidates.inputs, (candidates.columns - {"_row"}) | said, many_rows=True)


def _as_output(name: str) -> str:
    """What a line says as records.sql would have said it: the source's own type, numbers without their check."""
    if name == "entity_type":
        return "declared AS entity_type"
    if name == "identifiers":
        return "list_transform(identifiers, lambda i: {'scheme': i.scheme, 'value': i.value}) AS identifiers"
    return name


def _remove(con: duckdb.DuckDBPyConnection, source_id: str, now: datetime) -> None:
    con.execute(
        """INSERT INTO touched SELECT company_id FROM gen.record
        WHERE source_id = ? AND record_id IN (SELECT record_id FROM leaving)""",
        [source_id],
    )
    con.execute(
        """UPDATE gen.record SET removed_at = ?, removal = l.state FROM leaving l
        WHERE record.record_id = l.record_id AND source_id = ?""",
        [now, source_id],
    )


def _place_bare(con: duckdb.DuckDBPyConnection) -> None:
    """Table `linked`: the places of versions that lines say, as they stand there."""
    con.execute(
        f"""CREATE OR REPLACE TABLE linked AS SELECT i._out, {", ".join(f"l.{name}" for name in PLACE)}
        FROM incoming i JOIN line l USING (turn) WHERE l.bare AND i._out IS NOT NULL"""
    )


def _see(con: duckdb.DuckDBPyConnection, given: Given, seen: Seen, now: datetime) -> None:
    """Which records that stood before were seen again."""
    source_id = given.source.id
    missed = con.execute("SELECT 1 FROM line WHERE state = 'missed' LIMIT 1").fetchone() is not None
    if given.journal.seen == "all but missed" and not missed:
        seen.pending = now
        return
    seen.settle_all(con, source_id)
    which = "NOT IN (SELECT record_id FROM line WHERE state = 'missed')"
    if given.journal.seen == "listed":
        which = "IN (SELECT record_id FROM line WHERE state = 'seen')"
    con.execute(
        f"""UPDATE gen.record SET last_seen = ? WHERE source_id = ? AND removed_at IS NULL
        AND last_seen < ? AND record_id {which}""",
        [now, source_id, now],
    )


def _count_missing(gated: Gated, given: Given, versions: int) -> tuple[int, int]:
    """Versions withheld by today's gate, which NOT_RESTORED notes, and those that nothing gives any more."""
    con = gated.candidates.inputs.con
    con.execute(
        f"""CREATE OR REPLACE TABLE absent AS
        SELECT i.record_id, i.version, o.native_id IS NOT NULL AS withheld
        FROM incoming i JOIN line l USING (turn)
        LEFT JOIN (SELECT DISTINCT native_id FROM output) o ON o.native_id = {base_sql("l")}
        WHERE i._out IS NULL AND l.state IN ('added', 'changed')"""
    )
    con.execute(f"INSERT INTO {NOT_RESTORED} SELECT record_id, version FROM absent WHERE withheld")
    withheld, lost = con.execute(
        "SELECT count(*) FILTER (withheld), count(*) FILTER (NOT withheld) FROM absent"
    ).fetchone() or (0, 0)
    if given.journal.plain:
        record = "not_a_record IS NULL" if "not_a_record" in gated.candidates.columns else "true"
        row = con.execute(
            f"""SELECT count(DISTINCT native_id) FROM output
            WHERE {record} AND native_id NOT IN (SELECT native_id FROM ready)"""
        ).fetchone()
        withheld = row[0] if row else 0
        if given.damaged:
            lost = max(0, given.journal.run["added"] - withheld - versions)
    return withheld, lost


def _mark_withheld(gated: Gated, given: Given) -> None:
    """Marks in schema `erasing` the stored rows and lines that name somebody whom today's gate withholds.

    Every row is judged by itself, so none stands for another under its key. Whole payloads from then on go.
    """
    con = gated.candidates.inputs.con
    where = "AND o.not_a_record IS NULL" if "not_a_record" in gated.candidates.columns else ""
    con.execute(
        f"""INSERT INTO erasing.version BY NAME
        WITH named AS (SELECT o.rowid AS _out, o._line FROM {gated.join_sql} WHERE p.whole IS NOT TRUE {where}),
        placed AS (
            SELECT r.retrieval_id, r.member, r.row_number, NULL::{SOURCE_ROWS} AS source_rows
            FROM named JOIN ({gated.candidates.row_links()}) USING (_out) JOIN stored_row r USING (_row)
            WHERE NOT r.named_withheld
            UNION SELECT l.retrieval_id, l.member, l.row_number, l.source_rows FROM named n JOIN line l
            ON l.turn = n._line)
        SELECT $source AS source_id, '' AS record_id, 0 AS version, $now AS first_seen,
               'infinity'::TIMESTAMP AS last_seen, *, false AS entirely FROM placed""",
        {"source": given.source.id, "now": given.journal.run["started_at"]},
    )
