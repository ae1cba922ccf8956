"""Whether journals and adapters are what a rebuild needs: each run's own, whole, and of one mind with the database."""

from collections.abc import Collection, Iterator
from typing import Any

import duckdb

from db.journal import Journal, read_journal
from db.store import Store
from ingest.adapter import unpack_adapter
from ingest.errors import CatalogError, StoreDamaged
from ingest.model import RETRIEVAL, RUN

Differs = tuple[str, str, str]
"""A file below the evidence folder, what does not agree, and the run concerned."""


def check_journals(con: duckdb.DuckDBPyConnection, store: Store, good: Collection[str]) -> Iterator[Differs]:
    """What journals say otherwise than database `gen`, of the files that are as they were stored.

    Cost: their bytes, and the books of the runs.
    """
    for file, run_id in con.execute(
        "SELECT file, run_id FROM gen.evidence WHERE kind IN ('journal', 'adapter') ORDER BY file"
    ).fetchall():
        cause = None
        if file in good and file.endswith(".zip"):
            cause = _adapter_differs(store, file)
        elif file in good and file.endswith(".json"):
            try:
                cause = _journal_differs(con, read_journal(store.evidence, file), run_id)
            except StoreDamaged as error:
                cause = error.what
        if cause is not None:
            yield file, cause, run_id


def without_journal(con: duckdb.DuckDBPyConnection) -> tuple[int, Any]:
    """How many runs that loaded have no journal, and when the last of them was."""
    row = con.execute(
        """SELECT count(*), max(started_at) FROM gen.run WHERE outcome = 'loaded' AND run_id NOT IN (
            SELECT run_id FROM gen.evidence WHERE kind = 'journal' AND ends_with(file, '.json'))"""
    ).fetchone()
    return row or (0, None)


def _adapter_differs(store: Store, file: str) -> str | None:
    try:
        adapter = unpack_adapter((store.evidence / file).read_bytes())
    except CatalogError as error:
        return f"is no adapter that this version reads: {error.what}"
    return None if file == f"adapters/{adapter.version}.zip" else "holds another adapter than its name says"


def _journal_differs(con: duckdb.DuckDBPyConnection, journal: Journal, run_id: str) -> str | None:
    if [journal.run] != _rows(con, "run", run_id):
        return "says otherwise than table run"
    if list(journal.retrievals) != _rows(con, "retrieval", run_id):
        return "says otherwise than table retrieval"
    counted = con.execute("SELECT retrieval_id, fate, reason, n FROM gen.tally WHERE run_id = ?", [run_id]).fetchall()
    if sorted(journal.tallies) != sorted(counted):
        return "says otherwise than table tally"
    for entry in journal.evidence:
        booked = con.execute("SELECT sha256 FROM gen.evidence WHERE file = ?", [entry.file]).fetchone()
        if booked is None or booked[0] != entry.sha256:
            return "names other evidence than table evidence"
    adapters = [entry.file for entry in journal.of_kind("adapter")]
    if journal.run["outcome"] == "loaded" and adapters != [f"adapters/{journal.run['adapter_version']}.zip"]:
        return "names another adapter than its run"
    return None


def _rows(con: duckdb.DuckDBPyConnection, table: str, run_id: str) -> list[dict[str, Any]]:
    names = [column.name for column in (RUN if table == "run" else RETRIEVAL)]
    order = "seq" if table == "retrieval" else "run_id"
    found = con.execute(f"SELECT {', '.join(names)} FROM gen.{table} WHERE run_id = ? ORDER BY {order}", [run_id])
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
