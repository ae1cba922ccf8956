"""Numbered migrations of the schema, applied once each."""

from importlib import resources

import duckdb

from db.times import utc_now
from ingest.errors import StoreDamaged


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
