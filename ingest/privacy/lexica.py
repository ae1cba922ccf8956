"""Given names and surnames: the shipped tables of the person lexica."""

import csv
import gzip
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ingest.names.legal_forms import fold

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Lexica:
    """Given names and surnames with their class: 1 frequent, 2 less so, 3 rare."""

    given: dict[str, int]
    surname: dict[str, int]


@cache
def lexica() -> Lexica:
    """The shipped tables: US census names, and our own lists of frequent names of other countries."""
    found: dict[str, dict[str, int]] = {"given": {}, "surname": {}}
    with gzip.open(DATA / "names_us.tsv.gz", "rt", encoding="utf-8", newline="") as file:
        for line in file.read().splitlines()[1:]:
            kind, frequency, names = line.split("\t")
            found[kind].update(dict.fromkeys(names.split(), int(frequency)))
    with (DATA / "names_world.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            for name in row["names"].split():
                known = found[row["kind"]]
                known[fold(name)] = min(2, known.get(fold(name), 2))
    return Lexica(found["given"], found["surname"])


@cache
def frequent_surnames() -> frozenset[str]:
    """Surnames of the two frequent classes, and every given name: what no plural of a vocabulary word may be."""
    known = lexica()
    return frozenset(known.given) | {name for name, frequency in known.surname.items() if frequency < 3}
