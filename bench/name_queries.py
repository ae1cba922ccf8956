"""Questions about invented companies in seven classes: how people and invoices write a name."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingest.names.normal import normal_form

CLASSES = ("exact", "one typo", "reordered", "missing legal form", "abbreviation", "prefix", "transliterated")
_SHORT = {
    "international": "Intl", "manufacturing": "Mfg", "brothers": "Bros", "services": "Svcs", "university": "Univ",
    "holdings": "Hldgs", "company": "Co", "corporation": "Corp", "association": "Assn", "technologies": "Techs",
    "technology": "Tech", "management": "Mgmt", "american": "Amer", "national": "Natl", "foundation": "Fdn",
    "industries": "Inds", "financial": "Fin", "development": "Dev", "group": "Grp", "pharmaceuticals": "Pharma",
    "department": "Dept", "center": "Ctr", "systems": "Sys", "enterprises": "Ents", "investments": "Invs",
}  # fmt: skip
"""Abbreviations of invoices and agencies, written down here without a look at the table the index uses."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is typed, and the company that is meant."""

    kind: str
    text: str
    company_id: str


def questions(made: Path, each: int, seed: int = 11) -> list[Question]:
    """`each` questions of every class about names of `names.duckdb` that hash to this seed, in the order of classes."""
    chance = random.Random(seed)
    with duckdb.connect(str(made), read_only=True) as con, con.cursor() as kept:
        pool = con.execute(
            "SELECT company_id, name, norm, legal_form, country, latin FROM made ORDER BY hash(name, ?)", [seed]
        )
        wanted = dict.fromkeys(CLASSES, each)
        found: list[Question] = []
        while any(wanted.values()) and (rows := pool.fetchmany(2000)):
            for company_id, name, norm, legal_form, country, latin in rows:
                for kind in CLASSES:
                    if not wanted[kind]:
                        continue
                    text = _ASKED[kind](_Name(name, norm, legal_form, country, latin), chance)
                    if text is not None and kind == "prefix":
                        text = _told_apart(kept, norm, text)
                    if text is not None:
                        found.append(Question(kind, text, company_id))
                        wanted[kind] -= 1
                        break
    return sorted(found, key=lambda question: CLASSES.index(question.kind))


def _told_apart(con: duckdb.DuckDBPyConnection, norm: str, start: str) -> str | None:
    """The beginning of a name, made long enough that at most ten names begin with it."""
    for length in range(len(start), len(norm)):
        begun = norm[:length].rstrip()
        found = con.execute("SELECT count(*) FROM made WHERE starts_with(norm, ?)", [begun]).fetchone()
        if found and found[0] <= 10:
            return begun
    return None


@dataclass(frozen=True, slots=True)
class _Name:
    name: str
    norm: str
    legal_form: str
    country: str
    latin: str


def misspelt(text: str, chance: random.Random) -> str | None:
    """The text with one letter of one of its longer words left out, doubled, replaced or swapped with the next."""
    words = text.split()
    places = [at for at, word in enumerate(words) if len(word) >= 5 and word.isalpha() and word.isascii()]
    if not places:
        return None
    at = chance.choice(places)
    word = words[at]
    place = chance.randrange(1, len(word) - 1)
    letter = chance.choice("abcdefghijklmnopqrstuvwxyz")
    words[at] = chance.choice(
        (
            word[:place] + word[place + 1 :],
            word[:place] + letter + word[place:],
            word[:place] + letter + word[place + 1 :],
            word[:place] + word[place + 1] + word[place] + word[place + 2 :],
        )
    )
    return " ".join(words) if words[at].lower() != word.lower() else None


def _typo(name: _Name, chance: random.Random) -> str | None:
    return misspelt(name.name, chance)


def _reordered(name: _Name, chance: random.Random) -> str | None:
    words = name.norm.split()
    if len(words) < 2 or not name.norm.isascii():
        return None
    cut = chance.randrange(1, len(words))
    return " ".join(words[cut:] + words[:cut])


def _formless(name: _Name, _: random.Random) -> str | None:
    return name.norm.title() if name.legal_form and name.norm.isascii() else None


def _abbreviated(name: _Name, _: random.Random) -> str | None:
    words = [_SHORT.get(word, word) for word in name.norm.split()]
    return " ".join(words) if words != name.norm.split() and len(words) > 1 else None


def _prefix(name: _Name, chance: random.Random) -> str | None:
    if len(name.norm) < 14 or not name.norm.isascii():
        return None
    return name.norm[: round(len(name.norm) * chance.uniform(0.65, 0.85))].strip()


def _transliterated(name: _Name, _: random.Random) -> str | None:
    return name.latin if name.latin and normal_form(name.latin, name.country).text != name.norm else None


_ASKED: dict[str, Callable[[_Name, random.Random], str | None]] = {
    "exact": lambda name, _: name.name,
    "one typo": _typo,
    "reordered": _reordered,
    "missing legal form": _formless,
    "abbreviation": _abbreviated,
    "prefix": _prefix,
    "transliterated": _transliterated,
}


def asked_as(kind: str, row: tuple[str, str, str, str, str], chance: random.Random) -> str | None:
    """How name, normal form, legal form, country and Latin spelling are asked for in a class, if at all."""
    return _ASKED[kind](_Name(*row), chance)
