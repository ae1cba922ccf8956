"""One home folder: immutable generation files, a CURRENT pointer replaced by rename, evidence, and one writer's lock.

    trackrecord.home             marks the folder as ours: nothing is ever erased in a folder without it
    CURRENT                      name of the published generation file
    generations/gen-000012.duckdb
    evidence/                    see ingest.archive
    work/<pid>/                  payloads and spill of a running sync; erased at the next start, after a kill too
    lock, lock.owner             held by the one writer; says who

Readers open the published file read-only and never wait. A crash at any moment leaves the old generation whole.
When something was erased, the next generation is a fresh file that never held it, and the files that did are removed
after publication, by whoever comes next if need be. A reader that has one of them open keeps reading what it opened.
"""

import json
import os
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import gettempdir
from uuid import uuid4

import duckdb
from filelock import FileLock, Timeout

from db.disk import disk_error
from db.home import (
    ASIDE,
    LOCKED_DOWN,
    MARKER,
    erase_leftovers,
    erase_old_generations,
    erase_unknown,
    erase_work,
    make_home,
    mark_published,
    point_to,
    unopenable,
    was_published,
)
from db.index.place import folder_of
from db.migrate import migrate
from db.times import utc_now
from ingest.durable import fsync
from ingest.errors import StoreBusy, StoreDamaged, StoreMissing
from ingest.model import literal

STORAGE_VERSION = "v1.4.0"
"""Files open in DuckDB 1.4 and later."""
_SHUT_OFF = {
    # point look-ups are quicker on one thread: p95 18 ms against 22 ms at 5 million records
    "threads": "1",
    "enable_external_access": "false",
    "lock_configuration": "true",
    "python_enable_replacements": "false",
    # beside the database a sync would erase what a reader spills; the engine removes this folder itself
    "temp_directory": f"{gettempdir()}/trackrecord-{os.getpid()}",
}
_OPEN_ATTEMPTS = 20
MOST_SLACK, DEAD_ROWS = 0.05, 1_000
"""A generation is written anew when this share of it is holes, and a run that replaced so many rows made some of them:
who brings a few rows into a large file does not pay for others.
"""


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
            if was_published(self.home):
                step = "The evidence store is still there: run `trackrecord rebuild`."
                raise StoreDamaged("the database is gone", where=str(pointer), next_step=step) from None
            raise StoreMissing(
                "nothing has been synced yet", where=str(self.home), next_step="Run `trackrecord sync --starter`."
            ) from None
        except (OSError, UnicodeDecodeError):
            raise StoreDamaged("CURRENT cannot be read", where=str(pointer)) from None
        if not re.fullmatch(r"gen-\d{6,}\.duckdb", name):
            raise StoreDamaged("CURRENT does not name a generation", where=str(pointer))
        return self.home / "generations" / name

    def _published(self) -> Path | None:
        try:
            return self.current
        except StoreMissing:
            return None

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-only connection to the published generation, without access to files or network."""
        self.sweep()
        con = self._open()
        try:
            yield con
        except duckdb.Error as error:
            raise disk_error(error, self.home) or error from None
        finally:
            con.close()

    def _open(self) -> duckdb.DuckDBPyConnection:
        """Opens CURRENT; a generation may be replaced and deleted between reading the pointer and opening the file."""
        for _ in range(_OPEN_ATTEMPTS):
            path = self.current
            try:
                return duckdb.connect(
                    str(path), read_only=True, config={**LOCKED_DOWN, **_SHUT_OFF, "memory_limit": self.memory}
                )
            except duckdb.Error:
                if self.current == path:
                    break
        raise unopenable(self.current)

    @contextmanager
    def writing(self, *, repairing: bool = False) -> Iterator["Writer"]:
        """The writer's lock and an empty work folder. Raises StoreBusy naming the holder.

        `repairing`: what is published need not open, and of what a killed sync left only the work folder is erased.
        """
        make_home(self.home)
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
            if repairing:
                erase_work(self.home)
            else:
                erase_leftovers(self.home, self._published())
            work = self.home / "work" / str(os.getpid())
            work.mkdir(parents=True, mode=0o700)
            yield Writer(self, work)
        except (OSError, duckdb.Error) as error:
            raise disk_error(error, self.home) or error from None
        finally:
            shutil.rmtree(self.home / "work", ignore_errors=True)
            lock.release()

    def sweep(self) -> None:
        """Erases what a killed sync or purge left behind, unless one is running. Needs no waiting, no write access."""
        if not (self.home / MARKER).exists() or not (self.home / "work").exists():
            return
        try:
            with FileLock(self.home / "lock").acquire(timeout=0):
                erase_leftovers(self.home, self._published())
        except (Timeout, OSError, StoreDamaged):
            # a damaged pointer or generation is reported by whoever opens it
            return


@dataclass(frozen=True, slots=True)
class Writer:
    """The one writer: builds the next generation beside the published one."""

    store: Store
    work: Path

    @contextmanager
    def next_generation(self, *, anew: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection whose database `gen` is a copy of the published generation; published when the block ends well.

        `anew`: it is empty, and nothing of what is published is read. The connection's own tables live in the work
        folder. An error inside the block leaves no trace of it.
        """
        # names are never used twice: the engine waits for ever on a path whose last connection an error still holds
        token = uuid4().hex[:8]
        try:
            yield from self._next_generation(token, anew=anew)
        except BaseException:
            # what did not become a generation takes room that the next source needs
            for leftover in self.work.glob(f"*_{token}*"):
                shutil.rmtree(leftover, ignore_errors=True) if leftover.is_dir() else leftover.unlink(missing_ok=True)
            raise

    def _next_generation(self, token: str, *, anew: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        # a question should not wait for what only a writer needs
        from db.erase import has_erased  # noqa: PLC0415

        folder = self.store.home / "generations"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"gen-{self._next_number():06d}.duckdb"
        building = self.work / f"next_{token}.duckdb"
        if (self.store.home / "CURRENT").exists() and not anew:
            shutil.copyfile(self.store.current, building)
        scratch = self.work / f"scratch_{token}.duckdb"
        con = duckdb.connect(
            str(scratch),
            config={**LOCKED_DOWN, "memory_limit": self.store.memory, "temp_directory": str(self.work / "spill")},
        )
        try:
            con.execute(f"ATTACH {literal(str(building))} AS gen (STORAGE_VERSION '{STORAGE_VERSION}')")
            migrate(con)
            dead = _dead_rows(con)
            yield con
            con.execute("CHECKPOINT gen")
            if (erased := has_erased(con)) or (_dead_rows(con) - dead > DEAD_ROWS and _slack(con) > MOST_SLACK):
                building = self._write_anew(con, token)
            con.execute("DETACH gen")
        finally:
            con.close()
            scratch.unlink(missing_ok=True)
        fsync(building)
        index = self._index(building, token, anew=anew or erased)
        building.replace(path)
        shutil.rmtree(folder_of(path), ignore_errors=True)
        index.replace(folder_of(path))
        if erased:
            # before publication: who comes after a kill finds whatever the new generation does not know, but not this
            shutil.rmtree(self.store.home / ASIDE, ignore_errors=True)
        self._publish(path)
        if erased:
            erase_unknown(self.store.home, path)

    def erase_unpublished(self) -> None:
        """Evidence of a run that failed, which takes room that the next one needs."""
        if (self.store.home / "CURRENT").exists():
            erase_unknown(self.store.home, self.store.current)

    def _index(self, building: Path, token: str, *, anew: bool) -> Path:
        """The name index of the next generation; where something was erased, nothing of the one before is in it."""
        from db.index.refresh import refresh  # noqa: PLC0415

        index = self.work / f"next_{token}.index"
        published = (self.store.home / "CURRENT").exists()
        previous = folder_of(self.store.current) if published and not anew else None
        refresh(building, index, previous, memory=self.store.memory)
        return index

    def _write_anew(self, con: duckdb.DuckDBPyConnection, token: str) -> Path:
        """A file with the content of database `gen` alone: what was deleted in that stays in its free blocks."""
        fresh = self.work / f"fresh_{token}.duckdb"
        con.execute(f"ATTACH {literal(str(fresh))} AS fresh (STORAGE_VERSION '{STORAGE_VERSION}')")
        con.execute("COPY FROM DATABASE gen TO fresh")
        con.execute("CHECKPOINT fresh")
        con.execute("DETACH fresh")
        return fresh

    def _next_number(self) -> int:
        found = [path for part in ("generations", ASIDE) for path in (self.store.home / part).glob("*gen-*.duckdb")]
        numbers = [int(text) for path in found if (text := path.stem.partition("gen-")[2]).isascii() and text.isdigit()]
        return max(numbers, default=0) + 1

    def _publish(self, path: Path) -> None:
        point_to(self.store.home, path, self.work)
        mark_published(self.store.home)
        erase_old_generations(path)


def _dead_rows(con: duckdb.DuckDBPyConnection) -> int:
    """Versions of records that were replaced in the file of database `gen`: the engine only marks them as deleted."""
    row = con.execute("SELECT coalesce(max(rowid) + 1, 0) - count(*) FROM gen.record").fetchone()
    return int(row[0]) if row else 0


def _slack(con: duckdb.DuckDBPyConnection) -> float:
    """Which share of that file is dead rows and free blocks. Without care ten refreshes of 1 % add a third to it."""
    row = con.execute("SELECT free_blocks / total_blocks FROM pragma_database_size() WHERE database_name = 'gen'")
    (free,) = row.fetchone() or (0,)
    (rows,) = con.execute("SELECT greatest(max(rowid) + 1, 1) FROM gen.record").fetchone() or (1,)
    return float(free) + _dead_rows(con) / int(rows or 1)


def _holder(home: Path) -> str:
    try:
        owner = json.loads((home / "lock.owner").read_text(encoding="utf-8"))
        return f"process {owner['pid']} on {owner['host']} since {owner['since']}"
    except (OSError, ValueError, KeyError):
        return "its owner is just starting"
