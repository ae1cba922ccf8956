"""Given names, surnames and the other words of personal names: the shipped tables of the person lexica."""

import csv
import gzip
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ingest.names.legal_forms import fold

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Lexica:
    """Given names and surnames with their class: 1 frequent, 2 less so, 3 rare; `abroad`: surnames of our own lists."""

    given: dict[str, int]
    surname: dict[str, int]
    abroad: frozenset[str]


@cache
def lexica() -> Lexica:
    """US census names, and our own lists of frequent names of other countries (class 2 where the census has none)."""
    found: dict[str, dict[str, int]] = {"given": {}, "surname": {}}
    abroad: set[str] = set()
    with gzip.open(DATA / "names_us.tsv.gz", "rt", encoding="utf-8", newline="") as file:
        for line in file.read().splitlines()[1:]:
            kind, frequency, names = line.split("\t")
            found[kind].update(dict.fromkeys(names.split(), int(frequency)))
    with (DATA / "names_world.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            names_here = [fold(name) for name in row["names"].split()]
            found[row["kind"]].update({name: min(2, found[row["kind"]].get(name, 2)) for name in names_here})
            abroad.update(names_here if row["kind"] == "surname" else ())
    return Lexica(found["given"], found["surname"], frozenset(abroad))


@cache
def person_words(kind: str) -> frozenset[str]:
    """The words of one row of `person_words.tsv`: title, suffix, particle …"""
    with (DATA / "person_words.tsv").open(encoding="utf-8", newline="") as file:
        rows = {row["kind"]: row["words"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}
    return frozenset(rows[kind].split())


@cache
def common_names() -> frozenset[str]:
    """Every given name and the surnames of the two frequent classes."""
    known = lexica()
    return frozenset(known.given) | {name for name, frequency in known.surname.items() if frequency < 3}


@cache
def name_words() -> frozenset[str]:
    """Every word that can be part of a person's name: given name, surname, particle, title, suffix."""
    known = lexica()
    return frozenset().union(known.given, known.surname, *(person_words(k) for k in ("title", "suffix", "particle")))


def is_name_word(word: str) -> bool:
    """Whether a word can be part of a person's name at all; a single letter is an initial."""
    return len(word) == 1 or word in name_words()
