"""How far two names are one: the best view in which they agree, held down by what keeps them apart."""

from dataclasses import dataclass

from db.match.alignment import ACRONYM, COMMON, SHORTENED, Alignment, Pair, Reading, align
from db.match.contradictions import ONE_QUALIFYING, Limit, limits
from db.match.verdict import Reason
from db.match.weights import Weights
from db.match.words import Prepared, Words

_TRANSLATED_ONLY = 0.76
_WORDS_MOVED = 0.92
_TRANSLITERATED = 0.95
_RESPELT = 0.97
_CLOSE_SPELLING = 0.92
_SHORTENED = 0.78
_DOUBT = 0.09
_NOTHING_TELLING = 0.60


@dataclass(frozen=True, slots=True)
class Naming:
    """Score of two names, reasons, and the limits that hold it down."""

    score: float
    reasons: tuple[Reason, ...]
    limits: tuple[Limit, ...]
    covered: float
    telling: float
    """Weight of the rarest word in the names: low where many companies are called so."""
    shared: float = 0.0
    """Weight of the rarest word that both have."""


def same_name(one: Prepared, other: Prepared, weights: Weights, *, located: bool = False) -> Naming:
    """Compares two names alone, in every view both have; the better one counts. `located`: both countries are known."""
    if not one.text.words or not other.text.words:
        return Naming(0.0, (Reason("no name to compare", -1.0),), (), 0.0, 0.0)
    if one.native and other.native:
        return _in_view(one, other, (one.native, other.native), Reading(weights, located=located, by_sign=True))
    foreign = bool(one.name.native) or bool(other.name.native)
    reading = Reading(
        weights,
        located=located,
        by_sound=foreign,
        vowelless=foreign and (one.vowelless or other.vowelless),
        form=_form_of_one(one.name.legal_form, other.name.legal_form),
    )
    best = _in_view(one, other, (one.text, other.text), reading)
    if best.score < _RESPELT and (one.plain or other.plain) and not foreign:
        plain = _in_view(one, other, (one.plain or one.text, other.plain or other.text), reading)
        best = max(best, plain, key=lambda naming: naming.score)
    return best


def _form_of_one(one: str, other: str) -> str:
    """The legal form that one of the two states, without blanks; empty if both do or none."""
    return "" if one and other else (one or other).partition("/")[0].replace(" ", "")


def _in_view(one: Prepared, other: Prepared, views: tuple[Words, Words], reading: Reading) -> Naming:
    found = align(*views, reading)
    held = limits(one, other, found, located=reading.located)
    score, reasons = _positive(one, other, found, reading, views[0].weight)
    if held and found.shared and not found.pairs and all(limit.most >= ONE_QUALIFYING for limit in held):
        # what little the further words tell is told by the limit alone
        score = max(score, ONE_QUALIFYING)
    for limit in held:
        score = min(score, limit.most)
        reasons.append(Reason(limit.text, round(limit.most - 1, 3)))
    shared = max([views[0].weight[word] for word in found.shared], default=0.0)
    return Naming(score, tuple(reasons), tuple(held), found.covered, min(one.rarest, other.rarest), shared)


def _positive(
    one: Prepared, other: Prepared, found: Alignment, reading: Reading, weight: dict[str, float]
) -> tuple[float, list[Reason]]:
    """Score before contradictions, and what speaks for it."""
    whole = not found.left and not found.right and not found.pairs
    if whole and found.in_order:
        return _equal(one, other, reading)
    reasons = []
    if found.shared:
        rarest = sorted(found.shared, key=lambda word: (-weight[word], word))[:4]
        reasons.append(Reason(f"shared: {', '.join(rarest)}", round(found.covered, 3)))
    if whole:
        return _WORDS_MOVED, [*reasons, Reason("the same words in another order", round(_WORDS_MOVED - 1, 3))]
    score = found.covered
    telling = any(weight[word] > COMMON for word in found.shared)
    for pair in found.pairs:
        first, second = sorted((pair.one, pair.other))
        reasons.append(Reason(f"{first} and {second}: {pair.how}", round(pair.alike, 3)))
        score = min(score, _most_with(pair, reading, telling=telling))
    if not telling and not found.pairs:
        score = min(score, _NOTHING_TELLING)
    return score, reasons


def _most_with(pair: Pair, reading: Reading, *, telling: bool) -> float:
    """The highest score of names with such a pair: a slip in the only telling word leaves more doubt."""
    if reading.by_sound:
        return _TRANSLITERATED
    if pair.alike in {SHORTENED, ACRONYM}:
        return _SHORTENED
    return _CLOSE_SPELLING if telling else min(_CLOSE_SPELLING, pair.alike + _DOUBT)


def _equal(one: Prepared, other: Prepared, reading: Reading) -> tuple[float, list[Reason]]:
    """The same words in the same order: in writing, by abbreviation, by translation or by transliteration."""
    if one.name.folded == other.name.folded:
        return 1.0, [Reason("the same name", 1.0)]
    if one.native and other.native:
        return _RESPELT, [Reason("the same name but for legal form, place level or variant signs", _RESPELT)]
    if bool(one.name.native) != bool(other.name.native):
        return _TRANSLITERATED, [Reason("the same name in another script", _TRANSLITERATED)]
    if _anchored(one, other, reading):
        return _RESPELT, [Reason("the same name, some words shortened or in another language", _RESPELT)]
    return _TRANSLATED_ONLY, [Reason("the same meaning, but no telling word is written alike", _TRANSLATED_ONLY)]


def _anchored(one: Prepared, other: Prepared, reading: Reading) -> bool:
    """Whether a telling word is written alike on both sides, or the writing is nearly the same."""
    first, second = set(one.name.folded.split()), set(other.name.folded.split())
    if any(reading.weights.of(word) > COMMON for word in first & second):
        return True
    return "".join(one.name.folded.split()) == "".join(other.name.folded.split()) or not (first ^ second) - _similar(
        first ^ second
    )


def _similar(words: set[str]) -> set[str]:
    """Words of which another one is the beginning, or shares the first two letters: intl and international."""
    return {word for word in words if any(word[:2] == other[:2] for other in words if other != word)}
