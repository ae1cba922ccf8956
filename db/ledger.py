"""The books of one sync run in database `gen`: chained retrievals, the run itself, its counts and evidence files."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from db.journal import Journal, write_journal
from db.journal_lines import Lines
from db.times import stored
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
    """Numbers retrievals as they happen and writes everything, the journal too, when the run closes."""

    def __init__(self, con: duckdb.DuckDBPyConnection, source_id: str, run_id: str, evidence: Path) -> None:
        self.con, self._source_id, self._run_id, self._folder = con, source_id, run_id, evidence
        head = con.execute("SELECT seq, chain_hash FROM gen.retrieval ORDER BY seq DESC LIMIT 1").fetchone()
        self._seq, self._head = head or (0, "")
        self._rows: list[tuple[Retrieval, int, str]] = []
        self._counts: list[tuple[str, str, str, int]] = []
        self._files: list[EvidenceFile] = []
        self._lines: Lines | None = None

    def add(self, retrieval: Retrieval) -> None:
        """The next link of the chain."""
        self._seq += 1
        self._head = chain_hash(self._head, retrieval)
        self._rows.append((retrieval, self._seq, self._head))

    def id_of(self, retrieval: Retrieval) -> str:
        """The retrieval's id. Raises StopIteration when it was never added."""
        return next(link[:16] for row, _, link in self._rows if row is retrieval)

    def count(self, counted: Account, evidence: Sequence[EvidenceFile], lines: Lines) -> None:
        """Takes down what became of every row, and the evidence files; `close` writes them."""
        self._counts = [(t.retrieval_id, t.fate, t.reason, t.n) for t in counted.tallies]
        self._files, self._lines = list(evidence), lines

    def close(self, report: "Report", started: datetime, versions: Versions, accepted: str | None) -> None:
        """Writes the retrievals, the run, and the journal of both."""
        retrievals = [
            {
                "seq": seq, "retrieval_id": link[:16], "run_id": self._run_id, "source_id": row.source_id,
                "resource": row.resource, "url": row.url, "final_url": row.final_url,
                "attempted_at": stored(row.attempted_at),
                "retrieved_at": stored(row.retrieved_at) if row.retrieved_at else None,
                "status": row.status, "headers": json.dumps(dict(row.headers), sort_keys=True), "bytes": row.bytes,
                "sha256": row.sha256, "outcome": row.outcome, "error": row.error, "via": row.via, "chain_hash": link,
            }
            for row, seq, link in self._rows
        ]  # fmt: skip
        run = {
            "run_id": self._run_id, "source_id": self._source_id, "started_at": started, "seconds": report.seconds,
            "outcome": report.outcome, "error": report.error, "accepted_change": accepted,
            "adapter_version": versions.adapter, "data_as_of": report.data_as_of, "rows_read": report.rows["read"],
            **{name: report.records[name] for name in ("added", "changed", "removed", "unchanged")},
            "gate_version": versions.gate,
        }  # fmt: skip
        journal = Journal(run, retrievals, self._counts, self._files)
        if self._lines is not None:
            journal = replace(journal, plain=self._lines.plain, seen=self._lines.seen)
        write_books(self.con, journal, write_journal(self._folder, journal))

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


def write_books(con: duckdb.DuckDBPyConnection, journal: Journal, itself: EvidenceFile) -> None:
    """Writes a journal's run, retrievals, counts and evidence files into their tables; `itself` is its own file."""
    for table, rows in (("retrieval", journal.retrievals), ("run", [journal.run])):
        for row in rows:
            names = ", ".join(row)
            con.execute(f"INSERT INTO gen.{table} ({names}) VALUES ({', '.join('?' * len(row))})", list(row.values()))
    if journal.tallies:
        tallies = [[journal.run_id, *tally] for tally in journal.tallies]
        con.executemany("INSERT INTO gen.tally VALUES (?, ?, ?, ?, ?)", tallies)
    for entry in (*journal.evidence, itself):
        book(con, entry, journal.run_id, journal.source_id)


def book(con: duckdb.DuckDBPyConnection, file: EvidenceFile, run_id: str, source_id: str) -> None:
    """Writes an evidence file into its table, unless an earlier run has stored the same adapter or payload."""
    if con.execute("SELECT 1 FROM gen.evidence WHERE file = ?", [file.file]).fetchone() is None:
        row = [file.file, run_id, source_id, file.relation, file.kind, file.bytes, file.sha256]
        con.execute("INSERT INTO gen.evidence VALUES (?, ?, ?, ?, ?, ?, ?)", row)


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
