"""Journals after an erasure: lines of what was erased are gone, and what lost its row's text is said by its line."""

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import duckdb

from db.journal import CONTENT, FOLDER, LINE, PLACE, read_journal, write_journal
from db.journal_lines import write_table
from db.ledger import book
from ingest.archive import EvidenceFile
from ingest.errors import StoreDamaged
from ingest.model import RECORD, literal

_SAID = ("gate_reason", *(column.name for column in CONTENT), *PLACE)
_VERSION = ", ".join(column.name for column in RECORD)
_CHANGES = "('added', 'changed', 'erased')"
_LINES = "kind = 'journal' AND ends_with(file, '.parquet')"


def rewrite_lines(con: duckdb.DuckDBPyConnection, folder: Path, source_id: str) -> None:
    """Writes anew every file of lines of the source that concerns what schema `erasing` marks, and books it.

    Lines of records that are gone go. A version erased alone leaves no more than that it stood there. A version whose
    row, or a row joined to it, has lost its text is said by its line from now on. Old files are left to db.store.
    Cost: one pass over the lines of the source, a join with its versions, and the lines of the runs concerned written.
    """
    _read_lines(con, folder, source_id)
    _find_versions(con, source_id)
    own = ", ".join(f"CASE WHEN b.record_id IS NULL THEN l.{name} ELSE b.{name} END AS {name}" for name in _SAID)
    con.execute(
        f"""CREATE OR REPLACE TABLE erasing.line_after AS
        SELECT l.run_id, l.record_id, l.version, l.first_seen,
               CASE WHEN b.record_id IS NOT NULL THEN l.declared END AS declared,
               CASE WHEN s.record_id IS NULL THEN 'erased' ELSE l.state END AS state,
               CASE WHEN s.record_id IS NOT NULL THEN l.nth END AS nth,
               CASE WHEN s.record_id IS NOT NULL AND b.record_id IS NULL THEN l.said END AS said,
               b.record_id IS NOT NULL AS bare, {own}
        FROM erasing.line l LEFT JOIN erasing.stands s USING (record_id, version)
        LEFT JOIN erasing.bare_version b USING (record_id, version)
        WHERE l.state IN {_CHANGES} AND l.record_id IN (SELECT record_id FROM erasing.stands)"""
    )
    con.execute(
        f"""INSERT INTO erasing.line_after BY NAME SELECT * FROM erasing.line
        WHERE state NOT IN {_CHANGES} AND record_id IN (SELECT record_id FROM erasing.stands)"""
    )
    # records of a first load without lines
    con.execute(
        f"""INSERT INTO erasing.line_after BY NAME
        SELECT t.run_id, 'added' AS state, b.record_id, b.version, b.first_seen, true AS bare, b.declared,
               {", ".join(f"b.{name}" for name in _SAID)}
        FROM erasing.bare_version b JOIN gen.retrieval t USING (retrieval_id)
        ANTI JOIN erasing.line l ON l.record_id = b.record_id AND l.version = b.version AND l.state IN {_CHANGES}"""
    )
    same = ", ".join(("run_id", *LINE))
    changed = con.execute(
        f"""SELECT DISTINCT run_id FROM (
            (SELECT {same} FROM erasing.line EXCEPT SELECT {same} FROM erasing.line_after)
            UNION ALL (SELECT {same} FROM erasing.line_after EXCEPT SELECT {same} FROM erasing.line)) ORDER BY 1"""
    ).fetchall()
    for (run_id,) in changed:
        _write(con, folder, source_id, run_id)


def _read_lines(con: duckdb.DuckDBPyConnection, folder: Path, source_id: str) -> None:
    """Table `erasing.line`: the lines of all runs of the source."""
    columns = ", ".join(f"NULL::{kind} AS {name}" for name, kind in LINE.items())
    con.execute(f"CREATE OR REPLACE TABLE erasing.line AS SELECT NULL::VARCHAR AS run_id, {columns} WHERE false")
    for run_id, file in con.execute(
        f"SELECT run_id, file FROM gen.evidence WHERE source_id = ? AND {_LINES}", [source_id]
    ).fetchall():
        if (folder / file).is_file():
            con.execute(
                f"""INSERT INTO erasing.line BY NAME
                SELECT {literal(run_id)} AS run_id, * FROM read_parquet({literal(str(folder / file))})"""
            )


def _find_versions(con: duckdb.DuckDBPyConnection, source_id: str) -> None:
    """Tables `erasing.stands` (record_id, version), and `erasing.bare_version`: those whose rows do not say it all."""
    versions = f"""(SELECT {_VERSION} FROM gen.record UNION ALL SELECT {_VERSION} FROM gen.record_history)
        WHERE source_id = {literal(source_id)}"""
    con.execute(f"CREATE OR REPLACE TABLE erasing.stands AS SELECT record_id, version FROM {versions}")
    con.execute(
        f"""CREATE OR REPLACE TABLE erasing.bare_id AS
        SELECT DISTINCT record_id, version FROM (
            SELECT record_id, version, p.retrieval_id AS retrieval_id, p.member AS member, p."row" AS row_number
            FROM (SELECT record_id, version, unnest(coalesce(source_rows,
                    [{{'retrieval_id': retrieval_id, 'member': member, 'row': row_number}}])) AS p FROM {versions})) v
        WHERE EXISTS (SELECT 1 FROM erasing.bare b WHERE b.retrieval_id = v.retrieval_id
                      AND b.member IS NOT DISTINCT FROM v.member AND b.row_number = v.row_number)
        UNION SELECT record_id, version FROM erasing.line WHERE bare"""
    )
    con.execute(
        f"""CREATE OR REPLACE TABLE erasing.bare_version AS
        SELECT g.*, CASE WHEN starts_with(gate_reason, 'source type: ') THEN substr(gate_reason, 14) END AS declared
        FROM (SELECT * FROM {versions}) g SEMI JOIN erasing.bare_id USING (record_id, version)"""
    )


def _write(con: duckdb.DuckDBPyConnection, folder: Path, source_id: str, run_id: str) -> None:
    con.execute(f"DELETE FROM gen.evidence WHERE run_id = ? AND {_LINES}", [run_id])
    lines = f"erasing.line_after WHERE run_id = {literal(run_id)}"
    if con.execute(f"SELECT 1 FROM {lines} LIMIT 1").fetchone() is not None:
        name = f"{FOLDER}/{source_id}/{run_id}.{uuid4().hex[:8]}.parquet"
        book(con, write_table(con, f"(SELECT * FROM {lines})", folder, name), run_id, source_id)


def rewrite_journals(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Writes the next revision of every journal whose evidence is stored elsewhere by now, or whose words were erased.

    One that cannot be read is left, unless words in it were erased: then it goes.
    """
    for run_id, source_id, file, accepted, reworded in con.execute(
        """SELECT e.run_id, e.source_id, e.file, r.accepted_change,
                  e.run_id IN (SELECT run_id FROM erasing.reworded)
        FROM gen.evidence e JOIN gen.run r USING (run_id)
        WHERE e.kind = 'journal' AND ends_with(e.file, '.json') AND (
            e.source_id IN (SELECT source_id FROM erasing.version)
            OR e.run_id IN (SELECT run_id FROM erasing.reworded))"""
    ).fetchall():
        try:
            journal = read_journal(folder, file)
        except StoreDamaged:
            if reworded:
                con.execute("DELETE FROM gen.evidence WHERE file = ?", [file])
            continue
        held = con.execute(
            "SELECT file, relation, kind, bytes, sha256, run_id FROM gen.evidence WHERE source_id = ?", [source_id]
        ).fetchall()
        shared = {entry.file for entry in journal.evidence}
        evidence = tuple(
            EvidenceFile(*row[:5]) for row in held if row[0] != file and (row[5] == run_id or row[0] in shared)
        )
        if {*evidence} != {*journal.evidence} or accepted != journal.run["accepted_change"]:
            run = {**journal.run, "accepted_change": accepted}
            fresh = write_journal(folder, replace(journal, run=run, evidence=evidence, revision=journal.revision + 1))
            con.execute("DELETE FROM gen.evidence WHERE file = ?", [file])
            book(con, fresh, run_id, source_id)
