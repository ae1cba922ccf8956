"""Verify: everything stored is hashed again, and every record is traced back to its row, its retrieval and its file."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from db.store import Store
from ingest.archive import META, file_sha256, hash_sql
from ingest.errors import StoreDamaged
from ingest.fetch.retrieval import Retrieval, chain_hash

_NAMED_AT_MOST = 1_000
"""Findings of one kind that are named; the rest is counted."""
_OPEN_ATTEMPTS = 5

_TRACED = "record_id, version, source_id, retrieval_id, member, row_number, source_rows, row_hash"
_VERSIONS = f"(SELECT {_TRACED} FROM gen.record UNION ALL SELECT {_TRACED} FROM gen.record_history)"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not agree. `what`: file, retrieval, row, record; `where` names it."""

    what: str
    where: str
    problem: str


@dataclass(slots=True)
class Verdict:
    """What was checked, and what differs. `notes` say what could not be judged."""

    files: int = 0
    bytes: int = 0
    retrievals: int = 0
    rows: int = 0
    records: int = 0
    findings: list[Finding] = field(default_factory=list)
    unnamed: int = 0
    """Findings beyond the first thousand of a kind."""
    notes: list[str] = field(default_factory=list)

    def add(self, found: list[Finding]) -> None:
        """Take over findings of one kind, naming no more than a thousand."""
        self.findings += found[:_NAMED_AT_MOST]
        self.unnamed += len(found[_NAMED_AT_MOST:])


Told = Callable[[str, int, int | None], None]


def verify(store: Store, tell: Told) -> Verdict:
    """Checks evidence files, the retrieval chain, row hashes and records against each other; `tell` hears of steps.

    Raises StoreError when there is no database. Cost: one SHA-256 over the evidence store and over every original row.
    """
    verdict = Verdict()
    store.sweep()
    on_disk = {str(path.relative_to(store.evidence)) for path in store.evidence.rglob("*") if path.is_file()}
    syncing = (store.home / "work").exists()
    with _opened(store) as con:
        good = _check_files(store, con, on_disk, verdict, tell)
        if syncing:
            verdict.notes.append("a sync is running: files that no generation knows were not judged")
        else:
            known = {row[0] for row in con.execute("SELECT file FROM gen.evidence").fetchall()}
            verdict.add([Finding("file", name, "unknown to the database") for name in sorted(on_disk - known)])
        _check_chain(con, verdict)
        con.execute(
            "CREATE TEMP TABLE evident (retrieval_id VARCHAR, member VARCHAR, row_number BIGINT, row_hash VARCHAR)"
        )
        sources = [row[0] for row in con.execute("SELECT DISTINCT source_id FROM gen.record ORDER BY 1").fetchall()]
        for at, source_id in enumerate(sources):
            tell(source_id, at, len(sources))
            _check_source(con, store, source_id, good.get(source_id, []), verdict)
    return verdict


@contextmanager
def _opened(store: Store) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the published generation as `gen`, read only, that may read evidence files."""
    spill = tempfile.mkdtemp(prefix="trackrecord-verify-")
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "memory_limit": store.memory,
        "temp_directory": spill,
        "preserve_insertion_order": "false",
    }
    con = duckdb.connect(config=config)
    try:
        _attach(con, store)
        yield con
    finally:
        con.close()
        shutil.rmtree(spill, ignore_errors=True)


def _attach(con: duckdb.DuckDBPyConnection, store: Store) -> None:
    """A generation may be replaced and deleted between reading the pointer and opening the file."""
    for _ in range(_OPEN_ATTEMPTS):
        path = store.current
        try:
            con.execute(f"ATTACH '{_literal(path)}' AS gen (READ_ONLY)")
        except duckdb.Error:
            if store.current == path:
                break
        else:
            return
    raise StoreDamaged(
        "the published generation cannot be opened",
        where=str(store.current),
        next_step="Restore the file from a backup, or move the home away and sync again.",
    )


def _check_files(
    store: Store, con: duckdb.DuckDBPyConnection, on_disk: set[str], verdict: Verdict, tell: Told
) -> dict[str, list[str]]:
    """Every evidence file the database knows; gives the intact files of original rows by source."""
    found: list[Finding] = []
    good: dict[str, list[str]] = {}
    files = con.execute("SELECT file, source_id, kind, bytes, sha256 FROM gen.evidence ORDER BY file").fetchall()
    for at, (name, source_id, kind, size, digest) in enumerate(files):
        tell("evidence files", at, len(files))
        path = store.evidence / name
        if name not in on_disk and not path.is_file():
            found.append(Finding("file", name, "missing"))
        elif path.stat().st_size != size or file_sha256(path) != digest:
            found.append(Finding("file", name, "differs from what was stored"))
        elif kind == "rows":
            good.setdefault(source_id, []).append(name)
        verdict.files += 1
        verdict.bytes += size
    if found:
        verdict.notes.append("files that differ were not read: records whose rows they hold cannot be traced")
    verdict.add(found)
    return good


def _check_chain(con: duckdb.DuckDBPyConnection, verdict: Verdict) -> None:
    """Every link of the retrieval chain. A break is named where it shows, and not again behind it."""
    columns = (
        "source_id", "resource", "url", "final_url", "attempted_at", "retrieved_at", "status", "headers", "bytes",
        "sha256", "outcome", "error", "via",
    )  # fmt: skip
    found = []
    previous, expected = "", 1
    cursor = con.execute(f"SELECT seq, retrieval_id, chain_hash, {', '.join(columns)} FROM gen.retrieval ORDER BY seq")
    while batch := cursor.fetchmany(10_000):
        for seq, retrieval_id, link, *values in batch:
            row: dict[str, Any] = dict(zip(columns, values, strict=True))
            row["headers"] = json.loads(row["headers"])
            row["attempted_at"], row["retrieved_at"] = _utc(row["attempted_at"]), _utc(row["retrieved_at"])
            where = f"seq {seq}, {row['source_id']}, {retrieval_id}"
            if seq != expected:
                found.append(Finding("retrieval", where, f"seq {expected} is missing or doubled"))
            elif chain_hash(previous, Retrieval(**row)) != link:
                found.append(Finding("retrieval", where, "differs from its chain hash"))
            if retrieval_id != link[:16]:
                found.append(Finding("retrieval", where, "its id is not that of its chain hash"))
            previous, expected = link, seq + 1
            verdict.retrievals += 1
    verdict.add(found)


def _check_source(
    con: duckdb.DuckDBPyConnection, store: Store, source_id: str, files: list[str], verdict: Verdict
) -> None:
    """Original rows against their own hashes, then the source's records, all versions, against the rows."""
    con.execute("TRUNCATE evident")
    for name in files:
        parquet = f"read_parquet('{_literal(store.evidence / name)}')"
        described = con.execute(f"DESCRIBE SELECT * FROM {parquet}").fetchall()
        columns = [row[0] for row in described if row[0] not in META]
        _name_all(
            con,
            verdict,
            "row",
            "differs from its hash",
            f"""SELECT concat_ws(', ', '{_literal(name)}', 'row ' || row_number, member) FROM {parquet}
            WHERE NOT named_withheld AND row_hash <> {hash_sql(columns)} ORDER BY row_number""",
        )
        con.execute(f"INSERT INTO evident SELECT retrieval_id, member, row_number, row_hash FROM {parquet}")
    verdict.rows += _number(con, "SELECT count(*) FROM evident")
    verdict.records += _number(con, "SELECT count(*) FROM gen.record WHERE source_id = ?", [source_id])
    record = "record_id || ' version ' || version"
    of_source = f"{_VERSIONS} WHERE source_id = '{_literal(source_id)}'"
    _name_all(
        con,
        verdict,
        "record",
        "its retrieval does not exist",
        f"""SELECT {record} FROM (FROM {of_source}) ANTI JOIN gen.retrieval USING (retrieval_id) ORDER BY 1""",
    )
    same = "e.retrieval_id = r.retrieval_id AND e.member IS NOT DISTINCT FROM r.member AND e.row_number = r.row_number"
    _name_all(
        con,
        verdict,
        "record",
        "its original row is missing from the evidence store, or has another hash",
        f"""SELECT {record} FROM (FROM {of_source} AND source_rows IS NULL) r
        ANTI JOIN evident e ON {same} AND e.row_hash = r.row_hash ORDER BY 1""",
    )
    _name_all(
        con,
        verdict,
        "record",
        "its original rows are missing from the evidence store, or have other hashes",
        f"""WITH r AS (SELECT record_id, version, row_hash AS stated, unnest(source_rows) AS place,
                   generate_subscripts(source_rows, 1) AS turn FROM {of_source} AND source_rows IS NOT NULL)
        SELECT {record} FROM r LEFT JOIN evident e ON e.retrieval_id = r.place.retrieval_id
            AND e.member IS NOT DISTINCT FROM r.place.member AND e.row_number = r.place."row"
        GROUP BY record_id, version, stated
        HAVING count(*) <> count(e.row_hash) OR sha256(string_agg(e.row_hash, '' ORDER BY turn)) <> stated
        ORDER BY 1""",
    )


def _name_all(con: duckdb.DuckDBPyConnection, verdict: Verdict, what: str, problem: str, sql: str) -> None:
    verdict.add([Finding(what, row[0], problem) for row in con.execute(sql).fetchall()])


def _number(con: duckdb.DuckDBPyConnection, sql: str, values: list[str] | None = None) -> int:
    row = con.execute(sql, values or []).fetchone()
    return int(row[0]) if row else 0


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None


def _literal(path: Path | str) -> str:
    return str(path).replace("'", "''")
