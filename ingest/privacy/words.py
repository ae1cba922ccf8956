"""Organisation vocabulary by language: which words say that a name is an organisation's, and how strongly."""

import csv
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from pathlib import Path

from ingest.privacy.lexica import frequent_surnames
from ingest.privacy.verdict import Entity

DATA = Path(__file__).parent / "data"
SPOKEN_IN = {"fr": frozenset({"fr", "be", "ch", "lu", "mc"})}
"""Countries whose shop signs are read with the words of a language."""


class Strength(IntEnum):
    """What a word can do: HARD stands against a whole person's name, TRADE does not, SOFT needs company."""

    SOFT = 1
    TRADE = 2
    FIRM = 3
    HARD = 4


@dataclass(frozen=True, slots=True)
class Word:
    """One word of the vocabulary and the sort of organisation it speaks for."""

    text: str
    strength: Strength
    entity: Entity


_KINDS = {
    "government": (Strength.HARD, Entity.PUBLIC_BODY),
    "non-profit": (Strength.HARD, Entity.NON_PROFIT),
    "organisation": (Strength.HARD, Entity.ORGANISATION),
    "company": (Strength.FIRM, Entity.COMPANY),
    "trade": (Strength.TRADE, Entity.COMPANY),
    "soft": (Strength.SOFT, Entity.COMPANY),
    "place": (Strength.SOFT, Entity.COMPANY),
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All words, function words, ends of compound words, and the words of shop signs by language."""

    words: dict[str, Word]
    function: frozenset[str]
    ends: frozenset[str]
    beginnings: frozenset[str]
    signs: dict[str, frozenset[str]]


@cache
def vocabulary(*, without_learnt: bool = False) -> Vocabulary:
    """The shipped tables. A word listed twice has its weaker strength, unless it is listed as `hard`."""
    words: dict[str, Word] = {}
    hard: set[str] = set()
    function: frozenset[str] = frozenset()
    parts: dict[str, frozenset[str]] = {}
    signs: dict[str, frozenset[str]] = {}
    for table in ("organisation_words.tsv", "learnt_words.tsv")[: 1 if without_learnt else 2]:
        with (DATA / table).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                listed = row["words"].split()
                if row["kind"] == "hard":
                    hard.update(listed)
                elif row["kind"] == "function":
                    function = frozenset(listed)
                elif row["kind"] in {"compound", "prefix"}:
                    parts[row["kind"]] = frozenset(listed)
                elif row["kind"] == "sign":
                    signs[row["language"]] = frozenset(listed)
                else:
                    strength, entity = _KINDS[row["kind"]]
                    for text in listed:
                        known = words.get(text)
                        if known is None or Strength.SOFT < strength < known.strength:
                            words[text] = Word(text, strength, entity)
    given_or_surname = frequent_surnames()
    for text, word in list(words.items()):
        if word.strength > Strength.SOFT and text.isascii() and len(text) > 4:
            other = text[:-1] if text.endswith("s") else f"{text}s"
            if other not in given_or_surname:
                words.setdefault(other, Word(other, word.strength, word.entity))
    for text in hard:
        listed_as = words.get(text)
        words[text] = Word(text, Strength.HARD, listed_as.entity if listed_as else Entity.COMPANY)
    return Vocabulary(words, function, parts["compound"], parts["prefix"], signs)
