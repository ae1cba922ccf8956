"""Companies that a supplier may be: by its numbers, then by name through the index, each pair weighed with reasons."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from operator import itemgetter

import duckdb
import numpy as np
from rapidfuzz import fuzz

from db.index.candidates import finder
from db.index.generation import Links, NameIndex, country_code
from db.index.opening import opened
from db.index.shown import Shown, View
from db.match.address import Places, place, places
from db.match.compare import Matcher as Pairs
from db.match.compare import Party
from db.match.verdict import BANDS as BORDERS
from db.match.verdict import VERSION as COMPARED_BY
from db.match.verdict import Comparison, Reason
from db.match.weights import Weights
from db.screen import known
from db.screen.familiar import familiar
from db.screen.known import Address, Known
from db.screen.numbers import Number, by_number, numbers
from db.screen.report import Hit
from db.screen.work import Supplier
from ingest.names.matching import MatchName, match_name

BANDS = tuple(band for _, band in BORDERS if band != "different")
"""Bands that may be reported, best first."""
VERSION = f"screen_v2 {COMPARED_BY}"
CANDIDATES = 12
"""Names looked at for each supplier."""
_OF_ONE_NAME = 6
"""Companies of one name looked at: those of the supplier's country, then those with most records."""
_MOST = 5
_MOST_POSSIBLE = 3
_MAY_BE_CUT = 20
"""Letters from which a name without a legal form may have been cut off by the width of a field."""
_AS_NEAR = 0.05
"""Difference of scores that does not tell which of two companies is meant."""
_CUT = "the supplier's name is the beginning of this one"
_POSSIBLE = next(lowest for lowest, band in BORDERS if band == "possible")
_PLACES_RANK = [Places.EQUAL, Places.NEAR, Places.TOWN, Places.APART, Places.OPEN]


class Matcher:
    """Finds for batches of suppliers, whose `ids` stand below `id_headers`; `weakest` is a place in BANDS.

    `view`: what may be found; None: whatever the database holds.
    """

    def __init__(
        self, con: duckdb.DuckDBPyConnection, weakest: int, id_headers: Sequence[str] = (), view: View | None = None
    ) -> None:
        self._con, self._bands, self._id_headers = con, BANDS[: weakest + 1], id_headers
        self._index: NameIndex = opened(con)
        self._shown = Shown(self._index, view) if view else None
        self._weights = familiar(self._index)

    def find(self, suppliers: Sequence[Supplier]) -> dict[int, list[Hit]]:
        """Number of a supplier → what it may be, best first; suppliers without a match are left out.

        Cost: linear in suppliers, each some milliseconds of the index and a comparison per candidate; beside that a
        few scans of tables company and company_name a batch.
        """
        stated = {supplier.number: numbers(self._id_headers, supplier.ids) for supplier in suppliers}
        matched = {s.number: match_name(s.name, s.country or None) for s in suppliers}
        asked: dict[int, list[tuple[int, int]]] = {supplier.number: [] for supplier in suppliers}
        for number, rows in by_number(self._con, stated).items():
            asked[number] += [(-1, row) for row in self._companies(rows)]
        for supplier in suppliers:
            by_hand = {row for _, row in asked[supplier.number]}
            pairs = self._by_name(supplier, matched[supplier.number])
            asked[supplier.number] += [(link, row) for link, row in pairs if row not in by_hand]
        companies = known.companies(self._con, {row for pairs in asked.values() for _, row in pairs})
        name_rows = {link: int(self._index.links.name_row[link]) for p in asked.values() for link, _ in p if link >= 0}
        names = known.names(self._con, set(name_rows.values()))
        placed = any(s.city or s.postcode or s.address for s in suppliers)
        addresses = known.addresses(self._con, companies) if placed else {}
        weigh = _Weighing(self._weights)
        found = {}
        for supplier in suppliers:
            hits = []
            for link, row in asked[supplier.number]:
                company = companies[row]
                met = names[name_rows[link]] if link >= 0 else company.name
                compared = weigh.pair(supplier, stated[supplier.number], company, met, addresses.get(row, ()))
                compared = _unlike(compared, matched[supplier.number], met)
                compared, near = _continued(compared, matched[supplier.number], met)
                why = (*(reason.text for reason in compared.reasons), *self._said_of_name(link))
                hit = Hit(company.company_id, met, compared.band, compared.score, why)
                order = (BANDS.index(hit.band) if hit.band in BANDS else 9, -near, -hit.score)
                hits.append(((*order, -_likeness(supplier.name, met), -company.records, company.company_id), hit))
            hits.sort(key=itemgetter(0))
            if kept := self._kept(_doubted([hit for _, hit in hits])):
                found[supplier.number] = _namesakes(kept)
        return found

    def _kept(self, hits: Iterable[Hit]) -> list[Hit]:
        """The best few; merely possible ones only where there is nothing better."""
        wanted = [hit for hit in hits if hit.band in self._bands]
        better = [hit for hit in wanted if hit.band != "possible"]
        return better[:_MOST] if better else wanted[:_MOST_POSSIBLE]

    def _by_name(self, supplier: Supplier, name: MatchName) -> list[tuple[int, int]]:
        """(link of a name, row of its company)."""
        if not name.text:
            return []
        begun = not name.legal_form and len(supplier.name) >= _MAY_BE_CUT
        country = country_code(supplier.country) if supplier.country else 0
        candidates, _ = finder(self._index).scored(name.text, CANDIDATES, begun=begun)
        pairs: dict[int, int] = {}
        for candidate in candidates.tolist():
            for link, row in _of_one_name(self._index.links, candidate, country, self._shown):
                pairs.setdefault(row, link)
        return [(link, row) for row, link in pairs.items()]

    def _companies(self, rows: list[int]) -> list[int]:
        """Those of these companies that may be found."""
        return self._shown.companies(np.array(rows, np.int64)).tolist() if self._shown else rows

    def _said_of_name(self, link: int) -> tuple[str, ...]:
        """What is to be said of the name that matched: that no record bears it any more."""
        other = self._index.cards.other_name(int(self._index.links.name_row[link])) if link >= 0 else None
        return ("an earlier name of the company",) if other and other[0] == "earlier" else ()


def _of_one_name(links: Links, name: int, country: int, shown: Shown | None) -> list[tuple[int, int]]:
    places = np.arange(int(links.start[name]), int(links.start[name + 1]))
    rows = links.company_row[places].astype(np.int64)
    visible = shown.names(rows, links.name_row[places]) if shown else None
    if visible is not None:
        places, rows = places[visible], rows[visible]
    if len(places) > _OF_ONE_NAME:
        order = np.lexsort((-links.records[rows].astype(np.int64), links.country[rows] != country))[:_OF_ONE_NAME]
        places, rows = places[order], rows[order]
    return list(zip(places.tolist(), rows.tolist(), strict=True))


class _Weighing:
    """Pairs of a batch, weighed by name, numbers, country and place."""

    def __init__(self, weights: Weights) -> None:
        self._pairs = Pairs(weights)

    def pair(
        self,
        supplier: Supplier,
        stated: tuple[Number, ...],
        company: Known,
        met: str,
        addresses: Sequence[Address],
    ) -> Comparison:
        """A number whose scheme is only guessed speaks for a company that has it, never against one that has not."""
        guessed = {(number.scheme, number.value) for number in stated if not number.sure}
        equal = guessed.intersection(company.identifiers)
        sure = tuple((number.scheme, number.value) for number in stated if number.sure)
        one = Party(supplier.name, supplier.country or None, sure)
        other = Party(met, company.country, company.identifiers)
        if addresses:
            nearest = _nearest(supplier, addresses)
            one = replace(one, address=supplier.address, city=supplier.city, postcode=supplier.postcode)
            other = replace(other, address=nearest.text, city=nearest.city, postcode=nearest.postcode)
        compared = self._pairs.compare(one, other)
        if not equal:
            return self._in_spite_of_number(compared, one, other) if sure else compared
        if compared.band != "different":
            return self._pairs.compare(replace(one, identifiers=(*sure, *sorted(equal))), other)
        scheme = min(equal)[0].upper()
        reason = Reason(f"a number equal to its {scheme}, if that is what it is, but the names differ", _POSSIBLE)
        return Comparison(_POSSIBLE, "possible", (reason, *compared.reasons))

    def _in_spite_of_number(self, compared: Comparison, one: Party, other: Party) -> Comparison:
        """A company of the same name is shown though its number differs: either number may be wrong, or borrowed."""
        if compared.band != "different" or self._pairs.compare(replace(one, identifiers=()), other).band != "same":
            return compared
        return Comparison(_POSSIBLE, "possible", compared.reasons)


def _nearest(supplier: Supplier, addresses: Sequence[Address]) -> Address:
    """Of a company's addresses the one that agrees best with the supplier's."""
    mine = place(supplier.address, supplier.postcode, supplier.city)
    return min(addresses, key=lambda address: _PLACES_RANK.index(places(mine, address.place)))


def _unlike(compared: Comparison, supplier: MatchName, met: str) -> Comparison:
    """A likely match in which no word is written alike is merely possible: every word of it may be a slip."""
    if compared.band != "likely" or supplier.native:
        return compared
    name = match_name(met)
    if name.native or not set(name.tokens).isdisjoint(supplier.tokens):
        return compared
    if "".join(name.tokens) == "".join(supplier.tokens):
        return compared
    return replace(compared, band="possible", reasons=(*compared.reasons, Reason("no word is written alike", 0.0)))


def _continued(compared: Comparison, supplier: MatchName, met: str) -> tuple[Comparison, bool]:
    """Whether a supplier's name that may be cut off goes on in this one, which is then at least possible."""
    text = supplier.folded
    if supplier.legal_form or len(text) < _MAY_BE_CUT - 2 or compared.band not in {"possible", "different"}:
        return compared, False
    full = match_name(met).folded
    if len(full) <= len(text) or not full.startswith(text):
        return compared, False
    reasons = (Reason(_CUT, _POSSIBLE), *compared.reasons)
    return Comparison(max(compared.score, _POSSIBLE), "possible", reasons), True


def _doubted(hits: list[Hit]) -> list[Hit]:
    """Where the best are likely only, and differently named companies are as near, each of them is merely possible."""
    if not hits or hits[0].band != "likely":
        return hits
    near = [hit for hit in hits if hit.band == "likely" and hit.score >= hits[0].score - _AS_NEAR]
    if len({match_name(hit.met).text for hit in near}) < 2:
        return hits
    return [
        replace(hit, band="possible", why=(*hit.why, "another name is as near")) if hit.band == "likely" else hit
        for hit in hits
    ]


def _namesakes(hits: list[Hit]) -> list[Hit]:
    """Says with companies of one name, none of which an equal number points out, that the name does not tell which."""
    bearers = Counter(match_name(hit.met).folded for hit in hits)
    return [
        replace(hit, why=(*hit.why, f"one of {number} companies of this name kept apart: it does not say which"))
        if (number := bearers[match_name(hit.met).folded]) > 1 and not hit.why[0].startswith("equal ")
        else hit
        for hit in hits
    ]


def _likeness(one: str, other: str) -> float:
    """How alike two names are written, 0 to 100: of equal scores the name that looks the same comes first."""
    return fuzz.ratio(one.casefold(), other.casefold())
