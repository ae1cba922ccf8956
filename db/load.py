"""One gated source into the next generation: new, changed, unchanged and removed records, with their evidence."""

from dataclasses import dataclass

from db.companies import refresh_companies
from db.content import Loading
from db.erase import erase_evidence, start_erasing
from db.journal_lines import Lines, write_lines, write_plain_lines
from db.resolve.parties import name_parties
from db.versions import replace_changed, write_linked, write_plain
from db.withheld import erase_withheld, erase_withheld_versions, judge_stored
from ingest.archive import EvidenceFile, provenance_sql, store_rows
from ingest.content import ready_sql, said_stably_sql
from ingest.errors import NotTraceable
from ingest.model import NOT_CONTENT, SQL_COLUMNS
from ingest.privacy.gate import Gated, require_gated

_EVERY_ROW = "SELECT _row, NOT whole AS named_withheld FROM fate WHERE code = 3"


@dataclass(frozen=True, slots=True)
class Loaded:
    """Records by what became of them, and the evidence stored for new versions."""

    added: int
    changed: int
    removed: int
    unchanged: int
    duplicates: int
    lines: Lines
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
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW ready AS {ready_sql(gated, loading.data_as_of, 'p.company_id, p.party_id,')}"
    )
    con.execute("CREATE OR REPLACE TABLE touched AS SELECT NULL::VARCHAR AS company_id WHERE false")
    if _is_plain(gated):
        evidence = store_rows(inputs, _EVERY_ROW, loading.evidence, loading.run_id)
        added = write_plain(gated, loading, _hashes_sql(gated, loading, evidence))
        expected = con.execute("SELECT count(*) FROM ready").fetchone()
        _require_all(gated, added, expected[0] if expected else 0)
        con.execute("INSERT INTO touched SELECT DISTINCT company_id FROM profile WHERE passes")
        refresh_companies(con, loading.now)
        lines = write_plain_lines(gated, loading)
        return Loaded(added, 0, 0, 0, 0, lines, (*evidence, *lines.files))
    duplicates = _number_keys(gated)
    _compare(gated, loading)
    evidence = store_rows(inputs, _new_rows(gated), loading.evidence, loading.run_id)
    start_erasing(con)
    judge_stored(gated)
    removed = erase_withheld(gated) + _remove_missing(gated, loading)
    _supersede(gated, loading)
    erase_withheld_versions(gated)
    added, changed, unchanged = _counts(gated)
    hashes = _hashes_sql(gated, loading, evidence)
    rows = f"SELECT _row, {provenance_sql(inputs, '_row')}, row_hash FROM ({hashes})"
    written = write_linked(gated, loading, rows)
    _require_all(gated, written, added + changed)
    erase_evidence(con, loading.evidence, {inputs.source.id: inputs.source})
    con.execute(
        """INSERT INTO touched SELECT r.company_id FROM ready r JOIN incoming i USING (_out)
        WHERE i.state <> 'unchanged'"""
    )
    refresh_companies(con, loading.now)
    lines = write_lines(gated, loading)
    return Loaded(added, changed, removed, unchanged, duplicates, lines, (*evidence, *lines.files))


def _require_all(gated: Gated, written: int, expected: int) -> None:
    if written != expected:
        raise NotTraceable(
            f"{expected - written} records without an input row",
            source=gated.candidates.inputs.source.id,
            where="records.sql",
        )


def _said_sql(prefix: str) -> str:
    """SQL for a hash of what a record says; equal only within one version of the engine, so it is never stored."""
    return f"hash({', '.join(f'{prefix}{c.name}' for c in SQL_COLUMNS if c.name not in NOT_CONTENT)})"


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

    Records under one key that say different things get #2, #3 … in the order of a SHA-256 of their content, which
    `said_stably` and `nth` hold for them alone; returns how many got a number.
    """
    con = gated.candidates.inputs.con
    con.execute(f"CREATE OR REPLACE TABLE said AS SELECT _out, native_id, {_said_sql('')} AS said FROM ready")
    con.execute(
        "CREATE OR REPLACE TABLE first_said AS SELECT native_id, said, min(_out) AS same FROM said GROUP BY 1, 2"
    )
    con.execute(
        f"""CREATE OR REPLACE TABLE sharing AS
        SELECT _out AS same, said_stably,
               row_number() OVER (PARTITION BY native_id ORDER BY said_stably, _out)::INTEGER AS nth
        FROM (SELECT _out, native_id, {said_stably_sql()} AS said_stably FROM ready WHERE _out IN (
            SELECT same FROM first_said WHERE native_id IN (
                SELECT native_id FROM first_said GROUP BY native_id HAVING count(*) > 1)))"""
    )
    con.execute(
        """CREATE OR REPLACE TABLE keyed AS
        SELECT s._out, CASE WHEN h.nth > 1 THEN s.native_id || '#' || h.nth ELSE s.native_id END AS native_id,
               s.said, f.same, h.nth, h.said_stably
        FROM said s JOIN first_said f USING (native_id, said) LEFT JOIN sharing h USING (same)"""
    )
    row = con.execute("SELECT count(*) FROM sharing WHERE nth > 1").fetchone()
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
    inputs.con.execute("CREATE OR REPLACE TABLE missing (record_id VARCHAR, company_id VARCHAR)")
    if source.snapshot == "increment" or any(file.rows.rejected for file in inputs.files):
        return 0
    day = "coalesce(published_on, issued_on, effective_from, opened_on)"
    aged = (
        f"{day} < ?::DATE - INTERVAL {source.window_months} MONTH" if source.snapshot == "window" else "?::DATE IS NULL"
    )
    today = loading.data_as_of or loading.now.date()
    inputs.con.execute(
        """INSERT INTO missing SELECT record_id, company_id FROM gen.record
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
    """Replaces what changed; what says the same was merely seen again."""
    con, source_id = gated.candidates.inputs.con, gated.candidates.inputs.source.id
    replace_changed(con, source_id, loading.now)
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
