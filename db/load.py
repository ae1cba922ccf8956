"""One gated source into the next generation: new, changed, unchanged and removed records, with their evidence."""

from dataclasses import dataclass

from db.companies import refresh_companies
from db.content import Loading, ready_sql
from db.erase import erase_evidence, start_erasing
from db.resolve.parties import name_parties
from db.withheld import erase_withheld, erase_withheld_versions, judge_stored
from ingest.archive import EvidenceFile, provenance_parts, provenance_sql, store_rows
from ingest.errors import NotTraceable
from ingest.model import RECORD, SQL_COLUMNS, Column
from ingest.privacy.gate import Gated, require_gated

SLICE = 1_000_000
"""Records written by one statement: bounds the memory of the join with their input rows."""

_NAMES = ", ".join(column.name for column in RECORD)
_EVERY_ROW = "SELECT _row, NOT whole AS named_withheld FROM fate WHERE code = 3"

_NOT_CONTENT = ("native_id", "data_as_of")
"""Columns that identify the record, or differ from day to day although it says the same."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Records by what became of them, and the evidence stored for new versions."""

    added: int
    changed: int
    removed: int
    unchanged: int
    duplicates: int
    evidence: tuple[EvidenceFile, ...]


def load(gated: Gated, loading: Loading) -> Loaded:
    """Merges the records into database `gen` of the same connection; the caller owns the transaction.

    A record is changed when what it says differs (not its row number, retrieval or the agency's stamp), or when it
    comes back after a removal. Cost: linear; hash joins over record ids, one write of the new versions.
    Raises TypeError for anything the gate did not issue, NotTraceable when a record lost its input row.
    """
    require_gated(gated)
    inputs = gated.candidates.inputs
    con = inputs.con
    name_parties(con, inputs.source.id)
    con.execute(f"CREATE OR REPLACE TEMP VIEW ready AS {ready_sql(gated, loading)}")
    con.execute("CREATE OR REPLACE TABLE touched AS SELECT NULL::VARCHAR AS company_id WHERE false")
    if _is_plain(gated):
        evidence = store_rows(inputs, _EVERY_ROW, loading.evidence, loading.run_id)
        added = _write_plain(gated, loading, _hashes_sql(gated, loading, evidence))
        expected = con.execute("SELECT count(*) FROM ready").fetchone()
        _require_all(gated, added, expected[0] if expected else 0)
        con.execute("INSERT INTO touched SELECT DISTINCT company_id FROM profile WHERE passes")
        refresh_companies(con)
        return Loaded(added, 0, 0, 0, 0, tuple(evidence))
    duplicates = _number_keys(gated)
    _compare(gated, loading)
    evidence = store_rows(inputs, _new_rows(gated), loading.evidence, loading.run_id)
    start_erasing(con)
    judge_stored(gated)
    removed = erase_withheld(gated) + _remove_missing(gated, loading)
    _supersede(gated, loading)
    erase_withheld_versions(gated)
    added, changed, unchanged = _counts(gated)
    written = _write_linked(gated, loading, _hashes_sql(gated, loading, evidence))
    _require_all(gated, written, added + changed)
    erase_evidence(con, loading.evidence, {inputs.source.id: inputs.source})
    con.execute(
        """INSERT INTO touched SELECT r.company_id FROM ready r JOIN incoming i USING (_out)
        WHERE i.state <> 'unchanged'"""
    )
    refresh_companies(con)
    return Loaded(added, changed, removed, unchanged, duplicates, tuple(evidence))


def _require_all(gated: Gated, written: int, expected: int) -> None:
    if written != expected:
        raise NotTraceable(
            f"{expected - written} records without an input row",
            source=gated.candidates.inputs.source.id,
            where="records.sql",
        )


def _said_sql(prefix: str) -> str:
    """SQL for a hash of what a record says; equal only within one version of the engine, so it is never stored."""
    return f"hash({', '.join(f'{prefix}{c.name}' for c in SQL_COLUMNS if c.name not in _NOT_CONTENT)})"


def _is_plain(gated: Gated) -> bool:
    """Whether the source has no records yet, each output row has one input row, and every key occurs once."""
    con, source = gated.candidates.inputs.con, gated.candidates.inputs.source
    held = con.execute("SELECT count(*) FROM gen.record WHERE source_id = ?", [source.id]).fetchone()
    if gated.candidates.many_rows or (held and held[0]):
        return False
    row = con.execute("SELECT count(*) - count(DISTINCT native_id) FROM ready").fetchone()
    return row is not None and row[0] == 0


def _number_keys(gated: Gated) -> int:
    """Table `keyed`: output row, native id, hash of what it says, `same` (the first output row that says the same).

    Two records under one key that say different things get #2, #3 … in the order of their content; returns how many.
    """
    con = gated.candidates.inputs.con
    con.execute(
        f"""CREATE OR REPLACE TABLE keyed AS
        WITH said AS (SELECT _out, native_id, {_said_sql("")} AS said FROM ready),
        first AS (SELECT native_id, said, min(_out) AS same,
                         row_number() OVER (PARTITION BY native_id ORDER BY said) AS at
                  FROM said GROUP BY native_id, said)
        SELECT s._out, CASE WHEN f.at > 1 THEN s.native_id || '#' || f.at ELSE s.native_id END AS native_id,
               s.said, f.same, f.at > 1 AND s._out = f.same AS numbered
        FROM said s JOIN first f USING (native_id, said)"""
    )
    row = con.execute("SELECT count(*) FILTER (numbered) FROM keyed").fetchone()
    return int(row[0]) if row else 0


def _compare(gated: Gated, loading: Loading) -> None:
    """Table `incoming`: one line per record with its state against what database `gen` holds."""
    con, source_id = gated.candidates.inputs.con, gated.candidates.inputs.source.id
    con.execute(
        f"""CREATE OR REPLACE TABLE incoming AS
        SELECT k._out, '{source_id}:' || k.native_id AS record_id, k.native_id,
               CASE WHEN e.record_id IS NULL THEN 'added'
                    WHEN e.said = k.said AND e.removed_at IS NULL THEN 'unchanged' ELSE 'changed' END AS state,
               coalesce(e.version, 0) + 1 AS version, coalesce(e.first_seen, ?) AS first_seen
        FROM keyed k LEFT JOIN (SELECT record_id, removed_at, version, first_seen, native_id, {_said_sql("")} AS said
                                FROM gen.record WHERE source_id = ?) e
            ON e.record_id = '{source_id}:' || k.native_id
        WHERE k._out = k.same""",
        [loading.now, source_id],
    )


def _counts(gated: Gated) -> tuple[int, int, int]:
    counts = dict(gated.candidates.inputs.con.execute("SELECT state, count(*) FROM incoming GROUP BY state").fetchall())
    return counts.get("added", 0), counts.get("changed", 0), counts.get("unchanged", 0)


def _new_rows(gated: Gated) -> str:
    """SQL giving the input rows of new versions, and whether a row names somebody who was withheld."""
    return f"""{_EVERY_ROW} AND _row IN (SELECT _row FROM ({gated.candidates.row_links()}) JOIN keyed k USING (_out)
               JOIN incoming i ON i._out = k.same WHERE i.state <> 'unchanged')"""


def _remove_missing(gated: Gated, loading: Loading) -> int:
    """Marks records that a full source no longer shows.

    Nothing is inferred from an increment, which shows only what is new, nor from a file with unreadable rows.
    """
    inputs = gated.candidates.inputs
    source = inputs.source
    if source.snapshot == "increment" or any(file.rows.rejected for file in inputs.files):
        return 0
    day = "coalesce(published_on, issued_on, effective_from, opened_on)"
    aged = (
        f"{day} < ?::DATE - INTERVAL {source.window_months} MONTH" if source.snapshot == "window" else "?::DATE IS NULL"
    )
    today = loading.data_as_of or loading.now.date()
    inputs.con.execute(
        """CREATE OR REPLACE TABLE missing AS SELECT record_id, company_id FROM gen.record
        WHERE source_id = ? AND removed_at IS NULL AND record_id NOT IN (SELECT record_id FROM incoming)""",
        [source.id],
    )
    inputs.con.execute("INSERT INTO touched SELECT company_id FROM missing")
    row = inputs.con.execute(
        f"""UPDATE gen.record
        SET removed_at = ?, removal = CASE WHEN {aged} THEN 'aged out' ELSE 'removed at source' END
        WHERE source_id = ? AND record_id IN (SELECT record_id FROM missing)""",
        [loading.now, today, source.id],
    ).fetchone()
    return int(row[0]) if row else 0


def _supersede(gated: Gated, loading: Loading) -> None:
    """Moves versions that are replaced to record_history; what says the same was merely seen again."""
    con, source_id = gated.candidates.inputs.con, gated.candidates.inputs.source.id
    old = "source_id = ? AND record_id IN (SELECT record_id FROM incoming WHERE state = 'changed')"
    con.execute(
        f"INSERT INTO gen.record_history ({_NAMES}, superseded_at) SELECT {_NAMES}, ? FROM gen.record WHERE {old}",
        [loading.now, source_id],
    )
    con.execute(f"INSERT INTO touched SELECT company_id FROM gen.record WHERE {old}", [source_id])
    con.execute(f"DELETE FROM gen.record WHERE {old}", [source_id])
    con.execute(
        """UPDATE gen.record SET last_seen = ? WHERE source_id = ?
        AND record_id IN (SELECT record_id FROM incoming WHERE state = 'unchanged')""",
        [loading.now, source_id],
    )
    # other evidence than before may let the same name pass: a revoked rule is no reason any more
    con.execute(
        """UPDATE gen.record SET gate_reason = u.gate_reason
        FROM (SELECT i.record_id, r.gate_reason FROM incoming i JOIN ready r USING (_out) WHERE i.state = 'unchanged') u
        WHERE record.record_id = u.record_id AND source_id = ? AND record.gate_reason <> u.gate_reason""",
        [source_id],
    )


def _hashes_sql(gated: Gated, loading: Loading, evidence: list[EvidenceFile]) -> str:
    """SQL giving the hash of every stored input row of the primary relations."""
    inputs = gated.candidates.inputs
    files = [str(loading.evidence / e.file).replace("'", "''") for e in evidence if e.relation in inputs.primary]
    listed = ", ".join(f"'{file}'" for file in files)
    return f"SELECT _row, row_hash FROM read_parquet([{listed}])"


def _write_plain(gated: Gated, loading: Loading, hashes: str) -> int:
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


def _write_linked(gated: Gated, loading: Loading, hashes: str) -> int:
    """Inserts the new versions; a record of several input rows has the first, all of them, and one hash over theirs."""
    candidates = gated.candidates
    con = candidates.inputs.con
    con.execute(
        f"""CREATE OR REPLACE TABLE linked AS
        WITH link AS (SELECT DISTINCT k.same AS _out, l._row
                      FROM ({candidates.row_links()}) l JOIN keyed k USING (_out)
                      JOIN incoming i ON i._out = k.same WHERE i.state <> 'unchanged')
        SELECT _out, arg_min(retrieval_id, _row) AS retrieval_id, arg_min(member, _row) AS member,
               arg_min(row_number, _row) AS row_number,
               CASE WHEN count(*) = 1 THEN min(row_hash)
                    ELSE sha256(string_agg(row_hash, '' ORDER BY _row)) END AS row_hash,
               CASE WHEN count(*) > 1 THEN list({{'retrieval_id': retrieval_id, 'member': member, 'row': row_number}}
                                                ORDER BY _row) END AS source_rows
        FROM (SELECT link._out, _row, {provenance_sql(candidates.inputs, "_row")}, row_hash
              FROM link JOIN ({hashes}) USING (_row)) GROUP BY _out"""
    )
    own = {name: f"i.{name}" for name in ("record_id", "native_id", "version", "first_seen")}
    own |= {name: f"l.{name}" for name in ("retrieval_id", "member", "row_number", "source_rows", "row_hash")}
    values = ", ".join(own.get(c.name) or _value_sql(c, gated, loading) for c in RECORD)
    row = con.execute(
        f"""INSERT INTO gen.record ({_NAMES}) SELECT {values} FROM ready r
        JOIN incoming i ON i._out = r._out JOIN linked l ON l._out = r._out WHERE i.state <> 'unchanged'"""
    ).fetchone()
    return int(row[0]) if row else 0


def _value_sql(column: Column, gated: Gated, loading: Loading) -> str:
    source = gated.candidates.inputs.source
    constants = {
        "source_id": f"'{source.id}'",
        "adapter_version": f"'{source.adapter_version}'",
        "changed_at": f"TIMESTAMP '{loading.now}'",
        "last_seen": f"TIMESTAMP '{loading.now}'",
        "removed_at": "NULL",
        "removal": "NULL",
    }
    return constants.get(column.name, f"r.{column.name}")
