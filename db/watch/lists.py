"""Watch lists in the analyst database: named lists of suppliers, replaced by difference, removed with a reason."""

import json
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from db.analyst import stated
from db.analyst_file import InAnalystFile, knows
from db.times import from_text, stored, utc_now
from db.watch.suppliers import Read, Supplier
from ingest.errors import UsageError
from ingest.privacy.version import gate_version

_NAME = re.compile(r"[^\W_][\w .-]{0,59}")
_KEPT = "row, reference, name, country, numbers, address, city, postcode"
_LetIn = tuple[Supplier, str | None, str | None]
"""A supplier, and whose word lets it in, since when as stored."""


@dataclass(frozen=True, slots=True)
class WatchList:
    """A list as it stands; times are UTC, with zone. `ran_at` and `news` are of its last run that ended."""

    number: int
    name: str
    threshold: str
    suppliers: int
    vouched: int
    made_by: str
    made_at: datetime
    changed_by: str | None
    changed_at: datetime | None
    ran_at: datetime | None
    news: dict[str, int] | None
    gate_version: str = field(repr=False)
    revision: int = field(repr=False)
    matched_in: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Watched:
    """A supplier of a list. `number` stays its own when the list is replaced; `vouched_by`: whose word lets it in."""

    number: int
    supplier: Supplier
    matched: bool
    vouched_by: str | None = None
    vouched_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of a list: suppliers by what happened to them, and the rows nobody vouched for."""

    list_: WatchList
    made: bool
    added: int
    gone: int
    changed: int
    unchanged: int
    vouched: int
    unsure: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WatchLists(InAnalystFile):
    """The watch lists of one home. Reading creates nothing.

    Every method raises StoreBusy when others keep the file locked, StoreDamaged when it is not whole.
    """

    def all(self) -> list[WatchList]:
        """The lists by name."""
        with self.file.reading() as con:
            return _lists(con) if con is not None and knows(con, "watch_list") else []

    def find(self, name: str) -> WatchList:
        """The list of that name, whatever its case. Raises UsageError where there is none."""
        for found in self.all():
            if found.name.casefold() == name.strip().casefold():
                return found
        raise UsageError(f"no watch list `{name[:60]}`", next_step="`trackrecord watch list` shows them.")

    def suppliers(self, list_: WatchList) -> list[Watched]:
        """The suppliers of a list by their rows."""
        with self.file.reading() as con:
            return watched(con, list_.number) if con is not None else []

    def put(self, name: str, read: Read, *, threshold: str | None, by: str, vouched: bool) -> Difference:
        """Makes the list, or replaces its suppliers by those read; what stays the same keeps its matches.

        With `vouched` the analyst `by` says that the unsure ones are organisations; whom somebody vouched for before
        stays in as long as the name stays. `threshold` None: as before, or `possible`. One transaction.
        """
        if not _NAME.fullmatch(name.strip()):
            step = "Letters, digits, blanks, dots, - and _, 60 at most."
            raise UsageError("this cannot be the name of a watch list", next_step=step)
        maker, now = stated(by, "an analyst's name"), utc_now().isoformat()
        with self.file.writing() as con:
            row = con.execute(
                "SELECT number, threshold FROM watch_list WHERE name = ? AND removed_at IS NULL", [name.strip()]
            ).fetchone()
            number, before = row or (None, "possible")
            old = watched(con, number) if number is not None else []
            words = {(kept.supplier.key, kept.supplier.name): kept for kept in old if kept.vouched_by}
            let_in: list[_LetIn] = [(supplier, None, None) for supplier in read.suppliers]
            for supplier in read.unsure:
                earlier = words.get((supplier.key, supplier.name))
                if earlier is not None and earlier.vouched_at is not None:
                    let_in.append((supplier, earlier.vouched_by, stored(earlier.vouched_at).isoformat()))
                elif vouched:
                    let_in.append((supplier, maker, now))
            if not let_in and number is None:
                what = f"{len(read.persons):,} read as persons or sole traders, {len(read.unsure):,} are unsure"
                step = "Unsure ones need an LEI or a register's number, or your word for all of them: --vouched."
                raise UsageError(f"no row of this file may be kept: {what}", next_step=step if read.unsure else "")
            if number is None:
                number = _insert(con, name.strip(), threshold or before, maker, now)
            else:
                con.execute(
                    """UPDATE watch_list SET threshold = ?, gate_version = ?, changed_by = ?, changed_at = ?,
                    revision = revision + 1, matched_in = CASE WHEN threshold = ? THEN matched_in ELSE '' END
                    WHERE number = ?""",
                    [threshold or before, gate_version(), maker, now, threshold or before, number],
                )
            counts = _replace(con, number, old, let_in)
            (list_,) = (found for found in _lists(con) if found.number == number)
        kept_rows = {supplier.row for supplier, _, _ in let_in}
        return Difference(
            list_=list_,
            made=row is None,
            **counts,
            vouched=sum(who is not None for _, who, _ in let_in),
            unsure=tuple(supplier.row for supplier in read.unsure if supplier.row not in kept_rows),
        )

    def remove(self, name: str, *, why: str, by: str) -> WatchList:
        """The list as it was; its suppliers and what was seen of them are erased, that it was is kept."""
        reason, maker = stated(why, "a reason"), stated(by, "an analyst's name")
        with self.file.writing() as con:
            named = [found for found in _lists(con) if found.name.casefold() == name.strip().casefold()]
            if not named:
                raise UsageError(f"no watch list `{name[:60]}`", next_step="`trackrecord watch list` shows them.")
            number = named[0].number
            con.execute(
                "UPDATE watch_list SET removed_by = ?, removed_at = ?, removed_why = ? WHERE number = ?",
                [maker, utc_now().isoformat(), reason, number],
            )
            for table in ("watch_supplier", "watch_match", "watch_seen"):
                con.execute(f"DELETE FROM {table} WHERE list = ?", [number])
        return named[0]


def _lists(con: sqlite3.Connection) -> list[WatchList]:
    rows = con.execute(
        """SELECT l.number, l.name, l.threshold, count(s.number), count(s.vouched_by), l.made_by, l.made_at,
               l.changed_by, l.changed_at, r.ended_at, r.news, l.gate_version, l.revision, l.matched_in
        FROM watch_list l LEFT JOIN watch_supplier s ON s.list = l.number
        LEFT JOIN watch_run r ON r.number = (SELECT max(number) FROM watch_run WHERE list = l.number)
        WHERE l.removed_at IS NULL GROUP BY l.number ORDER BY l.name"""
    ).fetchall()
    return [_list(*row) for row in rows]


def _list(number: int, name: str, threshold: str, suppliers: int, vouched: int, *row: Any) -> WatchList:
    made_by, made_at, changed_by, changed_at, ran_at, told, version, revision, matched_in = row
    made = from_text(made_at)
    counts = json.loads(told) if told else None
    changed, ran = (text and from_text(text) for text in (changed_at, ran_at))
    return WatchList(
        number, name, threshold, suppliers, vouched, made_by, made, changed_by, changed, ran, counts, version, revision,
        matched_in,
    )  # fmt: skip


def watched(con: sqlite3.Connection, number: int) -> list[Watched]:
    """The suppliers of the list of that number, by their rows."""
    rows = con.execute(
        f"""SELECT number, matched, vouched_by, vouched_at, {_KEPT} FROM watch_supplier
        WHERE list = ? ORDER BY row, number""",
        [number],
    ).fetchall()
    found = []
    for own, matched, vouched_by, vouched_at, row, reference, name, country, cells, address, city, postcode in rows:
        numbers = tuple((header, cell) for header, cell in json.loads(cells))
        supplier = Supplier(row, reference, name, country, numbers, address, city, postcode)
        found.append(Watched(own, supplier, bool(matched), vouched_by, vouched_at and from_text(vouched_at)))
    return found


def _insert(con: sqlite3.Connection, name: str, threshold: str, by: str, now: str) -> int:
    row = con.execute(
        """INSERT INTO watch_list (name, threshold, gate_version, made_by, made_at) VALUES (?, ?, ?, ?, ?)
        RETURNING number""",
        [name, threshold, gate_version(), by, now],
    ).fetchone()
    return int(row[0])


def _replace(
    con: sqlite3.Connection,
    number: int,
    old: Sequence[Watched],
    given: Sequence[_LetIn],
) -> dict[str, int]:
    """Brings the suppliers of the list to those given. Of several under one key those that say the same stay."""
    before: dict[str, list[Watched]] = {}
    for kept in old:
        before.setdefault(kept.supplier.key, []).append(kept)
    counts = dict.fromkeys(("added", "gone", "changed", "unchanged"), 0)
    differing = []
    for supplier, *vouch in given:
        same = [kept for kept in before.get(supplier.key, ()) if kept.supplier.said == supplier.said]
        if same:
            before[supplier.key].remove(same[0])
            counts["unchanged"] += 1
            _update(con, same[0], [*_values(supplier), *vouch, same[0].matched])
        else:
            differing.append((supplier, vouch))
    for supplier, vouch in differing:
        if earlier := before.get(supplier.key):
            counts["changed"] += 1
            _update(con, earlier.pop(0), [*_values(supplier), *vouch, False])
        else:
            counts["added"] += 1
            con.execute(
                f"INSERT INTO watch_supplier (list, {_KEPT}, vouched_by, vouched_at) VALUES ({', '.join('?' * 11)})",
                [number, *_values(supplier), *vouch],
            )
    gone = [kept.number for kept_of in before.values() for kept in kept_of]
    counts["gone"] = len(gone)
    drop(con, number, gone)
    return counts


def _update(con: sqlite3.Connection, kept: Watched, values: Sequence[Any]) -> None:
    con.execute(
        f"""UPDATE watch_supplier SET ({_KEPT}, vouched_by, vouched_at, matched) = ({", ".join("?" * 11)})
        WHERE number = ?""",
        [*values, kept.number],
    )


def drop(con: sqlite3.Connection, number: int, suppliers: Sequence[int]) -> None:
    """Erases suppliers of a list with their matches; what was seen of records goes with the next run."""
    con.executemany("DELETE FROM watch_match WHERE list = ? AND supplier = ?", [[number, s] for s in suppliers])
    con.executemany("DELETE FROM watch_supplier WHERE number = ?", [[s] for s in suppliers])


def _values(supplier: Supplier) -> list[Any]:
    s = supplier
    numbers = json.dumps(s.numbers, ensure_ascii=False)
    return [s.row, s.reference, s.name, s.country, numbers, s.address, s.city, s.postcode]
