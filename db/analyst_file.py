"""The file of the analyst database and the key beside it: opened, made, checked, locked.

    analyst.sqlite    SQLite: many processes may write while a sync runs, which DuckDB's file lock would not let them
    purge.key         32 random bytes, made by the first purge; tombstones are keyed hashes and useless without it

A rollback journal, not WAL: one file to back up, readable from read-only media, and what is deleted is overwritten
when the transaction ends. Nothing here needs the home's writer lock.
"""

import hmac
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from db.home import MARKER
from ingest.durable import write_whole
from ingest.errors import StoreBusy, StoreDamaged, StoreError, StoreMissing
from ingest.privacy.rulings import digest

SCHEMA: Final = (
    """
    CREATE TABLE allow_rule (
        number INTEGER PRIMARY KEY AUTOINCREMENT, company_name TEXT NOT NULL, source_id TEXT NOT NULL,
        evidence TEXT NOT NULL, why TEXT NOT NULL, made_by TEXT NOT NULL, made_at TEXT NOT NULL,
        revoked_by TEXT, revoked_at TEXT, revoked_why TEXT);
    CREATE UNIQUE INDEX allow_rule_in_force ON allow_rule (source_id, company_name) WHERE revoked_at IS NULL;
    CREATE TABLE tombstone (
        digest TEXT PRIMARY KEY, scope TEXT NOT NULL CHECK (scope IN ('record', 'name')), source_id TEXT NOT NULL,
        reason TEXT NOT NULL CHECK (reason IN ('individual', 'request', 'court order', 'error')),
        made_by TEXT NOT NULL, made_at TEXT NOT NULL);
    CREATE TABLE purge_key (mark TEXT NOT NULL);
    """,
    """
    CREATE TABLE judgement (
        number INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, record_id TEXT, supplier_key TEXT,
        company_id TEXT NOT NULL, supplier TEXT, reference TEXT,
        verdict TEXT NOT NULL CHECK (verdict IN ('same', 'different', 'unsure')),
        why TEXT NOT NULL, made_by TEXT NOT NULL, made_at TEXT NOT NULL, revoked_by TEXT, revoked_at TEXT,
        revoked_why TEXT, imported_by TEXT, imported_at TEXT, CHECK ((record_id IS NULL) <> (supplier_key IS NULL)));
    CREATE INDEX judgement_of_match ON judgement (supplier_key, company_id);
    CREATE INDEX judgement_of_record ON judgement (record_id);
    CREATE TABLE judged_record (
        judgement INTEGER NOT NULL, record_id TEXT NOT NULL, party_id TEXT NOT NULL, said TEXT NOT NULL,
        PRIMARY KEY (judgement, record_id)) WITHOUT ROWID;
    CREATE INDEX judged_record_of ON judged_record (record_id);
    CREATE TABLE dispute (
        number INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, record_id TEXT NOT NULL,
        why TEXT NOT NULL, evidence TEXT, evidence_sha256 TEXT, made_by TEXT NOT NULL, made_at TEXT NOT NULL,
        withdrawn_by TEXT, withdrawn_at TEXT, withdrawn_why TEXT, imported_by TEXT, imported_at TEXT);
    CREATE INDEX dispute_of_record ON dispute (record_id);
    """,
    """
    CREATE TABLE watch_list (
        number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL COLLATE NOCASE, threshold TEXT NOT NULL,
        gate_version TEXT NOT NULL, made_by TEXT NOT NULL, made_at TEXT NOT NULL, changed_by TEXT, changed_at TEXT,
        revision INTEGER NOT NULL DEFAULT 0, matched_in TEXT NOT NULL DEFAULT '',
        removed_by TEXT, removed_at TEXT, removed_why TEXT);
    CREATE UNIQUE INDEX watch_list_kept ON watch_list (name) WHERE removed_at IS NULL;
    CREATE TABLE watch_supplier (
        number INTEGER PRIMARY KEY AUTOINCREMENT, list INTEGER NOT NULL, row INTEGER NOT NULL, reference TEXT NOT NULL,
        name TEXT NOT NULL, country TEXT NOT NULL, numbers TEXT NOT NULL, address TEXT NOT NULL, city TEXT NOT NULL,
        postcode TEXT NOT NULL, vouched_by TEXT, vouched_at TEXT, matched INTEGER NOT NULL DEFAULT 0);
    CREATE INDEX watch_supplier_of ON watch_supplier (list);
    CREATE TABLE watch_match (
        list INTEGER NOT NULL, supplier INTEGER NOT NULL, company_id TEXT NOT NULL, place INTEGER NOT NULL,
        met TEXT NOT NULL, band TEXT NOT NULL, score REAL NOT NULL, why TEXT NOT NULL, shown INTEGER NOT NULL,
        PRIMARY KEY (list, supplier, company_id)) WITHOUT ROWID;
    CREATE TABLE watch_seen (
        list INTEGER NOT NULL, record_id TEXT NOT NULL, company_id TEXT NOT NULL, version INTEGER NOT NULL,
        gone TEXT NOT NULL, in_force TEXT NOT NULL, disputes TEXT NOT NULL,
        PRIMARY KEY (list, record_id)) WITHOUT ROWID;
    CREATE TABLE watch_run (
        number INTEGER PRIMARY KEY AUTOINCREMENT, list INTEGER NOT NULL, started_at TEXT NOT NULL,
        ended_at TEXT NOT NULL, generation TEXT NOT NULL, news TEXT NOT NULL);
    CREATE INDEX watch_run_of ON watch_run (list);
    """,
)
"""One script per version of the schema, applied in order, never changed; PRAGMA user_version counts them."""
WAIT_SECONDS = 10.0
_KEY_BYTES = 32
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_UNUSABLE = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR)
_RESTORE = "Restore {} from a backup; nothing is synced before, or what was purged could come back."


@dataclass(frozen=True, slots=True)
class AnalystFile:
    """Connections to the analyst database of one home; waits so many seconds for others to end their writing.

    Every method raises StoreBusy when others keep the file locked, StoreDamaged when file or key are not whole.
    """

    home: Path
    wait: float = WAIT_SECONDS

    @property
    def path(self) -> Path:
        """The database."""
        return self.home / "analyst.sqlite"

    @property
    def key_path(self) -> Path:
        """The key of the tombstones."""
        return self.home / "purge.key"

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """A connection inside one read transaction; None where no ruling was ever made."""
        # asked first: whoever makes a key has made the database before
        keyed = self.key_path.exists()
        if self.path.exists():
            with self._connected() as con:
                con.execute("BEGIN")
                if self._version(con):
                    yield con
                    return
        if keyed:
            raise self.damaged("is missing or empty")
        yield None

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection inside one write transaction, kept when the block ends well; makes the database if need be."""
        keyed = self.key_path.exists()
        if not self.path.exists():
            if keyed:
                raise self.damaged("is missing or empty")
            self._make_file()
        with self._connected() as con:
            with _transaction(con):
                self._migrate(con)
            with _transaction(con):
                yield con

    def _migrate(self, con: sqlite3.Connection) -> None:
        version = self._version(con)
        if not version and self.key_path.exists():
            raise self.damaged("is missing or empty")
        for script in SCHEMA[version:]:
            for statement in script.split(";"):
                con.execute(statement)
        con.execute(f"PRAGMA user_version = {len(SCHEMA)}")

    def key(self, con: sqlite3.Connection, *, make: bool) -> bytes:
        """The key, checked against the mark its database keeps; empty where nothing was ever purged.

        Raises StoreDamaged for a key that is missing or another one: every tombstone would be void.
        """
        marked = con.execute("SELECT mark FROM purge_key").fetchone()
        try:
            key = self.key_path.read_bytes()
        except FileNotFoundError:
            if marked is not None:
                raise self.damaged("is missing, the key of what was purged", self.key_path) from None
            if not make:
                return b""
            key = self._make_key()
        except OSError as error:
            raise StoreError(f"the key cannot be read: {error.strerror}", where=str(self.key_path)) from None
        mark = digest(key, "name", "", "mark of the key") if len(key) == _KEY_BYTES else ""
        if not mark or (marked is not None and not hmac.compare_digest(mark, marked[0])):
            raise self.damaged("is not the key of what was purged", self.key_path)
        if marked is None and make:
            con.execute("INSERT INTO purge_key VALUES (?)", [mark])
        return key

    def _make_key(self) -> bytes:
        """A new key file, whole or absent; called inside a write transaction, so that no two processes make one."""
        key = secrets.token_bytes(_KEY_BYTES)
        try:
            write_whole(self.key_path, key)
        except OSError as error:
            raise StoreError(f"the key cannot be written: {error.strerror}", where=str(self.key_path)) from None
        return key

    def _make_file(self) -> None:
        """An empty database for its owner alone, in a folder that is a home."""
        if not any((self.home / name).exists() for name in (MARKER, "CURRENT")):
            step = "Run `trackrecord sync` first, or give the right --home."
            raise StoreMissing("this is no home of trackrecord", where=str(self.home), next_step=step)
        try:
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise StoreError(f"the file cannot be made: {error.strerror}", where=str(self.path)) from None

    def _version(self, con: sqlite3.Connection) -> int:
        version = int(con.execute("PRAGMA user_version").fetchone()[0])
        if version > len(SCHEMA):
            step = "Update trackrecord."
            raise StoreError("the file is of a later version of trackrecord", where=str(self.path), next_step=step)
        return version

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        """A connection that overwrites what it deletes; SQLite's errors become ours, without their text."""
        address = f"{self.path.absolute().as_uri()}?mode=rw"
        try:
            with closing(sqlite3.connect(address, uri=True, timeout=self.wait, isolation_level=None)) as con:
                con.execute("PRAGMA secure_delete = ON")
                yield con
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
            if code in _BUSY:
                step = "Try again in a moment."
                raise StoreBusy("another process writes to it", where=str(self.path), next_step=step) from None
            if code == sqlite3.SQLITE_FULL:
                step = "Make room and do it again; nothing of it was kept."
                raise StoreError("the disk is full", where=str(self.path), next_step=step) from None
            if code in _UNUSABLE:
                raise StoreError("the file cannot be read or written", where=str(self.path)) from None
            raise self.damaged("is damaged") from None

    def damaged(self, what: str, file: Path | None = None) -> StoreDamaged:
        at = file or self.path
        return StoreDamaged(f"{at.name} {what}", where=str(at), next_step=_RESTORE.format(at.name))


@dataclass(frozen=True, slots=True)
class InAnalystFile:
    """What analysts decide, of one sort, in the analyst database of one home."""

    home: Path
    wait: float = WAIT_SECONDS

    @property
    def file(self) -> AnalystFile:
        """The database it is kept in."""
        return AnalystFile(self.home, self.wait)


@contextmanager
def _transaction(con: sqlite3.Connection) -> Iterator[None]:
    """A write transaction: waits for that of another process, and is undone when the block fails."""
    con.execute("BEGIN IMMEDIATE")
    try:
        yield
        con.execute("COMMIT")
    finally:
        if con.in_transaction:
            con.execute("ROLLBACK")


def knows(con: sqlite3.Connection, table: str) -> bool:
    """Whether the file was written to since there is such a table: reading does not bring an older one up to date."""
    return con.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", [table]).fetchone() is not None
