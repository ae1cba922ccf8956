"""One run of a watch list: its suppliers against the published generation, and what is new since the last run."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb

from db.decisions.kept import Decisions, dispute_sentence
from db.decisions.rows import Dispute, match_id, reference_key, supplier_key
from db.decisions.standing import Match, Standing, record_standing, standing
from db.progress import Told
from db.remarks import remarks
from db.screen.parallel import generation_of
from db.screen.report import Hit
from db.show.page import Asked, tombstone
from db.status import Coverage, coverage
from db.store import Store
from db.watch import news
from db.watch.lists import Watched, WatchLists
from db.watch.matching import matches, state_of_names
from db.watch.state import Matched, State, end, load, running
from db.watch.suppliers import Supplier
from ingest.catalog import Source


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is new: about a match as a whole (`record` is empty then), or about a record of the company.

    `record`: columns of `news.SHOWN` that are filled, and `date`, `in_force`; of a hidden one those of a tombstone.
    `company` is None where nothing of it may be shown any more. `judgement`: what analysts said about the match.
    """

    what: str
    detail: str | None
    supplier: Supplier
    match: str
    band: str | None
    met: str | None
    why: tuple[str, ...]
    judgement: str | None
    company_id: str
    company: str | None
    company_country: str | None
    record: Mapping[str, Any]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run found. `since`: when the last run ended, None for the first, which reports all there is.

    `news`: lines by what they say, new matches as matches. `matched` suppliers, `matches` and `records` are of now.
    `left_out`: rows of suppliers that a newer gate does not let stand; they are erased.
    """

    name: str
    since: datetime | None
    suppliers: int
    matched: int
    matches: int
    records: int
    dismissed: int
    news: dict[str, int]
    left_out: tuple[int, ...]
    threshold: str
    coverage: Coverage

    @property
    def anything(self) -> bool:
        """Whether anything is new."""
        return any(what != news.SAME for what in self.news)


Deliver = Callable[[Ran, Iterator[Line]], None]


def run(
    store: Store,
    name: str,
    sources: Mapping[str, Source],
    now: datetime,
    *,
    deliver: Deliver,
    tell: Told,
    everything: bool = False,
) -> Ran:
    """Gives `deliver` what is new since the last run and its lines, then keeps what was seen; `now` is UTC, with zone.

    What is delivered counts as reported once `deliver` is done and not before: a kill in between reports it again.
    `everything`: also lines for records that are as before. Raises UsageError for a list that is not there, StoreBusy
    where another run of it is under way or it is changed meanwhile.
    Cost: that of a screening where suppliers or names changed, else of scans of what the companies matched have.
    """
    lists = WatchLists(store.home)
    with running(store.home, lists.find(name)):
        state = load(lists, name)
        with store.reading() as con:
            names = state_of_names(con)
            hits = matches(store, con, state, names, tell)
            desk = _Desk(store, sources, now.date(), state, hits)
            desk.prepare(con, everything=everything)
            suppliers, found, records = news.totals(con)
            ran = Ran(
                name=state.list_.name,
                since=state.list_.ran_at,
                suppliers=len(state.suppliers),
                matched=suppliers,
                matches=found,
                records=records,
                dismissed=sum(stands.dismissed for stands in desk.standing.values()),
                news=news.counted(con),
                left_out=state.left_out,
                threshold=state.list_.threshold,
                coverage=coverage(con, sources.values(), now),
            )
            deliver(ran, desk.lines(con))
            kept, seen, generation = desk.kept(news.visible(con)), news.seen_now(con), generation_of(con)
        end(
            lists, state, kept, seen, matched_in=names, started_at=now, generation=generation,
            news={what: number for what, number in ran.news.items() if what != news.SAME},
        )  # fmt: skip
    return ran


class _Desk:
    """The suppliers of a list with their matches now, and what analysts said about them."""

    def __init__(
        self,
        store: Store,
        sources: Mapping[str, Source],
        today: date,
        state: State,
        hits: Mapping[int, list[Hit]],
    ) -> None:
        self._decisions = Decisions(store.home)
        self._asked = Asked(store.home, sources, today)
        self._state, self._hits = state, hits
        self._suppliers = {kept.number: kept for kept in state.suppliers}
        self._keys = {kept.number: _key(kept) for kept in state.suppliers}
        self._disputes: dict[str, list[Dispute]] = {}
        self._judged: dict[str, Standing] = {}
        self.standing: dict[tuple[str, str], Standing] = {}

    def prepare(self, con: duckdb.DuckDBPyConnection, *, everything: bool) -> None:
        """Makes the tables of db.watch.news."""
        self._disputes = self._decisions.disputes()
        self._judged = record_standing(con, self._decisions)
        self.standing = standing(
            con,
            self._decisions,
            (
                Match(self._keys[number], hit.company_id, reference_key(self._suppliers[number].supplier.key))
                for number, hits in self._hits.items()
                for hit in hits
            ),
        )
        present = [
            news.Present(number, place, hit.company_id, hit.band, self._dismissed(number, hit), self._back(number, hit))
            for number, hits in self._hits.items()
            for place, hit in enumerate(hits)
        ]
        disputes = {key: " ".join(str(d.number) for d in found) for key, found in self._disputes.items()}
        news.prepare(
            con,
            self._state,
            present,
            disputes,
            today=self._asked.today,
            retention={source.id: source.retention for source in self._asked.sources.values()},
            everything=everything,
        )

    def _stands(self, number: int, company_id: str) -> Standing | None:
        return self.standing.get((self._keys[number], company_id))

    def _dismissed(self, number: int, hit: Hit) -> bool:
        stands = self._stands(number, hit.company_id)
        return stands is not None and stands.dismissed

    def _back(self, number: int, hit: Hit) -> bool:
        stands = self._stands(number, hit.company_id)
        return stands is not None and stands.changed is not None

    def kept(self, visible: set[str]) -> list[Matched]:
        """The matches as they are kept until the next run."""
        return [
            Matched(number, place, hit, hit.company_id in visible and not self._dismissed(number, hit))
            for number, hits in self._hits.items()
            for place, hit in enumerate(hits)
        ]

    def lines(self, con: duckdb.DuckDBPyConnection) -> Iterator[Line]:
        """The lines of the report in their order."""
        now = {(number, hit.company_id): hit for number, hits in self._hits.items() for hit in hits}
        before = {(match.supplier, match.hit.company_id): match.hit for match in self._state.matches}
        for row in news.lines(con):
            pair = row["supplier"], row["company_id"]
            hit, hidden = now.get(pair) or before.get(pair), row["record_id"] is not None and row["hidden"]
            shown = hit is not None and (row["company"] is not None or row["what"] == news.MATCH_GONE)
            stands = self._stands(*pair)
            names = ("date", "in_force", *news.SHOWN)
            yield Line(
                what=row["what"],
                detail=row["detail"],
                supplier=self._suppliers[row["supplier"]].supplier,
                match=match_id(self._keys[row["supplier"]], row["company_id"]),
                band=hit.band if hit else None,
                met=hit.met if hit and shown else None,
                why=hit.why if hit and shown else (),
                judgement=stands.sentence() if stands else None,
                company_id=row["company_id"],
                company=row["company"],
                company_country=row["country"],
                record={name: row[name] for name in names if row[name] not in (None, "", [])},
                remarks=(tombstone(row, self._asked).words,) if hidden else tuple(self._remarks(row)),
            )

    def _remarks(self, row: Mapping[str, Any]) -> Iterator[str]:
        record_id = row["record_id"]
        if record_id is None:
            return
        yield from remarks(row)
        source = self._asked.sources.get(row["source_id"])
        yield from (dispute_sentence(dispute, source) for dispute in self._disputes.get(record_id, ()))
        if judged := self._judged.get(record_id):
            yield judged.sentence()


def _key(kept: Watched) -> str:
    return supplier_key(kept.supplier.name, kept.supplier.country, [cell for _, cell in kept.supplier.numbers])


def nothing_new(ran: Ran) -> str:
    """What `nothing new` rests on, in one sentence: what was searched, and how fresh it is."""
    covered = ran.coverage
    searched = [state for state in covered.sources if state.source_id in covered.searched]
    suppliers = f"{ran.suppliers:,} supplier{'' if ran.suppliers == 1 else 's'}"
    what = f"{suppliers} against {covered.records:,} records of {len(searched)} sources"
    since = f"nothing new since {ran.since:%Y-%m-%d %H:%M} UTC" if ran.since else "nothing found"
    bad = [f"{s.source_id} {s.state}" for s in searched if s.state != "ok"]
    return "; ".join((since, what, *bad))
