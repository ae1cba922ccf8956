"""Suppliers for a watch list: read from a file, judged by the gate, cut down to what matching needs."""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from db.analyst import Analyst
from db.screen.columns import LOOKED_AT, Taken, detect
from db.screen.numbers import numbers
from db.screen.work import given_batches
from ingest.errors import UsageError
from ingest.identifiers.schemes import SCHEMES
from ingest.names.folding import fold
from ingest.privacy.care_of import clean_care_of
from ingest.privacy.gate import judge_under
from ingest.privacy.numbers import by_number_in_name
from ingest.privacy.verdict import Entity, Subject
from ingest.read.user_table import open_table

REFERENCE = "reference"
"""The role of a column by which the analyst's own system knows a supplier."""
PROOF = frozenset({"lei", "gb-company-number", "ru-ogrn"})
"""Numbers that none but organisations have, so that an unclear name beside one is an organisation's."""
MOST = 200_000
"""Suppliers of one list."""
_HEADERS = frozenset(
    map(
        fold,
        (
            "reference", "reference id", "reference no", "ref", "id", "internal id", "supplier id", "supplier no",
            "supplier number", "supplier code", "supplier ref", "supplier reference", "vendor id", "vendor no",
            "vendor number", "vendor code", "creditor no", "creditor number", "lieferantennummer", "lieferanten-nr",
            "lieferantennr", "kreditorennummer", "kreditor-nr", "kreditornr", "numéro fournisseur",
            "code fournisseur", "código de proveedor", "código do fornecedor", "codice fornitore",
            "leveranciersnummer", "leverandørnummer", "leverantörsnummer", "номер поставщика", "供应商编号",
            "供应商代码", "仕入先コード", "取引先コード",
        ),
    )
)  # fmt: skip
_LONGEST = {"numbers": 40, "address": 300, "city": 100, "postcode": 20}
_WORD = re.compile(r"[^\W\d_]{7}")


@dataclass(frozen=True, slots=True)
class Supplier:
    """A supplier as it is kept: `row` in the file, `numbers` (header, cell); `country` ISO 3166-1 lower case or empty.

    Empty texts stand for what the file does not say.
    """

    row: int
    reference: str
    name: str = field(repr=False)
    country: str
    numbers: tuple[tuple[str, str], ...] = field(repr=False)
    address: str = field(repr=False)
    city: str
    postcode: str

    @property
    def key(self) -> str:
        """What tells which supplier of an earlier file this is: the reference, else name and country."""
        return f"r:{self.reference}" if self.reference else f"n:{fold(self.name)}|{self.country}"

    @property
    def said(self) -> tuple[object, ...]:
        """What matching rests on."""
        return self.name, self.country, self.numbers, self.address, self.city, self.postcode


@dataclass(frozen=True, slots=True)
class Read:
    """What a file gave. `unsure`: suppliers that need an analyst's word; of `persons` only the rows are known.

    `unreadable`: row → why it has no name; `same`: rows that say no more than one before; `references_left_out`: rows
    whose reference looks like something else than a number.
    """

    taken_as: str
    header_row: int
    columns: tuple[Taken, ...]
    reference: str | None
    suppliers: tuple[Supplier, ...]
    unsure: tuple[Supplier, ...]
    persons: tuple[int, ...]
    unreadable: dict[int, str]
    same: tuple[int, ...]
    references_left_out: tuple[int, ...]


def read_suppliers(home: Path, path: Path, columns: Mapping[str, str], tell: Callable[[int], None]) -> Read:
    """The suppliers in `path`; `columns`: role → header, as for a screening, and `reference`.

    Raises UsageError for a file that is no table, has no column of names, no row, or more rows than MOST.
    Cost: linear; distinct names are judged once.
    """
    table = open_table(path)
    with closing(table.rows(spare=True)) as rows:
        sample = [row.cells for row in islice(rows, LOOKED_AT)]
    if not sample:
        raise UsageError("the file has a header and no row below it", where=path.name)
    given = {role: header for role, header in columns.items() if role != REFERENCE}
    taken = detect(table.headers, sample, given, path.name)
    at = _reference_place(table.headers[:-1], columns.get(REFERENCE), taken, path.name)
    taken = [item for item in taken if item.place != at]
    headers = tuple(item.column for item in taken if item.role == "id")
    found: list[tuple[Supplier, str]] = []
    unreadable: dict[int, str] = {}
    references_left_out = []
    for batch in given_batches(table.rows(spare=True), taken, tell):
        for row in batch.to_pylist():
            if row["problem"]:
                unreadable[row["row"]] = row["problem"]
                continue
            stated = " ".join(row["cells"][at].split()) if at is not None else ""
            reference = stated if _is_reference(stated, row["country"]) else ""
            if stated and not reference:
                references_left_out.append(row["row"])
            found.append((_kept(row, reference, headers), row["name"]))
        if len(found) > MOST:
            raise UsageError(f"a watch list holds {MOST:,} suppliers at most", where=path.name)
    distinct, same = _distinct(found)
    passing, unsure, persons = _judged(home, distinct)
    return Read(
        taken_as=table.taken_as,
        header_row=table.header_row,
        columns=tuple(taken),
        reference=table.headers[at] if at is not None else None,
        suppliers=tuple(passing),
        unsure=tuple(unsure),
        persons=tuple(persons),
        unreadable=unreadable,
        same=tuple(same),
        references_left_out=tuple(references_left_out),
    )


def _reference_place(named: Sequence[str], wanted: str | None, taken: Sequence[Taken], where: str) -> int | None:
    if wanted is not None:
        places = [n for n, header in enumerate(named) if header == wanted or fold(header) == fold(wanted)]
        if len(places) != 1:
            what = "no column" if not places else f"{len(places)} columns"
            raise UsageError(f"{what} called `{wanted[:60]}`", where=where)
        if any(item.role == "name" and item.place == places[0] for item in taken):
            raise UsageError("the column of names cannot be that of references", where=where)
        return places[0]
    # a column taken for something else only by what its cells look like is no hindrance
    free = [n for n in range(len(named)) if not any(item.place == n and item.why == "by its header" for item in taken)]
    return next((n for n in free if fold(named[n]) in _HEADERS), None)


def _is_reference(text: str, country: str) -> bool:
    """Whether a cell is a number of the analyst's system, not a person's name or number."""
    return (
        len(text) <= 40
        and any(map(str.isdigit, text))
        and "@" not in text
        and not _WORD.search(text)
        and len(re.findall(r"[^\W\d_]{2,}", text)) <= 1
        and by_number_in_name(text, country or None) is None
    )


def _kept(row: Mapping[str, Any], reference: str, headers: Sequence[str]) -> Supplier:
    """Of numbers only such as are numbers of a known kind; addresses without the parts that name a person."""
    pairs = zip(headers, row["ids"], strict=True)
    return Supplier(
        row=row["row"],
        reference=reference,
        name=clean_care_of(row["name"], name=True) or "",
        country=row["country"],
        numbers=tuple((h, c) for h, c in pairs if len(c) <= _LONGEST["numbers"] and numbers([h], [c])),
        address=(clean_care_of(row["address"]) or "")[: _LONGEST["address"]],
        city=(clean_care_of(row["city"]) or "")[: _LONGEST["city"]],
        postcode=row["postcode"][: _LONGEST["postcode"]],
    )


def _distinct(found: Sequence[tuple[Supplier, str]]) -> tuple[list[tuple[Supplier, str]], list[int]]:
    """Suppliers that differ in anything, with the name as stated, and the rows of those that do not."""
    seen: set[tuple[object, ...]] = set()
    distinct, same = [], []
    for supplier, stated in found:
        said = (supplier.reference, stated, *supplier.said)
        if said in seen:
            same.append(supplier.row)
        else:
            seen.add(said)
            distinct.append((supplier, stated))
    return distinct, same


def _judged(home: Path, found: Sequence[tuple[Supplier, str]]) -> tuple[list[Supplier], list[Supplier], list[int]]:
    """Suppliers that pass the gate, those that are unsure, and the rows of persons, sole traders and purged names."""
    subjects = [Subject(stated, s.country or None, None, _identifiers(s)) for s, stated in found]
    passing: list[Supplier] = []
    unsure: list[Supplier] = []
    persons = []
    for (supplier, _), verdict in zip(found, judge_under(Analyst(home).rulings(""), subjects), strict=True):
        if verdict.entity is Entity.UNSURE and supplier.name:
            (passing if _is_proved(supplier) else unsure).append(supplier)
        elif verdict.passes and supplier.name:
            passing.append(supplier)
        else:
            persons.append(supplier.row)
    return passing, unsure, persons


def withheld(home: Path, suppliers: Sequence[Supplier], vouched: Sequence[bool]) -> list[bool]:
    """For each supplier kept before whether the gate of today leaves it out; a vouch lifts only `unsure`."""
    found = [(supplier, supplier.name) for supplier in suppliers]
    passing, unsure, _ = _judged(home, found)
    good, doubtful = {id(supplier) for supplier in passing}, {id(supplier) for supplier in unsure}
    return [
        id(supplier) not in good and not (word and id(supplier) in doubtful)
        for supplier, word in zip(suppliers, vouched, strict=True)
    ]


def _identifiers(supplier: Supplier) -> tuple[tuple[str, str], ...]:
    """Numbers whose scheme is not merely guessed, and is one of the supplier's country."""
    sure = [number for number in numbers(*_columns(supplier)) if number.sure]
    at_home = (n for n in sure if not supplier.country or SCHEMES[n.scheme].country in (None, supplier.country))
    return tuple((number.scheme, number.value) for number in at_home)


def _columns(supplier: Supplier) -> tuple[list[str], list[str]]:
    return [header for header, _ in supplier.numbers], [cell for _, cell in supplier.numbers]


def _is_proved(supplier: Supplier) -> bool:
    return any(scheme in PROOF for scheme, _ in _identifiers(supplier))
