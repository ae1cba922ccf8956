"""What an answer may show: names and companies as known on a day, without records that may not be shown any more.

The rule is that of `db.as_of`, here over the versions that the name index has counted; other companies stand as their
card says since the day they were first known.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Self

import numpy as np
import numpy.typing as npt

from db.index.generation import NameIndex
from db.index.segment import Numbers, ragged
from db.index.versions import ENDS, NEVER, NO_DATE, REMOVED, day_number, day_of

Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Count:
    """What is counted of a company: records that are shown, as `db.search.Result` has them.

    `hidden`: records by source of which nothing may be said but that they are not published any more. `gone`: records
    shown as of a day of which this holds by now. `name_row`: the name most of them state, None if the index lacks it.
    """

    records: int
    removed: int
    not_adverse: int
    sources: list[str]
    by_kind: dict[str, int]
    first: date | None
    last: date | None
    hidden: dict[str, int]
    gone: int = 0
    name_row: int | None = None


@dataclass(frozen=True, slots=True)
class View:
    """What a question is asked of: the records held at the end of day `as_of` (UTC), or those of `today`.

    `kept`: sources with a retention that is not permanent. `include_removed`: companies are listed too of which all
    records are hidden.
    """

    today: date
    kept: tuple[tuple[str, str], ...]
    as_of: date | None = None
    include_removed: bool = False

    @classmethod
    def of(
        cls, retention: Mapping[str, str], today: date, as_of: date | None = None, *, include_removed: bool = False
    ) -> Self:
        """The view for this retention by source."""
        kept = tuple(sorted((source, how) for source, how in retention.items() if how != "permanent"))
        return cls(today, kept, as_of, include_removed)

    @property
    def retention(self) -> dict[str, str]:
        """Retention by source; one that it lacks is permanent."""
        return dict(self.kept)


class Shown:
    """What may be shown in this view."""

    def __init__(self, index: NameIndex, view: View) -> None:
        self._versions, self._sources, self._kinds = index.versions, index.sources, index.kinds
        self._day = None if view.as_of is None else day_number(view.as_of)
        self._today = day_number(view.today)
        mirrored = view.retention.keys()
        self._mirrored = np.array([source in mirrored for source in index.sources], np.bool_)
        self._hides = REMOVED | ENDS if self._mirrored.any() else ENDS
        self._hidden_too = view.include_removed

    def changing(self, companies: Rows) -> Flags:
        """Of each company, whether its card alone does not tell what may be shown."""
        if self._day is None:
            found: Flags = (self._versions.hideable[companies] & self._hides) != 0
            return found
        return self._versions.start[companies + 1] > self._versions.start[companies]

    def known(self) -> int:
        """How many companies were known on the day."""
        since = self._versions.since
        return int(np.count_nonzero(since <= self._day if self._day is not None else since < NEVER))

    def names(self, companies: Rows, name_rows: Numbers) -> Flags | None:
        """Of each name of a company (a row of company_name), whether the company is shown under it; None: all are."""
        flagged = self.changing(companies)
        if self._day is None and not flagged.any():
            return None
        shown = self._known(companies)
        if flagged.any():
            own, starts, places = self._groups(np.unique(companies[flagged]))
            listed = own[self._listed(starts, places)]
            bear = self._bear_names(places)
            silent = np.setdiff1d(self._versions.name_row[places[~bear]], self._versions.name_row[places[bear]])
            shown[flagged] = np.isin(companies[flagged], listed) & ~np.isin(name_rows[flagged], silent)
        return shown

    def companies(self, companies: Rows) -> Rows:
        """Those of these companies that are shown, whatever their names."""
        shown, flagged = self._known(companies), self.changing(companies)
        if flagged.any():
            own, starts, places = self._groups(np.unique(companies[flagged]))
            shown[flagged] = np.isin(companies[flagged], own[self._listed(starts, places)])
        return companies[shown]

    def _known(self, companies: Rows) -> Flags:
        """Of each company, whether it was known on the day, whatever of it."""
        if self._day is None:
            return np.ones(len(companies), np.bool_)
        known: Flags = self._versions.since[companies] <= self._day
        return known

    def ranking(self, companies: Rows, records: Rows, last: Rows) -> None:
        """Puts numbers of records and last days (NO_DATE for none) as they are shown where cards do not tell."""
        flagged = self.changing(companies)
        if not flagged.any():
            return
        own, starts, places = self._groups(np.unique(companies[flagged]))
        held, hidden = self._held(places)
        counted = np.where(held & ~hidden, self._versions.n[places].astype(np.int64), 0)
        latest = np.where(counted > 0, self._versions.last[places].astype(np.int64), NO_DATE)
        at = np.searchsorted(own, companies[flagged])
        records[flagged] = np.add.reduceat(counted, starts)[at]
        last[flagged] = np.maximum.reduceat(latest, starts)[at]

    def counts(self, companies: Rows) -> dict[int, Count]:
        """What is counted of those of these distinct companies whose cards do not tell, by their rows."""
        flagged = companies[self.changing(companies)]
        if not len(flagged):
            return {}
        own, starts, places = self._groups(flagged)
        if self._day is None:
            # nothing is hidden of most: their cards hold
            held, hidden = self._held(places)
            own = own[np.logical_or.reduceat(held & hidden, starts)]
        found = {}
        for row in own.tolist():
            _, _, places = self._groups(np.array([row]))
            found[row] = self._count(places[self._versions.n[places] > 0])
        return found

    def _groups(self, companies: Rows) -> tuple[Rows, Rows, Rows]:
        """The companies, where the groups of each begin, and the places of all groups; each has one at least."""
        places, lengths = ragged(self._versions.start, companies)
        return companies, np.cumsum(lengths) - lengths, places

    def _held(self, places: Rows) -> tuple[Flags, Flags]:
        """Of each group, whether the database held it then, and whether it is hidden."""
        versions = self._versions
        mirrored = self._mirrored[versions.source[places]]
        if self._day is None:
            gone = (versions.removed[places] < NEVER) & mirrored
            return versions.replaced[places] == NEVER, gone | (versions.ends[places] < self._today)
        held = (versions.held_from[places] <= self._day) & (self._day < versions.replaced[places])
        return held, ((versions.removed[places] <= self._day) & mirrored) | (versions.ends[places] < self._day)

    def _gone_by_now(self, places: Rows) -> Flags:
        """Of each group, whether these records are hidden by now, in their present version."""
        versions = self._versions
        removed = (versions.removed_by_now[places] < NEVER) & self._mirrored[versions.source[places]]
        gone: Flags = removed | (versions.ends_by_now[places] < self._today)
        return gone

    def _listed(self, starts: Rows, places: Rows) -> Flags:
        """Of each company, whether it has a record to show."""
        held, hidden = self._held(places)
        counted = held & (self._versions.n[places] > 0)
        if not self._hidden_too:
            counted &= ~hidden
        return np.logical_or.reduceat(counted, starts)

    def _bear_names(self, places: Rows) -> Flags:
        """Of each group, whether its name may find the company: at present names of replaced versions do, too."""
        if self._day is None:
            return np.ones(len(places), np.bool_) if self._hidden_too else ~self._gone_by_now(places)
        held, hidden = self._held(places)
        return held if self._hidden_too else held & ~hidden

    def _count(self, places: Rows) -> Count:
        versions = self._versions
        held, hidden = self._held(places)
        away, places = places[held & hidden], places[held & ~hidden]
        n = versions.n[places].astype(np.int64)
        adverse = ~versions.not_adverse[places]
        removed = versions.removed[places] <= (NEVER - 1 if self._day is None else self._day)
        names = _sums(versions.name_row[places], n)
        days = [day for day in versions.first[places].tolist() if day != NO_DATE]
        sources = _sums(versions.source[places], n)
        kinds = _sums(versions.kind[places[adverse]], n[adverse])
        return Count(
            records=int(n.sum()),
            removed=int(n[removed].sum()),
            not_adverse=int(n[~adverse].sum()),
            sources=sorted(self._sources[code] for code in sources),
            by_kind=dict(sorted((self._kinds[code], number) for code, number in kinds.items())),
            first=day_of(min(days, default=NO_DATE)),
            last=day_of(int(versions.last[places].max(initial=NO_DATE))),
            hidden={
                self._sources[code]: number for code, number in _sums(versions.source[away], versions.n[away]).items()
            },
            gone=int(n[self._gone_by_now(places)].sum()) if self._day is not None else 0,
            name_row=max(names, key=lambda row: (names[row], -row)) if names else None,
        )


def _sums(codes: npt.NDArray[np.unsignedinteger], numbers: npt.NDArray[np.integer]) -> dict[int, int]:
    """The sum of the numbers of each code."""
    found: Counter[int] = Counter()
    for code, number in zip(codes.tolist(), numbers.tolist(), strict=True):
        found[code] += number
    return dict(found)
