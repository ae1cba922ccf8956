"""Whether a text stands anywhere below a folder: in the bytes of any file, or in what its format hides."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import zstandard

_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")


def traces(folder: Path, text: str) -> list[str]:
    """Files that hold the text, as it is, in capitals or in small letters, each with where in it: bytes, or inside."""
    wanted = {variant.encode(code) for variant in (text, text.upper(), text.lower()) for code in _ENCODINGS}
    found = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = str(file.relative_to(folder))
        if any(given in file.read_bytes() for given in wanted):
            found.append(f"{name}: bytes")
        if any(given in inside for inside in _inside(file) for given in wanted):
            found.append(f"{name}: inside")
    return found


def _inside(file: Path) -> Iterator[bytes]:
    """What a file holds once it is decompressed or read as a database."""
    if file.suffix == ".parquet":
        with duckdb.connect() as con:
            yield str(con.execute("SELECT * FROM read_parquet(?)", [str(file)]).fetchall()).encode()
    elif file.suffix == ".zst":
        with file.open("rb") as packed:
            yield zstandard.ZstdDecompressor().stream_reader(packed).read()
    elif file.suffix == ".duckdb":
        with duckdb.connect(str(file), read_only=True) as con:
            for (table,) in con.execute("SELECT schema_name || '.' || table_name FROM duckdb_tables()").fetchall():
                yield str(con.execute(f"SELECT * FROM {table}").fetchall()).encode()
    elif file.suffix == ".sqlite":
        with closing(sqlite3.connect(file)) as database:
            yield "\n".join(database.iterdump()).encode()
