"""The seat behind a name: `Kestrel Bank, Springfield, Ohio`; without it the name is judged as any other."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ingest.names.legal_forms import fold
from ingest.privacy.lexica import lexica
from ingest.privacy.text import take_apart

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Places:
    """Names of countries and of states of federal countries; codes of US states and Canadian provinces."""

    names: frozenset[tuple[str, ...]]
    codes: frozenset[str]


@cache
def places() -> Places:
    """The shipped table `places.tsv`: kind, names set apart by semicolons."""
    found: dict[str, list[str]] = {}
    with (DATA / "places.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            found.setdefault(row["kind"], []).extend(fold(name.strip()) for name in row["names"].split(";"))
    names = frozenset(tuple(name.split()) for kind in ("country", "state") for name in found[kind])
    return Places(names, frozenset(found["code"]))


def is_place(words: tuple[str, ...]) -> bool:
    """Whether these words are the name of a country or state, and nothing else."""
    return words in places().names


def before_place(stated: str) -> tuple[str, ...]:
    """What may stand before a seat at the end (City, State; a country); empty where no seat is stated."""
    if "," not in stated:
        return ()
    parts = [part for part in (part.strip() for part in stated.split(",")) if part]
    last = take_apart(parts[-1]).words if len(parts) > 1 else ()
    if not last:
        return ()
    alone = is_place(last) or (len(last) == 1 and last[0] in places().codes)
    before = ", ".join(parts[:-1])
    if alone and len(parts) > 2:
        return ", ".join(parts[:-2]), before
    is_given = len(last) == 1 and (last[0] in lexica().given or not is_place(last))
    return (before,) if (alone and not is_given) or _town_and_place(last) else ()


def _town_and_place(words: tuple[str, ...]) -> bool:
    if len(words) < 2 or is_place(words):
        return False
    return words[-1] in places().codes or any(is_place(words[-size:]) for size in range(1, min(4, len(words))))
