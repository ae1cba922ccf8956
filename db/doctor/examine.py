"""Everything a home can suffer from, looked at without changing anything."""

from datetime import datetime
from pathlib import Path

import duckdb

from db.doctor.folder import clock_troubles, folder_troubles, is_busy, leftovers, room_troubles, set_aside
from db.doctor.inside import (
    analyst_troubles,
    evidence_troubles,
    index_troubles,
    look_at_journals,
    look_at_schema,
    sample_troubles,
    unknown_evidence,
)
from db.doctor.published import published
from db.doctor.trouble import NOTHING, Diagnosis, Trouble
from db.home import LOCKED_DOWN
from db.progress import Told
from db.store import Store
from db.times import utc_now
from ingest.model import literal


def examine(store: Store, tell: Told, now: datetime | None = None) -> Diagnosis:
    """What is wrong with the home; `now` in UTC without zone.

    Cost: every page of the database is read, and every evidence file hashed.
    """
    home, found = store.home, Diagnosis(str(store.home))
    if not home.is_dir():
        step = "Run `trackrecord sync --starter`, or give the right --home."
        found.troubles.append(Trouble("there is no home here", str(home), NOTHING, step))
        return found
    found.troubles += folder_troubles(home)
    found.notes += set_aside(home)
    busy = is_busy(home)
    if busy:
        found.notes.append("a sync is running: what it left behind and what it is making were not judged")
    path, trouble = published(store, tell)
    if trouble:
        found.troubles.append(trouble)
    if path is not None:
        found.generation = path.name
        _look_inside(store, path, found, tell, now or utc_now(), busy=busy)
    analyst_troubles(home, found)
    return found


def _look_inside(store: Store, path: Path, found: Diagnosis, tell: Told, now: datetime, *, busy: bool) -> None:
    home = store.home
    with duckdb.connect(config={**LOCKED_DOWN, "memory_limit": store.memory}) as con:
        con.execute(f"ATTACH {literal(str(path))} AS gen (READ_ONLY)")
        found.troubles += evidence_troubles(con, store.evidence, tell)
        look_at_journals(con, found)
        look_at_schema(con, path, found)
        found.troubles += sample_troubles(con, home)
        ((newest,),) = con.execute("SELECT max(started_at) FROM gen.run").fetchall()
        if not busy:
            found.troubles += leftovers(home, path, unknown_evidence(con, store.evidence))
    found.troubles += clock_troubles(home, newest, now)
    found.troubles += index_troubles(path)
    found.troubles += room_troubles(home, path)
