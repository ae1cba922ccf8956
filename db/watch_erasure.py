"""What a purge takes out of watch lists: suppliers of a name, texts that mention it, and what was seen of records.

Apart from `db.watch`, which rests on `db.analyst`, as this must not.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from db.analyst_file import knows
from ingest.privacy.rulings import name_key
from ingest.privacy.trading import respondents

_CELLS = ("reference", "address", "city")


@dataclass(frozen=True, slots=True)
class Found:
    """What of the watch lists names whom a purge is about; `lists` are those concerned, by number."""

    suppliers: list[tuple[int, int]] = field(default_factory=list)
    cells: list[tuple[str, int]] = field(default_factory=list)
    matches: list[tuple[int, int, str]] = field(default_factory=list)
    named: list[int] = field(default_factory=list)
    reasons: list[int] = field(default_factory=list)
    lists: set[int] = field(default_factory=set)

    @property
    def rows(self) -> int:
        """How many rows are erased or lose a text."""
        of_suppliers = {number for _, number in self.suppliers} | {number for _, number in self.cells}
        return len(of_suppliers) + len(self.matches) + len({*self.named, *self.reasons})


def find(con: sqlite3.Connection | None, names: Sequence[str], mentions: Callable[[str], bool]) -> Found:
    """What names one of them; `mentions` tells whether a text does. Cost: a look at every supplier and match."""
    found = Found()
    if con is None or not knows(con, "watch_list"):
        return found
    keys = {name_key(name) for name in names} - {""}
    for list_, number, name, *cells in con.execute(
        f"SELECT list, number, name, {', '.join(_CELLS)} FROM watch_supplier"
    ):
        if any(name_key(part) in keys for part in (name, *respondents(name))):
            found.suppliers.append((list_, number))
            found.lists.add(list_)
        for column, cell in zip(_CELLS, cells, strict=True):
            if cell and mentions(cell):
                found.cells.append((column, number))
                found.lists.add(list_)
    for list_, supplier, company_id, met, why in con.execute(
        "SELECT list, supplier, company_id, met, why FROM watch_match"
    ):
        if any(name_key(part) in keys for part in (met, *respondents(met))) or mentions(why):
            found.matches.append((list_, supplier, company_id))
            found.lists.add(list_)
    for number, name, why in con.execute("SELECT number, name, removed_why FROM watch_list"):
        if mentions(name):
            found.named.append(number)
        if why and mentions(why):
            found.reasons.append(number)
    return found


def erase(con: sqlite3.Connection, found: Found, erased: str) -> None:
    """Erases it; `erased` stands in place of texts that have to be there. A run under way will not write it back."""
    for list_, supplier in found.suppliers:
        con.execute("DELETE FROM watch_match WHERE list = ? AND supplier = ?", [list_, supplier])
        con.execute("DELETE FROM watch_supplier WHERE number = ?", [supplier])
    for column, number in found.cells:
        con.execute(f"UPDATE watch_supplier SET {column} = '' WHERE number = ?", [number])
    con.executemany(
        "UPDATE watch_match SET met = ?, why = '[]' WHERE list = ? AND supplier = ? AND company_id = ?",
        [[erased, *match] for match in found.matches],
    )
    con.executemany("UPDATE watch_list SET name = 'list ' || number WHERE number = ?", [[n] for n in found.named])
    con.executemany("UPDATE watch_list SET removed_why = ? WHERE number = ?", [[erased, n] for n in found.reasons])
    _changed(con, found.lists)


def erase_seen(con: sqlite3.Connection, record_ids: Sequence[str]) -> None:
    """Erases what was seen of records; a run under way will not write it back."""
    lists = {
        number
        for key in record_ids
        for (number,) in con.execute("SELECT DISTINCT list FROM watch_seen WHERE record_id = ?", [key]).fetchall()
    }
    con.executemany("DELETE FROM watch_seen WHERE record_id = ?", [[key] for key in record_ids])
    _changed(con, lists)


def _changed(con: sqlite3.Connection, lists: Iterable[int]) -> None:
    con.executemany("UPDATE watch_list SET revision = revision + 1 WHERE number = ?", [[number] for number in lists])
