"""Whether two addresses are one place: house number and street, postcode, city."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from ingest.names.folding import fold
from ingest.names.matching import LONGEST
from ingest.names.transliteration import rule

_NUMBER = re.compile(r"[0-9]+[a-z]?")
_ORDINAL = re.compile(r"([0-9]+)(?:st|nd|rd|th)")


class Places(StrEnum):
    """How two addresses stand to each other."""

    EQUAL = "same address"
    NEAR = "same postcode"
    TOWN = "same city"
    APART = "different addresses"
    OPEN = ""


@dataclass(frozen=True, slots=True)
class Place:
    """House number, first word of the street, postcode and city, as far as stated."""

    number: str
    street: str
    postcode: str
    city: str


@lru_cache(maxsize=100_000)
def place(address: str, postcode: str, city: str) -> Place:
    """What the parts of an address say, folded."""
    words = fold(address[:LONGEST]).split()
    number = next((at for at, word in enumerate(words) if _NUMBER.fullmatch(word)), None)
    street = ""
    if number is not None:
        street_words = rule("street word")
        behind = [word for word in words[number + 1 :] if word not in street_words]
        before = [word for word in words[:number] if word not in street_words and word.isalpha()]
        named = behind if number == 0 or not before else before
        street = _ORDINAL.sub(r"\1", named[0]) if named else ""
    code = fold(postcode[:40]).replace(" ", "")
    code = code[:5] if code.isdecimal() and len(code) == 9 else code
    return Place(words[number] if number is not None else "", street, code, fold(city[:LONGEST]))


def places(one: Place, other: Place) -> Places:
    """How two places stand to each other; open where too little is stated."""
    numbered = bool(one.number and other.number and one.street and other.street)
    coded = bool(one.postcode and other.postcode)
    if numbered and one.number == other.number and one.street == other.street:
        far = coded and one.postcode[:3] != other.postcode[:3]
        return Places.APART if far else Places.EQUAL
    if numbered:
        return Places.APART
    if coded:
        return Places.NEAR if one.postcode == other.postcode else Places.APART
    if one.city and other.city:
        return Places.TOWN if one.city == other.city else Places.APART
    return Places.OPEN
