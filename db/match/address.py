"""Whether two addresses are one place: house number and street, postcode, city."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from rapidfuzz.distance import OSA

from ingest.names.folding import fold
from ingest.names.matching import LONGEST
from ingest.names.transliteration import rule

_NUMBER = re.compile(r"[0-9]+[a-z]?")
_ORDINAL = re.compile(r"([0-9]+)(?:st|nd|rd|th)")
_RANGE = re.compile(r"\b([0-9]+)\s*[-–/]\s*[0-9]+\b")
"""Houses 12-14 are called by the first."""


class Places(StrEnum):
    """How two addresses stand to each other."""

    EQUAL = "same address"
    NEAR = "same postcode"
    TOWN = "same city"
    APART = "different addresses"
    OPEN = ""


@dataclass(frozen=True, slots=True)
class Place:
    """House number, postcode and city as far as stated; of the street its first word, and its first two in one."""

    number: str
    street: str
    street_joined: str
    postcode: str
    city: str


@lru_cache(maxsize=100_000)
def place(address: str, postcode: str, city: str) -> Place:
    """What the parts of an address say, folded."""
    words = fold(_RANGE.sub(r"\1", address[:LONGEST])).split()
    number = next((at for at, word in enumerate(words) if _NUMBER.fullmatch(word)), None)
    street = joined = ""
    if number is not None:
        street_words = rule("street word")
        behind = [word for word in words[number + 1 :] if word not in street_words]
        before = [word for word in words[:number] if word not in street_words and word.isalpha()]
        # 9 W North Ave is called by such words alone
        named = (behind if number == 0 or not before else before) or _longest_of(words[number + 1 :])
        street = _ORDINAL.sub(r"\1", named[0]) if named else ""
        joined = "".join(named[:2])
    code = fold(postcode[:40]).replace(" ", "")
    code = code[:5] if code.isdecimal() and len(code) == 9 else code
    return Place(words[number] if number is not None else "", street, joined, code, fold(city[:LONGEST]))


def _longest_of(words: list[str]) -> list[str]:
    return sorted(words, key=lambda word: (-len(word), word))[:1]


def _one_street(one: Place, other: Place) -> bool:
    """The same street: also Lake Shore and Lakeshore, and with one slip in a name of six letters or more."""
    if other.street in {one.street, one.street_joined} or one.street == other.street_joined:
        return True
    return min(len(one.street), len(other.street)) >= 6 and OSA.distance(one.street, other.street, score_cutoff=1) <= 1


def places(one: Place, other: Place) -> Places:
    """How two places stand to each other; open where too little is stated."""
    numbered = bool(one.number and other.number and one.street and other.street)
    coded = bool(one.postcode and other.postcode)
    if numbered and one.number == other.number and _one_street(one, other):
        far = coded and one.postcode[:3] != other.postcode[:3]
        return Places.APART if far else Places.EQUAL
    if numbered:
        return Places.APART
    if coded:
        return Places.NEAR if one.postcode == other.postcode else Places.APART
    if one.city and other.city:
        return Places.TOWN if one.city == other.city else Places.APART
    return Places.OPEN
