"""Everything a pack is made of, out of one home: records, their original rows, adapters, stamps and whole payloads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from db.evidence_pack import gather, plain
from db.evidence_pack.chain import covering
from db.evidence_pack.derive import Run, places_of
from db.evidence_pack.rows import take_rows
from db.rows import rows_of
from db.stamp.kept import Stamp, stamps
from db.store import Store
from ingest.adapter import Adapter, adapter_of, unpack_adapter
from ingest.archive import file_sha256
from ingest.catalog import Source
from ingest.errors import CatalogError, StoreDamaged

Row = dict[str, Any]


@dataclass(slots=True)
class Collected:
    """What was read of the home for one pack: lines of records.jsonl, runs with their rows, the books of those runs.

    `seqs`: numbers of the retrievals the records rest on, in order; `stamps` cover them.
    """

    asked: gather.Asked
    lines: list[Row]
    runs: list[Run]
    run_lines: dict[str, Row]
    seqs: list[int]
    stamps: list[Stamp]

    @classmethod
    def of(
        cls,
        con: duckdb.DuckDBPyConnection,
        store: Store,
        given: Sequence[str],
        sources: Mapping[str, Source],
        today: date,
    ) -> "Collected":
        """Reads it. Raises UsageError for ids that are not known, StoreDamaged when evidence is missing."""
        asked = gather.asked_for(con, given, sources, today)
        wanted = {place["retrieval_id"] for version in (*asked.shown, *asked.earlier) for place in _places(version)}
        rows = rows_of(
            con,
            "SELECT retrieval_id, run_id, seq FROM retrieval WHERE list_contains($1::VARCHAR[], retrieval_id)",
            [sorted(wanted)],
        )
        run_of = {row["retrieval_id"]: row["run_id"] for row in rows}
        if wanted - run_of.keys():
            raise StoreDamaged("a record's retrieval does not exist", next_step="Run `trackrecord verify`.")
        last = gather.last_runs(con, asked)
        lines = plain.plain(gather.record_lines(asked, run_of, last))
        run_lines = gather.runs_of(con, [*run_of.values(), *last.values()])
        seqs = sorted(row["seq"] for row in rows)
        kept = covering(stamps(store.home), seqs[0], seqs[-1]) if seqs else []
        runs = _runs(con, store, lines, run_lines, sources)
        return cls(asked, lines, runs, run_lines, seqs, kept)

    @property
    def source_ids(self) -> set[str]:
        """Sources of the records, hidden ones too."""
        return {record["source_id"] for record in self.asked.records}


def _places(version: Row) -> list[Row]:
    return version["source_rows"] or [{"retrieval_id": version["retrieval_id"]}]


def _runs(
    con: duckdb.DuckDBPyConnection, store: Store, lines: Sequence[Row], run_lines: Mapping[str, Row],
    sources: Mapping[str, Source],
) -> list[Run]:  # fmt: skip
    """The original rows of all versions by run, with the adapter of each run."""
    wanted: dict[tuple[str, str, str], set[tuple[str, str | None, int]]] = {}
    for line in lines:
        for said in line.get("versions", ()):
            key = (line["source_id"], said["run_id"], said["adapter_version"])
            wanted.setdefault(key, set()).update(places_of(said))
    files: dict[str, list[tuple[str, str]]] = {}
    for row in rows_of(con, "SELECT run_id, file, relation FROM evidence WHERE kind = 'rows' ORDER BY file", []):
        files.setdefault(row["run_id"], []).append((row["file"], row["relation"]))
    found = []
    for (source_id, run_id, adapter_version), places in sorted(wanted.items()):
        adapter = _adapter(store, source_id, adapter_version, sources)
        source = adapter.source if adapter else sources.get(source_id)
        relations = take_rows(store, files.get(run_id, []), source, sorted(places, key=str))
        as_of = plain.day(run_lines[run_id].get("data_as_of"))
        found.append(Run(source_id, run_id, adapter_version, adapter, as_of, relations))
    return found


def _adapter(store: Store, source_id: str, wanted: str, sources: Mapping[str, Source]) -> Adapter | None:
    """The adapter of that version: as kept in the evidence store, or else the installed one if it is the same."""
    kept = store.evidence / "adapters" / f"{wanted}.zip"
    try:
        if kept.is_file() and (adapter := unpack_adapter(kept.read_bytes())).version == wanted:
            return adapter
    except CatalogError:
        raise StoreDamaged(
            "a kept adapter is damaged", where=str(kept), next_step="Run `trackrecord verify`."
        ) from None
    source = sources.get(source_id)
    return adapter_of(source) if source and source.adapter_version == wanted else None


def payloads_of(
    con: duckdb.DuckDBPyConnection, store: Store, found: Collected, sources: Mapping[str, Source], most: int
) -> tuple[dict[str, Path], list[str]]:
    """Whole payloads of the runs, as name in the pack → file, of `most` bytes together; what had to be left out."""
    rows = rows_of(
        con,
        """SELECT source_id, file, bytes, sha256 FROM evidence
        WHERE kind = 'payload' AND list_contains($1::VARCHAR[], run_id) ORDER BY bytes, file""",
        [sorted({run.run_id for run in found.runs})],
    )
    taken: dict[str, Path] = {}
    left_out: list[str] = []
    for row in rows:
        source = sources.get(row["source_id"])
        if source is None or not source.company_only:
            continue
        if row["bytes"] > most:
            left_out.append(f"a whole file of {row['source_id']}, {row['bytes']:,} bytes: larger than was asked for")
            continue
        most -= row["bytes"]
        path = store.evidence / row["file"]
        if not path.is_file() or file_sha256(path) != row["sha256"]:
            what = "an evidence file is missing or damaged"
            raise StoreDamaged(what, where=str(path), next_step="Run `trackrecord verify`.")
        taken[f"payloads/{row['source_id']}/{path.name}"] = path
    return taken, left_out
