"""A small home of invented companies with the names a test wants, and its index."""

from collections.abc import Iterable
from pathlib import Path

import duckdb

from db.index.generation import NameIndex, open_index
from db.index.place import folder_of
from db.index.refresh import refresh
from db.store import Store
from ingest.names.normal import normal_form
from tests.cli.homes import company_id


def add(con: duckdb.DuckDBPyConnection, name: str, country: str = "us", *, records: int = 1) -> str:
    """A company with this stated name; gives its id."""
    form, key = normal_form(name, country), company_id(name, country)
    con.execute(
        """INSERT INTO company
        VALUES (?, ?, ?, ?, ?, 'company', NULL, ?, 0, 0, ['x'], ['listing'], NULL, NULL)""",
        [key, name, form.text, form.legal_form, country, records],
    )
    con.execute("INSERT INTO company_name VALUES (?, ?, ?, 'stated')", [form.text, key, name])
    return key


def alias(con: duckdb.DuckDBPyConnection, key: str, name: str, kind: str = "alias") -> None:
    """Another name of a company."""
    con.execute("INSERT INTO company_name VALUES (?, ?, ?, ?)", [normal_form(name).text, key, name, kind])


def remove(con: duckdb.DuckDBPyConnection, key: str) -> None:
    """The company goes, with its names."""
    for table in ("company", "company_name"):
        con.execute(f"DELETE FROM {table} WHERE company_id = ?", [key])


def publish(home: Path, names: Iterable[str]) -> Store:
    """A home whose generation holds companies of these names."""
    store = Store(home)
    with store.writing() as writer, writer.next_generation() as con:
        con.execute("USE gen")
        for name in names:
            add(con, name)
        con.execute(f"USE {_scratch(con)}")
    return store


def _scratch(con: duckdb.DuckDBPyConnection) -> str:
    row = con.execute(
        "SELECT database_name FROM duckdb_databases() WHERE starts_with(database_name, 'scratch')"
    ).fetchone()
    return str(row[0]) if row else ""


def index_of(folder: Path, names: Iterable[str]) -> NameIndex:
    """An index of these names alone."""
    generation = publish(folder / "home", names).current
    target = folder_of(generation)
    if not target.exists():
        refresh(generation, target)
    index = open_index(target, generation)
    assert index is not None
    return index
