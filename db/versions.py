"""Versions of records written into database `gen`: those of a first load, new ones, and those they replace."""

from datetime import datetime

import duckdb

from db.content import Loading
from ingest.archive import provenance_parts
from ingest.model import RECORD, SOURCE_ROWS, Column
from ingest.privacy.gate import Gated

SLICE = 1_000_000
"""Records written by one statement: bounds the memory of the join with their input rows."""

_NAMES = ", ".join(column.name for column in RECORD)


def replace_changed(con: duckdb.DuckDBPyConnection, source_id: str, now: datetime) -> None:
    """Moves versions that `incoming` replaces to record_history; their companies go into table `touched`."""
    old = "source_id = ? AND record_id IN (SELECT record_id FROM incoming WHERE state = 'changed')"
    con.execute(
        f"INSERT INTO gen.record_history ({_NAMES}, superseded_at) SELECT {_NAMES}, ? FROM gen.record WHERE {old}",
        [now, source_id],
    )
    con.execute(f"INSERT INTO touched SELECT company_id FROM gen.record WHERE {old}", [source_id])
    con.execute(f"DELETE FROM gen.record WHERE {old}", [source_id])


def write_plain(gated: Gated, loading: Loading, hashes: str) -> int:
    """Inserts all records slice by slice, each joined with the hash of its one input row."""
    inputs = gated.candidates.inputs
    con, prefix = inputs.con, f"'{inputs.source.id}:'"
    own = {
        "record_id": f"{prefix} || r.native_id",
        "version": "1",
        "first_seen": f"TIMESTAMP '{loading.now}'",
        "source_rows": "NULL",
        "row_hash": "h.row_hash",
    } | dict(zip(("retrieval_id", "member", "row_number"), provenance_parts(inputs, "r._row"), strict=True))
    values = ", ".join(own.get(c.name) or _value_sql(c, gated, loading) for c in RECORD)
    total = con.execute("SELECT count(*) FROM output").fetchone()
    written = 0
    # the engine would build its hash table from the wide side
    con.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    for first in range(0, total[0] if total else 0, SLICE):
        last = first + SLICE - 1
        low, high = con.execute(
            "SELECT min(_row), max(_row) FROM output WHERE rowid BETWEEN ? AND ?", [first, last]
        ).fetchone() or (0, 0)
        row = con.execute(
            f"""INSERT INTO gen.record ({_NAMES}) SELECT {values} FROM ready r
            JOIN ({hashes} WHERE _row BETWEEN $low AND $high) h ON h._row = r._row
            WHERE r._out BETWEEN $first AND $last""",
            {"first": first, "last": last, "low": low, "high": high},
        ).fetchone()
        written += int(row[0]) if row else 0
    con.execute("RESET disabled_optimizers")
    return written


def write_linked(gated: Gated, loading: Loading, rows: str) -> int:
    """Inserts the new versions of `incoming`; a record of several input rows has the first, all of them, and one hash
    over theirs. `rows` is SQL giving _row, retrieval_id, member, row_number and row_hash of the input rows.

    Table `linked` holds the place of each version, and may already hold some.
    """
    con = gated.candidates.inputs.con
    con.execute(
        f"""CREATE TABLE IF NOT EXISTS linked (_out BIGINT, retrieval_id VARCHAR, member VARCHAR, row_number BIGINT,
        row_hash VARCHAR, source_rows {SOURCE_ROWS})"""
    )
    con.execute(
        f"""INSERT INTO linked BY NAME
        WITH link AS (SELECT DISTINCT k.same AS _out, l._row
                      FROM ({gated.candidates.row_links()}) l JOIN keyed k USING (_out)
                      JOIN incoming i ON i._out = k.same WHERE i.state <> 'unchanged')
        SELECT _out, arg_min(retrieval_id, _row) AS retrieval_id, arg_min(member, _row) AS member,
               arg_min(row_number, _row) AS row_number,
               CASE WHEN count(*) = 1 THEN min(row_hash)
                    ELSE sha256(string_agg(row_hash, '' ORDER BY _row)) END AS row_hash,
               CASE WHEN count(*) > 1 THEN list({{'retrieval_id': retrieval_id, 'member': member, 'row': row_number}}
                                                ORDER BY _row) END AS source_rows
        FROM (SELECT * FROM link JOIN ({rows}) USING (_row)) GROUP BY _out"""
    )
    own = {name: f"i.{name}" for name in ("record_id", "native_id", "version", "first_seen")}
    own |= {name: f"l.{name}" for name in ("retrieval_id", "member", "row_number", "source_rows", "row_hash")}
    values = ", ".join(own.get(c.name) or _value_sql(c, gated, loading) for c in RECORD)
    row = con.execute(
        f"""INSERT INTO gen.record ({_NAMES}) SELECT {values} FROM ready r
        JOIN incoming i ON i._out = r._out JOIN linked l ON l._out = r._out WHERE i.state <> 'unchanged'"""
    ).fetchone()
    con.execute("DROP TABLE linked")
    return int(row[0]) if row else 0


def _value_sql(column: Column, gated: Gated, loading: Loading) -> str:
    source = gated.candidates.inputs.source
    constants = {
        "source_id": f"'{source.id}'",
        "adapter_version": f"'{loading.adapter_version}'",
        "changed_at": f"TIMESTAMP '{loading.now}'",
        "last_seen": f"TIMESTAMP '{loading.now}'",
        "removed_at": "NULL",
        "removal": "NULL",
    }
    return constants.get(column.name, f"r.{column.name}")
