"""Evidence store: original rows of passed records as Parquet, adapters, and whole payloads of company-only sources.

`rows/<source>/<run>.<relation>.parquet` holds `retrieval_id, member, row_number, named_withheld, row_hash` and the used
columns and extracts as published. A row that also names somebody who was withheld keeps its number and hash only.
After an erasure the file is written anew as `<run>.<relation>.<token>.parquet`. `adapters/<version>.zip` holds what
made records of the rows. What the runs did stands in `runs/`, see db.journal.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import duckdb
import zstandard

from ingest.adapter import Adapter, pack_adapter
from ingest.arrow import quoted
from ingest.durable import write_whole
from ingest.model import literal
from ingest.transform import FILE_BITS, NUMBER_MASK, Inputs, relation_columns

META = ("_row", "retrieval_id", "member", "row_number", "named_withheld", "row_hash")


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """One file of the evidence store; `file` is its path below the evidence folder."""

    file: str
    relation: str | None
    kind: str
    bytes: int
    sha256: str


def hash_sql(columns: list[str], prefix: str = "") -> str:
    """SQL for the hash of an input row: SHA-256 over its columns as published, in order, empty ones marked."""
    parts = ", ".join(f"coalesce({prefix}{quoted(name)}::VARCHAR, chr(30))" for name in columns)
    return f"sha256(concat_ws(chr(31), {parts or 'NULL'}))"


def store_rows(inputs: Inputs, wanted: str, folder: Path, run_id: str) -> list[EvidenceFile]:
    """Writes the rows of `wanted` (SQL giving _row and named_withheld) and the joined rows that belong to them."""
    stored = []
    target = folder / "rows" / inputs.source.id
    target.mkdir(parents=True, exist_ok=True)
    for relation, resources in inputs.source.relations.items():
        if not any(file.resource in resources for file in inputs.files):
            continue
        columns = relation_columns(resources)
        if resources[0].role == "primary":
            belonging = f'"{relation}" v JOIN ({wanted}) w USING (_row)'
            withheld = "w.named_withheld"
        else:
            other, _, column = resources[0].joined_to.partition(".")
            belonging = f"""(SELECT v.*, k.named_withheld FROM "{relation}" v JOIN (
                SELECT o.{quoted(column)} AS _key, bool_or(w.named_withheld) AS named_withheld
                FROM "{other}" o JOIN ({wanted}) w USING (_row) GROUP BY 1) k
                ON k._key = v.{quoted(resources[0].key[0])}) v"""
            withheld = "v.named_withheld"
        file = target / f"{run_id}.{relation}.parquet"
        kept = "".join(f", CASE WHEN NOT {withheld} THEN v.{quoted(n)} END AS {quoted(n)}" for n in columns)
        # the engine would build its hash table from the wide side
        inputs.con.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
        inputs.con.execute(
            f"""COPY (SELECT v._row, {provenance_sql(inputs, "v._row")}, {withheld} AS named_withheld,
                             {hash_sql(columns, "v.")} AS row_hash{kept} FROM {belonging})
            TO {literal(str(file))} (FORMAT parquet, COMPRESSION zstd)"""
        )
        inputs.con.execute("RESET disabled_optimizers")
        stored.append(described(file, folder, relation, "rows"))
    return stored


def store_payload(path: Path, folder: Path) -> EvidenceFile:
    """Keeps a whole payload under the SHA-256 of its compressed bytes; only for sources declared company-only."""
    target = folder / "payloads"
    target.mkdir(parents=True, exist_ok=True)
    partial = target / f".{path.name}.partial"
    with path.open("rb") as given, partial.open("wb") as kept:
        zstandard.ZstdCompressor(level=3).copy_stream(given, kept)
    digest = file_sha256(partial)
    final = target / f"{digest}.zst"
    partial.replace(final)
    return described(final, folder, None, "payload")


def store_adapter(adapter: Adapter, folder: Path) -> EvidenceFile:
    """Keeps the files that make records of rows, under their version: the same bytes whoever stores them."""
    file = folder / "adapters" / f"{adapter.version}.zip"
    content = pack_adapter(adapter)
    if not file.is_file() or file.read_bytes() != content:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, content)
    return described(file, folder, None, "adapter")


def rewrite_rows(con: duckdb.DuckDBPyConnection, folder: Path, file: str, affected: str) -> EvidenceFile | None:
    """Writes a file of original rows anew under a new name, without the rows of table `affected` (_row, lost).

    A row that is not `lost` keeps its number and hash only, as one that names somebody withheld. None when no row is
    left; the old file stays where it is. Cost: one pass over the file.
    """
    given = f"read_parquet({literal(str(folder / file))})"
    columns = con.execute(f"DESCRIBE SELECT * FROM {given}").fetchall()
    kept = "".join(
        f", CASE WHEN a._row IS NULL THEN f.{name} END AS {name}"
        for name in (quoted(row[0]) for row in columns if row[0] not in META)
    )
    remaining = f"FROM {given} f LEFT JOIN {affected} a USING (_row) WHERE a.lost IS NOT TRUE"
    if con.execute(f"SELECT 1 {remaining} LIMIT 1").fetchone() is None:
        return None
    run_id, relation = Path(file).name.split(".")[:2]
    fresh = folder / Path(file).with_name(f"{run_id}.{relation}.{uuid4().hex[:8]}.parquet")
    con.execute(
        f"""COPY (SELECT f._row, f.retrieval_id, f.member, f.row_number,
                         f.named_withheld OR a._row IS NOT NULL AS named_withheld, f.row_hash{kept} {remaining})
        TO {literal(str(fresh))} (FORMAT parquet, COMPRESSION zstd)"""
    )
    return described(fresh, folder, relation, "rows")


def provenance_parts(inputs: Inputs, row: str) -> tuple[str, str, str]:
    """SQL expressions for retrieval_id, member and row_number of an input row id."""
    retrievals = _list_sql([file.retrieval_id for file in inputs.files])
    members = _list_sql([file.rows.member for file in inputs.files])
    place = f"(({row}) >> {FILE_BITS}) + 1"
    return f"({retrievals})[{place}]", f"({members})[{place}]", f"({row}) & {NUMBER_MASK}"


def provenance_sql(inputs: Inputs, row: str) -> str:
    """The same as columns of a SELECT."""
    retrieval_id, member, row_number = provenance_parts(inputs, row)
    return f"{retrieval_id} AS retrieval_id, {member} AS member, {row_number} AS row_number"


def stored_files(folder: Path) -> set[str]:
    """Paths of all files below the evidence folder, relative to it."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, hex, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _list_sql(values: list[str | None]) -> str:
    quoted_values = ("NULL" if value is None else literal(value) for value in values)
    return f"[{', '.join(quoted_values)}]::VARCHAR[]"


def described(file: Path, folder: Path, relation: str | None, kind: str) -> EvidenceFile:
    """The entry of a file below the evidence folder, with its size and SHA-256."""
    return EvidenceFile(
        file=str(file.relative_to(folder)),
        relation=relation,
        kind=kind,
        bytes=file.stat().st_size,
        sha256=file_sha256(file),
    )
