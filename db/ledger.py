"""The books of one sync run in database `gen`: chained retrievals, the run itself, its counts and evidence files."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import duckdb

from ingest.account import Account
from ingest.archive import EvidenceFile
from ingest.catalog import Source
from ingest.fetch import Known, Retrieval, chain_hash
from ingest.privacy.rulings import Rulings
from ingest.privacy.version import gate_version

if TYPE_CHECKING:
    from db.sync import Report


@dataclass(frozen=True, slots=True)
class Versions:
    """What decides which records a file gives: the adapter, and the gate with the rulings in force."""

    adapter: str
    gate: str

    @classmethod
    def of(cls, source: Source, rulings: Rulings) -> "Versions":
        """The versions by which a source is read now."""
        return cls(source.adapter_version, "+".join(filter(None, (gate_version(), rulings.version))))

    @property
    def gate_alone(self) -> str:
        """The version of the gate without the rulings."""
        return self.gate.partition("+")[0]


class Ledger:
    """Numbers retrievals as they happen and writes everything when the run closes."""

    def __init__(self, con: duckdb.DuckDBPyConnection, source_id: str, run_id: str) -> None:
        self.con, self._source_id, self._run_id = con, source_id, run_id
        head = con.execute("SELECT seq, chain_hash FROM gen.retrieval ORDER BY seq DESC LIMIT 1").fetchone()
        self._seq, self._head = head or (0, "")
        self._rows: list[tuple[Retrieval, int, str]] = []

    def add(self, retrieval: Retrieval) -> None:
        """The next link of the chain."""
        self._seq += 1
        self._head = chain_hash(self._head, retrieval)
        self._rows.append((retrieval, self._seq, self._head))

    def id_of(self, retrieval: Retrieval) -> str:
        """The retrieval's id. Raises StopIteration when it was never added."""
        return next(link[:16] for row, _, link in self._rows if row is retrieval)

    def count(self, counted: Account, evidence: list[EvidenceFile]) -> None:
        """Writes what became of every row, and the evidence files."""
        run = [self._run_id]
        tallies = [[*run, t.retrieval_id, t.fate, t.reason, t.n] for t in counted.tallies]
        files = [[e.file, *run, self._source_id, e.relation, e.kind, e.bytes, e.sha256] for e in evidence]
        if tallies:
            self.con.executemany("INSERT INTO gen.tally VALUES (?, ?, ?, ?, ?)", tallies)
        for file in files:
            # the same payload may have been kept by an earlier run
            known = self.con.execute("SELECT 1 FROM gen.evidence WHERE file = ?", [file[0]]).fetchone()
            if known is None:
                self.con.execute("INSERT INTO gen.evidence VALUES (?, ?, ?, ?, ?, ?, ?)", file)

    def close(self, report: "Report", started: datetime, versions: Versions, accepted: str | None) -> None:
        """Writes the retrievals and the run."""
        for row, seq, link in self._rows:
            self.con.execute(
                f"INSERT INTO gen.retrieval VALUES ({', '.join('?' * 17)})",
                [
                    seq, link[:16], self._run_id, row.source_id, row.resource, row.url, row.final_url,
                    naive(row.attempted_at), naive(row.retrieved_at), row.status,
                    json.dumps(dict(row.headers), sort_keys=True), row.bytes, row.sha256, row.outcome, row.error,
                    row.via, link,
                ],
            )  # fmt: skip
        records = [report.records[name] for name in ("added", "changed", "removed", "unchanged")]
        self.con.execute(
            "INSERT INTO gen.run VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                self._run_id, self._source_id, started, report.seconds, report.outcome, report.error, accepted,
                versions.adapter, report.data_as_of, report.rows["read"], *records, versions.gate,
            ],
        )  # fmt: skip

    def described(self) -> list[dict[str, Any]]:
        """The retrievals for people and machines."""
        return [
            {
                "retrieval_id": link[:16],
                "url": row.url,
                "outcome": row.outcome,
                "status": row.status,
                "bytes": row.bytes,
                "sha256": row.sha256,
                "retrieved_at": row.retrieved_at.isoformat() if row.retrieved_at else None,
                "error": row.error,
            }
            for row, _, link in self._rows
        ]

    def total(self) -> int:
        """Records of the source that it still publishes."""
        return int(self._value("SELECT count(*) FROM gen.record WHERE source_id = ? AND removed_at IS NULL") or 0)

    def last_rows_read(self) -> int:
        """Rows of the last run that loaded; 0 when there is none."""
        return int(self._value(f"SELECT arg_max(rows_read, started_at) {_GOOD}") or 0)

    def last_data_as_of(self) -> date | None:
        """The agency's stamp at the last run that loaded."""
        found: date | None = self._value(f"SELECT arg_max(data_as_of, started_at) {_GOOD}")
        return found

    def _value(self, sql: str) -> Any:
        row = self.con.execute(sql, [self._source_id]).fetchone()
        return row[0] if row else None


_GOOD = "FROM gen.run WHERE source_id = ? AND outcome = 'loaded'"


def last_versions(con: duckdb.DuckDBPyConnection, source_id: str) -> Versions | None:
    """What made the records that stand; None where the source was never loaded."""
    row = con.execute(
        f"SELECT adapter_version, coalesce(gate_version, '') {_GOOD} ORDER BY started_at DESC LIMIT 1", [source_id]
    ).fetchone()
    return Versions(*row) if row else None


def known_validators(con: duckdb.DuckDBPyConnection, source_id: str, versions: Versions) -> dict[str, Known]:
    """Validators by address of the last run that loaded; none where another adapter, gate or ruling made what stands:
    then everything is read anew.
    """
    if last_versions(con, source_id) != versions:
        return {}
    rows = con.execute(
        f"""SELECT url, headers, sha256 FROM gen.retrieval WHERE outcome = 'ok' AND sha256 IS NOT NULL
        AND run_id = (SELECT arg_max(run_id, started_at) {_GOOD})""",
        [source_id],
    ).fetchall()
    known = {}
    for url, text, sha256 in rows:
        headers = json.loads(text)
        known[url] = Known(headers.get("etag"), headers.get("last-modified"), sha256)
    return known


def naive(moment: datetime | None) -> datetime | None:
    """The moment in UTC without zone, as stored."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment else None
