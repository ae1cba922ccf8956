"""Compares two parties: names with their aliases, numbers, countries, addresses, and says why.

Positive evidence adds up to a score; contradictions hold it down, whatever speaks for it. The version names the rules:
a score that was shown can be worked out again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product

from db.match.address import Place, Places, place, places
from db.match.identifiers import agreement, canonical
from db.match.naming import Naming, same_name
from db.match.party import Party
from db.match.verdict import Comparison, Reason, band_of
from db.match.weights import Weights, default_weights
from db.match.words import Prepared, prepare

__all__ = ["Comparison", "Matcher", "Party", "Reason", "compare", "compare_all"]

_NUMBERS_DIFFER = 0.45
_COUNTRIES_DIFFER_COMMON = 0.55
_COUNTRIES_DIFFER = 0.88
_ALIAS = 0.98
_WEAK_ALIAS = 0.70
_RELATED = 0.3
_SITES_DIFFER = 0.60
_ADDRESSES_DIFFER_COMMON = 0.78
_TELLING = 0.62
"""Weight from which a name is rare enough to be one company's wherever it stands."""
_MOST_ALIASES = 12
_WITH_ADDRESS = 0.90
_SAME_SITE = 0.84
_SITE_HELD = 0.5


@dataclass(frozen=True, slots=True)
class _Side:
    names: tuple[Prepared, ...]
    numbers: dict[str, set[str]]
    place: Place
    country: str
    site: bool


@dataclass(slots=True)
class Matcher:
    """Compares many pairs: every name is prepared once. Holds what it prepared; make a new one for each batch."""

    weights: Weights = field(default_factory=default_weights)
    _names: dict[tuple[str, str | None], Prepared] = field(default_factory=dict)
    _sides: dict[Party, _Side] = field(default_factory=dict)

    def compare(self, one: Party, other: Party) -> Comparison:
        """Score, band and reasons of one pair; the order of the two makes no difference."""
        # one order for both ways of asking, so that ties fall alike
        turned = (other.name, other.aliases) < (one.name, one.aliases)
        first, second = (other, one) if turned else (one, other)
        left, right = self._side(first), self._side(second)
        equal, different = agreement(left.numbers, right.numbers) if left.numbers and right.numbers else ("", "")
        if equal and not different:
            return Comparison(1.0, "same", (Reason(f"equal {equal}", 1.0),))
        naming = self._best_names(left, right)
        score, reasons = naming.score, list(naming.reasons)
        score = _placed(score, naming, left, right, reasons)
        score = _across_countries(score, naming, left, right, reasons)
        if different:
            reasons.append(Reason(f"different numbers: {different}", round(_NUMBERS_DIFFER - 1, 3)))
            score = min(score, _NUMBERS_DIFFER)
        score = round(score, 4)
        reasons.sort(key=lambda reason: (-abs(reason.weight), reason.text))
        return Comparison(score, band_of(score), tuple(reasons))

    def prepare(self, parties: Iterable[Party]) -> None:
        """Makes parties ready, so that `compare` has only to compare; else it prepares each on first sight."""
        for party in parties:
            self._side(party)

    def _side(self, party: Party) -> _Side:
        side = self._sides.get(party)
        if side is None:
            country = (party.country or "").strip().lower()
            first = self._prepared(party.name, country or None)
            stated = (*party.aliases, *first.name.aliases)[:_MOST_ALIASES]
            names = (first, *(self._prepared(alias, country or None) for alias in stated if alias.strip()))
            where = place(party.address, party.postcode, party.city)
            side = self._sides[party] = _Side(names, canonical(party.identifiers), where, country, party.site)
        return side

    def _prepared(self, name: str, country: str | None) -> Prepared:
        key = (name, country)
        found = self._names.get(key)
        if found is None:
            found = self._names[key] = prepare(name, country, self.weights)
        return found

    def _best_names(self, left: _Side, right: _Side) -> Naming:
        located = bool(left.country and right.country)
        best = same_name(left.names[0], right.names[0], self.weights, located=located)
        if len(left.names) == len(right.names) == 1 or best.score == 1.0:
            return best
        # names that differ by a place or numeral stay apart although both also go by the bare name
        hard = [limit.most for limit in best.limits if limit.most < _WEAK_ALIAS] if best.covered > _RELATED else []
        most = min(hard, default=1.0)
        for one, other in product(left.names, right.names):
            if one is left.names[0] and other is right.names[0]:
                continue
            naming = same_name(one, other, self.weights, located=located)
            weak = min(len(one.name.text), len(other.name.text)) < 5
            score = min(naming.score * _ALIAS, _WEAK_ALIAS if weak else 1.0, most)
            if score > best.score:
                reasons = (*naming.reasons, Reason("by another name that is stated", round(score - naming.score, 3)))
                best = Naming(score, reasons, naming.limits, naming.covered, naming.telling, naming.shared)
        return best


def compare(one: Party, other: Party, weights: Weights | None = None) -> Comparison:
    """Whether two parties are one company; for many pairs keep a `Matcher`."""
    return Matcher(weights or default_weights()).compare(one, other)


def compare_all(pairs: Iterable[tuple[Party, Party]], weights: Weights | None = None) -> Iterator[Comparison]:
    """The comparison of every pair, in order."""
    matcher = Matcher(weights or default_weights())
    return (matcher.compare(one, other) for one, other in pairs)


def _placed(score: float, naming: Naming, left: _Side, right: _Side, reasons: list[Reason]) -> float:
    """The score with what the addresses say."""
    found = places(left.place, right.place)
    if not found:
        return score
    before = score
    if found is Places.APART:
        if left.site and right.site:
            score = min(score, _SITES_DIFFER)
        elif naming.telling < _TELLING:
            score = min(score, _ADDRESSES_DIFFER_COMMON)
    elif found is Places.EQUAL:
        if left.site and right.site and naming.shared >= _TELLING:
            # an establishment is its place: one rare word is enough, unless numerals or opposites speak against it
            one_code = left.place.postcode == right.place.postcode or not (left.place.postcode and right.place.postcode)
            if one_code and all(limit.extra or limit.most >= _SITE_HELD for limit in naming.limits):
                score = max(score, _SAME_SITE)
        elif not naming.limits:
            score += (1 - score) * 0.5
        elif all(limit.extra for limit in naming.limits) and score >= 0.4:
            score = max(score, min(_WITH_ADDRESS, score + 0.35 * naming.covered))
    elif not naming.limits:
        score += (1 - score) * 0.2
    if score != before or found is not Places.APART:
        reasons.append(Reason(str(found), round(score - before, 3)))
    return score


def _across_countries(score: float, naming: Naming, left: _Side, right: _Side, reasons: list[Reason]) -> float:
    """The score with what the countries say: a common name in two countries is two companies."""
    if not left.country or not right.country or left.country == right.country:
        return score
    most = _COUNTRIES_DIFFER if naming.telling >= _TELLING else _COUNTRIES_DIFFER_COMMON
    pair = " and ".join(sorted((left.country, right.country)))
    reasons.append(Reason(f"different countries: {pair}", round(most - 1, 3)))
    return min(score, most)
