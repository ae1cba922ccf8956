"""The index of the generation a connection reads, opened once a process, and built where there is none yet."""

import os
import shutil
from pathlib import Path
from threading import Lock
from uuid import uuid4
from weakref import WeakKeyDictionary

import duckdb

from db.index.generation import NameIndex, open_index, stamp
from db.index.place import folder_of
from ingest.errors import StoreBusy, StoreError

_lock = Lock()
_opened: dict[Path, tuple[list[int], NameIndex]] = {}
"""The index opened last, with the stamp of its generation; older ones go, so that their files can."""
_read_by: WeakKeyDictionary[duckdb.DuckDBPyConnection, Path] = WeakKeyDictionary()
"""The file each open connection reads: asking for it takes half a millisecond."""


def opened(con: duckdb.DuckDBPyConnection) -> NameIndex:
    """The index of the generation that `con` reads.

    One that is missing (the home was made before there was an index) or was made for another state of the file is
    built and kept: linear in names, over a minute for a million. Raises StoreDamaged, and StoreError where the home
    cannot be written.
    """
    with _lock:
        generation = _generation(con)
        known = _opened.get(generation)
        try:
            now = stamp(generation)
        except FileNotFoundError:
            if known:
                return known[1]
            raise StoreBusy("a new generation was just published", next_step="Ask again.") from None
        if known is None or known[0] != now:
            folder = folder_of(generation)
            found = open_index(folder, generation)
            if found is None:
                found = _built(con, generation, folder)
            _opened.clear()
            _opened[generation] = known = (now, found)
        return known[1]


def _generation(con: duckdb.DuckDBPyConnection) -> Path:
    """The file that a connection reads."""
    if con not in _read_by:
        # a result that is not fetched to its end keeps the connection from taking tables over
        rows = con.execute("SELECT path FROM duckdb_databases() WHERE database_name = current_database()").fetchall()
        _read_by[con] = Path(rows[0][0] if rows else "")
    return _read_by[con]


def warm(index: NameIndex) -> None:
    """Reads what every question needs into memory. Cost: about 200 MB for a million names."""
    for part in index.parts:
        for array in (part.posting, part.word, part.token_text, part.misspelt_hash, part.misspelt_token, part.doc_key):
            array.max(initial=0)


def _built(con: duckdb.DuckDBPyConnection, generation: Path, folder: Path) -> NameIndex:
    from db.index.refresh import refresh_over  # noqa: PLC0415 -- brings pyarrow along

    building = folder.with_name(f"{folder.name}-{os.getpid()}-{uuid4().hex[:8]}")
    try:
        refresh_over(con, generation, building, folder if folder.exists() else None)
        if folder.exists():
            folder.rename(building.with_name(f"{building.name}-old"))
        building.rename(folder)
    except FileNotFoundError:
        # a sync that publishes erases what belongs to older generations
        raise StoreBusy("a new generation was just published", next_step="Ask again.") from None
    except OSError as error:
        step = "Make the home writable and ask again, or sync."
        what = f"the name index is missing and cannot be built: {error.strerror}"
        raise StoreError(what, where=str(folder), next_step=step) from None
    finally:
        for leftover in (building, building.with_name(f"{building.name}-old")):
            shutil.rmtree(leftover, ignore_errors=True)
    found = open_index(folder, generation)
    if found is None:
        raise StoreBusy("the database changed while its name index was built", next_step="Ask again.")
    return found
