"""Erasure: versions of records that must leave no byte behind, taken out of database `gen` and the evidence store.

A row deleted in DuckDB stays in the file's free blocks, and an original row stays in the Parquet file of the run that
stored it. So whoever erases marks it here, in schema `erasing` of the connection's own database; the evidence files
concerned are written anew, and db.store writes the generation itself into a fresh file when anything is marked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from db.journal_erase import rewrite_journals, rewrite_lines
from ingest.archive import EvidenceFile, rewrite_rows
from ingest.arrow import quoted
from ingest.catalog import Source
from ingest.model import literal

_TRACED = "source_id, record_id, version, first_seen, last_seen, retrieval_id, member, row_number, source_rows"
_PLACES = """SELECT {columns}, p.retrieval_id AS retrieval_id, p.member AS member, p."row" AS row_number
    FROM (SELECT {columns}, unnest(coalesce(source_rows,
          [{{'retrieval_id': retrieval_id, 'member': member, 'row': row_number}}])) AS p FROM {versions})"""


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did to the evidence store: original rows that went, rows that lost their text, payloads."""

    rows: int = 0
    rows_without_text: int = 0
    payloads: int = 0


def start_erasing(con: duckdb.DuckDBPyConnection) -> None:
    """Makes schema `erasing` with nothing marked."""
    con.execute("DROP SCHEMA IF EXISTS erasing CASCADE")
    con.execute("CREATE SCHEMA erasing")
    con.execute(
        f"CREATE TABLE erasing.version AS SELECT {_TRACED}, NULL::BOOLEAN AS entirely FROM gen.record WHERE false"
    )
    con.execute("CREATE TABLE erasing.bare (retrieval_id VARCHAR, member VARCHAR, row_number BIGINT)")
    con.execute("CREATE TABLE erasing.reworded (run_id VARCHAR)")


def has_erased(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether anything is marked, so that the generation file must be written anew."""
    made = con.execute("SELECT 1 FROM duckdb_tables() WHERE schema_name = 'erasing' AND table_name = 'version'")
    if made.fetchone() is None:
        return False
    marked = "SELECT 1 FROM erasing.version UNION ALL SELECT 1 FROM erasing.reworded LIMIT 1"
    return con.execute(marked).fetchone() is not None


def erase_records(con: duckdb.DuckDBPyConnection, which: str) -> int:
    """Deletes the records, all versions, whose ids the SQL gives; their companies go into table `touched`."""
    con.execute(f"CREATE OR REPLACE TABLE erasing.chosen AS {which}")
    chosen = "WHERE record_id IN (SELECT record_id FROM erasing.chosen)"
    for table in ("record_history", "record"):
        con.execute(f"INSERT INTO erasing.version SELECT {_TRACED}, true FROM gen.{table} {chosen}")
        con.execute(f"INSERT INTO touched SELECT company_id FROM gen.{table} {chosen}")
    con.execute(f"DELETE FROM gen.record_history {chosen}")
    row = con.execute(f"DELETE FROM gen.record {chosen}").fetchone()
    return int(row[0]) if row else 0


def erase_versions(con: duckdb.DuckDBPyConnection, which: str) -> int:
    """Deletes the replaced versions that the SQL gives as (record_id, version); their records stay.

    The companies of these versions go into table `touched`: they were called by names that nothing bears any more.
    """
    con.execute(f"CREATE OR REPLACE TABLE erasing.chosen AS {which}")
    chosen = "WHERE (record_id, version) IN (SELECT (record_id, version) FROM erasing.chosen)"
    con.execute(f"INSERT INTO erasing.version SELECT {_TRACED}, false FROM gen.record_history {chosen}")
    con.execute(f"INSERT INTO touched SELECT company_id FROM gen.record_history {chosen}")
    row = con.execute(f"DELETE FROM gen.record_history {chosen}").fetchone()
    return int(row[0]) if row else 0


def erase_other_names(con: duckdb.DuckDBPyConnection, spellings: Sequence[str], where: str = "true") -> int:
    """Takes these names, as stored, out of the other names of every version that is so; gives how many had one."""
    versions = 0
    for table in ("record", "record_history"):
        bearing = f"{where} AND len(list_filter(names, lambda n: list_contains($spellings::VARCHAR[], n.name))) > 0"
        given = {"spellings": list(spellings)}
        con.execute(f"INSERT INTO erasing.version SELECT {_TRACED}, false FROM gen.{table} WHERE {bearing}", given)
        con.execute(f"INSERT INTO touched SELECT company_id FROM gen.{table} WHERE {bearing}", given)
        row = con.execute(
            f"""UPDATE gen.{table} SET names =
            nullif(list_filter(names, lambda n: NOT list_contains($spellings::VARCHAR[], n.name)), [])
            WHERE {bearing}""",
            given,
        ).fetchone()
        versions += int(row[0]) if row else 0
    return versions


def erase_evidence(con: duckdb.DuckDBPyConnection, folder: Path, sources: Mapping[str, Source]) -> Erased:
    """Writes anew the evidence files that hold rows of what is marked; table gen.evidence gets name, size and hash.

    A row on which no version stands any more goes. A row that it shares with one that stays keeps its number and hash
    and loses its text, and so does every row under the agency's key of a record erased entirely. Joined rows follow
    the rows they belong to; those of a source that `sources` lacks lose their text. Whole payloads of runs that saw the
    record go. Old files are left to db.store, which removes them after publication.
    Cost: one pass over the evidence of the sources concerned, one hash join with the places of their records.
    """
    erased = Erased()
    for (source_id,) in con.execute("SELECT DISTINCT source_id FROM erasing.version ORDER BY 1").fetchall():
        _find_places(con, source_id)
        source = sources.get(source_id)
        runs: dict[str, dict[str, str]] = {}
        for run_id, relation, file in con.execute(
            "SELECT run_id, relation, file FROM gen.evidence WHERE source_id = ? AND kind = 'rows' ORDER BY file",
            [source_id],
        ).fetchall():
            if (folder / file).is_file():
                runs.setdefault(run_id, {})[relation] = file
        con.execute("CREATE OR REPLACE TABLE erasing.key (relation VARCHAR, key VARCHAR)")
        for files in runs.values():
            _find_keys(con, folder, files, source)
        gone = bare = 0
        for files in runs.values():
            rows = _erase_run(con, folder, files, source)
            gone, bare = gone + rows[0], bare + rows[1]
        rewrite_lines(con, folder, source_id)
        payloads = _drop_payloads(con, source_id)
        erased = Erased(erased.rows + gone, erased.rows_without_text + bare, erased.payloads + payloads)
    rewrite_journals(con, folder)
    return erased


def _find_places(con: duckdb.DuckDBPyConnection, source_id: str) -> None:
    """Tables `erasing.gone` and `erasing.kept`: input rows of erased versions, and of versions that stay."""
    gone = _PLACES.format(columns="entirely", versions=f"erasing.version WHERE source_id = {literal(source_id)}")
    con.execute(
        f"""CREATE OR REPLACE TABLE erasing.gone AS SELECT retrieval_id, member, row_number,
        bool_or(entirely) AS entirely FROM ({gone}) GROUP BY ALL"""
    )
    stored = f"""(SELECT source_id, retrieval_id, member, row_number, source_rows FROM gen.record UNION ALL
        SELECT source_id, retrieval_id, member, row_number, source_rows FROM gen.record_history)
        WHERE source_id = {literal(source_id)}"""
    con.execute(
        f"""CREATE OR REPLACE TABLE erasing.kept AS SELECT DISTINCT retrieval_id, member, row_number
        FROM ({_PLACES.format(columns="source_id", versions=stored)})"""
    )


def _key_sql(source: Source | None, relation: str) -> str:
    """SQL for the agency's key of a stored row; NULL where the source does not say it, or its text is gone."""
    resource = source.relations[relation][0] if source and relation in source.relations else None
    if resource is None or not resource.key or not {*resource.key} <= {*resource.used, *resource.extracts}:
        return "NULL"
    # one empty part makes the whole empty, so that rows of another layout do not all share a key
    parts = " || chr(31) || ".join(f"nullif(f.{quoted(name)}, '')" for name in resource.key)
    return f"CASE WHEN NOT f.named_withheld THEN {parts} END"


def _is_joined(source: Source | None, relation: str) -> bool:
    return source is not None and relation in source.relations and source.relations[relation][0].role == "joined"


def _parquet(folder: Path, file: str) -> str:
    return f"read_parquet({literal(str(folder / file))})"


def _find_keys(con: duckdb.DuckDBPyConnection, folder: Path, files: Mapping[str, str], source: Source | None) -> None:
    """Table `erasing.key`: keys of rows of records erased entirely; a later file may show the row in another place."""
    for relation, file in files.items():
        key = _key_sql(source, relation)
        if key != "NULL" and not _is_joined(source, relation):
            con.execute(
                f"""INSERT INTO erasing.key SELECT DISTINCT {literal(relation)}, {key} AS key
                FROM {_parquet(folder, file)} f
                JOIN erasing.gone g ON {_same("g")} WHERE g.entirely AND key IS NOT NULL"""
            )


def _erase_run(
    con: duckdb.DuckDBPyConnection, folder: Path, files: Mapping[str, str], source: Source | None
) -> tuple[int, int]:
    """One run's files: how many rows of records went, and how many lost their text."""
    gone = bare = 0
    strange: list[str] = []
    for relation, file in files.items():
        if _is_joined(source, relation):
            continue
        if not _find_rows(con, folder, file, relation, source):
            strange.append(file)
            continue
        lost, stripped = _counts(con)
        if lost + stripped:
            _note_bare(con, folder, file, "SELECT _row FROM erasing.affected WHERE NOT lost")
            _erase_joined(con, folder, files, relation, source)
            _replace(con, folder, file, "erasing.affected")
            gone, bare = gone + lost, bare + stripped
    for file in strange if gone + bare else ():
        con.execute(
            f"""CREATE OR REPLACE TABLE erasing.affected AS SELECT _row, false AS lost
            FROM {_parquet(folder, file)} WHERE NOT named_withheld"""
        )
        _note_bare(con, folder, file, "SELECT _row FROM erasing.affected")
        _replace(con, folder, file, "erasing.affected")
    return gone, bare


def _note_bare(con: duckdb.DuckDBPyConnection, folder: Path, file: str, rows: str) -> None:
    """Notes the places of rows (SQL giving _row) that can no longer say what stands on them: a journal must."""
    con.execute(
        f"""INSERT INTO erasing.bare SELECT retrieval_id, member, row_number FROM {_parquet(folder, file)}
        WHERE _row IN ({rows})"""
    )


def _find_rows(con: duckdb.DuckDBPyConnection, folder: Path, file: str, relation: str, source: Source | None) -> bool:
    """Table `erasing.affected`: rows that go (`lost`) or lose their text. False for a relation that nobody knows and on
    which no record stands.
    """
    rows = _parquet(folder, file)
    places = "(SELECT retrieval_id, member, row_number FROM erasing.gone UNION ALL FROM erasing.kept) p"
    known = source is not None and relation in source.relations
    if not known and not con.execute(f"SELECT 1 FROM {rows} f JOIN {places} ON {_same('p')} LIMIT 1").fetchone():
        return False
    con.execute(
        f"""CREATE OR REPLACE TABLE erasing.affected AS SELECT f._row, k.row_number IS NULL AS lost
        FROM {rows} f LEFT JOIN erasing.kept k ON {_same("k")} LEFT JOIN erasing.gone g ON {_same("g")}
        LEFT JOIN (SELECT DISTINCT key FROM erasing.key WHERE relation = {literal(relation)}) y
            ON y.key = {_key_sql(source, relation)}
        WHERE k.row_number IS NULL
            OR (NOT f.named_withheld AND (g.row_number IS NOT NULL OR y.key IS NOT NULL))"""
    )
    return True


def _counts(con: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    row = con.execute("SELECT count(*) FILTER (lost), count(*) FILTER (NOT lost) FROM erasing.affected").fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def _erase_joined(
    con: duckdb.DuckDBPyConnection, folder: Path, files: Mapping[str, str], relation: str, source: Source | None
) -> None:
    """Joined rows go when every row they belong to goes, and lose their text when one of them is affected."""
    for name, file in files.items():
        if source is None or not _is_joined(source, name):
            continue
        resource = source.relations[name][0]
        other, _, column = resource.joined_to.partition(".")
        if other != relation:
            continue
        con.execute(
            f"""CREATE OR REPLACE TABLE erasing.affected_joined AS
            SELECT f._row, k.lost FROM {_parquet(folder, file)} f JOIN (
                SELECT p.{quoted(column)} AS key, bool_and(coalesce(a.lost, false)) AS lost
                FROM {_parquet(folder, files[relation])} p LEFT JOIN erasing.affected a USING (_row)
                GROUP BY 1 HAVING count(a._row) > 0) k ON k.key = f.{quoted(resource.key[0])}"""
        )
        # a row that stays whole no longer has all that was joined to it
        key = f"SELECT {quoted(column)} FROM {{}} WHERE _row IN (SELECT _row FROM erasing.affected)"
        rows = _parquet(folder, files[relation])
        keyed = f"SELECT _row FROM {rows} WHERE {quoted(column)} IN ({key.format(rows)})"
        _note_bare(con, folder, files[relation], keyed)
        _replace(con, folder, file, "erasing.affected_joined")


def _replace(con: duckdb.DuckDBPyConnection, folder: Path, file: str, affected: str) -> None:
    """Writes the file anew without the affected rows, or their text, and books it; an empty one is not kept."""
    fresh: EvidenceFile | None = rewrite_rows(con, folder, file, affected)
    if fresh is None:
        con.execute("DELETE FROM gen.evidence WHERE file = ?", [file])
        return
    con.execute(
        "UPDATE gen.evidence SET file = ?, bytes = ?, sha256 = ? WHERE file = ?",
        [fresh.file, fresh.bytes, fresh.sha256, file],
    )


def _drop_payloads(con: duckdb.DuckDBPyConnection, source_id: str) -> int:
    """Whole payloads that a run stored while the record was seen, or any other run that was given the same bytes."""
    row = con.execute(
        """DELETE FROM gen.evidence WHERE kind = 'payload' AND source_id = $source AND run_id IN (
            SELECT t.run_id FROM gen.retrieval t WHERE t.sha256 IN (
                SELECT s.sha256 FROM gen.retrieval s JOIN gen.run r USING (run_id)
                JOIN erasing.version v ON v.source_id = r.source_id
                    AND r.started_at BETWEEN v.first_seen AND v.last_seen
                WHERE r.source_id = $source))""",
        {"source": source_id},
    ).fetchone()
    return int(row[0]) if row else 0


def _same(other: str) -> str:
    """SQL: the place of `other` is that of the stored row `f`."""
    return f"""{other}.retrieval_id = f.retrieval_id AND {other}.member IS NOT DISTINCT FROM f.member
        AND {other}.row_number = f.row_number"""
