"""Search: companies by a number they carry or by a name, misspelt or not, with the coverage of the answer.

Ranked by how they match (see `db.index.meeting`), then by number of records and latest date, never by how bad the
records are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

import duckdb
import numpy as np

from db.as_of import retention_of
from db.index.cards import Card
from db.index.generation import NameIndex
from db.index.meeting import NUMBER, Met, Rows, meet, ranked
from db.index.opening import opened
from db.index.reasons import BY, reasons
from db.index.shown import Count, Shown, View
from db.index.versions import NO_DATE, day_number
from db.numbers import Match, by_number
from db.search_counts import Filters, recounted
from db.status import Coverage, coverage
from ingest.catalog import Source
from ingest.errors import UsageError
from ingest.model import KINDS
from ingest.names.normal import normal_form

__all__ = ["Filters", "Found", "Result", "Unpublished", "search"]

_covered: tuple[tuple[Any, ...], Coverage] | None = None
"""What was asked of coverage last, and the answer: it changes with the generation, the sources and the day."""


@dataclass(frozen=True, slots=True)
class Unpublished:
    """Records that their source publishes no more: nothing else is said of them."""

    source_id: str
    publisher: str
    records: int


@dataclass(frozen=True, slots=True)
class Result:
    """A company; `records` counts removed ones of sources that keep them, within the filters.

    `not_adverse`: how many of them are vacated, withdrawn or cleared; `kinds` are those of the others, and `by_kind`
    counts these. `why` says in words how the query meets it. `unpublished`: hidden records, only where asked for.
    `gone_since`: of the records as of a day, how many may be shown no more by now. A company without a record to show
    has its id and `unpublished` alone: no name, country or reason.
    """

    company_id: str
    name: str
    country: str | None
    entity_type: str
    identifiers: list[dict[str, Any]]
    records: int
    removed: int
    not_adverse: int
    sources: list[str]
    kinds: list[str]
    by_kind: dict[str, int]
    first: date | None
    last: date | None
    unpublished: list[Unpublished]
    gone_since: int
    matched: Match
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The answer: the best `limit` companies of `total`, and what was searched; `as_of` the end of that day (UTC)."""

    query: str
    as_of: date | None
    total: int
    results: list[Result]
    coverage: Coverage


def search(
    con: duckdb.DuckDBPyConnection,
    query: str,
    sources: Iterable[Source],
    now: datetime,
    *,
    filters: Filters | None = None,
    limit: int = 20,
    as_of: date | None = None,
    include_removed: bool = False,
) -> Found:
    """Companies that match the query; `now` is UTC with zone.

    `as_of`: from what the database knew at the end of that day (UTC). `include_removed`: companies too of which all
    records are hidden, with no more than their number. Raises UsageError for a query, filter or day without sense.

    Cost: look-ups in the name index of the generation; with filters on records, one scan of record.company_id.
    """
    filters, known = filters or Filters(), {source.id: source for source in sources}
    view = View.of(retention_of(known.values()), now.date(), as_of, include_removed=include_removed)
    _check(query, filters, limit, view)
    index = opened(con)
    shown = Shown(index, view)
    numbers = by_number(con, query)
    rows = _rows_of(con, numbers)
    numbered = np.array(sorted(rows), np.int64)
    met = meet(index, query, filters.country, numbered, deep=filters.recount, shown=shown)
    if met.more and len(met.company) < limit:
        met = meet(index, query, filters.country, numbered, deep=True, shown=shown)
    counts: dict[int, Count] = {}
    if filters.recount and len(met.company):
        counts = recounted(con, met.company, filters, view)
        met = _restricted(met, counts)
    best = _best(index, met, shown, counts, limit)
    company = met.company[best]
    own = shown.counts(company)
    answer = _Answer(index, met, normal_form(query, filters.country).text, known, view)
    matched = {row: numbers[key] for row, key in rows.items()}
    results = [
        answer.result(at, counts.get(row) or own.get(row), own.get(row), matched.get(row))
        for at, row in zip(best.tolist(), company.tolist(), strict=True)
    ]
    searched = _coverage(con, index, (*known.values(),), now, only=filters.sources, as_of=as_of, shown=shown)
    return Found(query, as_of, len(met.company), results, searched)


def _coverage(
    con: duckdb.DuckDBPyConnection,
    index: NameIndex,
    known: tuple[Source, ...],
    now: datetime,
    *,
    only: tuple[str, ...],
    as_of: date | None,
    shown: Shown,
) -> Coverage:
    """`coverage`, worked out once for many questions: a generation never changes, and ages are counted in days."""
    global _covered  # noqa: PLW0603
    asked = (index, known, now.date(), only, as_of)
    last = _covered
    if last is None or last[0][0] is not index or last[0][1:] != asked[1:]:
        until = datetime.combine(as_of, time.max, UTC) if as_of else None
        found = coverage(con, known, until or now, only, until)
        _covered = last = (asked, replace(found, companies=shown.known()) if as_of else found)
    return last[1]


def _check(query: str, filters: Filters, limit: int, view: View) -> None:
    if not query.strip():
        raise UsageError("the query is empty", next_step="Give a company's name or number.")
    if not any(map(str.isalnum, query)):
        raise UsageError("the query has no letter and no digit", next_step="Give a company's name or number.")
    if limit < 1:
        raise UsageError("--limit must be 1 or more")
    if view.as_of and view.as_of > view.today:
        raise UsageError(f"{view.as_of} is still to come", next_step=f"The latest day is {view.today}, UTC.")
    if unknown := [kind for kind in filters.kinds if kind not in KINDS]:
        raise UsageError(f"no kind `{unknown[0][:40]}`", next_step=f"Kinds: {', '.join(KINDS)}.")
    if filters.country and not (len(filters.country) == 2 and filters.country.isascii() and filters.country.isalpha()):
        raise UsageError("--country takes two letters of ISO 3166-1", next_step="For example --country us.")


def _rows_of(con: duckdb.DuckDBPyConnection, numbers: dict[str, Match]) -> dict[int, str]:
    """Rows of these companies, with their ids."""
    if not numbers:
        return {}
    sql = "SELECT rowid, company_id FROM company WHERE company_id IN (SELECT unnest(?::VARCHAR[]))"
    return dict(con.execute(sql, [[*numbers]]).fetchall())


def _best(index: NameIndex, met: Met, shown: Shown, counts: dict[int, Count], limit: int) -> Rows:
    """Places in `met` of the best companies, by the records that are shown."""
    links = index.links
    if counts:
        found = [counts[row] for row in met.company.tolist()]
        records = np.array([count.records for count in found], np.int64)
        days = [NO_DATE if count.last is None else day_number(count.last) for count in found]
        return ranked(index, met, limit, records, np.array(days, np.int64))
    if not shown.changing(met.company).any():
        return ranked(index, met, limit)
    records, last = links.records[met.company].astype(np.int64), links.last[met.company].astype(np.int64)
    shown.ranking(met.company, records, last)
    return ranked(index, met, limit, records, last)


def _restricted(met: Met, counts: dict[int, Count]) -> Met:
    """What was met, of companies with records within the filters."""
    kept = np.isin(met.company, np.array([*counts], np.int64))
    return Met(met.company[kept], met.level[kept], met.share[kept], met.link[kept], met.name[kept], met.differs)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the results of one question are made from; `asked` is the normal form of the query."""

    index: NameIndex
    met: Met
    asked: str
    sources: Mapping[str, Source]
    view: View

    def result(self, at: int, count: Count | None, own: Count | None, number: Match | None) -> Result:
        """The company at this place in `met`; `count` of its records, None where the card tells.

        `own`: what is counted without filters, where the card does not tell.
        """
        card = self.index.cards.card(int(self.met.company[at]))
        counted = count or _of_card(card)
        name = self._name(card, own)
        matched, why = self._matched(at, card, name, number)
        if self.view.as_of and name != card.name:
            why = (*why, f"now called “{card.name}”")
        if not counted.records:
            # what is left of it is a tombstone, which says nothing of who it was
            matched, why, name = Match(matched.by, "", matched.kind), (), ""
        return Result(
            company_id=card.company_id,
            name=name,
            country=card.country if counted.records else None,
            entity_type=card.entity_type,
            identifiers=card.identifiers if counted.records else [],
            records=counted.records,
            removed=counted.removed,
            not_adverse=counted.not_adverse,
            sources=counted.sources,
            kinds=sorted(counted.by_kind),
            by_kind=counted.by_kind,
            first=counted.first,
            last=counted.last,
            unpublished=self._unpublished(counted),
            gone_since=counted.gone,
            matched=matched,
            why=why,
        )

    def _name(self, card: Card, own: Count | None) -> str:
        """The name that most of the shown records state."""
        if own is None or own.name_row is None:
            return card.name
        other = self.index.cards.other_name(own.name_row)
        return other[2] if other else card.name

    def _matched(self, at: int, card: Card, shown: str, number: Match | None) -> tuple[Match, tuple[str, ...]]:
        level = int(self.met.level[at])
        if level == NUMBER and number:
            return number, ("number",)
        row = int(self.index.links.name_row[self.met.link[at]])
        other = self.index.cards.other_name(row)
        kind, written, name = other or ("stated", normal_form(card.name, card.country).text, card.name)
        differs = self.met.differs.get(int(self.met.name[at]))
        why = reasons(level, differs, self.asked, written, kind=kind, name=name)
        if kind == "stated" and name != shown:
            why = (*why, f"also stated “{name}”")
        return Match(BY[level], name, kind), why

    def _unpublished(self, counted: Count) -> list[Unpublished]:
        if not self.view.include_removed:
            return []
        return [
            Unpublished(source_id, source.publisher if (source := self.sources.get(source_id)) else source_id, records)
            for source_id, records in sorted(counted.hidden.items())
        ]


def _of_card(card: Card) -> Count:
    return Count(
        records=card.records,
        removed=card.removed,
        not_adverse=card.not_adverse,
        sources=card.sources,
        by_kind=card.by_kind,
        first=card.first,
        last=card.last,
        hidden={},
    )
