"""Which column of a supplier file is what: by its header in many languages, then by what its cells look like."""

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from ingest.errors import UsageError
from ingest.identifiers import recognise
from ingest.names.country import country_of
from ingest.names.folding import fold

Role = Literal["name", "country", "id", "address", "city", "postcode"]
ROLES: tuple[Role, ...] = get_args(Role)
LOOKED_AT = 200
"""Rows from which the nature of a column is told."""
_VOCABULARY = Path(__file__).parent / "column_names.tsv"
_LETTERS = re.compile(r"[^\W\d_]{2}")


@dataclass(frozen=True, slots=True)
class Taken:
    """What the file's columns were taken for, and why; `place` counts from 0."""

    role: Role
    column: str
    place: int
    why: str


def detect(
    headers: Sequence[str], sample: Sequence[Sequence[str]], given: Mapping[str, str], where: str
) -> list[Taken]:
    """One column at most for each role but `id`, which may have several; `given` (role → header) comes first.

    Raises UsageError without a name column, or for a role or column that does not exist.
    """
    named = headers[:-1]
    taken = [_given(role, column, named, where) for role, column in given.items()]
    for role in ROLES:
        if role not in given:
            free = [n for n in range(len(named)) if n not in {item.place for item in taken}]
            taken += _by_header(role, named, free)
    for role, fits in _BY_CELLS.items():
        if not any(item.role == role for item in taken):
            free = [n for n in range(len(named)) if n not in {item.place for item in taken}]
            taken += _by_cells(role, named, free, sample, fits)
    if not any(item.role == "name" for item in taken):
        raise UsageError(
            f"no column looks like names of companies among {len(named)}",
            where=where,
            next_step="Say which one: --column name=HEADER.",
        )
    return sorted(taken, key=lambda item: (ROLES.index(item.role), item.place))


def _given(role: str, column: str, named: Sequence[str], where: str) -> Taken:
    if role not in ROLES:
        raise UsageError(f"--column knows no `{role[:40]}`", next_step=f"Roles: {', '.join(ROLES)}.")
    places = [n for n, header in enumerate(named) if fold(header) == fold(column) or header == column]
    if len(places) != 1:
        what = "no column" if not places else f"{len(places)} columns"
        raise UsageError(f"{what} called `{column[:60]}`", where=where)
    return Taken(ROLES[ROLES.index(role)], named[places[0]], places[0], "as you said")


def _by_header(role: Role, named: Sequence[str], free: Sequence[int]) -> list[Taken]:
    """Columns whose header says so; of several the one that says it most plainly."""
    ranked = sorted((rank, n) for n in free if (rank := _rank(role, named[n])) is not None)
    best = ranked if role == "id" else ranked[:1]
    return [Taken(role, named[n], n, "by its header") for _, n in best]


def is_header(role: Role, column: str, cell: str) -> bool:
    """Whether a cell below this column is itself a header of the role, whole and not a word in it."""
    text = fold(cell)
    return text == fold(column) or text in _vocabulary()[role]


def _rank(role: Role, header: str) -> int | None:
    """Position of the header in the vocabulary of the role; whole headers before words in them."""
    text = fold(header)
    words = _vocabulary()[role]
    if text in words:
        return words[text]
    inside = [
        rank for word, rank in words.items() if f" {word} " in f" {text} " or (not word.isascii() and word in text)
    ]
    return 1_000 + min(inside) if inside and not _denied(role, text) else None


def _denied(role: Role, text: str) -> bool:
    """`Contact name` and `name of bank account` are no names of suppliers."""
    return role == "name" and any(f" {word} " in f" {text} " for word in _vocabulary()["not name"])


@cache
def _vocabulary() -> dict[str, dict[str, int]]:
    words: dict[str, dict[str, int]] = {}
    with _VOCABULARY.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            for word in row["headers"].split("|"):
                known = words.setdefault(row["role"], {})
                known.setdefault(fold(word), len(known))
    return words


def _by_cells(
    role: Role, named: Sequence[str], free: Sequence[int], sample: Sequence[Sequence[str]], fits: Callable[[str], bool]
) -> list[Taken]:
    """The free column most of whose filled cells look like it; at least half must, and a tenth be filled."""
    shares = []
    for n in free:
        cells = [row[n].strip() for row in sample if row[n].strip()]
        share = sum(map(fits, cells)) / len(cells) if len(cells) * 10 >= len(sample) and cells else 0
        # names differ from row to row, kinds and cities do not
        distinct = len(set(cells)) / len(cells) if cells else 0
        shares.append((share * (distinct if role == "name" else 1), -n))
    share, place = max(shares, default=(0, 0))
    return [Taken(role, named[-place], -place, f"by its cells ({share:.0%} fit)")] if share >= 0.5 else []


def _is_number(cell: str) -> bool:
    return any(found.valid for found in recognise(cell)) if len(cell) < 40 else False


def _is_country(cell: str) -> bool:
    return country_of(cell) is not None


def _is_name(cell: str) -> bool:
    return len(cell) <= 200 and _LETTERS.search(cell) is not None and not _is_country(cell)


_BY_CELLS: dict[Role, Callable[[str], bool]] = {"id": _is_number, "country": _is_country, "name": _is_name}
