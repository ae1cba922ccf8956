"""Which columns of a file may reach the engine, and how their names are written."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingest.catalog import Resource
from ingest.errors import ReadError

_TOKENS = re.compile(r"'(?:[^']|'')*'|\"((?:[^\"]|\"\")*)\"|(\w+)|--[^\n]*|/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Kept:
    """Columns that are loaded (in file order, each with its place), declared but absent, present but undeclared."""

    names: tuple[str, ...]
    places: tuple[int, ...]
    missing: tuple[str, ...]
    unknown: tuple[str, ...]


def needed(resource: Resource) -> tuple[str, ...]:
    """Columns that are loaded: used, parsed, and of the personal ones those that an extract names."""
    named = set().union(*map(_names_in, resource.extracts.values()))
    personal = (column for column in resource.personal if column.casefold() in named)
    return (*resource.used, *resource.parsed, *personal)


def tidy(names: Iterable[str | None]) -> tuple[str, ...]:
    """Header cells as column names: one blank for each run of blanks or line breaks, repeated ones numbered.

    An empty name becomes `column N`. Names are compared as SQL does, without regard to case.
    """
    seen: dict[str, int] = {}
    tidied = []
    for place, name in enumerate(names, 1):
        plain = " ".join((name or "").replace("\ufeff", "").split()) or f"column {place}"
        seen[plain.casefold()] = count = seen.get(plain.casefold(), 0) + 1
        tidied.append(plain if count == 1 else f"{plain} ({count})")
    return tuple(tidied)


def choose(resource: Resource, present: Sequence[str], *, where: str, optional: bool = False) -> Kept:
    """What to load of the columns present. Raises ReadError naming needed columns that are absent.

    With `optional` (a file without a single row, whose columns nobody can know) absent columns are no error.
    """
    wanted = needed(resource)
    place_of = {name: place for place, name in enumerate(present)}
    missing = tuple(sorted(resource.known_columns - place_of.keys()))
    absent = [name for name in wanted if name not in place_of]
    if absent and not optional:
        raise ReadError(
            f"the file lacks the column{'s' if len(absent) > 1 else ''} {', '.join(f'`{name}`' for name in absent)}",
            where=where,
            next_step="The agency may have changed its layout: compare source.toml with the file.",
        )
    names = tuple(name for name in present if name in set(wanted))
    unknown = tuple(name for name in present if name not in resource.known_columns)
    return Kept(names, tuple(place_of[name] for name in names), missing, unknown)


def _names_in(expression: str) -> set[str]:
    """Identifiers in an SQL expression, folded to lower case; words inside of text literals and comments are none."""
    found = set()
    for match in _TOKENS.finditer(expression):
        name = match[1].replace('""', '"') if match[1] is not None else match[2]
        if name:
            found.add(name.casefold())
    return found
