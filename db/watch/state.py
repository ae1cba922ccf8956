"""What a watch list has seen: matches and records as of its last run, read at once and replaced in one transaction."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import duckdb
from filelock import FileLock, Timeout

from db.screen.report import Hit
from db.store import Store
from db.times import stored, utc_now
from db.watch.lists import Watched, WatchList, WatchLists, drop, watched
from db.watch.suppliers import withheld
from ingest.errors import StoreBusy, StoreError, UsageError
from ingest.privacy.version import gate_version


class Seen(NamedTuple):
    """A record as it was last reported. `gone`: why it was not shown, or empty; `in_force`: yes, no, or empty.

    `disputes`: numbers of those not withdrawn, separated by blanks.
    """

    record_id: str
    company_id: str
    version: int
    gone: str
    in_force: str
    disputes: str


class Matched(NamedTuple):
    """A match of a supplier, best first by `place`; `shown`: neither dismissed nor without a record to show."""

    supplier: int
    place: int
    hit: Hit
    shown: bool


@dataclass(frozen=True, slots=True)
class State:
    """A list, its suppliers and all it has seen; `left_out`: rows of suppliers that the gate of today leaves out."""

    list_: WatchList
    suppliers: Sequence[Watched]
    left_out: tuple[int, ...]
    matches: Sequence[Matched]
    seen: Sequence[Seen]

    @property
    def first(self) -> bool:
        """Whether no run has ended yet."""
        return self.list_.ran_at is None


@contextmanager
def running(home: Path, list_: WatchList) -> Iterator[None]:
    """Holds the list for one run; a kill lets go of it. Raises StoreBusy while another run holds it."""
    lock = FileLock(home / f"watch-{list_.number}.lock", mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        what = f"another run of watch list `{list_.name}` is under way"
        raise StoreBusy(what, where=str(home), next_step="Wait for it to end.") from None
    except OSError as error:
        raise StoreError(f"the home cannot be written: {error.strerror}", where=str(home)) from None
    try:
        yield
    finally:
        lock.release()


def load(lists: WatchLists, name: str) -> State:
    """The list as of now. Suppliers whom a gate newer than their list leaves out are erased first."""
    list_ = lists.find(name)
    left_out: tuple[int, ...] = ()
    if list_.gate_version != gate_version():
        left_out = _judge_again(lists, list_)
        list_ = lists.find(name)
    with lists.file.reading() as con:
        if con is None:
            raise UsageError(f"no watch list `{name[:60]}`")
        suppliers = watched(con, list_.number)
        hits = con.execute(
            """SELECT supplier, place, shown, company_id, met, band, score, why FROM watch_match WHERE list = ?
            ORDER BY supplier, place""",
            [list_.number],
        ).fetchall()
        records = con.execute(
            "SELECT record_id, company_id, version, gone, in_force, disputes FROM watch_seen WHERE list = ?",
            [list_.number],
        ).fetchall()
    matches = [
        Matched(supplier, place, Hit(company_id, met, band, score, tuple(json.loads(why))), bool(shown))
        for supplier, place, shown, company_id, met, band, score, why in hits
    ]
    return State(list_, suppliers, left_out, matches, [Seen(*row) for row in records])


def _judge_again(lists: WatchLists, list_: WatchList) -> tuple[int, ...]:
    suppliers = lists.suppliers(list_)
    verdicts = withheld(lists.home, [w.supplier for w in suppliers], [w.vouched_by is not None for w in suppliers])
    out = [kept for kept, leaves in zip(suppliers, verdicts, strict=True) if leaves]
    with lists.file.writing() as con:
        drop(con, list_.number, [kept.number for kept in out])
        con.execute("UPDATE watch_list SET gate_version = ? WHERE number = ?", [gate_version(), list_.number])
    return tuple(kept.supplier.row for kept in out)


def end(
    lists: WatchLists,
    state: State,
    matches: Sequence[Matched],
    seen: Sequence[Seen],
    *,
    matched_in: str,
    started_at: datetime,
    generation: str,
    news: Mapping[str, int],
) -> None:
    """Stores what the run saw, whole or not at all; only what differs from before is written.

    Raises StoreBusy where the list was changed meanwhile: nothing is stored then.
    """
    number = state.list_.number
    with lists.file.writing() as con:
        row = con.execute(
            "SELECT revision FROM watch_list WHERE number = ? AND removed_at IS NULL", [number]
        ).fetchone()
        if row is None or row[0] != state.list_.revision:
            what = f"watch list `{state.list_.name}` was changed while it ran; nothing is marked as reported"
            raise StoreBusy(what, next_step="Run it again.")
        had = {_stored(match) for match in state.matches}
        has = {_stored(match) for match in matches}
        con.executemany(
            "DELETE FROM watch_match WHERE list = ? AND supplier = ? AND company_id = ?",
            [[number, *match[:2]] for match in had - has],
        )
        con.executemany(
            f"INSERT INTO watch_match VALUES ({', '.join('?' * 9)})", [[number, *match] for match in has - had]
        )
        before, now = set(state.seen), set(seen)
        con.executemany(
            "DELETE FROM watch_seen WHERE list = ? AND record_id = ?",
            [[number, record.record_id] for record in before - now],
        )
        con.executemany(
            f"INSERT INTO watch_seen VALUES ({', '.join('?' * 7)})", [[number, *record] for record in now - before]
        )
        con.execute("UPDATE watch_supplier SET matched = 1 WHERE list = ? AND NOT matched", [number])
        con.execute("UPDATE watch_list SET matched_in = ? WHERE number = ?", [matched_in, number])
        con.execute(
            "INSERT INTO watch_run (list, started_at, ended_at, generation, news) VALUES (?, ?, ?, ?, ?)",
            [number, stored(started_at).isoformat(), utc_now().isoformat(), generation, json.dumps(news)],
        )


def _stored(match: Matched) -> tuple[int, str, int, str, str, float, str, int]:
    hit = match.hit
    why = json.dumps(hit.why, ensure_ascii=False)
    return match.supplier, hit.company_id, match.place, hit.met, hit.band, hit.score, why, int(match.shown)


def companies_of(home: Path, name: str) -> set[str]:
    """The companies that suppliers of the list were matched with in its last run, dismissed ones apart.

    Ids are those of the present generation. Raises UsageError for a list that is not there, or never ran.
    """
    lists = WatchLists(home)
    list_ = lists.find(name)
    if list_.ran_at is None:
        step = f"Run `trackrecord watch run {list_.name}` first."
        raise UsageError(f"watch list `{list_.name}` was never run", next_step=step)
    with lists.file.reading() as con:
        sql = "SELECT DISTINCT company_id FROM watch_match WHERE list = ? AND shown"
        found = {row[0] for row in con.execute(sql, [list_.number]).fetchall()} if con else set()
    with Store(home).reading() as now:
        return _with_successors(now, found)


def _with_successors(con: duckdb.DuckDBPyConnection, company_ids: set[str]) -> set[str]:
    """Those companies, and the ones that have their records by now."""
    if not con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'company_redirect'").fetchall():
        return set(company_ids)
    rows = con.execute(
        "SELECT company_id FROM company_redirect WHERE list_contains(?::VARCHAR[], old_id)", [sorted(company_ids)]
    ).fetchall()
    return company_ids | {row[0] for row in rows}
