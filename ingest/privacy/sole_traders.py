"""Words by which a country's sole traders name their business: they withhold unless a corporate form stands beside."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ingest.names.legal_forms import fold
from ingest.privacy.forms import by_legal_form
from ingest.privacy.persons import holds_full_name
from ingest.privacy.text import Name, take_apart
from ingest.privacy.trading import bracketed
from ingest.privacy.verdict import Entity, Verdict

DATA = Path(__file__).parent / "data"

NAMED_BY_LAW = frozenset({"pl", "cz", "sk", "it"})
"""Countries where a sole trader's firm must hold his name: Polish Civil Code art. 43(4), Czech Civil Code s. 422,
Slovak Commercial Code s. 9, Italian Civil Code art. 2563."""


def named_by_law(name: Name, country: str | None) -> bool:
    """Whether a full name stands in a firm of a country where a sole trader's must hold it."""
    return country in NAMED_BY_LAW and holds_full_name(name.words)


@dataclass(frozen=True, slots=True)
class Markers:
    """Markers of one country: words at the start, at the end, and ends of names of scripts without spaces."""

    start: frozenset[tuple[str, ...]]
    end: frozenset[tuple[str, ...]]
    unspaced: tuple[str, ...]


@cache
def markers() -> dict[str, Markers]:
    """The shipped table `sole_markers.tsv`: country, place, words set apart by semicolons."""
    found: dict[str, dict[str, list[str]]] = {}
    with (DATA / "sole_markers.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            words = [fold(text.strip()) for text in row["words"].split(";")]
            for country in row["country"].split():
                found.setdefault(country, {}).setdefault(row["place"], []).extend(words)
    return {
        country: Markers(
            frozenset(take_apart(text).words for text in places.get("start", ())),
            frozenset(take_apart(text).words for text in places.get("end", ())),
            tuple(places.get("unspaced", ())),
        )
        for country, places in found.items()
    }


def by_marker(name: Name, country: str | None) -> Verdict | None:
    """The verdict of a sole-trader marker of the country (`UD`, `Hộ kinh doanh`, `商號`); None beside a corporate form.

    Brackets are left out: a branch or a remark.
    """
    known = markers().get(country or "")
    if known is None:
        return None
    outside, brackets = bracketed(name)
    rest = _without_marker(take_apart(outside).words if brackets else name.words, outside, known)
    if rest is None:
        return None
    form = by_legal_form(rest, country) if rest else None
    return None if form and form.passes else Verdict(Entity.SOLE_TRADER, "sole-trader marker")


def _without_marker(words: tuple[str, ...], text: str, known: Markers) -> str | None:
    for size in (1, 2, 3, 4):
        if words[:size] in known.start:
            return " ".join(words[size:])
        if len(words) > size and words[-size:] in known.end:
            return " ".join(words[:-size])
    bare = text.strip(" .,-")
    end = next((end for end in known.unspaced if bare.endswith(end)), None)
    return bare[: -len(end)] if end else None
