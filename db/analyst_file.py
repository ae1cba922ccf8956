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
)
"""One script per version of the schema, applied in order, never changed; PRAGMA user_version counts them."""
WAIT_SECONDS = 10.0
_KEY_BYTES = 32
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_UNUSABLE = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
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
        key, arriving = secrets.token_bytes(_KEY_BYTES), self.home / f"purge.key.{os.getpid()}"
        try:
            handle = os.open(arriving, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(key)
                file.flush()
                os.fsync(handle)
            arriving.replace(self.key_path)
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
            if code in _UNUSABLE:
                raise StoreError("the file cannot be read or written", where=str(self.path)) from None
            raise self.damaged("is damaged") from None

    def damaged(self, what: str, file: Path | None = None) -> StoreDamaged:
        at = file or self.path
        return StoreDamaged(f"{at.name} {what}", where=str(at), next_step=_RESTORE.format(at.name))


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
