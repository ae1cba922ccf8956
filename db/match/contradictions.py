"""What keeps two names apart although they share words: numerals, places, opposites, further words, legal forms.

Each contradiction gives the highest score that names with it can have. Contradictions outweigh: the lowest holds.
"""

from collections import Counter
from typing import NamedTuple

from db.match.alignment import Alignment
from db.match.words import Prepared, poles
from ingest.names.form_classes import clash
from ingest.names.matching import place_kinds, place_words
from ingest.names.transliteration import rule

NUMERALS_DIFFER = 0.30
PLACES_DIFFER = 0.40
OPPOSITE_WORDS = 0.40
LETTERS_DIFFER = 0.40
WORDS_DIFFER = 0.62
ONE_NUMERAL_MORE = 0.56
ONE_LETTER_MORE = 0.70
ONE_PLACE_MORE = 0.70
ONE_QUALIFYING = 0.82
"""A place or predicate in front of a name that hardly tells companies apart."""
ONE_WORD_MORE = 0.76
FORMS_CLASH = 0.72
FORMS_CLASH_ANYWHERE = 0.86
"""Where nobody says in which countries the two are: companies change their form and lists get it wrong, so an equal
name stays `likely`, with the clash among the reasons; where both countries are known it is `possible`."""


class Limit(NamedTuple):
    """The highest score, and why. `extra`: one name only says more, which an equal address may explain."""

    most: float
    text: str
    extra: bool = False


def limits(one: Prepared, other: Prepared, found: Alignment, *, located: bool) -> list[Limit]:
    """All contradictions between two names that were aligned; `located`: both countries are known."""
    held: list[Limit] = []
    if one.name.numerals != other.name.numerals:
        _numerals(Counter(one.name.numerals), Counter(other.name.numerals), held)
    if found.left or found.right:
        _words(found, one, other, held)
    first, second = one.name.legal_form, other.name.legal_form
    if first != second and first and second:
        if reason := clash(first, second):
            held.append(Limit(FORMS_CLASH if located else FORMS_CLASH_ANYWHERE, reason))
        if "/" in first and "/" in second and first.partition("/")[2] != second.partition("/")[2]:
            held.append(Limit(PLACES_DIFFER, "registrants that EDGAR tells apart by state"))
    return held


def _numerals(one: Counter[str], other: Counter[str], held: list[Limit]) -> None:
    """By the names, not by the view: VII and VIII are no typing error of each other."""
    left, right = sorted((one - other).elements()), sorted((other - one).elements())
    if left and right:
        texts = sorted((" ".join(left), " ".join(right)))
        held.append(Limit(NUMERALS_DIFFER, f"different numerals: {texts[0]} and {texts[1]}"))
    elif left or right:
        held.append(Limit(ONE_NUMERAL_MORE, f"a numeral in one name only: {' '.join(left or right)}"))


def _words(found: Alignment, one: Prepared, other: Prepared, held: list[Limit]) -> None:
    letters, places, left = _sorted_out(found.left)
    other_letters, other_places, right = _sorted_out(found.right)
    letters, other_letters = _whole(letters, one, other), _whole(other_letters, other, one)
    if letters or other_letters:
        _differ((letters, other_letters), (LETTERS_DIFFER, ONE_LETTER_MORE), "letter", held)
    if places or other_places:
        more = ONE_PLACE_MORE
        if one.native and other.native and not (places and other_places):
            longer = one.native.words if places else other.native.words
            if all(_qualifies(place, longer, found.shared) for place in places or other_places):
                more = ONE_QUALIFYING
        _differ((places, other_places), (PLACES_DIFFER, more), "place", held)
    if left and right:
        _opposites(left, right, held)
    if left or right:
        # a predicate that was granted, or that it is a firm: Koninklijke Acme N.V., Messrs Acme, Societe Acme
        idle = rule("says nothing").issuperset(left or right) and found.shared
        more = ONE_QUALIFYING if idle else ONE_WORD_MORE
        _differ((left, right), (WORDS_DIFFER, more), "word", held)
    if found.left and found.right and not (left and right) and not (places and other_places):
        held.append(Limit(WORDS_DIFFER, "both names say something the other does not"))


def _sorted_out(words: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Single letters, places and all else; numerals are seen to apart."""
    letters: list[str] = []
    places: list[str] = []
    rest: list[str] = []
    if not words:
        return letters, places, rest
    known, spellings = place_kinds(), place_words()
    for word in words:
        if len(word) == 1 and word.isascii() and word.isalpha():
            letters.append(word)
        elif word in known or word in spellings:
            places.append(word)
        elif not word.isdecimal():
            rest.append(word)
    return letters, places, rest


def _whole(letters: list[str], of: Prepared, other: Prepared) -> list[str]:
    """Without a last letter that is the beginning of the other's legal form, cut off by the width of a field."""
    cut = letters and not of.name.legal_form and of.text.words[-1] == letters[-1] == other.name.legal_form[:1]
    return letters[:-1] if cut else letters


def _opposites(left: list[str], right: list[str], held: list[Limit]) -> None:
    known = poles()
    answers = {question: (word, answer) for word in left if word in known for question, answer in known[word]}
    for word in right if answers else ():
        for question, answer in known.get(word, ()):
            if question in answers and answers[question][1] != answer:
                pair = sorted((answers[question][0], word))
                held.append(Limit(OPPOSITE_WORDS, f"opposite words: {pair[0]} and {pair[1]}"))


def _qualifies(place: str, words: tuple[str, ...], shared: list[str]) -> bool:
    """In Chinese a place before the name proper says where it is registered.

    浙江浙商 is 浙商, but 某某(中国) is not 某某.
    """
    following = words[words.index(place) + 1 :] if place in words else ()
    return bool(following) and following[0] != "branch" and following[0] in shared


def _differ(sides: tuple[list[str], list[str]], limit: tuple[float, float], what: str, held: list[Limit]) -> None:
    """Adds the limit for words on both sides, or that for words on one side."""
    (left, right), (both, one) = sides, limit
    if left and right:
        texts = sorted((" ".join(left[:6]), " ".join(right[:6])))
        held.append(Limit(both, f"different {what}s: {texts[0]} and {texts[1]}"))
    elif left or right:
        side = left or right
        plural = "s" if len(side) > 1 else ""
        held.append(Limit(one, f"{what}{plural} in one name only: {' '.join(side[:6])}", extra=True))
