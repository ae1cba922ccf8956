"""The lines of a journal as a sync writes them: which records came, changed and went, and what no stored row says."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from db.content import Loading
from db.journal import CONTENT, FOLDER, LINE, PLACE, Seen
from ingest.archive import EvidenceFile, described
from ingest.arrow import quoted
from ingest.durable import fsync
from ingest.model import literal
from ingest.privacy.gate import Gated

WITHHELD_TOO = "SELECT _row FROM fate WHERE code = 3 AND NOT whole"
"""Input rows of records that also name somebody withheld: their text is not stored."""


@dataclass(frozen=True, slots=True)
class Lines:
    """How to read a run's journal, and the file of lines, where there are any."""

    plain: bool
    seen: Seen
    files: tuple[EvidenceFile, ...]


def write_plain_lines(gated: Gated, loading: Loading) -> Lines:
    """Lines of a first load in which each row is one record: none but for records whose rows have no text."""
    con, source_id = gated.candidates.inputs.con, gated.candidates.inputs.source.id
    if not _find_bare(
        gated, f"SELECT _out, _out AS same, {literal(source_id + ':')} || native_id AS record_id FROM ready"
    ):
        return Lines(plain=True, seen="all but missed", files=())
    con.execute(
        f"""CREATE OR REPLACE TABLE line AS
        SELECT 'added' AS state, g.record_id, g.version, g.first_seen, NULL::INTEGER AS nth, NULL::VARCHAR AS said,
               true AS bare, b.declared, {_content("g")}
        FROM gen.record g JOIN bare b USING (record_id) WHERE g.source_id = {literal(source_id)}"""
    )
    return Lines(plain=True, seen="all but missed", files=_written(gated, loading))


def write_lines(gated: Gated, loading: Loading) -> Lines:
    """Lines of any other load, from tables `keyed`, `incoming` and `missing`, once the records are written.

    Cost: linear in what changed; a count over the records of the source, and, where not every record of an increment is
    shown again, the shorter list of those that are and those that are not.
    """
    con, source = gated.candidates.inputs.con, gated.candidates.inputs.source
    changed = (
        "SELECT k._out, k.same, i.record_id FROM keyed k JOIN incoming i ON i._out = k.same WHERE state <> 'unchanged'"
    )
    some = _find_bare(gated, changed)
    kept = f"gen.record WHERE source_id = {literal(source.id)} AND record_id IN (SELECT record_id FROM bare)"
    con.execute(
        f"""CREATE OR REPLACE TABLE line AS
        SELECT i.state, i.record_id, i.version, i.first_seen, k.nth, k.said_stably AS said,
               g.record_id IS NOT NULL AS bare, b.declared, {_content("g")}
        FROM incoming i JOIN keyed k USING (_out) LEFT JOIN bare b USING (record_id)
        LEFT JOIN (SELECT * FROM {kept if some else "gen.record WHERE false"}) g USING (record_id)
        WHERE i.state <> 'unchanged'"""
    )
    own = f"gen.record WHERE source_id = {literal(source.id)}"
    con.execute(
        f"""INSERT INTO line BY NAME SELECT removal AS state, record_id, version FROM {own}
        AND record_id IN (SELECT record_id FROM missing)"""
    )
    held, shown, again = con.execute(
        f"""SELECT (SELECT count(*) FROM {own} AND removed_at IS NULL), count(*), count(*) FILTER (state = 'unchanged')
        FROM incoming"""
    ).fetchone() or (0, 0, 0)
    seen: Seen = "all but missed" if held - shown <= again else "listed"
    if seen == "listed":
        con.execute(
            """INSERT INTO line BY NAME SELECT 'seen' AS state, record_id, version - 1 AS version FROM incoming
            WHERE state = 'unchanged'"""
        )
    elif held > shown:
        con.execute(
            f"""INSERT INTO line BY NAME SELECT 'missed' AS state, record_id, version FROM {own}
            AND removed_at IS NULL AND record_id NOT IN (SELECT record_id FROM incoming)"""
        )
    return Lines(plain=False, seen=seen, files=_written(gated, loading))


def _find_bare(gated: Gated, changed: str) -> bool:
    """Table `bare` (record_id, declared): records, of those the SQL gives, with a row whose text is not stored, be it a
    joined one. Gives whether there may be any.
    """
    inputs = gated.candidates.inputs
    con = inputs.con
    rows = [WITHHELD_TOO]
    found = con.execute(f"SELECT 1 FROM ({WITHHELD_TOO}) LIMIT 1").fetchone() is not None
    if found:
        for resources in inputs.source.relations.values():
            if resources[0].role == "joined":
                other, _, column = resources[0].joined_to.partition(".")
                name = f'o.{quoted(column)} FROM "{other}" o'
                rows.append(f"""SELECT _row FROM "{other}" WHERE {quoted(column)} IN (
                    SELECT {name} WHERE _row IN ({WITHHELD_TOO}))""")
    declared = "any_value(o.entity_type)" if "entity_type" in gated.candidates.columns else "NULL"
    con.execute(
        f"""CREATE OR REPLACE TABLE bare AS
        SELECT c.record_id, {declared}::VARCHAR AS declared
        FROM ({gated.candidates.row_links()}) l JOIN ({changed}) c USING (_out) JOIN output o ON o.rowid = c.same
        WHERE {f"l._row IN ({' UNION ALL '.join(rows)})" if found else "false"} GROUP BY c.record_id"""
    )
    return found


def _content(of: str) -> str:
    names = ("gate_reason", *(column.name for column in CONTENT), *PLACE)
    return ", ".join(f"{of}.{name}" for name in names)


def _written(gated: Gated, loading: Loading) -> tuple[EvidenceFile, ...]:
    con, source = gated.candidates.inputs.con, gated.candidates.inputs.source
    if con.execute("SELECT 1 FROM line LIMIT 1").fetchone() is None:
        return ()
    return (write_table(con, "line", loading.evidence, f"{FOLDER}/{source.id}/{loading.run_id}.parquet"),)


def write_table(con: duckdb.DuckDBPyConnection, lines: str, folder: Path, name: str) -> EvidenceFile:
    """Writes lines, a table or SQL in brackets, into the file of that name; on disk when this returns."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    columns = ", ".join(f"{column}::{kind} AS {column}" for column, kind in LINE.items())
    con.execute(
        f"""COPY (SELECT {columns} FROM {lines} ORDER BY record_id, state)
        TO {literal(str(file))} (FORMAT parquet, COMPRESSION zstd)"""
    )
    fsync(file)
    return described(file, folder, None, "journal")
