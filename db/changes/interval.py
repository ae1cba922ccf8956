"""The interval of a question about changes, and what was looked at in it: which sources were synced, which were not."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import duckdb

from db.status import State, source_states
from db.times import stored, utc
from ingest.catalog import Source
from ingest.errors import UsageError

_RETRIEVAL = re.compile(r"[0-9a-f]{16}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = timedelta(microseconds=1)
_RUNS = """
    SELECT source_id, count_if(good AND inside), count_if(NOT good AND inside),
           max(started_at) FILTER (good AND inside),
           arg_max(error, started_at) FILTER (NOT good AND inside),
           arg_max(adapter_version, started_at) FILTER (loaded AND NOT inside)
               <> arg_max(adapter_version, started_at) FILTER (loaded AND inside)
           OR arg_max(gate_version, started_at) FILTER (loaded AND NOT inside)
               <> arg_max(gate_version, started_at) FILTER (loaded AND inside)
    FROM (SELECT *, outcome IN ('loaded', 'unchanged') AS good, outcome = 'loaded' AS loaded, started_at > $1 AS inside
          FROM run WHERE started_at <= coalesce($2, TIMESTAMP 'infinity')) GROUP BY source_id"""


@dataclass(frozen=True, slots=True)
class Interval:
    """After `since` until `until` (UTC without zone; None: now), with the words for both."""

    since: datetime
    until: datetime | None
    since_words: str
    until_words: str


@dataclass(frozen=True, slots=True)
class Looked:
    """A source over an interval; `state` and `why` are those at its end, `synced` and `failed` count its syncs.

    `reread`: another adapter or privacy gate read it, so that records may be new or gone without the agency's doing.
    """

    source_id: str
    title: str
    publisher: str
    synced: int
    last_synced_at: datetime | None
    failed: int
    error: str | None
    state: State
    why: str
    reread: bool


def interval_of(con: duckdb.DuckDBPyConnection, since: str, until: str | None, now: datetime) -> Interval:
    """The interval between two days, times (UTC unless they say otherwise) or retrievals; `now` in UTC, with zone.

    Of a day: from its beginning, until its end. Of a retrieval: the run that made it, which `since` leaves out and
    `until` takes in. Raises UsageError for anything else, and for an interval that is empty or begins in the future.
    """
    present = stored(now)
    start, words = _moment(con, since, "--since")
    end, end_words = _moment(con, until, "--until", ends=True) if until is not None else (None, "now")
    if start > present:
        raise UsageError("--since lies in the future")
    if end is not None and end <= start:
        raise UsageError("--until is not after --since")
    return Interval(start, end if end is not None and end < present else None, words, end_words)


def _moment(con: duckdb.DuckDBPyConnection, text: str, option: str, *, ends: bool = False) -> tuple[datetime, str]:
    text = text.strip()
    if _RETRIEVAL.fullmatch(text):
        found = con.execute(
            "SELECT r.source_id, n.started_at FROM retrieval r JOIN run n USING (run_id) WHERE r.retrieval_id = ?",
            [text],
        ).fetchone()
        if found is None:
            raise UsageError(f"no retrieval `{text}`", next_step="Ids stand in `trackrecord show RECORD_ID`.")
        return found[1], f"the sync of {found[0]} on {found[1]:%Y-%m-%d %H:%M} UTC (retrieval {text})"
    try:
        if _DAY.fullmatch(text):
            day = datetime.combine(datetime.fromisoformat(text).date(), time())
            # the beginning is not part of an interval, its end is
            return (day + timedelta(days=1) if ends else day) - _MOMENT, text
        given = datetime.fromisoformat(text)
        moment = stored(given) if given.tzinfo else given
    except (ValueError, OverflowError):
        step = "Give a day (2026-01-31), a time (2026-01-31T12:00Z) or the id of a retrieval."
        raise UsageError(f"{option} is no day, time or retrieval", next_step=step) from None
    return moment, f"{moment:%Y-%m-%d %H:%M} UTC"


def looked_at(
    con: duckdb.DuckDBPyConnection,
    sources: Iterable[Source],
    interval: Interval,
    now: datetime,
    only: Collection[str] = (),
) -> list[Looked]:
    """Every source of the catalogue or the database, or those of `only`, as it fared in the interval."""
    runs = {row[0]: row[1:] for row in con.execute(_RUNS, [interval.since, interval.until]).fetchall()}
    end = utc(interval.until)
    found = []
    for state in source_states(con, sources, end or now, end):
        if only and state.source_id not in only:
            continue
        synced, failed, last, error, reread = runs.get(state.source_id, (0, 0, None, None, None))
        found.append(
            Looked(
                source_id=state.source_id,
                title=state.title,
                publisher=state.publisher,
                synced=synced,
                last_synced_at=utc(last),
                failed=failed,
                error=error,
                state=state.state,
                why=state.why,
                reread=bool(reread),
            )
        )
    return found
