"""Which words of two names are one word: equal, mistyped, shortened, run together, or alike in sound."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz.distance import OSA

from db.match.sound import skeleton, sound
from db.match.weights import Weights
from db.match.words import Words

SHORTENED = 0.60
ACRONYM = 0.70
"""Initials alone never make a match: of 97 names of three letters a third are another company's initials in a set of
14,456 names."""
COMMON = 0.45
"""Weight up to which a word is common: a name of such words alone is many companies' name."""
_TYPO_COST = 1.5
"""Letters of the longer word that one typing error is worth."""
_LED = 0.25
"""What an error costs more for standing in front, where it only adds a letter to a long word."""
_JOINED = 0.98
_CUT = 0.85
_LEAST_JOINED = 6
_DOUBLE = re.compile(r"(.)\1")


class Pair(NamedTuple):
    """Words taken for one, how far they are (0 to 1), and in which way."""

    one: str
    other: str
    alike: float
    how: str


@dataclass(slots=True)
class Alignment:
    """What two views share (`covered`, 0 to 1, weighted by rarity), pairs that differ in writing, what is left over."""

    covered: float
    pairs: list[Pair]
    left: list[str]
    right: list[str]
    shared: list[str]
    in_order: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """How words of this pair of names may be compared."""

    weights: Weights
    located: bool = False
    by_sound: bool = False
    vowelless: bool = False
    by_sign: bool = False
    """Chinese characters: one other sign is another name."""
    form: str = ""
    """The legal form that only one of the two names states, in one word."""


def align(one: Words, other: Words, reading: Reading) -> Alignment:
    """Pairs the words of two views, equal ones first, then the most alike. Quadratic in the words left over."""
    if one.words == other.words:
        return Alignment(1.0, [], [], [], list(one.words), in_order=True)
    common = [word for word in one.words if word in other.weight]
    left = [word for word in one.words if word not in other.weight]
    right = [word for word in other.words if word not in one.weight]
    gained = 0.0
    anchored = False
    for word in common:
        gained += 2 * one.weight[word]
        anchored = anchored or one.weight[word] > COMMON
    pairs: list[Pair] = []
    if left and right:
        sides = _Sides(left, right, one.weight | other.weight, pairs)
        gained += _pair_up(sides, reading, alone=not common, anchored=anchored)
    total = one.total + other.total
    covered = min(1.0, gained / total) if total else float(bool(common) and not left and not right)
    in_order = bool(left or right or pairs) or _order(one, common) == _order(other, common)
    return Alignment(covered, pairs, left, right, common, in_order)


def _order(view: Words, shared: list[str]) -> list[str]:
    return [word for word in view.words if word in shared]


class _Sides(NamedTuple):
    """Words not yet paired, their weights, and the pairs found."""

    left: list[str]
    right: list[str]
    weight: dict[str, float]
    pairs: list[Pair]

    def take(self, pair: Pair, left: Sequence[str], right: Sequence[str]) -> float:
        """Notes a pair and takes its words out, numerals excepted; gives the weight it covers."""
        self.pairs.append(pair)
        gained = pair.alike * sum(self.weight[word] for word in (*left, *right))
        for side, taken in ((self.left, left), (self.right, right)):
            side[:] = [word for word in side if word not in taken or word.isdecimal()]
        return gained


def _pair_up(sides: _Sides, reading: Reading, *, alone: bool, anchored: bool) -> float:
    """Takes pairs out of both sides, best first; gives the weight they cover.

    `alone`: these are the whole names. `anchored`: the names share a telling word besides.
    """
    left, right = sides.left, sides.right
    if run := _run_together(left, right, reading):
        return sides.take(run, tuple(left), tuple(right))
    gained = _partly_run_together(sides) if len(left) + len(right) > 2 else 0.0
    found = [pair for one in left for other in right if (pair := _alike(one, other, reading, anchored=anchored))]
    if len(found) > 1:
        found.sort(key=lambda pair: (-pair.alike, min(pair.one, pair.other), max(pair.one, pair.other)))
    for pair in found:
        if pair.one in left and pair.other in right:
            gained += sides.take(pair, (pair.one,), (pair.other,))
    if (len(left) == 1 or len(right) == 1) and (
        acronym := _acronym(left, right, alone) or _acronym(right, left, alone)
    ):
        gained += sides.take(acronym, tuple(left), tuple(right))
    return gained


def _partly_run_together(sides: _Sides) -> float:
    """Two neighbours that are one word of the other name: Global Storage Net and Global StorageNet Holding."""
    gained = 0.0
    for split, other in ((sides.left, sides.right), (sides.right, sides.left)):
        for one, two in pairwise(tuple(split)):
            joined = one + two
            if joined in other and one in split and two in split and len(joined) >= _LEAST_JOINED:
                pair = Pair(f"{one} {two}", joined, _JOINED, "run together")
                apart, whole = (one, two), (joined,)
                gained += sides.take(pair, apart, whole) if split is sides.left else sides.take(pair, whole, apart)
    return gained


def _numerals(words: list[str]) -> list[str]:
    return [word for word in words if word.isdecimal()]


def _run_together(left: list[str], right: list[str], reading: Reading) -> Pair | None:
    """All words left on both sides, without blanks, are one text: Gazprom Bank and Gazprombank."""
    if len(left) == len(right) == 1:
        return None
    one, other = "".join(left), "".join(right)
    longest = max(len(one), len(other))
    if abs(len(one) - len(other)) > 2 or _numerals(left) != _numerals(right):
        return None
    alike = 0.0
    if one == other:
        alike = _JOINED
    elif longest >= 8 and not reading.by_sign and len(left) != len(right):
        allowed = 1 if longest < 20 else 2
        distance = OSA.distance(one, other, score_cutoff=allowed)
        if distance <= allowed:
            alike = 1 - _TYPO_COST * distance / longest
        if reading.by_sound and sound(one) == sound(other):
            alike = 0.94
    return Pair(" ".join(left), " ".join(right), alike, "run together") if alike else None


def _alike(one: str, other: str, reading: Reading, *, anchored: bool) -> Pair | None:
    """How far two different words are one, if at all."""
    first, second = len(one), len(other)
    if first < 2 or second < 2 or one.isdecimal() or other.isdecimal():
        return None
    if reading.by_sign and not (one.isascii() and other.isascii()):
        return _signs_alike(one, other)
    if reading.form and (one + reading.form == other or other + reading.form == one):
        return Pair(one, other, _JOINED, "one with its legal form")
    pair = _alike_in_sound(one, other, reading) if reading.by_sound else None
    # a slip of the pen seldom hits both ends
    if pair or (one[0] != other[0] and one[-1] != other[-1]):
        return pair
    return _mistyped(one, other, reading.weights, anchored=anchored)


def _mistyped(one: str, other: str, weights: Weights, *, anchored: bool) -> Pair | None:
    """Errors of typing in proportion to length.

    Of two words that people know only a swap of letters is one, and beside a telling word a letter written double.
    """
    longest = max(len(one), len(other))
    if longest > 4 and (one + "s" == other or other + "s" == one):
        return Pair(one, other, 0.93, "one in the plural")
    begins = one[0] == other[0]
    allowed = 0 if longest < 4 else 1 if longest < 9 else 2 if longest < 14 else 3
    if abs(len(one) - len(other)) > allowed:
        return _shortened(one, other, weights, anchored=anchored) if begins else None
    first, second = (one, other) if longest < 7 else (one.removesuffix("s"), other.removesuffix("s"))
    distance = OSA.distance(first, second, score_cutoff=allowed)
    if distance > allowed:
        return None
    if weights.knows(one) and weights.knows(other):
        slip = _swapped(one, other, distance) or (anchored and longest > 6 and _undoubled(one) == _undoubled(other))
        if not slip:
            return None
    plural = len(one) - len(first) != len(other) - len(second)
    led = _LED if longest > 8 and (one[1:] == other or other[1:] == one) else 1.0
    cost = _TYPO_COST * distance + (0.0 if begins else led) + (0.5 if plural else 0.0)
    return Pair(one, other, max(0.0, 1 - cost / longest), f"{distance} letter{'s' if distance > 1 else ''} apart")


def _swapped(one: str, other: str, distance: int) -> bool:
    return distance == 1 and len(one) > 4 and sorted(one) == sorted(other)


def _undoubled(word: str) -> str:
    return _DOUBLE.sub(r"\1", word)


def _signs_alike(one: str, other: str) -> Pair | None:
    """One sign more, less or other in seven is a slip; in a short name it is another name."""
    if min(len(one), len(other)) < 7 or OSA.distance(one, other, score_cutoff=1) > 1:
        return None
    return Pair(one, other, 1 - 1 / max(len(one), len(other)), "1 sign apart")


def _alike_in_sound(one: str, other: str, reading: Reading) -> Pair | None:
    first, second = sound(one), sound(other)
    if first == second:
        return Pair(one, other, 0.95, "alike in sound")
    longest = max(len(first), len(second))
    distance = OSA.distance(first, second, score_cutoff=2)
    if longest >= 5 and distance <= (1 if longest < 9 else 2):
        return Pair(one, other, 1 - distance / longest, "alike in sound")
    if reading.vowelless:
        bare = skeleton(one)
        if len(bare) >= 3 and bare == skeleton(other):
            return Pair(one, other, 0.88, "the same consonants")
    return None


def _shortened(one: str, other: str, weights: Weights, *, anchored: bool) -> Pair | None:
    """One word is the beginning of the other, at least four letters of it.

    Six letters that are half of it and no word of their own, beside a telling word, are the other word cut short.
    """
    short, long = (one, other) if len(one) < len(other) else (other, one)
    if len(short) < 4 or len(short) * 3 < len(long) or not long.startswith(short):
        return None
    if anchored and len(short) >= 6 and len(short) * 2 >= len(long) and not weights.knows(short):
        return Pair(one, other, _CUT, "one cut short")
    return Pair(one, other, SHORTENED, "the beginning of the other")


def _acronym(short: list[str], long: list[str], alone: bool) -> Pair | None:  # noqa: FBT001
    """A single word of initials: NMZ and Nizhny Machine Zavod; of two letters only where it is the whole name."""
    least = 2 if alone else 3
    if len(short) != 1 or not least <= len(long) == len(short[0]) <= 8:
        return None
    initials = "".join([word[0] for word in long])
    return Pair(short[0], " ".join(long), ACRONYM, "its initials") if initials == short[0] else None
