"""One gated source into the next generation: new, changed, unchanged and removed records, with their evidence."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from db.companies import refresh_companies
from ingest.archive import EvidenceFile, provenance_sql, store_rows
from ingest.errors import NotTraceable
from ingest.model import RECORD, SQL_COLUMNS, Column
from ingest.privacy.gate import Gated, require_gated

SLICE = 1_000_000
"""Records written by one statement: bounds the memory of the join with their input rows."""

_FROM_GATE = {
    "company_name": "p.stated",
    "entity_type": "p.entity",
    "names": "p.kept_names",
    "addresses": "p.kept_addresses",
    "identifiers": "p.checked",
}
_NOT_CONTENT = ("data_as_of",)
"""Columns that differ from day to day although the record says the same."""


@dataclass(frozen=True, slots=True)
class Loading:
    """What the records of one run share. `now` is UTC without zone."""

    run_id: str
    now: datetime
    data_as_of: date | None
    evidence: Path


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
    con.execute(f"CREATE OR REPLACE TEMP VIEW ready AS {_ready_sql(gated, loading)}")
    duplicates = _number_keys(gated)
    _compare(gated, loading)
    evidence = store_rows(inputs, _wanted_rows(gated), loading.evidence, loading.run_id)
    con.execute("CREATE OR REPLACE TABLE touched AS SELECT NULL::VARCHAR AS company_id WHERE false")
    removed = _remove_missing(gated, loading)
    _supersede(gated, loading)
    added, changed, unchanged = _counts(gated)
    written = _write(gated, loading, evidence, duplicates=duplicates > 0)
    if written != added + changed:
        raise NotTraceable(
            f"{added + changed - written} records without an input row", source=inputs.source.id, where="records.sql"
        )
    refresh_companies(con)
    return Loaded(added, changed, removed, unchanged, duplicates, tuple(evidence))


def _ready_sql(gated: Gated, loading: Loading) -> str:
    """Every passed output row with the columns of the model: marks of unreadable values become empty."""
    columns = ", ".join(f"{_content_sql(c, gated, loading)} AS {c.name}" for c in SQL_COLUMNS)
    rows = "_rows" if gated.candidates.many_rows else "_row"
    where = "AND o.not_a_record IS NULL" if "not_a_record" in gated.candidates.columns else ""
    return f"""SELECT o.rowid AS _out, o.{rows}, p.company_id, p.reason AS gate_reason, {columns}
        FROM {gated.join_sql} WHERE p.passes {where}"""


def _content_sql(column: Column, gated: Gated, loading: Loading) -> str:
    name, source = column.name, gated.candidates.inputs.source
    if name in _FROM_GATE:
        return _FROM_GATE[name]
    given = f"o.{name}" if name in gated.candidates.columns else "NULL"
    if column.type == "DATE":
        given = f"nullif({given}, DATE '-infinity')" if given != "NULL" else given
    elif name == "amounts" and given != "NULL":
        given = f"nullif(list_filter({given}, lambda a: a.value IS NOT NULL), [])"
    elif name == "events" and given != "NULL":
        given = f"nullif(list_filter({given}, lambda e: e.date > DATE '-infinity'), [])"
    elif name == "status":
        given = f"coalesce(nullif({given}, chr(26)), 'unknown')"
    elif column.type == "VARCHAR" and given != "NULL" and source.lookup:
        given = f"nullif(trim(ltrim({given}, chr(26))), '')"
    elif column.type == "VARCHAR" and given != "NULL":
        given = f"nullif(trim({given}), '')"
    defaults = {
        "subject_area": f"'{source.subject_area}'",
        "source_url": "'" + source.homepage.replace("'", "''") + "'",
        "data_as_of": f"DATE '{loading.data_as_of}'" if loading.data_as_of else "NULL",
    }
    given = f"coalesce({given}, {defaults[name]})" if name in defaults else given
    return f"({given})::{column.type}"


def _number_keys(gated: Gated) -> int:
    """Table `keyed`: output row, native id, content hash, `same` (the first output row that says the same).

    Two records under one key that say different things get #2, #3 … in the order of their content; returns how many.
    """
    con = gated.candidates.inputs.con
    said = ", ".join(f"coalesce({c.name}::VARCHAR, chr(30))" for c in SQL_COLUMNS if c.name not in _NOT_CONTENT)
    con.execute(
        f"""CREATE OR REPLACE TABLE keyed AS
        SELECT _out, native_id, md5_number(concat_ws(chr(31), {said})) AS content_hash, _out AS same FROM ready"""
    )
    row = con.execute("SELECT count(*) - count(DISTINCT native_id) FROM keyed").fetchone()
    if row is None or row[0] == 0:
        return 0
    con.execute(
        """CREATE OR REPLACE TABLE keyed AS
        WITH first AS (SELECT native_id, content_hash, min(_out) AS same,
                 row_number() OVER (PARTITION BY native_id ORDER BY content_hash) AS at FROM keyed
                 GROUP BY native_id, content_hash)
        SELECT k._out, CASE WHEN f.at > 1 THEN k.native_id || '#' || f.at ELSE k.native_id END AS native_id,
               k.content_hash, f.same FROM keyed k JOIN first f USING (native_id, content_hash)"""
    )
    row = con.execute(
        "SELECT count(DISTINCT native_id) FROM keyed WHERE native_id LIKE '%#%' AND _out = same"
    ).fetchone()
    return int(row[0]) if row else 0


def _compare(gated: Gated, loading: Loading) -> None:
    """Table or view `incoming`: one line per record with its state against what database `gen` holds."""
    con, source_id = gated.candidates.inputs.con, gated.candidates.inputs.source.id
    prefix = f"'{source_id}:'"
    now = f"TIMESTAMP '{loading.now}'"
    held = con.execute("SELECT count(*) FROM gen.record WHERE source_id = ?", [source_id]).fetchone()
    con.execute("DROP VIEW IF EXISTS incoming")
    con.execute("DROP TABLE IF EXISTS incoming")
    if not held or held[0] == 0:
        con.execute(
            f"""CREATE TEMP VIEW incoming AS SELECT _out, {prefix} || native_id AS record_id, native_id, content_hash,
            'added' AS state, 1 AS version, {now} AS first_seen FROM keyed WHERE _out = same"""
        )
        return
    con.execute(
        f"""CREATE TABLE incoming AS
        SELECT k._out, {prefix} || k.native_id AS record_id, k.native_id, k.content_hash,
               CASE WHEN e.record_id IS NULL THEN 'added'
                    WHEN e.content_hash = k.content_hash AND e.removed_at IS NULL THEN 'unchanged'
                    ELSE 'changed' END AS state,
               coalesce(e.version, 0) + 1 AS version, coalesce(e.first_seen, {now}) AS first_seen
        FROM keyed k LEFT JOIN (SELECT record_id, content_hash, removed_at, version, first_seen FROM gen.record
                                WHERE source_id = ?) e ON e.record_id = {prefix} || k.native_id
        WHERE k._out = k.same""",
        [source_id],
    )


def _counts(gated: Gated) -> tuple[int, int, int]:
    counts = dict(gated.candidates.inputs.con.execute("SELECT state, count(*) FROM incoming GROUP BY state").fetchall())
    return counts.get("added", 0), counts.get("changed", 0), counts.get("unchanged", 0)


def _wanted_rows(gated: Gated) -> str:
    """SQL giving the input rows of new versions, and whether a row names somebody who was withheld."""
    con = gated.candidates.inputs.con
    row = con.execute("SELECT count(*) FROM duckdb_views() WHERE view_name = 'incoming'").fetchone()
    everything = "SELECT _row, NOT whole AS named_withheld FROM fate WHERE code = 3"
    if row and row[0]:
        return everything
    return f"""{everything} AND _row IN (SELECT _row FROM ({gated.candidates.row_links()}) JOIN keyed k USING (_out)
               JOIN incoming i ON i._out = k.same WHERE i.state <> 'unchanged')"""


def _remove_missing(gated: Gated, loading: Loading) -> int:
    """Marks records that a full source no longer shows. Increments show only what is new: nothing is inferred."""
    inputs = gated.candidates.inputs
    source = inputs.source
    if source.snapshot == "increment":
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
    names = ", ".join(column.name for column in RECORD)
    old = "source_id = ? AND record_id IN (SELECT record_id FROM incoming WHERE state = 'changed')"
    con.execute(
        f"INSERT INTO gen.record_history ({names}, superseded_at) SELECT {names}, ? FROM gen.record WHERE {old}",
        [loading.now, source_id],
    )
    con.execute(f"INSERT INTO touched SELECT company_id FROM gen.record WHERE {old}", [source_id])
    con.execute(f"DELETE FROM gen.record WHERE {old}", [source_id])
    con.execute(
        """UPDATE gen.record SET last_seen = ? WHERE source_id = ?
        AND record_id IN (SELECT record_id FROM incoming WHERE state = 'unchanged')""",
        [loading.now, source_id],
    )


def _write(gated: Gated, loading: Loading, evidence: list[EvidenceFile], *, duplicates: bool) -> int:
    """Inserts the new versions slice by slice, each joined with the hashes of its input rows."""
    candidates = gated.candidates
    inputs = candidates.inputs
    con = inputs.con
    files = [str(loading.evidence / e.file).replace("'", "''") for e in evidence if e.relation in inputs.primary]
    listed = ", ".join(f"'{file}'" for file in files)
    hashes = f"SELECT _row, row_hash FROM read_parquet([{listed}])"
    same = con.execute("SELECT count(*) FROM keyed WHERE _out <> same").fetchone()
    if candidates.many_rows or duplicates or (same and same[0]):
        _link_many(gated, hashes)
        linked = "linked"
    else:
        linked = f"""(SELECT o.rowid AS _out, {provenance_sql(inputs, "o._row")}, h.row_hash, NULL AS source_rows
            FROM output o JOIN ({hashes} WHERE _row BETWEEN $low AND $high) h ON h._row = o._row
            WHERE o.rowid >= $first AND o.rowid < $first + {SLICE})"""
    names = ", ".join(column.name for column in RECORD)
    values = ", ".join(_value_sql(column, gated, loading) for column in RECORD)
    total = con.execute("SELECT count(*) FROM output").fetchone()
    written = 0
    for first in range(0, total[0] if total else 0, SLICE):
        bounds = {"first": first}
        if linked != "linked":
            low, high = con.execute(
                "SELECT min(_row), max(_row) FROM output WHERE rowid >= ? AND rowid < ?", [first, first + SLICE]
            ).fetchone() or (0, 0)
            bounds |= {"low": low, "high": high}
        row = con.execute(
            f"""INSERT INTO gen.record ({names}) SELECT {values} FROM ready r
            JOIN (SELECT * FROM incoming WHERE _out >= $first AND _out < $first + {SLICE} AND state <> 'unchanged') i
                ON i._out = r._out
            JOIN {linked} l ON l._out = r._out WHERE r._out >= $first AND r._out < $first + {SLICE}""",
            bounds,
        ).fetchone()
        written += int(row[0]) if row else 0
    return written


def _link_many(gated: Gated, hashes: str) -> None:
    """Table `linked`: for records with several input rows, the first one, all of them, and one hash over theirs."""
    candidates = gated.candidates
    candidates.inputs.con.execute(
        f"""CREATE OR REPLACE TABLE linked AS
        WITH link AS (SELECT DISTINCT k.same AS _out, l._row
                      FROM ({candidates.row_links()}) l JOIN keyed k USING (_out))
        SELECT _out, arg_min(retrieval_id, _row) AS retrieval_id, arg_min(member, _row) AS member,
               arg_min(row_number, _row) AS row_number,
               CASE WHEN count(*) = 1 THEN min(row_hash)
                    ELSE sha256(string_agg(row_hash, '' ORDER BY _row)) END AS row_hash,
               CASE WHEN count(*) > 1 THEN list({{'retrieval_id': retrieval_id, 'member': member, 'row': row_number}}
                                                ORDER BY _row) END AS source_rows
        FROM (SELECT link._out, _row, {provenance_sql(candidates.inputs, "_row")}, row_hash
              FROM link JOIN ({hashes}) USING (_row)) GROUP BY _out"""
    )


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
    if column.name in constants:
        return constants[column.name]
    if column.name in {"record_id", "native_id", "content_hash", "version", "first_seen"}:
        return f"i.{column.name}"
    if column.name in {"retrieval_id", "member", "row_number", "source_rows", "row_hash"}:
        return f"l.{column.name}"
    return f"r.{column.name}"
