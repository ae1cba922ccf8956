"""Verify: everything stored is hashed again, and every record is traced back to its row, its retrieval and its file.

It finds accidents and careless changes. Who owns the home can rewrite rows, hashes and chain together, and what a
record says is not hashed apart from its row: what proves more are time stamps over the chain, see db.stamp.kept.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from db.disk import disk_error
from db.home import unopenable
from db.progress import Told
from db.stamp.check import StampState, stamp_states
from db.store import Store
from db.times import utc
from db.verify_journals import check_journals, without_journal
from ingest.archive import META, file_sha256, hash_sql, stored_files
from ingest.fetch.retrieval import Retrieval, chain_hash
from ingest.model import literal

_OPEN_ATTEMPTS = 5

_TRACED = "record_id, version, source_id, retrieval_id, member, row_number, source_rows, row_hash"
_VERSIONS = f"(SELECT {_TRACED} FROM gen.record UNION ALL SELECT {_TRACED} FROM gen.record_history)"


@dataclass(slots=True)
class Finding:
    """What does not agree for one cause in one place. `what`: file, journal, retrieval, row, record, stamp."""

    what: str
    file: str | None
    """The evidence file concerned, below the evidence folder; the stamp's, below the home; None where there is none."""
    cause: str
    count: int = 0
    """Retrievals, rows or records concerned; of a file the records, all versions, that cannot be traced for it."""
    first: str = ""
    """The first of them."""


@dataclass(slots=True)
class Verdict:
    """What was checked, and what differs. `notes` say what could not be judged."""

    files: int = 0
    bytes: int = 0
    retrievals: int = 0
    rows: int = 0
    records: int = 0
    stamps: int = 0
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def verify(store: Store, tell: Told) -> Verdict:
    """Checks evidence files, the retrieval chain, row hashes and records against each other; `tell` hears of steps.

    Raises StoreError when there is no database. Cost: one SHA-256 over the evidence store and over every original row.
    """
    verdict = Verdict()
    store.sweep()
    on_disk = stored_files(store.evidence)
    syncing = (store.home / "work").exists()
    with _opened(store) as con:
        good = _check_files(store, con, on_disk, verdict, tell)
        if syncing:
            verdict.notes.append("a sync is running: files that no generation knows were not judged")
        else:
            known = {row[0] for row in con.execute("SELECT file FROM gen.evidence").fetchall()}
            verdict.findings += [Finding("file", name, "unknown to the database") for name in sorted(on_disk - known)]
        check_chain(con, verdict)
        _check_journals(con, store, verdict)
        damaged = {found.file: found for found in verdict.findings if found.file}
        _say_where_rows_lie(con, list(damaged))
        con.execute(
            "CREATE TEMP TABLE evident (retrieval_id VARCHAR, member VARCHAR, row_number BIGINT, row_hash VARCHAR)"
        )
        listed = "SELECT source_id FROM gen.record UNION SELECT source_id FROM gen.evidence ORDER BY 1"
        sources = [row[0] for row in con.execute(listed).fetchall()]
        for at, source_id in enumerate(sources):
            tell(source_id, at, len(sources))
            _check_rows(con, store, good.get(source_id, []), verdict)
            _check_records(con, source_id, damaged, verdict)
        _check_stamps(con, store, None, verdict)
    return verdict


def verify_stamps(store: Store, ca: Path | None) -> tuple[list[StampState], Verdict]:
    """Every time stamp, and the retrieval chain below them; `ca`: certificates that theirs must lead to."""
    verdict = Verdict()
    with _opened(store) as con:
        check_chain(con, verdict)
        states = _check_stamps(con, store, ca, verdict)
    return states, verdict


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
    except duckdb.Error as error:
        raise disk_error(error, store.home) or error from None
    finally:
        con.close()
        shutil.rmtree(spill, ignore_errors=True)


def _attach(con: duckdb.DuckDBPyConnection, store: Store) -> None:
    """A generation may be replaced and deleted between reading the pointer and opening the file."""
    for _ in range(_OPEN_ATTEMPTS):
        path = store.current
        try:
            con.execute(f"ATTACH {literal(str(path))} AS gen (READ_ONLY)")
        except duckdb.Error:
            if store.current == path:
                break
        else:
            return
    raise unopenable(store.current)


def _check_files(
    store: Store, con: duckdb.DuckDBPyConnection, on_disk: set[str], verdict: Verdict, tell: Told
) -> dict[str, list[str]]:
    """Every evidence file the database knows; gives the intact files of original rows by source."""
    good: dict[str, list[str]] = {}
    files = con.execute("SELECT file, source_id, kind, bytes, sha256 FROM gen.evidence ORDER BY file").fetchall()
    for at, (name, source_id, kind, size, digest) in enumerate(files):
        tell("evidence files", at, len(files))
        path = store.evidence / name
        if name not in on_disk and not path.is_file():
            verdict.findings.append(Finding("file", name, "missing"))
        elif path.stat().st_size != size or file_sha256(path) != digest:
            verdict.findings.append(Finding("file", name, "differs from what was stored"))
        elif kind == "rows":
            good.setdefault(source_id, []).append(name)
        verdict.files += 1
        verdict.bytes += size
    if verdict.findings:
        verdict.notes.append("files that differ were not read: records whose rows they hold cannot be traced")
    return good


def check_chain(con: duckdb.DuckDBPyConnection, verdict: Verdict) -> None:
    """Every link of the retrieval chain. A break is named where it shows, and not again behind it."""
    columns = (
        "source_id", "resource", "url", "final_url", "attempted_at", "retrieved_at", "status", "headers", "bytes",
        "sha256", "outcome", "error", "via",
    )  # fmt: skip
    found: dict[str, Finding] = {}

    def add(cause: str, where: str) -> None:
        found.setdefault(cause, Finding("retrieval", None, cause, first=where)).count += 1

    previous, expected = "", 1
    cursor = con.execute(f"SELECT seq, retrieval_id, chain_hash, {', '.join(columns)} FROM gen.retrieval ORDER BY seq")
    while batch := cursor.fetchmany(10_000):
        for seq, retrieval_id, link, *values in batch:
            row: dict[str, Any] = dict(zip(columns, values, strict=True))
            row["headers"] = json.loads(row["headers"])
            row["attempted_at"], row["retrieved_at"] = utc(row["attempted_at"]), utc(row["retrieved_at"])
            where = f"seq {seq}, {row['source_id']}, {retrieval_id}"
            if seq != expected:
                add("the one before it is missing, or it is doubled", where)
            elif chain_hash(previous, Retrieval(**row)) != link:
                add("differs from its chain hash", where)
            if retrieval_id != link[:16]:
                add("its id is not that of its chain hash", where)
            previous, expected = link, seq + 1
            verdict.retrievals += 1
    verdict.findings += found.values()


def _check_stamps(con: duckdb.DuckDBPyConnection, store: Store, ca: Path | None, verdict: Verdict) -> list[StampState]:
    """Every time stamp against the chain and its own signature."""
    states = stamp_states(con, store.home, ca)
    verdict.stamps = len(states)
    verdict.findings += [Finding("stamp", state.file, state.cause) for state in states if state.cause]
    return states


def _check_journals(con: duckdb.DuckDBPyConnection, store: Store, verdict: Verdict) -> None:
    """Journals and adapters against the books; runs of before journals were kept are noted."""
    differing = {found.file for found in verdict.findings}
    known = {row[0] for row in con.execute("SELECT file FROM gen.evidence").fetchall()}
    for file, cause, run_id in check_journals(con, store, known - differing):
        verdict.findings.append(Finding("journal", file, cause, first=run_id))
    number, last = without_journal(con)
    if number:
        verdict.notes.append(
            f"{number:,} run{'s' * (number != 1)} until {last:%Y-%m-%d %H:%M} UTC loaded before journals were kept: "
            "a rebuild cannot restore what they brought"
        )


def _say_where_rows_lie(con: duckdb.DuckDBPyConnection, damaged: list[str]) -> None:
    """Table `holder`: the file in which rows of a retrieval lie; where a run has several, its own or a damaged one."""
    con.execute(
        """CREATE TEMP TABLE holder AS
        SELECT r.retrieval_id, first(e.file ORDER BY e.relation IS DISTINCT FROM r.resource,
                                     NOT list_contains(?::VARCHAR[], e.file), e.file) AS file
        FROM gen.retrieval r JOIN gen.evidence e ON e.run_id = r.run_id AND e.source_id = r.source_id
        WHERE e.kind = 'rows' GROUP BY r.retrieval_id""",
        [damaged],
    )


def _check_rows(con: duckdb.DuckDBPyConnection, store: Store, files: list[str], verdict: Verdict) -> None:
    """Original rows against their own hashes; table `evident` gets the hashes of all of them."""
    con.execute("TRUNCATE evident")
    for name in files:
        parquet = f"read_parquet({literal(str(store.evidence / name))})"
        described = con.execute(f"DESCRIBE SELECT * FROM {parquet}").fetchall()
        columns = [row[0] for row in described if row[0] not in META]
        for count, first in con.execute(
            f"""SELECT count(*), arg_min(concat_ws(', ', 'row ' || row_number, member), row_number) FROM {parquet}
            WHERE NOT named_withheld AND row_hash <> {hash_sql(columns)} HAVING count(*) > 0"""
        ).fetchall():
            verdict.findings.append(Finding("row", name, "differs from its hash", count, first))
        con.execute(f"INSERT INTO evident SELECT retrieval_id, member, row_number, row_hash FROM {parquet}")
    verdict.rows += _number(con, "SELECT count(*) FROM evident")


def _check_records(
    con: duckdb.DuckDBPyConnection, source_id: str, damaged: dict[str, Finding], verdict: Verdict
) -> None:
    """The source's records, all versions, against the rows; those a damaged file explains are counted with the file."""
    verdict.records += _number(con, "SELECT count(*) FROM gen.record WHERE source_id = ?", [source_id])
    of_source = f"FROM {_VERSIONS} WHERE source_id = {literal(source_id)}"
    same = "e.retrieval_id = r.retrieval_id AND e.member IS NOT DISTINCT FROM r.member AND e.row_number = r.row_number"
    causes = {
        "its retrieval does not exist": f"FROM ({of_source}) ANTI JOIN gen.retrieval USING (retrieval_id)",
        "its original row is missing from the evidence store, or has another hash": f"""
            FROM ({of_source} AND source_rows IS NULL) r ANTI JOIN evident e ON {same} AND e.row_hash = r.row_hash""",
        "its original rows are missing from the evidence store, or have other hashes": f"""
            FROM (SELECT record_id, version, r.retrieval_id AS retrieval_id
                FROM (SELECT record_id, version, retrieval_id, row_hash AS stated, unnest(source_rows) AS place,
                          generate_subscripts(source_rows, 1) AS turn
                    {of_source} AND source_rows IS NOT NULL) r
                LEFT JOIN evident e ON e.retrieval_id = r.place.retrieval_id
                    AND e.member IS NOT DISTINCT FROM r.place.member AND e.row_number = r.place."row"
                GROUP BY record_id, version, r.retrieval_id, stated
                HAVING count(*) <> count(e.row_hash) OR sha256(string_agg(e.row_hash, '' ORDER BY turn)) <> stated)""",
    }
    for cause, lost in causes.items():
        for file, count, first in con.execute(
            f"""SELECT h.file, count(*), min(record_id || ' version ' || version)
            FROM (SELECT record_id, version, retrieval_id {lost}) LEFT JOIN holder h USING (retrieval_id)
            GROUP BY h.file ORDER BY h.file"""
        ).fetchall():
            if file in damaged:
                damaged[file].count += count
                damaged[file].first = damaged[file].first or first
            else:
                verdict.findings.append(Finding("record", file, cause, count, first))


def _number(con: duckdb.DuckDBPyConnection, sql: str, values: list[str] | None = None) -> int:
    row = con.execute(sql, values or []).fetchone()
    return int(row[0]) if row else 0
