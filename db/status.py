"""How fresh and how complete each source is: the coverage behind every answer."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

import duckdb

from db.stamp.kept import stamps
from db.store import Store
from db.times import stored, utc
from ingest.catalog import Cadence, Source

State = Literal["ok", "stale", "failed", "never synced"]

STALE_AFTER_DAYS: dict[Cadence, int] = {
    "daily": 2,
    "weekly": 14,
    "monthly": 62,
    "quarterly": 184,
    "yearly": 732,
    "irregular": 90,
}
"""Twice the cadence of the agency."""

_RUNS = """
    WITH latest AS (
        SELECT source_id, arg_max({'at': started_at, 'outcome': outcome, 'error': error}, rowid) AS last,
               arg_max({'run_id': run_id, 'at': started_at, 'as_of': data_as_of}, rowid)
                   FILTER (outcome IN ('loaded', 'unchanged')) AS good,
               sum(added)::BIGINT AS records
        FROM run WHERE started_at <= coalesce($1, TIMESTAMP 'infinity') GROUP BY source_id)
    SELECT latest.source_id, last, good, CASE WHEN count(r.retrieved_at) = count(r.seq) THEN min(r.retrieved_at) END,
           records
    FROM latest LEFT JOIN retrieval r ON r.run_id = good.run_id AND r.outcome IN ('ok', 'unchanged')
    GROUP BY ALL"""


@dataclass(frozen=True, slots=True)
class SourceState:
    """One source as the database has it. Times are UTC; `retrieved_at` is that of its oldest file, None where unknown.

    `data_as_of`, `retrieved_at` and `loaded_at` belong to the last good run, also when a later one failed.
    """

    source_id: str
    title: str
    publisher: str
    jurisdiction: str
    state: State
    why: str
    records: int = 0
    removed: int | None = None
    """Records that the source no longer publishes; None where nobody counted them."""
    data_as_of: date | None = None
    retrieved_at: datetime | None = None
    loaded_at: datetime | None = None
    last_run_at: datetime | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """What an answer was looked for in. `searched` and `not_searched` are source ids; records include removed ones."""

    sources: tuple[SourceState, ...]
    searched: tuple[str, ...]
    not_searched: tuple[str, ...]
    records: int
    companies: int


@dataclass(frozen=True, slots=True)
class Status:
    """The database as a whole; `size` and `evidence_size` in bytes.

    `allow_rules` are those in force; `tombstones` keep what was purged from coming back.
    """

    home: str
    generation: str
    size: int
    evidence_files: int
    evidence_size: int
    records: int
    removed: int
    companies: int
    allow_rules: int
    tombstones: int
    stamped_up_to: int | None
    """The retrieval up to which a time stamp covers all; None where there is no stamp."""
    stamped_at: datetime | None
    stamped_by: str | None
    sources: tuple[SourceState, ...]


def source_states(
    con: duckdb.DuckDBPyConnection | None, sources: Iterable[Source], now: datetime, until: datetime | None = None
) -> list[SourceState]:
    """The state of every source of the catalogue and of every other one the database knows; `now` in UTC, with zone.

    `until`: as it was then, by the runs that had begun. Without a connection nothing was ever synced. Records are
    counted from the runs: cheap at any size.
    """
    known = {source.id: source for source in sources}
    begun = [stored(until) if until else None]
    runs = {row[0]: row[1:] for row in con.execute(_RUNS, begun).fetchall()} if con is not None else {}
    states = []
    for source_id in sorted(known.keys() | runs.keys()):
        source = known.get(source_id)
        last, good, retrieved_at, records = runs.get(source_id, (None, None, None, 0))
        found = SourceState(
            source_id=source_id,
            title=source.title if source else source_id,
            publisher=source.publisher if source else "not in this catalogue",
            jurisdiction=source.jurisdiction if source else "",
            state="never synced",
            why="never synced",
            records=records,
        )
        if last:
            found = replace(found, last_run_at=utc(last["at"]), error=last["error"], retrieved_at=utc(retrieved_at))
            if good:
                found = replace(found, data_as_of=good["as_of"], loaded_at=utc(good["at"]))
            state, why = _judged(found, last["outcome"], source.cadence if source else "irregular", now)
            found = replace(found, state=state, why=why)
        states.append(found)
    return states


def coverage(
    con: duckdb.DuckDBPyConnection,
    sources: Iterable[Source],
    now: datetime,
    only: tuple[str, ...] = (),
    until: datetime | None = None,
) -> Coverage:
    """What was searched and what was not; `only` names the sources a question was restricted to, if it was.

    `until`: what could have been searched then.
    """
    states = [state for state in source_states(con, sources, now, until) if not only or state.source_id in only]
    ((companies,),) = con.execute("SELECT count(*) FROM company").fetchall()
    return Coverage(
        sources=tuple(states),
        searched=tuple(state.source_id for state in states if state.loaded_at),
        not_searched=tuple(state.source_id for state in states if not state.loaded_at),
        records=sum(state.records for state in states),
        companies=int(companies),
    )


def status(store: Store, con: duckdb.DuckDBPyConnection, sources: Iterable[Source], now: datetime) -> Status:
    """The database as a whole and every source in it; counts the records themselves."""
    counts = {
        source_id: (records, removed)
        for source_id, records, removed in con.execute(
            "SELECT source_id, count(*), count(removed_at) FROM record GROUP BY source_id"
        ).fetchall()
    }
    states = []
    for state in source_states(con, sources, now):
        records, removed = counts.get(state.source_id, (0, 0))
        states.append(replace(state, records=records, removed=removed))
    row = con.execute(
        "SELECT (SELECT count(*) FROM company), count(*), coalesce(sum(bytes), 0) FROM evidence"
    ).fetchone()
    companies, files, size = row or (0, 0, 0)
    from db.analyst import Analyst  # noqa: PLC0415 -- a search needs no rules of the analyst

    analyst = Analyst(store.home)
    last = next(reversed(stamps(store.home)), None)
    return Status(
        home=str(store.home),
        generation=store.current.name,
        size=store.current.stat().st_size,
        evidence_files=files,
        evidence_size=int(size),
        records=sum(records for records, _ in counts.values()),
        removed=sum(removed for _, removed in counts.values()),
        companies=companies,
        allow_rules=len(analyst.allow_rules(in_force=True)),
        tombstones=sum(counted.n for counted in analyst.tombstones()),
        stamped_up_to=last.seq if last else None,
        stamped_at=last.stamped_at if last else None,
        stamped_by=last.authority if last else None,
        sources=tuple(states),
    )


def example_questions(con: duckdb.DuckDBPyConnection) -> list[tuple[str, ...]]:
    """Three questions worth asking of this database, each as the words of a command; none when it holds nothing."""
    row = con.execute("SELECT company_id, name FROM company ORDER BY records DESC, company_id LIMIT 1").fetchone()
    if row is None:
        return []
    count = "SELECT source_id, kind, count(*) AS records FROM record GROUP BY ALL ORDER BY ALL"
    return [("search", row[1]), ("show", row[0]), ("sql", count)]


def _judged(found: SourceState, outcome: str, cadence: Cadence, now: datetime) -> tuple[State, str]:
    """The state with its reason: a failure outranks age, and unknown age counts as stale."""
    if outcome == "failed":
        stands = f"what stands was synced on {found.loaded_at:%Y-%m-%d}" if found.loaded_at else "there is no data"
        return "failed", f"the last sync, {found.last_run_at:%Y-%m-%d}, failed; {stands}"
    seen = found.retrieved_at.date() if found.retrieved_at else found.data_as_of
    if seen is None:
        return "stale", "age unknown: neither the time of retrieval nor the data's own date is known"
    age = max((now.date() - seen).days, 0)
    if age > STALE_AFTER_DAYS[cadence]:
        return "stale", f"{age} days old; published {'irregularly' if cadence == 'irregular' else cadence}"
    return "ok", f"{age} days old"
