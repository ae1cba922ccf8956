"""Organisation vocabulary by language: which words say that a name is an organisation's, and how strongly."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from pathlib import Path

from ingest.names.legal_forms import fold
from ingest.privacy.lexica import common_names
from ingest.privacy.verdict import Entity

DATA = Path(__file__).parent / "data"
SPOKEN_IN = {"fr": frozenset({"fr", "be", "ch", "lu", "mc"})}
"""Countries whose shop signs are read with the words of a language."""


class Strength(IntEnum):
    """What a word can do: HARD stands against a whole person's name, FIRM and TRADE do not, SOFT needs company."""

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
    """All words, function words, ends and beginnings of compound words, and the words of shop signs by language."""

    words: dict[str, Word]
    function: frozenset[str]
    ends: frozenset[str]
    beginnings: frozenset[str]
    signs: dict[str, frozenset[str]]


@cache
def vocabulary(*, without_learnt: bool = False) -> Vocabulary:
    """The shipped tables. A word listed twice has its weaker strength, unless it is listed as `hard`."""
    words: dict[str, Word] = {}
    others: dict[str, frozenset[str]] = {}
    signs: dict[str, frozenset[str]] = {}
    for language, kind, listed in _rows("organisation_words.tsv"):
        if kind == "sign":
            signs[language] = listed
        elif kind not in _KINDS:
            others[kind] = others.get(kind, frozenset()) | listed
        else:
            for text in listed:
                words[text] = _weaker(words.get(text), Word(text, *_KINDS[kind]))
    if not without_learnt:
        for _, _, listed in _rows("learnt_words.tsv"):
            words = {**{text: Word(text, *_KINDS["soft"]) for text in listed}, **words}
    words = {**_other_number(words), **words}
    for text in others["hard"]:
        words[text] = Word(text, Strength.HARD, words[text].entity if text in words else Entity.COMPANY)
    return Vocabulary(words, others["function"], others["compound"], others["prefix"], signs)


def _rows(table: str) -> Iterator[tuple[str, str, frozenset[str]]]:
    with (DATA / table).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            yield row["language"], row["kind"], frozenset(fold(text) for text in row["words"].split())


def _weaker(known: Word | None, other: Word) -> Word:
    """The weaker of two entries; soft ones give way to all others."""
    if known is None or known.strength is Strength.SOFT:
        return other
    return other if Strength.SOFT < other.strength < known.strength else known


def _other_number(words: dict[str, Word]) -> dict[str, Word]:
    """Plurals and singulars of the listed words, as far as they are nobody's name."""
    found = {}
    for text, word in words.items():
        if word.strength > Strength.SOFT and text.isascii() and len(text) > 4:
            other = text[:-1] if text.endswith("s") else f"{text}s"
            if other not in common_names():
                found[other] = Word(other, word.strength, word.entity)
    return found
