"""A file of pairs of names, compared: every row as it came, with score, band and reasons. Nothing of it is kept."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from db.match.compare import Matcher, Party
from db.match.verdict import Comparison
from db.progress import Told
from ingest.read.user_table import UserTable

ADDED = ("score", "band", "reasons")
NOT_COMPARED = "not compared"
_ANEW_AFTER = 20_000
"""Rows after which prepared names are let go: memory does not grow with the file."""
_TOLD_EVERY = 5_000
_COUNTRY = re.compile("[a-z]{2}")
_NUMBERS = re.compile(r"[;|]")


@dataclass(slots=True)
class Summary:
    """Rows by band; cells that could not be used, by what is wrong with them."""

    rows: int = 0
    bands: Counter[str] = field(default_factory=Counter)
    unused: Counter[str] = field(default_factory=Counter)


def compared(table: UserTable, summary: Summary, *, tell: Told) -> Iterator[list[str]]:
    """The rows of the table in their order, each with score, band and reasons.

    Columns: `name1`, `name2`, and if there, `country1`, `country2`, `id1`, `id2` (SCHEME=VALUE, several apart by a
    semicolon; a bare number is compared as it stands).
    """
    places = {name: table.place(name) for name in ("name1", "name2", "country1", "country2", "id1", "id2")}
    matcher = Matcher()
    for row in table.rows():
        summary.rows += 1
        if summary.rows % _ANEW_AFTER == 0:
            matcher = Matcher()
        if summary.rows % _TOLD_EVERY == 0:
            tell("compared", summary.rows, None)
        given = {name: row.cells[place].strip() if place is not None else "" for name, place in places.items()}
        problem = row.problem or ("" if given["name1"] and given["name2"] else "a name is missing")
        if problem:
            summary.bands[NOT_COMPARED] += 1
            yield [*row.cells, "", NOT_COMPARED, problem]
            continue
        found = matcher.compare(_party(given, "1", summary), _party(given, "2", summary))
        summary.bands[found.band] += 1
        yield [*row.cells, f"{found.score:.3f}", found.band, reasons_text(found)]


def reasons_text(found: Comparison) -> str:
    """The reasons in one line, each with its weight."""
    return "; ".join(f"{reason.text} ({reason.weight:+.2f})" for reason in found.reasons)


def _party(given: dict[str, str], side: str, summary: Summary) -> Party:
    country = given[f"country{side}"].lower()
    if country and not _COUNTRY.fullmatch(country):
        summary.unused["cells with a country that is no code of two letters"] += 1
        country = ""
    numbers = []
    for text in _NUMBERS.split(given[f"id{side}"]):
        scheme, equals, value = text.partition("=")
        if (value if equals else text).strip():
            numbers.append((scheme.strip().lower(), value.strip()) if equals else ("number", text.strip()))
    return Party(given[f"name{side}"], country or None, tuple(numbers))
