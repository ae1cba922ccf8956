"""Two generations side by side: which rows of their tables differ."""

from pathlib import Path

import duckdb

from db.replay.rebuild import Rebuilt, rebuild
from db.store import Store

TABLES = (
    "record", "record_history", "company", "company_name", "company_identifier", "company_link", "company_redirect",
    "party", "party_key", "run", "retrieval", "tally", "evidence",
)  # fmt: skip
"""Every table but `migration`, which says when this very file was made."""


def differing(one: Path, other: Path, tables: tuple[str, ...] = TABLES) -> dict[str, list[tuple[object, ...]]]:
    """Rows by table that only one of the two generation files has, doubled ones counted."""
    found = {}
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{one}' AS one (READ_ONLY)")
        con.execute(f"ATTACH '{other}' AS other (READ_ONLY)")
        for table in tables:
            rows = con.execute(
                f"""SELECT 'only before' AS side, * FROM (FROM one.{table} EXCEPT ALL FROM other.{table})
                UNION ALL SELECT 'only rebuilt', * FROM (FROM other.{table} EXCEPT ALL FROM one.{table})"""
            ).fetchall()
            if rows:
                found[table] = rows
    return found


def rebuilt_beside(store: Store, folder: Path) -> tuple[Rebuilt, Store]:
    """The store's evidence replayed into a new home in `folder`."""
    new = Store(folder / f"rebuilt-{len(list(folder.glob('rebuilt-*')))}")
    return rebuild(store, into=new), new


def assert_same(store: Store, folder: Path, tables: tuple[str, ...] = TABLES) -> Store:
    """A rebuild into an empty home gives the same tables, row for row; gives that home."""
    rebuilt, new = rebuilt_beside(store, folder)
    assert rebuilt.whole, rebuilt
    assert rebuilt.published
    assert differing(store.current, new.current, tables) == {}
    return new
