"""Whether a generation file is whole: what the engine can notice when every page of it is read."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from db.home import LOCKED_DOWN
from db.progress import Told
from ingest.arrow import quoted
from ingest.model import literal

NEEDED = ("record", "record_history", "retrieval", "run", "evidence", "company")
_MAGIC = slice(8, 12)


@dataclass(frozen=True, slots=True)
class Damage:
    """What is wrong with a generation file; `later`: it is whole, for a later version of the engine."""

    what: str
    later: bool = False


def damage(path: Path, tell: Told, memory: str = "1200MB") -> Damage | None:
    """What the engine notices when it reads all of the file; None where that is nothing.

    Every block has a checksum, so a changed byte shows, unless it lies in a free block. Cost: one pass over the file.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(16)
    except FileNotFoundError:
        return Damage("is missing")
    except OSError as error:
        return Damage(f"cannot be read: {error.strerror}")
    if not size:
        return Damage("is empty")
    if start[_MAGIC] != b"DUCK":
        return Damage("is no database file")
    return _read(path, tell, memory)


def _read(path: Path, tell: Told, memory: str) -> Damage | None:
    with duckdb.connect(config={**LOCKED_DOWN, "memory_limit": memory}) as con:
        try:
            con.execute(f"ATTACH {literal(str(path))} AS gen (READ_ONLY)")
            rows = con.execute(
                "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'gen' ORDER BY ALL"
            ).fetchall()
        except duckdb.Error as error:
            if "version number" in str(error):
                return Damage("was written by a later version of DuckDB", later=True)
            return Damage("is cut off or damaged: it cannot be opened")
        names = [row[1] for row in rows]
        if missing := [name for name in NEEDED if name not in names]:
            return Damage(f"has no table {missing[0]}")
        for at, (schema, name) in enumerate(rows):
            tell(path.name, at, len(rows))
            try:
                con.execute(f"SELECT bit_xor(hash(t)) FROM gen.{quoted(schema)}.{quoted(name)} t").fetchall()
            except duckdb.Error:
                return Damage(f"is damaged: table {name} cannot be read to its end")
    return None
