"""A small database whose history a test writes down: runs, versions, removals, as a sync would leave them."""

from dataclasses import dataclass, field
from datetime import datetime
from importlib import resources
from typing import Any

import duckdb

from ingest.model import RECORD

NAMES = ", ".join(column.name for column in RECORD)
PERMANENT, MIRRORED = "xx_permanent", "xx_mirrored"
RETENTION = {PERMANENT: "permanent", MIRRORED: "mirror-source"}


def empty_generation() -> duckdb.DuckDBPyConnection:
    """A generation without a record, in memory."""
    con = duckdb.connect()
    for file in sorted(resources.files("db").joinpath("schema").iterdir(), key=lambda item: item.name):
        con.execute(file.read_text(encoding="utf-8"))
    return con


@dataclass
class Chronicle:
    """Writes what each run saw; every method takes the time of the run."""

    con: duckdb.DuckDBPyConnection = field(default_factory=empty_generation)
    adapter: str = "adapter 1"
    gate: str = "gate 1"
    seq: int = 0

    def run(self, source_id: str, at: datetime, outcome: str = "loaded", error: str | None = None) -> str:
        """A run with one retrieval; gives the retrieval's id."""
        self.seq += 1
        retrieval_id = f"{self.seq:016x}"
        self.con.execute(
            """INSERT INTO run BY NAME SELECT $run AS run_id, $source AS source_id, $at AS started_at, 1 AS seconds,
            $outcome AS outcome, $error AS error, $adapter AS adapter_version, $gate AS gate_version, 1 AS rows_read,
            0 AS added, 0 AS changed, 0 AS removed, 0 AS unchanged""",
            {"run": f"run {self.seq}", "source": source_id, "at": at, "outcome": outcome, "error": error,
             "adapter": self.adapter, "gate": self.gate},
        )  # fmt: skip
        self.con.execute(
            """INSERT INTO retrieval BY NAME SELECT $seq AS seq, $id AS retrieval_id, $run AS run_id,
            $source AS source_id, 'list' AS resource, 'https://agency.example/list.csv' AS url, $at AS attempted_at,
            $at AS retrieved_at, '{}' AS headers, 1 AS bytes, sha256($id) AS sha256, $outcome AS outcome,
            'network' AS via, sha256($id) AS chain_hash""",
            {"seq": self.seq, "id": retrieval_id, "run": f"run {self.seq}", "source": source_id, "at": at,
             "outcome": "failed" if outcome == "failed" else "ok"},
        )  # fmt: skip
        return retrieval_id

    def show(self, source_id: str, key: str, at: datetime, **said: Any) -> None:
        """The source shows this record and says this of it: a new record, a new version, or nothing new."""
        record_id = f"{source_id}:{key}"
        row = {"company_name": "Acme Widgets Ltd", "kind": "penalty", "status": "final", "company_id": f"c{key:0>15}",
               "row_hash": f"hash of {sorted(said.items())}"} | said  # fmt: skip
        held = self.con.execute("SELECT * FROM record WHERE record_id = ?", [record_id]).fetchone()
        names = [column[0] for column in self.con.description or []]
        old = dict(zip(names, held, strict=True)) if held else None
        if old and old["removed_at"] is None and all(old[name] == value for name, value in row.items()):
            self.con.execute("UPDATE record SET last_seen = ? WHERE record_id = ?", [at, record_id])
            return
        if old:
            self.con.execute(
                f"""INSERT INTO record_history ({NAMES}, superseded_at)
                SELECT {NAMES}, ? FROM record WHERE record_id = ?""",
                [at, record_id],
            )
            self.con.execute("DELETE FROM record WHERE record_id = ?", [record_id])
        (retrieval,) = self.con.execute(
            "SELECT arg_max(retrieval_id, seq) FROM retrieval WHERE source_id = ?", [source_id]
        ).fetchone() or ("",)
        row |= {"record_id": record_id, "source_id": source_id, "native_id": key, "entity_type": "company",
                "gate_reason": "legal form", "subject_area": "environment", "adapter_version": self.adapter,
                "retrieval_id": retrieval, "row_number": 2, "version": old["version"] + 1 if old else 1,
                "first_seen": old["first_seen"] if old else at, "changed_at": at, "last_seen": at}  # fmt: skip
        self.con.execute(f"INSERT INTO record ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", [*row.values()])

    def miss(self, source_id: str, key: str, at: datetime, removal: str = "removed at source") -> None:
        """The source shows it no more."""
        self.con.execute(
            "UPDATE record SET removed_at = ?, removal = ? WHERE record_id = ? AND removed_at IS NULL",
            [at, removal, f"{source_id}:{key}"],
        )
