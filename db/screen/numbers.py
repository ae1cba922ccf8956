"""Numbers of suppliers: of which scheme they are, and the companies that have them."""

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import duckdb
import pyarrow as pa

from db.screen.asking import hand_over
from ingest.identifiers import parse, recognise
from ingest.identifiers.schemes import SCHEMES, Scheme
from ingest.names.folding import fold

_ROOTS = {"cnpj": ("cnpj", 8), "siret": ("siret", 9), "siren": ("siret", 9)}
"""Scheme → the scheme whose numbers begin alike for all establishments of a company, and how many characters do."""
_ASKED = pa.schema(
    [("supplier", pa.int64()), ("scheme", pa.string()), ("value", pa.string()), ("root_of", pa.string()),
     ("root", pa.string())]
)  # fmt: skip


class Number(NamedTuple):
    """A number a cell may be. `sure`: its scheme is stated, or its check digit agrees."""

    scheme: str
    value: str
    sure: bool


def numbers(headers: Sequence[str], cells: Sequence[str]) -> tuple[Number, ...]:
    """What the cells below these headers may be; a guess from the shape alone only where nothing speaks louder."""
    found: list[Number] = []
    for header, cell in zip(headers, cells, strict=True):
        label = _label(header)
        named = recognise(f"{label} {cell}") if label and cell else []
        possible = named or (recognise(cell) if cell else [])
        proved = [number for number in possible if number.valid]
        found += [Number(number.scheme, number.value, bool(named or number.valid)) for number in proved or possible[:1]]
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=50_000)
def failing(header: str, cell: str) -> tuple[str, ...]:
    """Schemes whose shape the cell has and whose check digit it fails, where it is no number of any scheme.

    A scheme that the header names comes alone.
    """
    if not cell or numbers([header], [cell]):
        return ()
    label = _label(header)
    named = [scheme for scheme in SCHEMES.values() if label in (scheme.name, *scheme.labels)] if label else []
    found = [scheme for scheme in named or SCHEMES.values() if scheme.has_check_digit and _has_shape(scheme, cell)]
    return tuple(scheme.name.upper() for scheme in found)


def _has_shape(scheme: Scheme, cell: str) -> bool:
    number = parse(scheme.name, cell)
    return number.valid is False and scheme.shape.fullmatch(number.value) is not None


@cache
def _label(header: str) -> str:
    """The longest word or words of the header that name a scheme."""
    text = f" {fold(header)} "
    labels = {label for scheme in SCHEMES.values() for label in (scheme.name, *scheme.labels)}
    return max(
        (label for label in labels if f" {fold(label)} " in text), key=lambda found: (len(found), found), default=""
    )


def by_number(con: duckdb.DuckDBPyConnection, asked: dict[int, tuple[Number, ...]]) -> dict[int, list[int]]:
    """Supplier → rows of the companies with one of its numbers, or with a number of the same root."""
    rows = [
        (supplier, number.scheme, number.value, *_root(number)) for supplier, found in asked.items() for number in found
    ]
    if not rows:
        return {}
    hand_over(con, "asked_number", _ASKED, rows)
    found_rows: dict[int, list[int]] = {}
    for supplier, row in con.execute(
        """SELECT DISTINCT a.supplier, c.rowid FROM (
            SELECT a.supplier, i.company_id FROM asked_number a
            JOIN company_identifier i ON i.scheme = a.scheme AND i.value = a.value
            UNION ALL
            SELECT a.supplier, i.company_id FROM asked_number a
            JOIN company_identifier i ON i.scheme = a.root_of AND left(i.value, len(a.root)) = a.root
            UNION ALL
            SELECT a.supplier, i.company_id FROM asked_number a
            JOIN company_identifier i ON a.root_of = 'siret' AND i.scheme = 'siren' AND i.value = a.root) a
        JOIN company c USING (company_id) ORDER BY ALL"""
    ).fetchall():
        found_rows.setdefault(supplier, []).append(row)
    return found_rows


def _root(number: Number) -> tuple[str, str]:
    scheme, length = _ROOTS.get(number.scheme, ("", 0))
    return scheme, number.value[:length]
