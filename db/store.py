"""One home folder: immutable generation files, a CURRENT pointer replaced by rename, evidence, and one writer's lock.

    trackrecord.home             marks the folder as ours: nothing is ever erased in a folder without it
    CURRENT                      name of the published generation file
    generations/gen-000012.duckdb
    evidence/                    see ingest.archive
    work/<pid>/                  payloads and spill of a running sync; erased at the next start, after a kill too
    lock, lock.owner             held by the one writer; says who

Readers open the published file read-only and never wait. A crash at any moment leaves the old generation whole.
"""

import json
import os
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from tempfile import gettempdir
from uuid import uuid4

import duckdb
from filelock import FileLock, Timeout

from ingest.errors import StoreBusy, StoreDamaged, StoreError, StoreMissing, UsageError
from ingest.model import literal

STORAGE_VERSION = "v1.4.0"
"""Files open in DuckDB 1.4 and later."""
_LOCKED_DOWN = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
_SHUT_OFF = {
    # point look-ups are quicker on one thread: p95 18 ms against 22 ms at 5 million records
    "threads": "1",
    "enable_external_access": "false",
    "lock_configuration": "true",
    "python_enable_replacements": "false",
    # beside the database a sync would erase what a reader spills; the engine removes this folder itself
    "temp_directory": f"{gettempdir()}/trackrecord-{os.getpid()}",
}
MARKER = "trackrecord.home"
_BEFORE_MARKED = ("lock", "lock.owner", "SAMPLE")
_OPEN_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Store:
    """The home folder of one database."""

    home: Path
    memory: str = field(default_factory=lambda: os.environ.get("TRACKRECORD_MEMORY", "1200MB"))

    @property
    def evidence(self) -> Path:
        """Folder of the evidence store."""
        return self.home / "evidence"

    @property
    def current(self) -> Path:
        """The published generation file. Raises StoreMissing where nothing was published, StoreDamaged otherwise."""
        pointer = self.home / "CURRENT"
        try:
            name = pointer.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            if found := sorted((self.home / "generations").glob("gen-*.duckdb")):
                step = f"Write `{found[-1].name}` into it, the newest generation here."
                raise StoreDamaged("CURRENT is missing", where=str(pointer), next_step=step) from None
            raise StoreMissing(
                "nothing has been synced yet", where=str(self.home), next_step="Run `trackrecord sync --starter`."
            ) from None
        except (OSError, UnicodeDecodeError):
            raise StoreDamaged("CURRENT cannot be read", where=str(pointer)) from None
        if not re.fullmatch(r"gen-\d{6,}\.duckdb", name):
            raise StoreDamaged("CURRENT does not name a generation", where=str(pointer))
        return self.home / "generations" / name

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-only connection to the published generation, without access to files or network."""
        self.sweep()
        con = self._open()
        try:
            yield con
        finally:
            con.close()

    def _open(self) -> duckdb.DuckDBPyConnection:
        """Opens CURRENT; a generation may be replaced and deleted between reading the pointer and opening the file."""
        for _ in range(_OPEN_ATTEMPTS):
            path = self.current
            try:
                return duckdb.connect(
                    str(path), read_only=True, config={**_LOCKED_DOWN, **_SHUT_OFF, "memory_limit": self.memory}
                )
            except duckdb.Error:
                if self.current == path:
                    break
        raise _unopenable(self.current)

    @contextmanager
    def writing(self) -> Iterator["Writer"]:
        """The writer's lock and an empty work folder. Raises StoreBusy naming the holder."""
        _make_home(self.home)
        lock = FileLock(self.home / "lock")
        try:
            # a reader that sweeps holds the lock for a moment
            lock.acquire(timeout=2)
        except Timeout:
            raise StoreBusy(
                f"another sync is running ({_holder(self.home)})", where=str(self.home), next_step="Wait for it to end."
            ) from None
        try:
            owner = {"pid": os.getpid(), "host": socket.gethostname(), "since": f"{utc_now().isoformat()}Z"}
            (self.home / "lock.owner").write_text(json.dumps(owner), encoding="utf-8")
            _erase_leftovers(self.home)
            work = self.home / "work" / str(os.getpid())
            work.mkdir(parents=True, mode=0o700)
            yield Writer(self, work)
        finally:
            shutil.rmtree(self.home / "work", ignore_errors=True)
            lock.release()

    def sweep(self) -> None:
        """Erases what a killed sync left behind, unless a sync is running. Needs no waiting and no write access."""
        if not (self.home / MARKER).exists() or not (self.home / "work").exists():
            return
        try:
            with FileLock(self.home / "lock").acquire(timeout=0):
                shutil.rmtree(self.home / "work", ignore_errors=True)
        except (Timeout, OSError):
            return


@dataclass(frozen=True, slots=True)
class Writer:
    """The one writer: builds the next generation beside the published one."""

    store: Store
    work: Path

    @contextmanager
    def next_generation(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection whose database `gen` is a copy of the published generation; published when the block ends well.

        The connection's own tables live in the work folder. An error inside the block leaves no trace of it.
        """
        folder = self.store.home / "generations"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"gen-{self._next_number():06d}.duckdb"
        # names are never used twice: the engine waits for ever on a path whose last connection an error still holds
        token = uuid4().hex[:8]
        building = self.work / f"next_{token}.duckdb"
        if (self.store.home / "CURRENT").exists():
            shutil.copyfile(self.store.current, building)
        scratch = self.work / f"scratch_{token}.duckdb"
        con = duckdb.connect(
            str(scratch),
            config={**_LOCKED_DOWN, "memory_limit": self.store.memory, "temp_directory": str(self.work / "spill")},
        )
        try:
            con.execute(f"ATTACH {literal(str(building))} AS gen (STORAGE_VERSION '{STORAGE_VERSION}')")
            migrate(con)
            yield con
            con.execute("CHECKPOINT gen")
            con.execute("DETACH gen")
        finally:
            con.close()
            scratch.unlink(missing_ok=True)
        _fsync(building)
        building.replace(path)
        self._publish(path)

    def _next_number(self) -> int:
        try:
            return int(self.store.current.stem.removeprefix("gen-")) + 1
        except StoreMissing:
            return 1

    def _publish(self, path: Path) -> None:
        pointer = self.work / "CURRENT"
        pointer.write_text(path.name + "\n", encoding="ascii")
        _fsync(pointer)
        _fsync(path.parent)
        pointer.replace(self.store.home / "CURRENT")
        _fsync(self.store.home)
        for old in path.parent.glob("gen-*.duckdb"):
            if old != path:
                old.unlink(missing_ok=True)


def migrate(con: duckdb.DuckDBPyConnection) -> None:
    """Applies the numbered migrations of db/schema to database `gen`, each once; a changed old one is StoreDamaged."""
    (scratch,) = con.execute("SELECT current_database()").fetchone() or ("",)
    con.execute("CREATE TABLE IF NOT EXISTS gen.migration (name VARCHAR, sha256 VARCHAR, applied_at TIMESTAMP)")
    applied = dict(con.execute("SELECT name, sha256 FROM gen.migration").fetchall())
    for file in sorted(resources.files("db").joinpath("schema").iterdir(), key=lambda item: item.name):
        if not file.name.endswith(".sql"):
            continue
        sql = file.read_text(encoding="utf-8")
        row = con.execute("SELECT sha256(?)", [sql]).fetchone()
        digest = row[0] if row else ""
        if applied.get(file.name, digest) != digest:
            raise StoreDamaged(f"migration {file.name} was changed after it had been applied")
        if file.name not in applied:
            con.execute("USE gen")
            con.execute(sql)
            con.execute(f"USE {scratch}")
            con.execute("INSERT INTO gen.migration VALUES (?, ?, ?)", [file.name, digest, utc_now()])


def utc_now() -> datetime:
    """The present time in UTC, without zone, as stored: with microseconds, so that runs stand in order."""
    return datetime.now(UTC).replace(tzinfo=None)


def _unopenable(path: Path) -> StoreDamaged:
    return StoreDamaged(
        "the published generation cannot be opened",
        where=str(path),
        next_step="Restore the file from a backup, or move the home away and sync again.",
    )


def _holder(home: Path) -> str:
    try:
        owner = json.loads((home / "lock.owner").read_text(encoding="utf-8"))
        return f"process {owner['pid']} on {owner['host']} since {owner['since']}"
    except (OSError, ValueError, KeyError):
        return "its owner is just starting"


def _make_home(home: Path) -> None:
    """A folder of our own, closed to other users: payloads of a running sync may name people."""
    if "?" in str(home):
        raise UsageError("the engine cannot use a path with a question mark", where=str(home))
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (home / MARKER).exists():
            strange = [path.name for path in home.iterdir() if path.name not in _BEFORE_MARKED]
            if strange and not (home / "CURRENT").exists():
                raise UsageError(
                    "this folder holds other things than a trackrecord home",
                    where=str(home),
                    next_step="Give an empty or new folder with --home.",
                )
            (home / MARKER).write_text("A home of trackrecord. Files in here are its own.\n", encoding="utf-8")
    except OSError as error:
        raise StoreError(f"the home cannot be written: {error.strerror}", where=str(home)) from None


def _erase_leftovers(home: Path) -> None:
    """Payloads, spill and half-built generations of a sync that was killed; evidence that no generation knows.

    Nothing but the work folder is touched unless the published generation opens.
    """
    shutil.rmtree(home / "work", ignore_errors=True)
    try:
        published = Store(home).current
    except StoreMissing:
        shutil.rmtree(home / "evidence", ignore_errors=True)
        return
    try:
        with duckdb.connect(config=dict(_LOCKED_DOWN)) as con:
            con.execute(f"ATTACH {literal(str(published))} AS published (READ_ONLY)")
            known = {row[0] for row in con.execute("SELECT file FROM published.evidence").fetchall()}
    except duckdb.Error:
        raise _unopenable(published) from None
    for path in (home / "generations").glob("gen-*"):
        if path != published and path.is_file():
            path.unlink(missing_ok=True)
    for file in (home / "evidence").rglob("*"):
        if file.is_file() and str(file.relative_to(home / "evidence")) not in known:
            file.unlink(missing_ok=True)


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
