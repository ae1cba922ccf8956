"""Names in scripts without spaces or with lexica of their own: Han, kana, Hangul."""

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ingest.names.legal_forms import fold
from ingest.privacy.verdict import Entity, Verdict

DATA = Path(__file__).parent / "data"
_EAST_ASIAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_THAI = re.compile("[\u0e00-\u0e7f]")
_NOT_LETTERS = re.compile(r"[\s・･·\-ー—,，.。()（）「」『』\"'0-9a-z]+")


@dataclass(frozen=True, slots=True)
class Signs:
    """Words of organisations by place: at the end, at the end of four letters or more, anywhere; and surnames."""

    at_end: tuple[tuple[str, Entity], ...]
    at_long_end: tuple[tuple[str, Entity], ...]
    anywhere: tuple[tuple[str, Entity], ...]
    surnames: frozenset[str]


@cache
def signs() -> Signs:
    """The shipped table `east_asian.tsv`: kind, words."""
    places: dict[str, list[tuple[str, Entity]]] = {"end": [], "long": [], "any": []}
    surnames: set[str] = set()
    with (DATA / "east_asian.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            words = [fold(word) for word in row["words"].split()]
            if row["place"] == "surname":
                surnames.update(words)
            else:
                places[row["place"]] += [(word, Entity(row["entity"])) for word in words]
    longest_first = {place: tuple(sorted(pairs, key=lambda pair: -len(pair[0]))) for place, pairs in places.items()}
    return Signs(longest_first["end"], longest_first["long"], longest_first["any"], frozenset(surnames))


def is_unspaced(text: str) -> bool:
    """Whether a folded name holds Han, kana, Hangul or Thai letters."""
    return bool(_EAST_ASIAN.search(text) or _THAI.search(text))


def by_signs(text: str) -> Verdict | None:
    """The verdict of an organisation word in a folded name of an unspaced script, or that of a personal name."""
    known = signs()
    bare = _NOT_LETTERS.sub("", text)
    last = _NOT_LETTERS.sub("", text.rsplit(maxsplit=1)[-1]) if text.split() else ""
    for word, entity in known.anywhere:
        if word in bare and len(bare) > len(word):
            return Verdict(entity, f"organisation word: {word}")
    for signed, shortest in ((known.at_end, 3), (known.at_long_end, 5)):
        for word, entity in signed:
            if last.endswith(word) and len(last) >= max(shortest, len(word) + 1):
                return Verdict(entity, f"organisation word: {word}")
    if 2 <= len(bare) <= 4 and (bare[:1] in known.surnames or bare[:2] in known.surnames):
        return Verdict(Entity.PERSON, "person name pattern: surname first")
    return None
