"""What an answer shows of a company, next to the name index: ten rows scattered over a table take the engine too long.

company     a card of every company, by row of table company
name        alias, former name and such, by row of company_name; a stated one only where its company has several
"""

from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FIELD, ITEM, PART = "\x1f", "\x1e", "\x1d"
"""What stands between fields, items of a list and parts of an item; free text is the last field and may hold them."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts by row, in any order: of each row where its text begins, and how many bytes it has."""

    start: npt.NDArray[np.uint64]
    size: npt.NDArray[np.uint32]
    text: npt.NDArray[np.uint8]

    @classmethod
    def open(cls, folder: Path) -> "Texts":
        """Maps the files. Raises OSError or ValueError where one is missing or cut off."""
        return cls(*(np.asarray(np.load(folder / f"{item.name}.npy", mmap_mode="r")) for item in fields(cls)))

    def of(self, row: int) -> str:
        """The text of a row."""
        start = int(self.start[row])
        return self.text[start : start + int(self.size[row])].tobytes().decode()


@dataclass(frozen=True, slots=True)
class Card:
    """A company as an answer shows it. `by_kind` counts records by kind.

    `records` counts removed ones; `not_adverse` of them are vacated, withdrawn or cleared, and of no kind.
    """

    company_id: str
    country: str | None
    entity_type: str
    records: int
    removed: int
    not_adverse: int
    first: date | None
    last: date | None
    sources: list[str]
    by_kind: dict[str, int]
    identifiers: list[dict[str, Any]]
    name: str


@dataclass(frozen=True, slots=True)
class Cards:
    """Cards of all companies, and their other names."""

    company: Texts
    name: Texts

    @classmethod
    def open(cls, folder: Path) -> "Cards":
        """Maps the files. Raises OSError or ValueError where one is missing or cut off."""
        return cls(Texts.open(folder / "company"), Texts.open(folder / "name"))

    def card(self, row: int) -> Card:
        """The card of a company, by its row."""
        (company_id, country, entity_type, records, removed, not_adverse, first, last, sources, kinds, numbers,
         name) = self.company.of(row).split(FIELD, 11)  # fmt: skip
        pairs = (kind.split(PART) for kind in kinds.split(ITEM)) if kinds else ()
        return Card(
            company_id=company_id,
            country=country or None,
            entity_type=entity_type,
            records=int(records),
            removed=int(removed),
            not_adverse=int(not_adverse),
            first=date.fromisoformat(first) if first else None,
            last=date.fromisoformat(last) if last else None,
            sources=sources.split(ITEM) if sources else [],
            by_kind={kind: int(n) for kind, n in pairs},
            identifiers=[_identifier(number) for number in numbers.split(ITEM)] if numbers else [],
            name=name,
        )

    def other_name(self, row: int) -> tuple[str, str, str] | None:
        """Kind, normal form and text of a name, by its row of company_name; None for the only one that is stated."""
        if row >= len(self.name.size) or not self.name.size[row]:
            return None
        kind, norm, name = self.name.of(row).split(FIELD, 2)
        return kind, norm, name


def _identifier(number: str) -> dict[str, Any]:
    scheme, valid, value = number.split(PART)
    return {"scheme": scheme, "value": value, "valid": {"true": True, "false": False}.get(valid)}
